# METADATA
# title: There is one default storage class, and it waits and grows
# description: |
#   Of two default classes the newest wins, by chance. A class that binds at once may create the volume in a
#   zone where no GPU is free, and the pod never starts. Prometheus and model caches fill up, and with a class
#   that cannot grow they have to be moved.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/storage-classes/
#     description: Storage classes
# custom:
#   id: K8S-024
#   severity: medium
#   scope: cluster
#   requires: [k8s.storage-classes]
#   tags: [storage]
#   controls:
#     - {framework: nist-800-53, id: CP-9}
#   remediation: |
#     See which there are:
#     kubectl get storageclass
#     Remove the default mark from all but one:
#     kubectl annotate --overwrite storageclass NAME storageclass.kubernetes.io/is-default-class=false
#     Where none has it, give it to one:
#     kubectl annotate --overwrite storageclass NAME storageclass.kubernetes.io/is-default-class=true
#     How a class binds cannot be changed: make one with volumeBindingMode WaitForFirstConsumer and allowVolumeExpansion
#     true, and mark that. Volumes that are there stay as they are.
package eidos.kubernetes.default_storage_class

import data.eidos.lib.booleans

classes := input.k8s["storage-classes"]

defaults contains name if {
	some name, class in classes
	booleans.yes(class.default)
}

deny contains finding("No storage class is the default, so a claim that names none waits for ever.", "none") if count(defaults) == 0

deny contains finding(sprintf("%v storage classes are the default: %v.", [count(defaults), names]), names) if {
	count(defaults) > 1
	names := concat(", ", sort(defaults))
}

finding(msg, actual) := {"msg": msg, "path": `k8s["storage-classes"]`, "actual": actual, "expected": "one"}

deny contains finding if {
	some name in defaults
	mode := object.get(classes[name], "volume-binding-mode", "absent")
	mode != "WaitForFirstConsumer"
	finding := {
		"msg": sprintf("Storage class %v binds %v, expected WaitForFirstConsumer.", [name, mode]),
		"path": sprintf(`k8s["storage-classes"][%q]["volume-binding-mode"]`, [name]),
		"actual": mode,
		"expected": "WaitForFirstConsumer",
	}
}

warn contains finding if {
	some name in defaults
	not booleans.yes(object.get(classes[name], "allow-volume-expansion", false))
	finding := {
		"msg": sprintf("Volumes of storage class %v cannot grow.", [name]),
		"path": sprintf(`k8s["storage-classes"][%q]["allow-volume-expansion"]`, [name]),
		"actual": false,
		"expected": true,
	}
}
