"""cert-manager: certificates that admission webhooks and API services serve with.

**Adds**

- `crds.enabled: true` where nobody says who owns the definitions: the chart leaves them out.

**Refuses**

- `installCRDs` beside `crds.enabled`, of which the chart takes one only.

**Rolling back**

`helm rollback` keeps the definitions (`crds.keep`), and with them every certificate.
"""

from eidos.bundlers._drafting import Draft
from eidos.engine.model.bundle import Rendered, ToRender


class CertManager:
    """Renders cert-manager."""

    components: tuple[str, ...] = ("cert-manager",)

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources; see `eidos.engine.ports.Bundler`.

        Raises:
            BundleError: two switches say who installs the definitions.
        """
        draft = Draft(wanted)
        if draft.get("installCRDs") is None:
            draft.fill("crds.enabled", value=True, because="nothing else brings its definitions")
        elif draft.get("crds.enabled") is not None:
            draft.refuse(
                "installCRDs", "is the older name of crds.enabled, which is stated too", "Drop it."
            )
        return draft.rendered()


bundler = CertManager()
