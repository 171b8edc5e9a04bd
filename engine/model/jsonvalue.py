"""The type of anything that JSON can say."""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
else:
    Json = Any  # decoders read types at run time and cannot read a recursive one


def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Make an object of its members, as a hook of `json.loads`.

    Raises:
        ValueError: a key is there twice, of which each reader takes another.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def read_unique(content: bytes) -> Json:
    """Read JSON in UTF-8 of which no two readers can make two documents.

    Raises:
        ValueError: it is none, or a key is there twice.
    """
    import json  # not every command reads what others wrote so

    try:
        found: Json = json.loads(content.decode(), object_pairs_hook=unique)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return found
