"""Any component without a bundler of its own: what the recipe says of its chart and resources."""

from typing import Any

from eidos.bundlers._placing import Placed
from eidos.engine.model.bundle import Rendered, Resource, ToRender, When
from eidos.engine.model.jsonvalue import Json


class Generic:
    """Renders what the recipe says, with shared inputs in their places."""

    components: tuple[str, ...] = ()

    def render(self, wanted: ToRender) -> Rendered:
        """Give values and resources of a component; see `eidos.engine.ports.Bundler`."""
        placed = Placed(wanted).all()
        return Rendered(
            values=placed.values,
            resources=resources(wanted),
            notes=tuple(placed.notes),
            provenance=placed.provenance,
        )


def resources(wanted: ToRender) -> tuple[Resource, ...]:
    """Give the resources that the recipe says, as whole objects in the component's namespace."""
    return tuple(
        Resource(name, When(str(said.get("apply", When.AFTER))), _object(name, said, wanted))
        for name, said in sorted(wanted.component.resources.items())
        if isinstance(said, dict)
    )


def _object(name: str, said: dict[str, Json], wanted: ToRender) -> dict[str, Json]:
    metadata: Any = said.get("metadata") or {}
    rest = {k: v for k, v in said.items() if k not in ("apiVersion", "kind", "metadata", "apply")}
    whole = {"name": name, "namespace": wanted.component.namespace, **metadata}
    if whole["namespace"] is None:  # an object of the whole cluster says so
        del whole["namespace"]
    return {
        "apiVersion": said["apiVersion"],
        "kind": said["kind"],
        "metadata": whole,
        **rest,
    }


bundler = Generic()
