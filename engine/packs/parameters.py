"""What a parameter of a rule may be, and what is wrong with a value that it is given."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Param

_WORDS: Mapping[str, str] = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a map",
}
"""Types, named as JSON Schema names them, in the user's words."""
_FIELDS = ("type", "default", "values", "minimum", "maximum", "items", "format", "description")
_VERSION = re.compile(r"[vV]?[0-9]{1,9}(\.[0-9]{1,9})*([-+_~][0-9A-Za-z.+_~-]*)?")
"""What `eidos.lib.versions` can compare: with anything else, ``2.x``, a rule would find nothing."""
_NOT_REGULAR = re.compile(r"\(\?<?[=!]|(?<!\\)\\[1-9]")
"""Look-around and back references, which Rego's expressions lack."""


def read_param(written: Json) -> Param:
    """Read how a rule declares a parameter: its default, or a map with ``default`` in it.

    Raises:
        ValueError: it cannot be understood; the message follows the parameter's name.
    """
    if not isinstance(written, dict) or "default" not in written:
        return Param(written, _type(written))
    fields: dict[str, Any] = dict(written)
    for name in fields:
        if name not in _FIELDS:
            raise ValueError(f"has a field '{name}', which there is not. {nearest(name, _FIELDS)}")
    param = Param(**{"type": _type(fields["default"]), **fields, "values": _values(fields)})
    _refuse_odd(param)
    if said := complaint(param, param.default):
        raise ValueError(f"has a default that {said}")
    return param


def _values(fields: Mapping[str, Any]) -> tuple[Json, ...]:
    values = fields.get("values", [])
    if not isinstance(values, list):
        raise ValueError("has 'values' that are no list")  # noqa: TRY004 -- told as all others are
    return tuple(values)


def _refuse_odd(param: Param) -> None:
    for name, known in (("type", _WORDS), ("items", _WORDS), ("format", _FORMATS)):
        said = getattr(param, name)
        if said and said not in known:
            raise ValueError(f"has the {name} '{said}', which is none of {', '.join(known)}")
    for name in ("minimum", "maximum"):
        bound = getattr(param, name)
        if bound is not None and _type(bound) != "number":
            raise ValueError(f"has a {name} that is no number")


def complaint(param: Param, value: Json) -> str | None:
    """Say what is wrong with a value, as the end of a sentence: ``must be a number, not text``."""
    return next(_complaints(param, value), None)


def _complaints(param: Param, value: Json) -> Iterator[str]:
    if not _is(value, param.type):
        yield f"must be {_WORDS[param.type]}, not {_shown(value)}"
        return
    for each in _elements(value):
        if param.items and not _is(each, param.items):
            yield f"must hold {_WORDS[param.items]} everywhere, not {each!r}"
        elif param.values and each not in param.values:
            known = [str(known) for known in param.values]
            yield f"must be one of {', '.join(known)}, not {each!r}. {nearest(str(each), known)}"
        yield from _bounds(param, each)
        if param.format and isinstance(each, str) and (said := _FORMATS[param.format](each)):
            yield said


def _bounds(param: Param, value: Json) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if param.minimum is not None and value < param.minimum:
        yield f"must be at least {param.minimum}, not {value}"
    if param.maximum is not None and value > param.maximum:
        yield f"must be at most {param.maximum}, not {value}"


def _elements(value: Json) -> list[Json]:
    """Give what bounds and values are about: a list's and a map's elements, else the value."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _type(value: Json) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return ""


def _is(value: Json, type_: str) -> bool:
    if type_ == "integer":
        return _type(value) == "number" and float(value) == int(value)  # type: ignore[arg-type]
    return not type_ or _type(value) == type_


def _shown(value: Json) -> str:
    return f"the number {value}" if _type(value) == "number" else _WORDS.get(_type(value), "empty")


def _regex(text: str) -> str | None:
    try:
        re.compile(text)
    except re.error as error:
        return f"is not a regular expression: {error}"
    return "uses look-around or a back reference" if _NOT_REGULAR.search(text) else None


def _version(text: str) -> str | None:
    return (
        None if _VERSION.fullmatch(text) else f"must be a version such as 580.126.20, not {text!r}"
    )


_FORMATS: Mapping[str, Callable[[str], str | None]] = {"regex": _regex, "version": _version}
