"""JSON that every parser takes: ASCII, no NaN, no lone surrogates."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.report.escaping import one_line

_SURROGATE = re.compile("[\ud800-\udfff]")
_COMMAND = re.compile(r"##(?=\w*\[)")
"""How lines give orders to build servers; in JSON it can only stand in a string."""


def dumps(value: Json, indent: int | None = None) -> str:
    """Write a JSON value in the order of its keys; one line without ``indent``."""
    try:
        text = json.dumps(value, indent=indent, allow_nan=False)
    except ValueError:  # NaN or an infinity
        text = json.dumps(_clean(value), indent=indent)
    if "\\ud" in text:  # a surrogate, perhaps half a pair
        text = json.dumps(_clean(value), indent=indent)
    return _COMMAND.sub(r"#\\u0023", text)


def ordered(value: Json) -> Json:
    """Give a value with the keys of every object in order: the store keeps no other order."""
    if isinstance(value, Mapping):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [ordered(item) for item in value]
    return value


def yaml_line(value: Json) -> str:
    """Write a JSON value as YAML on one line, with nothing that moves a cursor or hides text.

    JSON is YAML but for escaped surrogate pairs, so text stays as it is; the escapes that make
    control characters visible mean the same characters to YAML.
    """
    return one_line(json.dumps(_clean(value), ensure_ascii=False))


def short(value: Json) -> str:
    """Write a value for people: strings without quotes, the rest as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(_clean(value), ensure_ascii=False)


def _clean(value: Json) -> Json:
    if isinstance(value, str):
        return _SURROGATE.sub("�", value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {_SURROGATE.sub("�", str(key)): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def write_items(out: TextIO, items: Iterable[Json], indent: str) -> None:
    """Write an array piece by piece, one item a line; the cursor stands where the ``[`` goes."""
    out.write("[")
    separator = "\n"
    for item in items:
        out.write(f"{separator}{indent}  {dumps(item)}")
        separator = ",\n"
    out.write("]" if separator == "\n" else f"\n{indent}]")
