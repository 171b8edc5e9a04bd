# METADATA
# title: Components told by their images
package eidos.lib.components

import data.eidos.lib.images
import data.eidos.lib.repositories

# METADATA
# description: Tells whether NVSentinel runs, whose images lie in a repository, or have a name, of its own.
nvsentinel(image) if {
	some entry in images.listed(image)
	startswith(entry.name, "nvsentinel")
}

nvsentinel(image) if {
	some entry in images.listed(image)
	"nvsentinel" in repositories.words(entry.repository)
}
