package eidos.lib.modules_test

import data.eidos.lib.modules

test_loaded if modules.loaded({"ib_core": true}, "ib_core")

test_details_are_loaded if modules.loaded({"ib_core": {"size": 1}}, "ib_core")

test_dash_is_underscore if {
	modules.loaded({"usb_storage": true}, "usb-storage")
	modules.loaded({"usb-storage": true}, "usb_storage")
}

test_absent_is_not_loaded if {
	not modules.loaded({}, "ib_core")
	not modules.loaded({"ib_core": false}, "ib_core")
	not modules.loaded({"ib_core_extra": true}, "ib_core")
}

test_path if modules.path("ib_core") == "os.kmod.ib_core"
