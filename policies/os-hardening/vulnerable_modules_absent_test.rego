package eidos.os_hardening.vulnerable_modules_absent_test

import data.eidos.os_hardening.vulnerable_modules_absent as rule

params := {"forbidden": {"algif_aead": "CVE-1"}, "suspicious": {"esp4": "CVE-2"}}

denied(kmod) := findings if {
	findings := rule.deny with input as {"os": {"kmod": kmod}}
		with data.params as params
}

warned(kmod) := findings if {
	findings := rule.warn with input as {"os": {"kmod": kmod}}
		with data.params as params
}

test_absent_passes if count(denied({"overlay": true})) == 0

test_loaded_fails if {
	some finding in denied({"algif_aead": true})
	finding.msg == "Kernel module algif_aead is loaded, which CVE-1 exploits, expected it blocked."
	finding.path == "os.kmod.algif_aead"
}

test_ipsec_warns if {
	count(denied({"esp4": true})) == 0
	count(warned({"esp4": true})) == 1
}

test_odd_value_counts_as_loaded if count(denied({"algif_aead": "Live"})) == 1
