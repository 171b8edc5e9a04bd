"""Node Feature Discovery: the one instance that all operators of a cluster share.

**Adds**

- `worker.config.sources.pci`: the classes of devices and the form of the label (vendor only) that
  the copies inside of the operators' charts are configured with. With its own defaults it writes
  `pci-0302_10de.present`, and policies wait for `pci-10de.present` and `pci-15b3.present`.
- Tolerations of NodeWright's taint to the workers where nodes are tuned first: a new node has the
  taint until it is tuned, and is chosen for that by a label that comes from here.
- The label of its namespace that lets pods in that mount the host.

**Rolling back**

A release of the chart rolls back with `helm rollback`. Labels stay on nodes until the next scan.
"""

from eidos.bundlers._drafting import Draft
from eidos.engine.model.bundle import Rendered, ToRender
from eidos.engine.model.jsonvalue import Json

_PCI = ("worker", "config", "sources", "pci")
_CLASSES = ("02", "0200", "0207", "0300", "0302")
"""Network and display devices: go:deployments/gpu-operator/values.yaml@10ee5b3638b8."""

_UNTUNED: tuple[dict[str, Json], ...] = tuple(
    {"key": key, "operator": "Exists", "effect": "NoSchedule"}
    for key in ("nodewright.nvidia.com", "skyhook.nvidia.com")
)
"""The taint ``runtime-required``, by its new and its old key: nw:chart/values.yaml@02e103d7."""


class NodeFeatureDiscovery:
    """Renders Node Feature Discovery."""

    components: tuple[str, ...] = ("node-feature-discovery",)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`."""
        draft = Draft(wanted)
        draft.privileged()
        operators = [name for name in ("gpu-operator", "network-operator") if draft.other(name)]
        if operators:
            because = f"{' and '.join(operators)} look for labels of this form"
            draft.fill((*_PCI, "deviceClassWhitelist"), [*_CLASSES], because)
            draft.fill((*_PCI, "deviceLabelFields"), ["vendor"], because)
        if draft.other("nodewright-customizations"):
            draft.extend("worker.tolerations", _UNTUNED, "nodes are labelled before they are tuned")
        return draft.rendered()


bundler = NodeFeatureDiscovery()
