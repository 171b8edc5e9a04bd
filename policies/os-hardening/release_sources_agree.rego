# METADATA
# title: What the snapshot says about the operating system is about one host
# description: |
#   The kubelet reports the host's release and kernel; os-release and the kernel settings are read on
#   the node. If they differ, the collector has read the files of its own container, or the snapshot
#   mixes two nodes, and every other verdict about the operating system is in doubt.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/node/node-status/
#     description: Node status, where the kubelet reports the operating system
# custom:
#   id: OS-002
#   severity: medium
#   scope: node
#   requires: [os.release, k8s.node.os-image, k8s.node.kernel-version]
#   reads: ['os.sysctl["/proc/sys/kernel/osrelease"]']
#   controls:
#     - {framework: nist-800-53, id: CM-8}
#   remediation: |
#     Mount the host's /etc/os-release read-only into the collector's pod and collect again: a hostPath
#     volume /etc/os-release, mounted at the same path. Then judge the new snapshot.
package eidos.os_hardening.release_sources_agree

release := input.os.release

image := input.k8s.node["os-image"]

kernel := input.os.sysctl["/proc/sys/kernel/osrelease"]

same_release if release.PRETTY_NAME == image

# Point releases and build numbers may have moved on since the kubelet started.
same_release if {
	every text in [image, release.NAME, release.VERSION_ID] {
		is_string(text)
	}
	startswith(image, release.NAME)
	version := trim_space(trim_prefix(image, release.NAME))
	startswith(version, release.VERSION_ID)
	not regex.match(`^[0-9]`, trim_prefix(version, release.VERSION_ID))
}

deny contains finding if {
	not same_release
	finding := {
		"msg": sprintf(
			"os-release says %v, but the kubelet runs on %v, expected the same release.",
			[object.get(release, "PRETTY_NAME", "nothing"), image],
		),
		"path": "os.release.PRETTY_NAME",
		"actual": object.get(release, "PRETTY_NAME", null),
		"expected": image,
	}
}

deny contains finding if {
	kernel != input.k8s.node["kernel-version"]
	finding := {
		"msg": sprintf(
			"The running kernel is %v, but the kubelet reports %v, expected the same kernel.",
			[kernel, input.k8s.node["kernel-version"]],
		),
		"path": `os.sysctl["/proc/sys/kernel/osrelease"]`,
		"actual": kernel,
		"expected": input.k8s.node["kernel-version"],
	}
}
