"""The plan of a bundle made again from what rules saw of it.

What is deployed follows from the recipe, from what rules saw and from `Written`, by the same
functions that wrote the bundle. So nothing is taken from the files themselves: one that comes out
otherwise, or not at all, is none that rules judged. Who rendered it need not be here: values and
resources are those that rules saw.
"""

from collections.abc import Mapping
from typing import Any

from eidos.engine.bundling.planning import release_of
from eidos.engine.model.bundle import Note, Plan, Rendered, Resource, SharedInputs, When, Written
from eidos.engine.model.recipe import WrittenComponent, WrittenRecipe


def plan_of(seen: Mapping[str, Any], recipe: WrittenRecipe, written: Written) -> Plan:
    """Give the plan that rules saw: the inverse of `eidos.engine.bundling.writing.as_input`.

    Args:
        seen: ``input.bundle``, as somebody says that it was. What the recipe says too is taken
            from there: held against what `as_input` gives of the plan, all that is otherwise shows.
        recipe: that is deployed.
        written: how its files were written.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: it is nothing that rules could have seen.
    """
    return Plan(
        recipe=recipe.name,
        criteria=recipe.criteria,
        releases=tuple(
            release_of(
                each, seen["components"][each.name]["crdsBy"], _rendered(each, seen, written)
            )
            for each in recipe.components
        ),
        deployer=written.deployers[0],
        shared=SharedInputs(source=written.source),
    )


def _rendered(component: WrittenComponent, seen: Mapping[str, Any], written: Written) -> Rendered:
    said = seen["components"][component.name]
    return Rendered(
        values=said["values"],
        resources=tuple(
            Resource(each["name"], When(each["apply"]), each["object"])
            for each in seen["objects"]
            if each["component"] == component.name
        ),
        namespace_labels=said["namespaceLabels"],
        notes=tuple(Note(each["text"], each["path"], each["unused"]) for each in said["notes"]),
        provenance=(written.annotations or {}).get(component.name, {}),
        server_side=said["serverSide"],
    )
