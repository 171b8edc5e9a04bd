"""Any component without a bundler of its own: what the recipe says of its chart and resources."""

from eidos.bundlers._drafting import Draft
from eidos.engine.model.bundle import Rendered, ToRender


class Generic:
    """Renders what the recipe says, with shared inputs in their places."""

    components: tuple[str, ...] = ()

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources of a component; see `eidos.engine.ports.Bundler`."""
        return Draft(wanted).rendered()


bundler = Generic()
