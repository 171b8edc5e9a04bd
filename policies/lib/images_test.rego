package eidos.lib.images_test

import data.eidos.lib.images

test_map_of_tags if {
	images.listed({"dcgm": "4.3.1-1-ubuntu22.04"}) == [{"name": "dcgm", "tag": "4.3.1-1-ubuntu22.04"}]
}

test_list_of_containers if {
	image := {"containers": [{"registry": "nvcr.io", "repository": "nvidia/k8s/container-toolkit", "tag": "v1.19.1"}]}
	images.listed(image) == [{
		"registry": "nvcr.io",
		"repository": "nvidia/k8s/container-toolkit",
		"tag": "v1.19.1",
		"name": "container-toolkit",
		"place": 0,
	}]
}

test_an_image_called_containers if count(images.named({"containers": "v1"}, "containers")) == 1

test_named_finds_every_registry if {
	image := {"containers": [
		{"registry": "a.io", "repository": "x/dcgm", "tag": "1"},
		{"registry": "b.io", "repository": "dcgm", "tag": "2"},
		{"registry": "b.io", "repository": "dcgm-exporter", "tag": "2"},
	]}
	count(images.named(image, "dcgm")) == 2
	images.runs(image, ["other", "dcgm"])
	not images.runs(image, ["other"])
	count(images.named(image, true)) == 0
}

test_paths if {
	[images.path(image) | some image in images.listed({"dcgm": "1"})] == [`k8s.image["dcgm"]`]
	image := {"containers": [{"repository": "dcgm"}, null]}
	[images.path(entry) | some entry in images.listed(image)] == ["k8s.image.containers[0]", "k8s.image.containers[1]"]
}

test_nothing_runs if images.listed({}) == []

test_references if {
	every reference, expected in {
		"nginx": {"registry": "docker.io", "repository": "library/nginx"},
		"nginx:1.27": {"registry": "docker.io", "repository": "library/nginx", "tag": "1.27"},
		"grafana/grafana:11": {"registry": "docker.io", "repository": "grafana/grafana", "tag": "11"},
		"nvcr.io/nvidia/driver:580.82.07-ubuntu22.04": {"registry": "nvcr.io", "repository": "nvidia/driver", "tag": "580.82.07-ubuntu22.04"},
		"localhost:5000/a/b": {"registry": "localhost:5000", "repository": "a/b"},
		"localhost/a:1@sha256:ab": {"registry": "localhost", "repository": "a", "tag": "1", "digest": "sha256:ab"},
		"quay.io/a/b@sha256:ab": {"registry": "quay.io", "repository": "a/b", "digest": "sha256:ab"},
	} {
		images.parse(reference) == expected
	}
}

test_what_is_no_reference_is_undefined if not images.parse(5)

test_tag_of_an_image_without_one if {
	images.tag({"digest": "sha256:ab"}) == ""
	images.tag({"tag": "v1"}) == "v1"
}

test_containers_that_are_not_described if {
	image := {"containers": [null, "a", {}, {"repository": 5}]}
	[entry.name | some entry in images.listed(image)] == ["", "", "", ""]
}

test_images_that_can_be_all_are_whole if {
	images.whole({"coredns": "v1.12.2", "redis": "7"})
	images.whole({"containers": [{"registry": "x", "repository": "eks/kube-proxy", "tag": "v1.34.2"}]})
	not images.whole({"redis": "7"})
	not images.whole({})
	not images.whole({"containers": [{"registry": "x", "repository": "a/redis", "tag": "7"}]})
}

test_what_is_not_among_some_images_is_untold if {
	images.untold({"redis": "7"}, ["a", "b"]).path == "k8s.image"
	startswith(images.untold({}, ["a", "b"]).msg, "None of a, b is among the images")
	not images.untold({"redis": "7"}, ["redis"])
	not images.untold({"coredns": "1"}, ["redis"])
}
