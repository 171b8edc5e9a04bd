"""``eidos recipe query``: one value of a recipe."""

from collections.abc import Mapping

from eidos.engine.errors import UsageError
from eidos.engine.model.facts import join_path, split_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest


def query_recipe(written: Mapping[str, Json], path: str) -> Json:
    """Give the value at a path of a recipe.

    Args:
        written: the document.
        path: ``components.gpu-operator.values.driver.version``; components are found by name, and
            keys with dots stand in brackets and quotes; empty for the whole.

    Raises:
        UsageError: there is none; the hint says what there is.
    """
    try:
        segments = split_path(path)
    except ValueError as error:
        raise UsageError(str(error), hint='Write a.b[0]["c.d"].') from error
    value: Json = dict(written)
    for at, segment in enumerate(segments):
        if isinstance(value, list) and isinstance(segment, str):
            value = {
                str(each["name"]): each
                for each in value
                if isinstance(each, dict) and "name" in each
            }
        value = _step(value, segment, join_path(segments[:at]))
    return value


def _step(value: Json, segment: str | int, before: str) -> Json:
    if isinstance(value, dict) and segment in value:
        return value[str(segment)]
    if isinstance(value, list) and isinstance(segment, int) and segment < len(value):
        return value[segment]
    known = list(value) if isinstance(value, dict) else []
    raise UsageError(
        f"the recipe has no {segment!r} in {before or 'its root'}",
        hint=nearest(str(segment), known) if known else "It is a single value.",
    )
