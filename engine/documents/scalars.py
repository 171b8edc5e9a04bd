"""What a plain YAML scalar means.

`plain` is YAML 1.2's core schema, and never less than its source text: snapshots and our own kinds.
`plain_go` is what go-yaml v2 makes of it, the reader in kubectl, the API server, Helm and conftest:
every other document.
"""

import math
import re
from enum import Enum

_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST = frozenset("~nNtTfF+-.0123456789")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_BASED = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_VERSION_LIKE = re.compile(r"[-+]?[0-9]+\.[0-9]*")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_GO_CONSTANTS: dict[str, bool | None] = {
    **_CONSTANTS,
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_GO_FIRST = _FIRST | frozenset("yYoO")
_GO_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)")
_GO_WORD = 1 << 64
_GO_EXPONENT = 10**21
"""From here on Go's JSON writes numbers with an exponent."""
_DIGITS_MAX = 1000
"""Longer numbers stay text; Python itself refuses to read more than 4,300 digits."""


class YamlRules(Enum):
    """Whose reader is followed where YAML's versions differ."""

    CORE = "YAML 1.2's core schema: snapshots and our own kinds"
    KUBERNETES = "go-yaml v2: kubectl, the API server, Helm, conftest's documents"
    OPA = "go-yaml v3: data for policies"


Scalar = str | int | float | bool | None


def plain(text: str) -> Scalar:
    """Give the value of a plain scalar.

    Raises:
        ValueError: it is a number that JSON cannot say: infinite or not a number.
    """
    # Nearly every scalar of a snapshot is a word: one look at its first letter settles it.
    if text[:1] not in _FIRST and text:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        # As a number, -0 would lose its sign.
        return int(text) if len(text) <= _DIGITS_MAX and text != "-0" else text
    if len(text) > _DIGITS_MAX:
        return text
    return int(text, 0) if _BASED.fullmatch(text) else _number(text)


def _number(text: str) -> Scalar:
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a number that JSON can represent")
    if not _FLOAT.fullmatch(text) or _padded(text):
        return text
    value = float(text)
    # 1.10 is a version more often than a number, and as 1.1 it would be another one.
    if _VERSION_LIKE.fullmatch(text) and repr(value) != text.removeprefix("+"):
        return text
    if math.isinf(value):
        raise ValueError(f"{text[:40]} is larger than any number that JSON readers keep")
    return value


def _padded(text: str) -> bool:
    """Zeros in front would be lost: ``007``, ``0755``, ``24.04`` is not one of them."""
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()


def plain_go(text: str, *, words: bool = True) -> Scalar:
    """Give the value of a plain scalar as go-yaml v2 has it or, without words, v3.

    ``on`` is true, ``0644`` is 420, ``1_000`` is 1000, ``1:30`` and dates are text. Integers that
    JSON in Go would round (over 2^53) are kept whole.

    Args:
        text: the scalar.
        words: take ``on``, ``yes``, ``n`` and the like for booleans.

    Raises:
        ValueError: it is a number that JSON cannot say: infinite or not a number.
    """
    if text[:1] not in _GO_FIRST and text:
        return text
    constants = _GO_CONSTANTS if words else _CONSTANTS
    if text in constants:
        return constants[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a number that JSON can represent")
    if len(text) > _DIGITS_MAX:
        return text
    bare = text if text[0] == "." else text.replace("_", "")
    if _GO_INTEGER.fullmatch(bare) and -_GO_WORD // 2 <= (whole := _go_integer(bare)) < _GO_WORD:
        return whole
    if not _FLOAT.fullmatch(bare) or math.isinf(value := float(bare)):
        return text
    return value


def whole_go(value: Scalar) -> Scalar:
    """Give a number as Go's JSON writes it: ``1.0`` and ``1e3`` are whole."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _GO_EXPONENT:
        return int(value)
    return value


def _go_integer(text: str) -> int:
    digits = text.lstrip("+-")
    is_old_octal = len(digits) > 1 and digits[0] == "0" and digits.isdecimal()
    value = int(digits, 8 if is_old_octal else 0)
    return -value if text[0] == "-" else value


def key_go(value: Scalar) -> str:
    """Write the value of a key as sigs.k8s.io/yaml does: ``on`` is the key ``true``.

    Raises:
        ValueError: the key is null, which it refuses.
    """
    if value is None:
        raise ValueError("a key must be text, not empty")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)
