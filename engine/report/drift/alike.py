"""The same change on many nodes, said once."""

from collections.abc import Iterable

from eidos.engine.model.drift import Change
from eidos.engine.records import dataclass
from eidos.engine.report.escaping import one_line
from eidos.engine.report.wording import named

_NAMES = 3
"""Nodes named of a group."""


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
        return named([one_line(name) for name in self.nodes[:_NAMES]], len(self.nodes))


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
