"""Hashes of the files of a bundle, as OPA takes them (``v1/bundle/hash.go``).

Of a structured file it is the hash of its value: maps by the order of their keys, numbers of JSON
as they are written, and texts and numbers of YAML as Go's encoder writes them.
"""

import contextlib
import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import PurePosixPath

from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import read_yaml
from eidos.engine.documents.scalars import YamlRules
from eidos.engine.errors import DocumentError, Location, PolicyError
from eidos.engine.model.jsonvalue import Json, unique

_STRUCTURED = frozenset({"data.json", "data.yaml", "data.yml", ".manifest"})
"""Names of files of which OPA hashes what they say, and not how it is written."""
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def hashed(name: str, content: bytes) -> str:
    """Give the SHA-256 of a file, hexadecimal, as OPA takes it.

    Of a structured file it is that of its value: maps by the order of their keys, numbers of JSON
    as they are written.

    Raises:
        PolicyError: a structured file cannot be read.
    """
    base = PurePosixPath(name).name
    if base not in _STRUCTURED:
        return hashlib.sha256(content).hexdigest()
    try:
        text = content.decode("utf-8-sig")
        return hashlib.sha256("".join(_walked(_value(text, name))).encode()).hexdigest()
    except (ValueError, RecursionError, DocumentError) as error:
        problem = f"the file cannot be read as data: {error}"
        raise PolicyError(problem, location=Location(name)) from None


class _Number(str):
    """A number of JSON, as it is written."""

    __slots__ = ()


def exact_json(text: str) -> Json:
    """Read JSON with numbers as they are written, and no key twice.

    Raises:
        ValueError: it is none.
    """
    found: Json = json.loads(
        text,
        parse_int=_Number,
        parse_float=_Number,
        parse_constant=_no_number,
        object_pairs_hook=unique,
    )
    return found


def _no_number(text: str) -> Json:
    raise ValueError(f"{text} is no number of JSON")


def _value(text: str, name: str) -> Json:
    """Read a structured file: as JSON where it is that, whatever it is called, else as YAML."""
    if not name.endswith((".yaml", ".yml")):
        return exact_json(text)
    with contextlib.suppress(ValueError):
        return exact_json(text)
    value, of_opa = (_one(text, name, rules) for rules in (YamlRules.CORE, YamlRules.OPA))
    if not _is_same(value, of_opa):
        raise ValueError("a scalar means one thing to OPA and another in YAML 1.2: quote it")
    return value


def _is_same(one: Json, other: Json) -> bool:
    """Say whether values are the same in JSON: 1.0 is 1, and true is not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return one == other and isinstance(one, bool) is isinstance(other, bool)


def _one(text: str, name: str, rules: YamlRules) -> Json:
    documents = read_yaml(text, name, Limits(), rules)
    if len(documents) != 1:
        raise ValueError(f"it holds {len(documents)} documents instead of one")
    return documents[0].value


def _walked(value: Json) -> Iterator[str]:
    """Give the canonical text that OPA hashes, in pieces (``bundle/hash.go``)."""
    if isinstance(value, dict):
        for number, key in enumerate(sorted(value)):
            yield f"{',' if number else '{'}{_quoted(key)}:"
            yield from _walked(value[key])
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield "," if number else "["
            yield from _walked(each)
        yield "]" if value else "[]"
    else:
        yield _primitive(value)


def _primitive(value: Json) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, float):
        return _go_number(value)
    return json.dumps(value)  # null, true, false, or an integer


def _quoted(text: str) -> str:
    """Write a string as Go's encoder does with HTML left as it is."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return f"\\u{ord(char):04x}" if char < " " or char in "\u2028\u2029" else char


_NEAR = 1e-6
_FAR = 1e21
"""From where on Go's encoder writes exponents (``encoding/json``, after ECMAScript)."""


def _go_number(value: float) -> str:
    """Write a number of YAML as Go's encoder does: shortest, with an exponent where that is far."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    if value and not _NEAR <= abs(value) < _FAR:
        return repr(value).replace("e-0", "e-")
    from decimal import Decimal

    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0")
