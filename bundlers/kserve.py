"""KServe: inference services, with their definitions as releases of their own.

**Adds**

- `kserve.controller.deploymentMode: Standard` where nothing is said: the chart's default needs
  Knative, whose revisions hide the pods that hold GPUs.
- Server-side apply: the definitions are larger (2 MB) than what an annotation can hold (256 KiB).

**Refuses**

- another namespace than `kserve`: the webhooks take their certificate authority from there.
- the mode Knative, which no component of the registry brings.

**Rolling back**

Roll the controllers back before the definitions, and these only where no object uses what is newer.
"""

from eidos.bundlers._drafting import Draft
from eidos.engine.model.bundle import Rendered, ToRender

_NAMESPACE = "kserve"
"""ks:charts/kserve-resources/templates@1fb781055dd1 names it in the webhooks."""
_MODE = "kserve.controller.deploymentMode"
_CONTROLLER = "kserve-resources"


class KServe:
    """Renders the charts of KServe."""

    components: tuple[str, ...] = (
        "kserve-crd",
        _CONTROLLER,
        "kserve-llmisvc-crd",
        "kserve-llmisvc-resources",
        "kserve-localmodel-crd",
        "kserve-localmodel-resources",
        "kserve-runtime-configs",
    )

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: the namespace is another one, or the mode is not Standard.
        """
        draft = Draft(wanted)
        if wanted.component.namespace != _NAMESPACE:
            draft.refuse(
                "namespace",
                f"is {wanted.component.namespace}, and the webhooks work in {_NAMESPACE} only",
                f"State {_NAMESPACE}.",
            )
        if wanted.component.name == _CONTROLLER:
            draft.fill(_MODE, "Standard", "the default needs Knative, which nothing here brings")
            if draft.get(_MODE) not in ("Standard", "RawDeployment"):
                draft.refuse(
                    _MODE, f"is {draft.get(_MODE)}, which needs Knative", "State Standard."
                )
            draft.note("Gateway API must be there; the recipe does not bring it")
        return draft.rendered(server_side=True)


bundler = KServe()
