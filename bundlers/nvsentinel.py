"""NVSentinel: watches the health of GPU nodes, and acts on it where a site lets it.

**Adds**

- The runtime class of the GPU Operator to the metadata collector, where neither is said.
- `labeler.assumeDriverInstalled: true` where the host owns the driver and nothing is said: there is
  no driver pod that it could see. On GKE the recipe says so by who runs the installer.
- The label of its namespace that lets privileged pods in.

**Refuses**

- a GPU Operator without `dcgm.enabled: true`: its DCGM service is what health is read from.
- a runtime class that is not the operator's.
- `labeler.assumeDriverInstalled: true` while the operator owns the driver.

**Rolling back**

Turn acting modules off before (`global.dryRun: true`); nodes that it cordoned stay cordoned.
"""

from eidos.bundlers._drafting import Draft
from eidos.engine.model.bundle import Rendered, ToRender

_OPERATOR = "gpu-operator"
_CLASS = "metadata-collector.runtimeClassName"
_ASSUMED = "labeler.assumeDriverInstalled"
_ACTING = ("faultQuarantine", "nodeDrainer", "faultRemediation", "janitor")
"""Modules that change nodes, off by default: https://github.com/NVIDIA/NVSentinel."""


class NvSentinel:
    """Renders NVSentinel."""

    components: tuple[str, ...] = ("nvsentinel",)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: it does not fit the GPU Operator of the recipe.
        """
        draft = Draft(wanted)
        draft.privileged()
        if draft.other(_OPERATOR) is not None:
            _health(draft)
            _runtime(draft)
            _driver(draft)
        acting = [each for each in _ACTING if draft.get(f"global.{each}.enabled")]
        if acting:
            draft.note(f"cordons, drains or reboots nodes: {', '.join(acting)}", "global")
        return draft.rendered()


def _health(draft: Draft) -> None:
    if draft.of(_OPERATOR, "dcgm.enabled") is not True:
        draft.refuse(
            "global",
            "needs the DCGM service of gpu-operator, whose dcgm.enabled is not true",
            "State dcgm.enabled: true in gpu-operator.",
        )


def _runtime(draft: Draft) -> None:
    shared = draft.wanted.shared.runtime_class
    operators = shared or draft.of(_OPERATOR, "operator.runtimeClass")
    if not operators:
        return
    draft.fill(_CLASS, operators, "it is the runtime class of the GPU Operator")
    if draft.get(_CLASS) != operators:
        draft.refuse(
            _CLASS,
            f"is {draft.get(_CLASS)}, and the runtime class of gpu-operator is {operators}",
            "Make them the same.",
        )


def _driver(draft: Draft) -> None:
    owned = draft.of(_OPERATOR, "driver.enabled", default=True)
    if owned is False and draft.criterion("service") != "gke":
        draft.fill(_ASSUMED, value=True, because="the host owns the driver, and no pod shows it")
    if owned is not False and draft.get(_ASSUMED) is True:
        draft.refuse(
            _ASSUMED,
            "is true, and the GPU Operator owns the driver: nodes without one would count as well",
            "State it false.",
        )


bundler = NvSentinel()
