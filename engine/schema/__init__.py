"""JSON Schema validation: every error at once, with its place, in the user's words.

The only importer of jsonschema-rs. Schemas are the ones in ``eidos.schemas`` and nothing is ever
fetched.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import msgspec

from eidos.engine.errors import Location, Problem, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.snapshot import KIND as SNAPSHOT_KIND
from eidos.engine.schema.wording import worded
from eidos.schemas import FOLDER

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

MOST_PROBLEMS = 1000
"""Problems of one document that are told; what follows from a broken list helps nobody."""
_SUFFIX = ".schema.json"


class Located(Protocol):
    """A document: a value, and where each part of it stands."""

    @property
    def value(self) -> Json:
        """What was read."""
        ...

    def location(self, path: Sequence[str | int]) -> Location:
        """Give the place of a path or of its nearest ancestor."""
        ...


def known_schemas() -> list[str]:
    """Name every published schema: ``snapshot/v1``."""
    files = FOLDER.glob(f"*/*{_SUFFIX}")
    return sorted(f"{file.parent.name}/{file.name.removesuffix(_SUFFIX)}" for file in files)


@cache
def kinds() -> Mapping[str, str]:
    """Give the schema of each ``kind`` that only one schema has."""
    found: dict[str, str] = {}
    for name in known_schemas():
        properties: Any = load_schema(name).get("properties", {})
        kind = properties.get("kind", {}).get("const")
        if kind is not None and kind != SNAPSHOT_KIND:
            found[kind] = name
    return found


@cache
def load_schema(name: str) -> dict[str, Json]:
    """Read a published schema.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in known_schemas():
        raise UsageError(f"there is no schema {name!r}", hint=nearest(name, known_schemas()))
    schema: dict[str, Json] = msgspec.json.decode((FOLDER / f"{name}{_SUFFIX}").read_bytes())
    return schema


def problems(document: Located, name: str) -> list[Problem]:
    """Give everything that is wrong with a document, in its order.

    Args:
        document: what to look at.
        name: the schema it is held against: ``snapshot/v1``.

    Raises:
        UsageError: there is no such schema.
    """
    found = list(islice(_problems(document, name), MOST_PROBLEMS))
    return sorted(found, key=_place)


def problems_by(document: Located, schema: Mapping[str, Json]) -> list[Problem]:
    """Do as `problems` with a schema that somebody else wrote, and `schema_fault` found right."""
    errors = islice(_foreign_validator(schema).iter_errors(document.value), MOST_PROBLEMS)
    found = [
        Problem(said.sentence, said.hint, document.location(said.path))
        for error in errors
        for said in worded(error, dict(schema))
    ]
    return sorted(found, key=_place)


def schema_fault(schema: Mapping[str, Json]) -> str | None:
    """Say why a schema that somebody else wrote cannot be used; None where it can."""
    try:
        _foreign_validator(schema)
    except ValueError as error:
        return str(error).partition("\n")[0][:300]
    return None


def pattern_matches(pattern: str, text: str) -> bool:
    """Say whether a regular expression matches anywhere in a text, in time linear in both.

    Raises:
        ValueError: it is none, or needs more than that takes (references back, looking around).
    """
    if (fault := schema_fault({"pattern": pattern})) is not None:
        raise ValueError(fault)
    return _foreign_validator({"pattern": pattern}).is_valid(text)


def _foreign_validator(schema: Mapping[str, Json]) -> "Draft202012Validator":
    """Give a validator whose patterns cannot take for ever: none looks around or back."""
    from jsonschema_rs import Draft202012Validator, RegexOptions

    return Draft202012Validator(
        dict(schema), retriever=_never_fetch, pattern_options=RegexOptions(size_limit=1 << 20)
    )


def first_error(document: Located, name: str) -> Problem | None:
    """Give the first thing that is wrong with a document; see `problems`."""
    return next(iter(problems(document, name)), None)


def _problems(document: Located, name: str) -> Iterator[Problem]:
    schema = load_schema(name)
    for error in _validator(name).iter_errors(document.value):
        for said in worded(error, schema):
            yield Problem(said.sentence, said.hint, document.location(said.path))


@cache
def _validator(name: str) -> "Draft202012Validator":
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

    return Draft202012Validator(
        load_schema(name),
        validate_formats=True,
        retriever=_never_fetch,
        pattern_options=FancyRegexOptions(backtrack_limit=100_000),
    )


def _never_fetch(uri: str) -> NoReturn:
    raise ValueError(f"schemas are not fetched: {uri}")


def _place(problem: Problem) -> tuple[int, int, str, str]:
    place = problem.location or Location("")
    return place.line or 0, place.column or 0, place.path or "", problem.message
