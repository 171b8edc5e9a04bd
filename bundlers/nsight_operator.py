"""Nsight Operator: profiles labelled workloads with Nsight tools.

**Adds**

- The label of its namespace that lets privileged pods in: it lowers kernel.perf_event_paranoid on
  nodes.
- Notes on what it collides with: the profiling counters of the DCGM exporter, and sysctls.

**Refuses**

- its own setting of kernel.perf_event_paranoid (`machineConfig`) while the recipe's tuning sets the
  same key: the one that comes last would win on each node.

What it records can hold data of the workload, so it is as privileged as what it watches.

**Rolling back**

Pods keep what was injected until they are made anew.
"""

from eidos.bundlers._drafting import Draft
from eidos.engine.model.bundle import Rendered, ToRender

_SYSCTL = "kernel.perf_event_paranoid"


class NsightOperator:
    """Renders the Nsight Operator."""

    components: tuple[str, ...] = ("nsight-operator",)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: its sysctl is set by the recipe's tuning too.
        """
        draft = Draft(wanted)
        draft.privileged()
        sysctls = wanted.recipe.tuning.get("sysctls")
        tuned = isinstance(sysctls, list) and any(
            isinstance(each, dict) and each.get("key") == _SYSCTL for each in sysctls
        )
        if tuned and draft.get("machineConfig", default=True) is not None:
            draft.refuse(
                "machineConfig",
                f"sets {_SYSCTL}, and so does the recipe's tuning",
                "State machineConfig: null.",
            )
        if "DCGM_FI_PROF_" in str(draft.of("gpu-operator", "dcgmExporter.config.data", "")):
            draft.note("the DCGM exporter holds the profiling counters: pause it while you profile")
        return draft.rendered()


bundler = NsightOperator()
