"""Which row of a component's upgrade table a move from one version to another falls under."""

import re

from eidos.engine.model.recipe import Component, Upgrade
from eidos.engine.selecting.constraints import Atom, parse

_VERSION = re.compile(r"\s*[vV]?(\d{1,9}(?:\.\d{1,9})*)(?P<rest>.*)", re.DOTALL)
_BEFORE_RELEASE = re.compile(
    r"[^-_~\s]*[-_~\s]+[0-9.]*"
    r"(?:alpha|beta|rc|dev|devel|pre|preview|nightly|snapshot)(?:[^a-z]|$)"
)

Key = tuple[tuple[int, ...], int]


def version_key(text: str) -> Key | None:
    """Give a value that orders versions as ``versions.rego`` does; None for no version.

    A pre-release is below its release, and zeros at the end mean nothing.
    """
    found = _VERSION.fullmatch(text)
    if found is None or not re.match(r"$|[-+_~\s]", found["rest"]):
        return None
    numbers = [int(each) for each in found[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), 0 if _BEFORE_RELEASE.match(found["rest"].lower()) else 1


def row_of(component: Component, before: str, after: str) -> Upgrade | None:
    """Give the first row of the upgrade table that a move falls under; None where none is for it.

    Raises:
        ValueError: a range of the table is none.
    """
    return next(
        (
            each
            for each in component.upgrades
            if is_within(before, each.since) and is_within(after, each.to)
        ),
        None,
    )


def is_within(version: str, wanted: str) -> bool:
    """Say whether a version lies in a range, ``>= 0.18, < 0.19``; what is no version lies in none.

    Raises:
        ValueError: it is no range.
    """
    key = version_key(version)
    return key is not None and any(
        all(_holds(key, atom) for atom in alternative) for alternative in parse(wanted)
    )


def _holds(key: Key, atom: Atom) -> bool:
    bounds = [version_key(each) for each in atom.operands]
    known = [each for each in bounds if each is not None]
    if len(known) != len(bounds):
        raise ValueError(f"'{atom}' compares with something that is not a version")
    match atom.operator:
        case ">=":
            return key >= known[0]
        case ">":
            return key > known[0]
        case "<=":
            return key <= known[0]
        case "<":
            return key < known[0]
        case "==" | "in":
            return key in known
        case "!=" | "not in":
            return key not in known
        case _:
            raise ValueError(f"'{atom}' is not a range of versions")
