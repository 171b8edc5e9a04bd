package eidos.bundle_operators.driver_owner_coherent_test

import data.eidos.bundle_operators.driver_owner_coherent as rule

bundle(driver, toolkit, directory, root) := {"components": {
	"gpu-operator": {"values": {"driver": {"enabled": driver}, "toolkit": {"enabled": toolkit}, "hostPaths": {"driverInstallDir": directory}}},
	"nvidia-dra-driver-gpu": {"values": {"nvidiaDriverRoot": root}},
}}

denied(driver, directory, root) := findings if {
	findings := rule.deny with input as {"bundle": bundle(driver, true, directory, root)}
}

test_tuples_pass if {
	count(denied(true, "/run/nvidia/driver", "/run/nvidia/driver")) == 0
	count(denied(false, "/run/nvidia/driver", "/")) == 0
	count(denied(false, "/home/kubernetes/bin/nvidia", "/home/kubernetes/bin/nvidia")) == 0
}

test_root_directory_fails if {
	some finding in denied(false, "/", "/")
	contains(finding.msg, "its own root")
}

test_other_root_fails if count(denied(true, "/run/nvidia/driver", "/")) == 1

test_host_driver_with_the_operators_root_fails if {
	count(denied(false, "/run/nvidia/driver", "/run/nvidia/driver")) == 1
}

test_host_driver_of_another_directory_fails if {
	some finding in denied(false, "/home/kubernetes/bin/nvidia", "/")
	finding.expected == "/home/kubernetes/bin/nvidia"
	count(denied(false, "/home/kubernetes/bin/nvidia", "/run/nvidia/driver")) == 1
}

test_odd_values_fail if {
	count(denied("maybe", "/run/nvidia/driver", "/")) == 1
	count(denied(true, ["x"], {"y": 1})) == 1
}

test_toolkit_of_the_host_is_told if {
	found := rule.warn with input as {"bundle": bundle(true, false, "/run/nvidia/driver", "/run/nvidia/driver")}
	count(found) == 1
}

test_toolkit_of_the_operator_is_not_told if {
	found := rule.warn with input as {"bundle": bundle(true, true, "/run/nvidia/driver", "/run/nvidia/driver")}
	count(found) == 0
}

test_not_applicable_without_the_operator if {
	rule.applicable with input as {"bundle": bundle(true, true, "", "")}
	not rule.applicable with input as {"bundle": {"components": {}}}
}
