# METADATA
# title: Kernel releases
# description: What the release of a kernel, `6.8.0-1039-nvidia-64k`, tells about it.
package eidos.lib.kernels

# METADATA
# description: Tells whether it is a kernel for Arm with pages of 64 KiB.
large_pages(release) if {
	is_string(release)
	regex.match(`[-+.]64k(?:$|[^0-9A-Za-z])`, release)
}
