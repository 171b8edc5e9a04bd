"""Whether a changed value is a version that went up or down."""

import re

from eidos.engine.model.jsonvalue import Json

_VERSION = re.compile(r"v?(\d+(?:\.\d+){1,4})(?:[-+_].*)?")
_STEPS = ("major", "minor", "patch")


def version_note(before: Json, after: Json) -> str | None:
    """Give ``minor upgrade``, ``patch downgrade``, ...; None when the values are no two versions.

    Numbers are compared as numbers: 580.95.05 to 580.126.20 is a minor upgrade.
    """
    old, new = _numbers(before), _numbers(after)
    if old is None or new is None or old == new:
        return None
    width = max(len(old), len(new))
    old, new = _padded(old, width), _padded(new, width)
    place = next(index for index in range(width) if old[index] != new[index])
    direction = "upgrade" if new > old else "downgrade"
    return f"{_STEPS[min(place, 2)]} {direction}"


def _numbers(value: Json) -> tuple[int, ...] | None:
    match = _VERSION.fullmatch(value) if isinstance(value, str) else None
    return tuple(int(part) for part in match[1].split(".")) if match else None


def _padded(numbers: tuple[int, ...], width: int) -> tuple[int, ...]:
    return numbers + (0,) * (width - len(numbers))
