# METADATA
# title: Containers may lock as much memory as RDMA needs
# description: |
#   RDMA registers memory by locking it. Containers inherit the limit of the unit that starts them; with a
#   finite limit, large registrations fail with "cannot allocate memory". Judged are the units that snapshots
#   hold and that are installed on the node; a kubelet that runs as a snap is not among them.
# related_resources:
#   - ref: https://azure.github.io/aks-rdma-infiniband/
#     description: InfiniBand on AKS, memory lock limits
#   - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
#     description: LimitMEMLOCK of systemd units
# custom:
#   id: NET-010
#   severity: medium
#   scope: node
#   requires: [os.kmod, 'systemd["containerd.service"]']
#   reads: ['systemd["kubelet.service"]', 'systemd["docker.service"]']
#   params:
#     rdma_modules:
#       type: array
#       items: string
#       default: [ib_uverbs, efa]
#       description: Kernel modules, any of which shows that a node has RDMA; add the module of another adapter.
#   controls:
#     - {framework: nvidia-docs, id: gpu-operator/gpu-operator-rdma}
#   remediation: |
#     Write a drop-in, on the node and in its image (SERVICE is the unit that the finding names):
#     mkdir -p /etc/systemd/system/SERVICE.d && printf '[Service]\nLimitMEMLOCK=infinity\n' > /etc/systemd/system/SERVICE.d/10-memlock.conf
#     Drain the node, then apply it:
#     systemctl daemon-reload && systemctl restart SERVICE
#     Pods have the old limit until they are started again. Check with:
#     systemctl show SERVICE -p LimitMEMLOCK
package eidos.network_rdma.memlock_unlimited

import data.eidos.lib.modules
import data.eidos.lib.units

properties := ["LimitMEMLOCK", "LimitMEMLOCKSoft"]

applicable if {
	units.loaded(input.systemd["containerd.service"])
	some name in data.params.rdma_modules
	modules.loaded(input.os.kmod, name)
}

deny contains finding if {
	some name, unit in input.systemd
	units.loaded(unit)
	some property in properties
	limit := object.get(unit, property, "absent")
	not units.infinite(limit)
	finding := {
		"msg": sprintf("%v of %v is %v, expected infinity.", [property, name, limit]),
		"path": units.path(name, property),
		"actual": limit,
		"expected": "infinity",
	}
}
