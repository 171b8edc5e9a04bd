"""The same change on many nodes, said once."""

from collections.abc import Iterable

from eidos.engine.errors import Location
from eidos.engine.model.drift import Change
from eidos.engine.model.rule import Severity
from eidos.engine.records import dataclass
from eidos.engine.report.escaping import one_line
from eidos.engine.report.wording import named

_NAMES = 3
"""Nodes named of a group."""
FEW = 5
"""So many changes of one subtype are read one by one, and no more."""


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

    @property
    def placed(self) -> str:
        """Name the nodes, or the cluster; of one, also the lines of both documents."""
        if len(self.nodes) > 1:
            return self.where
        places = dict.fromkeys(_line(place) for place in self.change.places() if place)
        return f"{self.where}; {' -> '.join(places)}" if places else self.where


def grouped(changes: Iterable[Change]) -> list[Group]:
    """Bring like changes together, in the order of the first of each."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(_likeness(change), []).append(change)
    return [
        Group(alike[0], tuple(change.node for change in alike if change.node is not None))
        for alike in found.values()
    ]


@dataclass(frozen=True, slots=True)
class Rest:
    """Changes of one subtype that are only counted."""

    groups: tuple[Group, ...]
    is_read: bool
    """A rule reads one of them."""
    like: Group | None = None
    """A change that flips what they flip; None where they flip nothing."""


def folded(groups: Iterable[Group]) -> tuple[list[Group], list[Rest]]:
    """Part what is to be read from what is only counted, of changes of one level.

    Of many changes that flip the same verdicts the first few are read; many that flip none are only
    counted where they matter little. What is few is read.
    """
    found: dict[tuple[object, ...], list[Group]] = {}
    for group in groups:
        change = group.change
        verdicts = tuple((flip.rule, flip.before, flip.after) for flip in change.flips)
        found.setdefault((change.address.whole, verdicts), []).append(group)
    read: list[Group] = []
    rests: list[Rest] = []
    for alike in found.values():
        flips = alike[0].change.flips
        matters = bool(flips) or alike[0].change.level.rank >= Severity.HIGH.rank
        shown = len(alike) if len(alike) <= FEW else FEW if matters else 0
        read += alike[:shown]
        if rest := alike[shown:]:
            is_read = any(each.change.read_by for each in rest)
            rests.append(Rest(tuple(rest), is_read, alike[0] if flips else None))
    return read, rests


def _line(place: Location) -> str:
    return one_line(f"{place.file}:{place.line}" if place.line else place.file)


def _likeness(change: Change) -> str:
    values = (change.before, change.after, change.flips, change.level, change.node is None)
    return repr((change.segments, change.kind, *values))
