"""GPU Operator: driver, container toolkit, device plugin, feature discovery and metrics of GPUs.

Who owns the driver is a tuple, never one switch: `driver.enabled`, `toolkit.enabled`,
`hostPaths.driverInstallDir`, the runtime class, and the root that the DRA driver looks below (held
against this one by the bundler of the DRA driver).

**Adds**

- `nfd.enabled: false` where the recipe has Node Feature Discovery of its own.
- On GKE the ResourceQuota for pods of a system-critical class, before the chart, where the recipe
  lacks `gke-critical-pods`.
- The label of its namespace that lets privileged pods in.

**Refuses**

- `driver.enabled: false` without a word on `toolkit.enabled`.
- on GKE another `toolkit.installDir` than `hostPaths.driverInstallDir`, on AKS a runtime class that
  is not that of the toolkit's owner.
- `hostPaths.driverInstallDir: /`: runc cannot mount over the root of a container.
- a second Node Feature Discovery, and a ClusterPolicy beside a GPUCluster.
- module options (`driver.kernelModuleConfig.name`) whose ConfigMap does not come before the chart.
- an empty `validator.plugin.env`, which the chart renders as null.

**Rolling back**

A release of the chart rolls back with `helm rollback`; the custom resource definitions stay as they
are. Driver pods cycle node by node, and a node whose pods hold GPUs waits for them.
"""

from eidos.bundlers._drafting import Draft, name_of
from eidos.engine.model.bundle import Rendered, ToRender, When

_OF_THE_DRIVER_POD = (
    "driver.version",
    "driver.kernelModuleType",
    "driver.kernelModuleConfig",
    "driver.usePrecompiled",
    "driver.upgradePolicy",
)
"""What only a driver container reads: go:deployments/gpu-operator/values.yaml@10ee5b3638b8."""


class GpuOperator:
    """Renders the GPU Operator."""

    components: tuple[str, ...] = ("gpu-operator",)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: the values contradict each other; see above.
        """
        draft = Draft(wanted)
        draft.privileged()
        _ownership(draft)
        _of_the_service(draft)
        _rdma(draft)
        _module_options(draft)
        _discovery(draft)
        _kinds(draft)
        if draft.criterion("service") == "gke":
            _quota(draft)
        return draft.rendered()


def _ownership(draft: Draft) -> None:
    owned = draft.get("driver.enabled", default=True)
    toolkit = draft.get("toolkit.enabled")
    if draft.get("hostPaths.driverInstallDir") == "/":
        draft.refuse(
            "hostPaths.driverInstallDir",
            "is the root of the host, over which nothing can be mounted",
            "Leave /run/nvidia/driver where the host's driver is in its own root.",
        )
    if owned is False and toolkit is None:
        draft.refuse(
            "toolkit.enabled",
            "is not stated, yet driver.enabled is false: who owns the toolkit is not known",
            "State toolkit.enabled: false where the node image has the toolkit, else true.",
        )
    if owned is False:
        draft.inert(_OF_THE_DRIVER_POD, "has no effect: the host owns the driver")
    if toolkit is False:
        draft.inert(
            ("toolkit.env", "toolkit.installDir", "toolkit.version"),
            "has no effect: the host owns the toolkit, and its image must say the same",
        )


def _of_the_service(draft: Draft) -> None:
    """Hold what a cloud's images ask for.

    As gd:google-gke.rst@52dcb7b8 and gd:microsoft-aks.rst@52dcb7b8 have it.
    """
    service, toolkit = draft.criterion("service"), draft.get("toolkit.enabled", default=True)
    place, installed = draft.get("toolkit.installDir"), draft.get("hostPaths.driverInstallDir")
    if service == "gke" and toolkit and installed and place != installed:
        draft.refuse(
            "toolkit.installDir",
            f"is {place}, and hostPaths.driverInstallDir is {installed}",
            "GKE's images allow one place for both: /home/kubernetes/bin/nvidia.",
        )
    wanted = "nvidia" if toolkit else "nvidia-container-runtime"
    runtime = draft.get("operator.runtimeClass", default="nvidia")
    if service == "aks" and runtime != wanted and not draft.wanted.shared.runtime_class:
        owner = "the operator" if toolkit else "Azure"
        draft.refuse(
            "operator.runtimeClass",
            f"is {runtime}, and the toolkit of {owner} calls it {wanted}",
            f"State {wanted}.",
        )


def _rdma(draft: Draft) -> None:
    """With RDMA driver pods wait for a network driver: gd:gpu-operator-rdma.rst@52dcb7b8."""
    owned = draft.get("driver.enabled", default=True)
    waits = owned and draft.get("driver.rdma.enabled") and not draft.get("driver.rdma.useHostMofed")
    if waits and draft.other("network-operator") is None:
        draft.note(
            "driver pods wait for a network driver, and the recipe has no network-operator",
            "driver.rdma",
        )


def _module_options(draft: Draft) -> None:
    """The operator reads the ConfigMap while its chart is installed: after it is too late."""
    name = draft.get("driver.kernelModuleConfig.name")
    if not name:
        return
    before = [each.value for each in draft.resources.values() if each.when is When.BEFORE]
    if not any(each["kind"] == "ConfigMap" and name_of(each) == name for each in before):
        draft.refuse(
            "driver.kernelModuleConfig.name",
            f"names the ConfigMap {name}, which no resource of the recipe makes before the chart",
            "Add it to the component's resources with apply: before.",
        )


def _discovery(draft: Draft) -> None:
    if draft.other("node-feature-discovery") is None:
        return
    if draft.get("nfd.enabled") is True:
        draft.refuse(
            "nfd.enabled",
            "is true, and the recipe has node-feature-discovery: two instances fight over labels",
            "State nfd.enabled: false, or remove node-feature-discovery.",
        )
    draft.fill("nfd.enabled", value=False, because="the recipe has node-feature-discovery")


def _kinds(draft: Draft) -> None:
    if draft.get("gpuCluster.deployCR") and draft.get("clusterPolicy.deployCR", default=True):
        draft.refuse(
            "gpuCluster.deployCR",
            "is true beside clusterPolicy.deployCR, and the two exclude each other",
            "State clusterPolicy.deployCR: false, or leave gpuCluster out.",
        )
    if draft.get("validator.plugin.env", default=True) == []:
        draft.refuse(
            "validator.plugin.env",
            "is empty, which the chart renders as null",
            "Keep one entry: {name: WITH_WORKLOAD, value: 'false'}.",
        )


def _quota(draft: Draft) -> None:
    """GKE admits system-critical pods outside of its own namespaces by a quota only.

    As aicr:components/gpu-operator/manifests/gke-resource-quota.yaml@bc05c6be has it.
    """
    if draft.other("gke-critical-pods") is not None:
        return
    classes = ("system-node-critical", "system-cluster-critical")
    draft.add(
        "gcp-critical-pods",
        When.BEFORE,
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {
                "name": "gcp-critical-pods",
                "namespace": draft.wanted.component.namespace,
            },
            "spec": {
                "hard": {"pods": "1000"},
                "scopeSelector": {
                    "matchExpressions": [
                        {"scopeName": "PriorityClass", "operator": "In", "values": [*classes]}
                    ]
                },
            },
        },
    )
    draft.note("GKE admits its system-critical pods by the quota gcp-critical-pods: 1000 at most")


bundler = GpuOperator()
