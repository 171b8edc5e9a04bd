package eidos.lib.components_test

import data.eidos.lib.components

test_name if components.nvsentinel({"nvsentinel-node-drainer-module": "1.167.1"})

test_repository if components.nvsentinel({"containers": [{"registry": "ghcr.io", "repository": "nvidia/nvsentinel/node-drainer"}]})

test_others_are_not if {
	not components.nvsentinel({"coredns": "1"})
	not components.nvsentinel({"containers": [{"registry": "x.io", "repository": "redis"}]})
	not components.nvsentinel({})
}
