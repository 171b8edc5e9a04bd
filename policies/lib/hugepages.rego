# METADATA
# title: Huge pages on the kernel line
# description: |
#   hugepages= counts pages of the size that the hugepagesz= before it names, and of the default size
#   where none is before it. Collectors that keep one value of each lose the other pairs.
package eidos.lib.hugepages

import data.eidos.lib.kernel_args
import data.eidos.lib.kernels
import data.eidos.lib.quantities

# METADATA
# description: |
#   Gives the default size as written, `2M`: the argument default_hugepagesz, or what the kernel takes,
#   512M with pages of 64 KiB and 2M with pages of 4 KiB.
default_size(grub, _) := kernel_args.last(grub, "default_hugepagesz")

default_size(grub, kernel) := "512M" if {
	not kernel_args.present(grub, "default_hugepagesz")
	kernels.large_pages(kernel)
}

default_size(grub, kernel) := "2M" if {
	not kernel_args.present(grub, "default_hugepagesz")
	not kernels.large_pages(kernel)
}

# METADATA
# description: Gives the pages of a size that the kernel line declares; undefined when a count or a size cannot be read.
declared(grub, size) := sum([number |
	some pair in pairs(grub, size)
	quantities.bytes(pair.size) == quantities.bytes(size)
	number := _count(pair.count)
]) if {
	every pair in pairs(grub, size) {
		_count(pair.count) >= 0
		quantities.bytes(pair.size) > 0
	}
}

# METADATA
# description: Gives `{size, count}` for every hugepages=, with the default size where none is before it.
pairs(grub, size) := [{"size": _size(sizes, i - missing, size), "count": number} |
	sizes := kernel_args.values(grub, "hugepagesz")
	counts := kernel_args.values(grub, "hugepages")
	missing := max([0, count(counts) - count(sizes)])
	some i, number in counts
]

_size(sizes, index, _) := sizes[index] if index >= 0

_size(_, index, size) := size if index < 0

_count(text) := quantities.number(text)

# Counts for each NUMA node: 0:512,1:512.
_count(text) := sum([quantities.number(split(part, ":")[1]) | some part in split(text, ",")]) if {
	regex.match(`^[0-9]+:[0-9]+(?:,[0-9]+:[0-9]+)*$`, text)
}
