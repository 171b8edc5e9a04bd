package eidos.lib.repositories_test

import data.eidos.lib.repositories

test_policy if repositories.used({"policy": {
	"driver.repository": "nvcr.io/nvidia",
	"driver.version": "580.82.07",
	"toolkit.repository": "",
}}) == {{"by": "driver", "repository": "nvcr.io/nvidia", "path": `k8s.policy["driver.repository"]`}}

test_containers if {
	some used in repositories.used({"image": {"containers": [{"registry": "nvcr.io", "repository": "nvidia/driver", "tag": "1"}]}})
	used.repository == "nvcr.io/nvidia/driver"
	used.by == "Image driver"
}

test_map_of_tags_has_none if count(repositories.used({"image": {"driver": "580.82.07"}})) == 0

test_nothing if count(repositories.used({})) == 0

test_full if {
	repositories.full("nvcr.io/nvidia") == "nvcr.io/nvidia"
	repositories.full("localhost/nvidia") == "localhost/nvidia"
	repositories.full("mirror:5000/nvidia") == "mirror:5000/nvidia"
	repositories.full("bitnami/kubectl") == "docker.io/bitnami/kubectl"
	not repositories.full(null)
}

test_words if {
	"nvstaging" in repositories.words("nvcr.io/NvStaging/cloud-native")
	count(repositories.words(null)) == 0
}
