"""NVIDIA DRA driver: multi-node NVLink as ComputeDomains, through Dynamic Resource Allocation.

**Adds**

- The version of the GPU Operator's chart as an annotation of the kubelet plugin's pods: the plugin
  keeps the NVML it started with, so it must start anew when another operator brings another driver.
- `numNodes: 0` to each ComputeDomain: the GPU Operator's copy of the definition requires it.
- The label of its namespace that lets privileged pods in.

**Refuses**

- a `nvidiaDriverRoot` that is not where the driver is: `hostPaths.driverInstallDir` of the GPU
  Operator where that one owns the driver, never `/` then.
- whole GPUs (`resources.gpus.enabled`) beside the device plugin, which advertises them too.

**Rolling back**

Workloads keep their claims. Definitions are not changed by Helm: apply both files of the older
release first. From 0.4.0 there is no way back to the calendar numbers before it.
"""

from eidos.bundlers._drafting import Draft, spec_of, version_of
from eidos.engine.model.bundle import Rendered, ToRender
from eidos.engine.model.recipe import WrittenComponent

_OPERATOR = "gpu-operator"
_OF_THE_OPERATOR = "/run/nvidia/driver"
"""Its default place of the driver: go:deployments/gpu-operator/values.yaml@10ee5b3638b8."""
_DISAGREES = (26, 7, 0)
"""The release whose copy of ComputeDomain is another: https://github.com/NVIDIA/aicr/issues/2546."""
_ANNOTATION = ("kubeletPlugin", "podAnnotations", "eidos.dev/gpu-operator-chart")


class Dra:
    """Renders the DRA driver."""

    components: tuple[str, ...] = ("nvidia-dra-driver-gpu",)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: it would look for the driver elsewhere, or advertise GPUs twice.
        """
        draft = Draft(wanted)
        draft.privileged()
        operator = draft.other(_OPERATOR)
        if operator is not None:
            _root(draft)
            _advertisers(draft)
            _definitions(draft, operator)
            if operator.version:
                because = "its pods follow the chart of the GPU Operator"
                draft.put(_ANNOTATION, operator.version, because)
        for name, domain in draft.of_kind("ComputeDomain"):
            if "numNodes" not in spec_of(domain):
                spec_of(domain)["numNodes"] = 0
                path = ("resources", name, "spec", "numNodes")
                draft.changed(path, "the GPU Operator's copy of the definition requires it")
        return draft.rendered()


def _root(draft: Draft) -> None:
    path = "nvidiaDriverRoot"
    installed = draft.of(_OPERATOR, "hostPaths.driverInstallDir", default=_OF_THE_OPERATOR)
    is_the_hosts = draft.of(_OPERATOR, "driver.enabled", default=True) is False
    if is_the_hosts and draft.get(path) is None:
        draft.refuse(
            path,
            "is not stated, and the host owns the driver",
            "State where the node image has it: / on AKS and OKE.",
        )
    if is_the_hosts and installed == _OF_THE_OPERATOR:
        return  # the host has it in its own root, which the operator's value cannot say
    draft.fill(path, installed, "the GPU Operator looks for the driver there")
    if draft.get(path) != installed:
        draft.refuse(
            path,
            f"is {draft.get(path)}, and for gpu-operator the driver is in {installed}",
            "Make hostPaths.driverInstallDir of gpu-operator and this one the same.",
        )


def _definitions(draft: Draft, operator: WrittenComponent) -> None:
    if version_of(operator.version) == _DISAGREES:
        draft.note(
            "this release of gpu-operator carries the definitions too, and its ComputeDomain wants "
            "numNodes; the copy that is installed first stays, so objects keep both"
        )


def _advertisers(draft: Draft) -> None:
    whole = draft.get("resources.gpus.enabled", default=True)
    plugin = draft.of(_OPERATOR, "devicePlugin.enabled", default=True)
    if whole is not False and plugin is not False:
        draft.refuse(
            "resources.gpus.enabled",
            "is not false, and the device plugin of gpu-operator advertises the same GPUs",
            "State it false, or devicePlugin.enabled: false in gpu-operator.",
        )


bundler = Dra()
