# METADATA
# title: Driver and network agree on where RDMA modules come from
# description: |
#   With RDMA in the driver, its modules are built against either the host's OFED or the one in the Network
#   Operator's container. The wrong answer gives modules with mismatching symbols. A shared device plugin
#   must name its resource, or it advertises nothing. On Grace Blackwell with EFA only R580 knows the module
#   option that lets the adapter attach GPU memory.
# related_resources:
#   - ref: https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-rdma.html
#   - ref: https://github.com/NVIDIA/aicr/issues/2345
#   - ref: https://github.com/NVIDIA/aicr/issues/2383
# custom:
#   id: BOP-020
#   severity: critical
#   scope: bundle
#   controls:
#     - {framework: nist-800-53, id: CM-6}
#   remediation: |
#     Set driver.rdma.useHostMofed=false where the NicClusterPolicy has ofedDriver, true where it has none; name resourceName in
#     the configuration of the RDMA device plugins. On GB200 and GB300 with EFA set driver.version to 580.173.02 or a newer
#     R580, and driver.kernelModuleConfig.name to a ConfigMap with NVreg_GrdmaPciTopoCheckOverride=1.
package eidos.bundle_operators.rdma_path_coherent

import data.eidos.lib.booleans
import data.eidos.lib.bundles
import data.eidos.lib.findings
import data.eidos.lib.versions

operator := "gpu-operator"

policies := bundles.of_kind(input.bundle, "mellanox.com", "NicClusterPolicy")

applicable if count(policies) > 0

applicable if efa_on_grace

efa_on_grace if {
	bundles.has(input.bundle, operator)
	bundles.has(input.bundle, "aws-efa")
	input.bundle.criteria.accelerator in {"gb200", "gb300"}
	not booleans.no(bundles.value(input.bundle, operator, ["driver", "enabled"], true))
}

driver := bundles.value(input.bundle, operator, ["driver", "version"], "")

deny contains {
	"msg": sprintf("Driver %v cannot share GPU memory with EFA on Grace: only R580 has the option for it.", [findings.quoted(driver)]),
	"path": bundles.path(operator, ["driver", "version"]),
	"actual": driver,
	"expected": "a version of R580",
} if {
	efa_on_grace
	not knows_efa
}

knows_efa if versions.branch(driver) == "580"

module_options := bundles.value(input.bundle, operator, ["driver", "kernelModuleConfig", "name"], "")

deny contains {
	"msg": "The driver has no module options, and without one of them EFA cannot attach GPU memory on Grace.",
	"path": bundles.path(operator, ["driver", "kernelModuleConfig", "name"]),
	"actual": module_options,
	"expected": "a ConfigMap with NVreg_GrdmaPciTopoCheckOverride=1",
} if {
	efa_on_grace
	not names_options
}

names_options if {
	is_string(module_options)
	module_options != ""
}

rdma if {
	bundles.has(input.bundle, operator)
	booleans.yes(bundles.value(input.bundle, operator, ["driver", "rdma", "enabled"], false))
}

host := bundles.value(input.bundle, operator, ["driver", "rdma", "useHostMofed"], false)

contained if {
	some entry in policies
	is_object(entry.object.spec.ofedDriver)
}

deny contains {
	"msg": "OFED comes in a container of the Network Operator, and the driver is built against the host's.",
	"path": bundles.path(operator, ["driver", "rdma", "useHostMofed"]),
	"actual": host,
	"expected": false,
} if {
	rdma
	contained
	not booleans.no(host)
}

deny contains {
	"msg": "The Network Operator brings no OFED, and the driver waits for one in a container.",
	"path": bundles.path(operator, ["driver", "rdma", "useHostMofed"]),
	"actual": host,
	"expected": true,
} if {
	rdma
	not contained
	not booleans.yes(host)
}

deny contains {
	"msg": sprintf("%v of %v does not say which resource it advertises.", [plugin, bundles.named(entry)]),
	"path": sprintf("%v.spec.%v.config", [bundles.object_path(entry), plugin]),
	"actual": entry.object.spec[plugin].config,
	"expected": "JSON with a resourceName in every entry of its list",
} if {
	some entry in policies
	some plugin in ["rdmaSharedDevicePlugin", "sriovDevicePlugin"]
	is_object(entry.object.spec[plugin])
	not names_resources(entry.object.spec[plugin].config)
}

# The configuration is a text of JSON; every entry has selectors, and needs a name beside them.
names_resources(config) if {
	is_string(config)
	names := count(regex.find_n(`"resourceName"\s*:\s*"[A-Za-z0-9_.-]+"`, config, -1))
	names > 0
	names >= count(regex.find_n(`"selectors"\s*:`, config, -1))
}
