"""Spans of time as people write them: ``30s``, ``5m``, ``1h30m``, ``250ms``."""

import re

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_DAY = 86_400
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str) -> float:
    """Give the seconds in a duration; a bare number is seconds.

    Raises:
        ValueError: the text is not a duration.
    """
    stripped = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", stripped):
        return float(stripped)
    parts = _PART.findall(stripped)
    if not parts or "".join(number + unit for number, unit in parts) != stripped:
        raise ValueError(f"{text!r} is not a duration such as 30s, 5m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def days(text: str) -> int:
    """Give the days in a duration of whole days, at least one: ``14d``.

    Raises:
        ValueError: it is none.
    """
    length = seconds(text)
    if length < _DAY or length % _DAY:
        raise ValueError(f"{text!r} is not a number of whole days such as 14d")
    return int(length // _DAY)


def span(length: float) -> str:
    """Write seconds for people, in the largest unit that fits: ``90m`` is ``1.5h``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if length >= size:
            return f"{length / size:.1f}".removesuffix(".0") + unit
    return f"{length:.0f}s"
