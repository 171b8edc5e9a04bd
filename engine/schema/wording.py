"""Sentences for people from what the validator found."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from eidos.engine.errors import without_middle
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.secrets import MASK, is_secret, masked

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

Path = tuple[str | int, ...]
_LONGEST = 60
_MOST = 500
"""Characters of the validator's own words, which repeat the value."""
_TYPES = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}
_FOUND = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}


class Said(NamedTuple):
    """One problem in words."""

    path: Path
    sentence: str
    hint: str | None = None


class _Error(NamedTuple):
    """What the validator found, and the part of the schema that says so."""

    path: Path
    value: Any
    detail: Mapping[str, Any]
    """The validator's own data about this kind of error."""
    part: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name the value: by its key, or as an entry of a list."""
        if not self.path:
            return "the document"
        last = self.path[-1]
        return f"entry {last + 1}" if isinstance(last, int) else _quoted(last)

    def say(self, sentence: str, hint: str | None = None) -> Iterator[Said]:
        yield Said(self.path, f"{self.name} {sentence}", hint)


def worded(error: "ValidationError", schema: Json) -> Iterable[Said]:
    """Say what an error means; the rare kinds keep the validator's own words.

    Args:
        error: what the validator found.
        schema: the whole schema it found it with.
    """
    path = tuple(error.instance_path)
    part = _part(schema, error.schema_path)
    found = _Error(path, error.instance, error.kind.as_dict(), part)
    say = _WORDS.get(error.kind.name)
    if path and is_secret(str(path[-1]), error.instance):
        found = found._replace(value=MASK)
    return say(found) if say else [Said(path, without_middle(error.message, _MOST))]


def _part(schema: Json, path: Sequence[str | int]) -> Mapping[str, Any]:
    """Find the schema object that holds the keyword an error is about."""
    part: Any = schema
    for segment in path[:-1]:
        if segment == "$ref":
            part = _definition(schema, part["$ref"])
        elif isinstance(part, dict | list):
            part = part[segment]  # type: ignore[index] # the validator walked this path
    return part if isinstance(part, dict) else {}


def _definition(schema: Any, reference: str) -> Any:  # noqa: ANN401 - schemas are free-form
    for name in reference.removeprefix("#/").split("/"):
        schema = schema[name]
    return schema


def _quoted(name: str) -> str:
    """Write the name of a key, which may have no end."""
    return f"'{without_middle(name, _LONGEST)}'"


def shown(value: Json) -> str:
    """Write a value on one line, cut when it is long."""
    text = masked(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _kind(value: Json) -> str:
    if value is None:
        return "empty"
    return _TYPES[_FOUND.get(type(value), "number")]


def _type(error: _Error) -> Iterator[Said]:
    wanted = " or ".join(_TYPES[name] for name in error.detail["types"])
    plain = isinstance(error.value, int | float | str)
    found = f"{_kind(error.value)} ({shown(error.value)})" if plain else _kind(error.value)
    hint = error.part.get("description")
    if "string" in error.detail["types"] and plain and not isinstance(error.value, str):
        hint = "Put the value in quotes."
    return error.say(f"must be {wanted}, and is {found}", hint)


def _required(error: _Error) -> Iterator[Said]:
    missing = error.detail["property"]
    wanted = error.part.get("properties", {}).get(missing, {})
    hint = f"It says: {wanted['description']}" if "description" in wanted else None
    if "const" in wanted:
        hint = f"Add '{missing}: {wanted['const']}'."
    yield Said(error.path, f"{error.name} lacks '{missing}'", hint)


def _additional(error: _Error) -> Iterator[Said]:
    known = list(error.part.get("properties", {}))
    for key in error.detail["unexpected"]:
        yield Said((*error.path, key), f"{_quoted(key)} is not known here", nearest(key, known))


def _enum(error: _Error) -> Iterator[Said]:
    options = error.detail["options"]
    listed = ", ".join(option if isinstance(option, str) else shown(option) for option in options)
    texts = [option for option in options if isinstance(option, str)]
    hint = nearest(error.value, texts) if isinstance(error.value, str) else None
    close = hint if hint and hint.startswith("Did") else None
    return error.say(f"is {shown(error.value)}, and must be one of: {listed}", close)


def _const(error: _Error) -> Iterator[Said]:
    return error.say(
        f"is {shown(error.value)}, and must be {shown(error.detail['expected_value'])}"
    )


def _shape(error: _Error) -> Iterator[Said]:
    examples = error.part.get("examples")
    hint = f"Write it like {examples[0]}." if examples else None
    about = error.part.get("description", "it does not have the right form").rstrip(".")
    return error.say(f"is {shown(error.value)}, which does not fit: {about}", hint)


def _min_length(error: _Error) -> Iterator[Said]:
    limit = error.detail["limit"]
    return error.say("is empty" if limit == 1 else f"is shorter than {limit} characters")


def _property_names(error: _Error) -> Iterator[Said]:
    inner = error.detail["error"]
    key = inner.instance
    if key == "":
        return error.say("has an empty key")
    about = error.part.get("description", "not allowed here")
    return iter([Said((*error.path, key), f"the key {shown(key)} does not fit: {about}")])


def _none_fits(error: _Error) -> Iterator[Said]:
    return error.say("has none of the forms that may stand here", error.part.get("description"))


def _bound(words: str) -> Callable[[_Error], Iterator[Said]]:
    def say(error: _Error) -> Iterator[Said]:
        limit = error.detail["limit"]
        counted = isinstance(error.value, list | dict)
        entries = " entry" if limit == 1 else " entries"
        found = f"has {len(error.value)}" if counted else f"is {shown(error.value)}"
        return error.say(f"{words} {limit}{entries if counted else ''}, and {found}")

    return say


_WORDS: dict[str, Callable[[_Error], Iterator[Said]]] = {
    "type": _type,
    "required": _required,
    "additionalProperties": _additional,
    "unevaluatedProperties": _additional,
    "enum": _enum,
    "const": _const,
    "pattern": _shape,
    "format": _shape,
    "minLength": _min_length,
    "propertyNames": _property_names,
    "anyOf": _none_fits,
    "oneOf": _none_fits,
    "minimum": _bound("must be at least"),
    "maximum": _bound("must be at most"),
    "minItems": _bound("must have at least"),
    "maxItems": _bound("must have at most"),
    "minProperties": _bound("must have at least"),
    "maxProperties": _bound("must have at most"),
    "uniqueItems": lambda error: error.say("has an entry more than once"),
    "falseSchema": lambda error: error.say("must not be here"),
}
