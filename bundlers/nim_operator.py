"""NIM Operator: inference services of NIM and their model caches.

**Adds**

- `operator.image.tag`, the release of the chart: the chart's own tag moves (`release-3.0`).
- `operator.image.pullPolicy: IfNotPresent`, which is enough for a tag that does not move.

**Refuses**

- an admission controller whose certificate nobody issues: the recipe has no cert-manager.
- `dynamo.enabled` beside a `dynamo-platform` of the recipe.

Each namespace that runs a NIM needs its own secrets for NGC: one to pull images, one for models.

**Rolling back**

`helm rollback` keeps services and caches; their definitions are upgraded by a hook of the chart and
never taken back.
"""

from eidos.bundlers._drafting import Draft
from eidos.engine.model.bundle import Rendered, ToRender

_ADMISSION = "operator.admissionController"


class NimOperator:
    """Renders the NIM Operator."""

    components: tuple[str, ...] = ("k8s-nim-operator",)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: its webhook would have no certificate, or there are two of Dynamo.
        """
        draft = Draft(wanted)
        if wanted.component.version:
            tag = f"v{wanted.component.version.removeprefix('v')}"
            draft.fill("operator.image.tag", tag, "the tag of the chart moves")
            draft.fill("operator.image.pullPolicy", "IfNotPresent", "the tag does not move")
        mode = draft.get(f"{_ADMISSION}.tls.mode", default="cert-manager")
        is_on = draft.get(f"{_ADMISSION}.enabled") is True
        if is_on and mode == "cert-manager" and draft.other("cert-manager") is None:
            draft.refuse(
                f"{_ADMISSION}.enabled",
                "is true, and the recipe has no cert-manager to issue its certificate",
                "Add cert-manager, or state tls.mode: secret.",
            )
        if draft.get("dynamo.enabled") and draft.other("dynamo-platform") is not None:
            draft.refuse(
                "dynamo.enabled", "is true, and the recipe has dynamo-platform", "Take one."
            )
        draft.note("each namespace that runs a NIM needs its own secrets for NGC")
        return draft.rendered()


bundler = NimOperator()
