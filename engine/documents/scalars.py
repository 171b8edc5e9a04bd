"""What a plain YAML scalar means: YAML 1.2's core schema, and never less than its source text."""

import math
import re

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
_DIGITS_MAX = 1000
"""Longer numbers stay text; Python itself refuses to read more than 4,300 digits."""

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
        raise ValueError(f"{text} is no number that JSON can say")
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
