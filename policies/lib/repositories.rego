# METADATA
# title: Where images come from
# description: |
#   Repositories of a flattened ClusterPolicy (`driver.repository: nvcr.io/nvidia`) and of listed
#   containers. Images that a snapshot maps from name to tag have no repository and are not among them.
package eidos.lib.repositories

import data.eidos.lib.images

# METADATA
# description: Gives `{by, repository, path}` for everything in the facts `k8s` that names a repository.
used(k8s) := _of_policy(object.get(k8s, "policy", {})) | _of_images(object.get(k8s, "image", {}))

# METADATA
# description: Gives a repository with its registry, which is docker.io where none is written.
full(repository) := repository if {
	is_string(repository)
	_is_host(split(repository, "/")[0])
} else := sprintf("docker.io/%v", [repository]) if {
	is_string(repository)
}

# METADATA
# description: Gives the words of a repository between dots and slashes, in lower case.
words(repository) := {word |
	is_string(repository)
	some word in regex.split(`[/.:]`, lower(repository))
}

# An empty repository means that the operator's default image is used.
_of_policy(policy) := {{"by": by, "repository": repository, "path": sprintf("k8s.policy[%q]", [key])} |
	some key, repository in policy
	endswith(key, ".repository")
	repository != ""
	by := trim_suffix(key, ".repository")
}

_of_images(image) := {{"by": sprintf("Image %v", [entry.name]), "repository": repository, "path": images.path(entry)} |
	is_array(image.containers)
	some entry in images.listed(image)
	repository := sprintf("%v/%v", [entry.registry, entry.repository])
}

_is_host(segment) if regex.match(`[.:]|^localhost$`, segment)
