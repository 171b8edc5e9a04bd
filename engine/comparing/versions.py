"""Whether a changed value is a version that went up or down."""

import re

from eidos.engine.model.jsonvalue import Json

_VERSION = re.compile(r"(?:[a-z]+://)?v?(\d+(?:\.\d+){1,4})(?:-(\d+)(?![.\d]))?(?:[-+_.~].*)?")
"""Numbers, and the number of a distribution's own build: ``6.8.0-1024-aws``."""
_STEPS = ("major", "minor", "patch")
_Version = tuple[tuple[int, ...], int | None]


def version_note(before: Json, after: Json) -> str | None:
    """Give ``minor upgrade``, ``patch downgrade``, ...; None when the values are no two versions.

    Numbers are compared as numbers: 580.95.05 to 580.126.20 is a minor upgrade.
    """
    old, new = _version(before), _version(after)
    if old is None or new is None:
        return None
    # 1.30 and 1.30.0 are one version: what is not said is 0.
    width = max(len(old[0]), len(new[0]))
    older, newer = _padded(old[0], width), _padded(new[0], width)
    place = next((index for index in range(width) if older[index] != newer[index]), None)
    if place is not None:
        return f"{_STEPS[min(place, 2)]} {_direction(older, newer)}"
    # The same version, packaged again: 6.8.0-1024-aws to 6.8.0-1031-aws.
    builds = (old[1], new[1])
    if builds[0] is None or builds[1] is None or builds[0] == builds[1]:
        return None
    return f"patch {_direction((builds[0],), (builds[1],))}"


def _direction(before: tuple[int, ...], after: tuple[int, ...]) -> str:
    return "upgrade" if after > before else "downgrade"


def _version(value: Json) -> _Version | None:
    match = _VERSION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    build = int(match[2]) if match[2] else None
    return tuple(int(part) for part in match[1].split(".")), build


def _padded(numbers: tuple[int, ...], width: int) -> tuple[int, ...]:
    return numbers + (0,) * (width - len(numbers))
