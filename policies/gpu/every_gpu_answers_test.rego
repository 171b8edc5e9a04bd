package eidos.gpu.every_gpu_answers_test

import data.eidos.gpu.every_gpu_answers as rule

denied(devices) := findings if {
	findings := rule.deny with input as {"gpu": {"devices": {"devices": devices}}}
}

test_right_and_unsupported_pass if {
	count(denied([])) == 0
	count(denied([{"index": 0, "uuid": "GPU-0"}])) == 0
}

test_wrong_fails if {
	some finding in denied([{"index": 0, "uuid": "GPU-0"}, {"index": 1, "error": "GPU is lost"}])
	finding.msg == "GPU 1 does not answer: GPU is lost."
	startswith(finding.path, "gpu.devices.devices[1].")
}
