# METADATA
# title: Linux distributions and their releases
# description: |
#   A node tells its release twice: in os-release (ID and VERSION_ID) and in the kubelet's os-image,
#   which is the PRETTY_NAME of the host. Both are matched with the table os_eol.
package eidos.lib.distributions

# METADATA
# description: Gives `{id, release}` for the facts `os.release`; undefined when the table lists no such release.
of_release(release, distributions) := {"id": release.ID, "release": listed} if {
	listed := _listed(release.VERSION_ID, distributions[release.ID].releases)
}

# METADATA
# description: Gives `{id, release}` for an os-image; undefined when the table lists no such release.
of_image(image, distributions) := {"id": id, "release": listed} if {
	is_string(image)
	some id, distribution in distributions
	startswith(image, distribution.image)
	some match in regex.find_all_string_submatch_n(`[0-9]+(?:\.[0-9]+)*`, image, 1)
	listed := _listed(match[0], distribution.releases)
}

# 9.4 is a minor release of 9, 24.04.3 of 24.04; 24.10 is no release of 24.
_listed(version, releases) := listed if {
	is_string(version)
	some listed, _ in releases
	startswith(sprintf("%v.", [version]), sprintf("%v.", [listed]))
}
