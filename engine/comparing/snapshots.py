"""Comparing two snapshots: parts with equal addresses are skipped, the rest goes fact by fact.

A fact that one side did not collect is not comparable; it is never "removed".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eidos.engine.comparing.matching import Pairing, pair_nodes
from eidos.engine.comparing.normal import comparable
from eidos.engine.comparing.values import differences
from eidos.engine.digest import SnapshotDigests
from eidos.engine.model.drift import Change, ChangeKind, NotComparable, Path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import (
    Collection,
    CollectorState,
    Measurement,
    Node,
    Snapshot,
    subtypes,
)

Key = tuple[str, str]
Facts = Mapping[Key, Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot and its addresses."""

    snapshot: Snapshot
    digests: SnapshotDigests


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, before anything is ignored or ranked."""

    changes: tuple[Change, ...]
    pairing: Pairing
    not_comparable: tuple[NotComparable, ...]


def compare(baseline: Taken, current: Taken, labels: Sequence[str] = ()) -> Comparison:
    """Compare two snapshots.

    Args:
        baseline: how it was.
        current: how it is.
        labels: label keys by which a node may be recognised as a replacement.
    """
    pairing = pair_nodes(baseline.snapshot.nodes, current.snapshot.nodes, labels)
    walk = _Walk(baseline, current)
    walk.group(None, None)
    for old, new in pairing.pairs:
        walk.group(old, new)
    return Comparison(tuple(walk.changes), pairing, tuple(walk.not_comparable))


class _Walk:
    def __init__(self, baseline: Taken, current: Taken) -> None:
        self.changes: list[Change] = []
        self.not_comparable: list[NotComparable] = []
        self._baseline = baseline
        self._current = current
        self._old_names: dict[str | None, str | None] = {}

    def group(self, old: Node | None, new: Node | None) -> None:
        """Compare the cluster (None), or one node with its counterpart."""
        before = _facts((old or self._baseline.snapshot).measurements)
        after = _facts((new or self._current.snapshot).measurements)
        name = new.name if new else None
        self._old_names[name] = old.name if old else None
        for key in sorted({*before, *after}):
            if key not in before:
                self._one_sided(key, name, "baseline", self._gap(key, name, "baseline"))
            elif key not in after:
                self._one_sided(key, name, "current", self._gap(key, name, "current"))
            elif self._differ(key, old, new):
                self._compare(key, name, before[key], after[key])

    def _differ(self, key: Key, old: Node | None, new: Node | None) -> bool:
        before = self._baseline.digests.subtypes[(old.name if old else None, *key)]
        after = self._current.digests.subtypes[(new.name if new else None, *key)]
        return before != after

    def _one_sided(self, key: Key, node: str | None, side: str, gap: Collection | None) -> None:
        self.not_comparable.append(NotComparable(node, *key, side, _reason(gap)))

    def _compare(
        self, key: Key, node: str | None, before: Mapping[str, Json], after: Mapping[str, Json]
    ) -> None:
        for path, kind, old, new in differences(
            comparable(key[0], before), comparable(key[0], after)
        ):
            side = _absent_side(kind, path)
            gap = self._gap(key, node, side) if side else None
            if side and gap and (not gap.keys or path[0] in gap.keys):
                lost = f"{key[1]}.{path[0]}"
                self.not_comparable.append(NotComparable(node, key[0], lost, side, _reason(gap)))
            else:
                self.changes.append(Change(node, *key, path, kind, old, new))

    def _gap(self, key: Key, node: str | None, side: str) -> Collection | None:
        taken = self._baseline if side == "baseline" else self._current
        name = self._old_names.get(node, node) if side == "baseline" else node
        return _entry(taken, key, name)


def _absent_side(kind: ChangeKind, path: Path) -> str | None:
    """Give the side that lacks a key of a subtype; what is deeper is a value that changed."""
    if len(path) > 1 or kind not in (ChangeKind.ADDED, ChangeKind.REMOVED):
        return None
    return "baseline" if kind is ChangeKind.ADDED else "current"


def _facts(measurements: tuple[Measurement, ...]) -> Facts:
    return {(kind, subtype.name): subtype.data for kind, subtype in subtypes(measurements)}


def _entry(side: Taken, key: Key, node: str | None) -> Collection | None:
    """Give the collector's word on a subtype that is not, or not completely, there."""
    return next(
        (
            entry
            for entry in side.snapshot.collection
            if entry.type == key[0]
            and entry.subtype in (None, key[1])
            and entry.node in (None, node)
            and entry.status is not CollectorState.OK
        ),
        None,
    )


def _reason(entry: Collection | None) -> str:
    if entry is None:
        return "not in the snapshot"
    return f"{entry.status.value}: {entry.reason}" if entry.reason else entry.status.value
