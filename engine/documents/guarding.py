"""The limits of a value that some parser has read whole."""

from collections.abc import Callable

from eidos.engine.documents.limits import Limits
from eidos.engine.errors import Location
from eidos.engine.model.jsonvalue import Json


def guard(
    value: Json, name: str, limits: Limits, deepest: Callable[[], Location] | None = None
) -> None:
    """Check a value level by level, looking at containers only.

    Args:
        value: what was read.
        name: of the file, for messages.
        limits: bounds of what is read.
        deepest: finds the place that is too deep; the file as a whole when None.

    Raises:
        DocumentError: it is over a limit.
    """
    level: list[Json] = [value]
    total = depth = 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        if depth > limits.depth:
            place = deepest() if deepest else Location(name)
            raise limits.exceeded("depth", f"{limits.depth} levels", place)
        below: list[Json] = []
        for item in level:
            below.extend(item.values() if isinstance(item, dict) else item)
            if isinstance(item, dict) and len(item) > limits.keys:
                raise limits.exceeded("keys", f"{limits.keys} keys", Location(name))
        total += len(below)
        level = below
    if total > limits.values:
        raise limits.exceeded("values", f"{limits.values} values", Location(name))
