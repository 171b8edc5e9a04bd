"""The same change on many nodes, said once."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from eidos.engine.model.drift import Change, ChangeKind
from eidos.engine.model.jsonvalue import Json
from eidos.engine.report.escaping import one_line, shortened
from eidos.engine.report.jsontext import short

_NAMES = 3
"""Nodes named of a group."""
VALUE = 80
"""Characters shown of a value."""

_CONTEXT = 20
"""Characters that two long values have in common and that are shown all the same."""
_TYPES = {str: "text", bool: "boolean", int: "integer", float: "number"}


@dataclass(frozen=True, slots=True)
class Group:
    """A change and the nodes it was seen on."""

    change: Change
    """The first of them."""
    nodes: tuple[str, ...]
    """Empty for the cluster."""

    @property
    def where(self) -> str:
        """Name the nodes, or the cluster."""
        if not self.nodes:
            return "cluster"
        names = ", ".join(one_line(name) for name in self.nodes[:_NAMES])
        rest = len(self.nodes) - _NAMES
        return f"{names} and {rest:,} more" if rest > 0 else names


def grouped(changes: Iterable[Change]) -> list[Group]:
    """Bring like changes together, in the order of the first of each."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(_likeness(change), []).append(change)
    return [
        Group(alike[0], tuple(change.node for change in alike if change.node is not None))
        for alike in found.values()
    ]


def _likeness(change: Change) -> str:
    values = (change.before, change.after, change.flips, change.level, change.node is None)
    return repr((change.segments, change.kind, *values))


def fact(change: Change) -> str:
    """Write the fact's path: ``gpu.smi.driver``."""
    return one_line(change.fact)


def shown(value: Json, limit: int = VALUE) -> str:
    """Write a value on one line."""
    return shortened(one_line(short(value)), limit)


def sides(change: Change, limit: int) -> tuple[str, str]:
    """Write both values, a line each; of long ones that begin alike, the beginning is left out."""
    texts = (one_line(short(change.before)), one_line(short(change.after)))
    pairs = zip(*texts, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    skipped = max(common - _CONTEXT, 0) if max(map(len, texts)) > limit else 0
    before, after = (f"…{text[skipped + 1 :]}" if skipped else text for text in texts)
    return shortened(before, limit), shortened(after, limit)


def cells(change: Change, limit: int) -> tuple[str, str]:
    """Write both values for a table; what is not there is empty."""
    match change.kind:
        case ChangeKind.ADDED:
            return "", shown(change.after, limit)
        case ChangeKind.REMOVED:
            return shown(change.before, limit), ""
        case ChangeKind.RETYPED:
            return _typed(change.before, limit), _typed(change.after, limit)
        case _:
            return shown(change.before, limit), shown(change.after, limit)


def values(change: Change, limit: int = VALUE) -> str:
    """Write what became of the value: ``570 -> 580 (major upgrade)``."""
    note = f" ({change.note})" if change.note else ""
    match change.kind.value:
        case "added":
            return f"added {shown(change.after, limit)}"
        case "removed":
            return f"removed {shown(change.before, limit)}"
        case "changed" if told := _members(change.before, change.after):
            return shortened(told, limit)
        case "retyped":
            return f"{_typed(change.before, limit)} -> {_typed(change.after, limit)} (retyped)"
        case _:
            return f"{shown(change.before, limit)} -> {shown(change.after, limit)}{note}"


def _members(before: Json, after: Json) -> str | None:
    """Write what a list lost and what it got; None when it is not as simple as that."""
    if not (isinstance(before, list) and isinstance(after, list)):
        return None
    if any(isinstance(entry, dict | list) for entry in (*before, *after)):
        return None
    lost = [f"-{one_line(short(entry))}" for entry in before if entry not in after]
    got = [f"+{one_line(short(entry))}" for entry in after if entry not in before]
    return " ".join([*lost, *got]) or None


def _typed(value: Json, limit: int) -> str:
    return f"{_TYPES.get(type(value), 'null')} {shown(value, limit)}"


def flips(change: Change) -> str:
    """Write the verdicts that flip: ``GPU-001 fail -> pass``."""
    told = (f"{one_line(flip.rule)} {flip.before} -> {flip.after}" for flip in change.flips)
    return ", ".join(told)
