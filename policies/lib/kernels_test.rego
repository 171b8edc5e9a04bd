package eidos.lib.kernels_test

import data.eidos.lib.kernels

test_large_pages if {
	kernels.large_pages("6.8.0-1039-nvidia-64k")
	kernels.large_pages("5.14.0-427.el9.aarch64+64k")
}

test_small_pages if {
	not kernels.large_pages("6.8.0-1028-aws")
	not kernels.large_pages("6.8.0-164k")
	not kernels.large_pages("")
	not kernels.large_pages(null)
}
