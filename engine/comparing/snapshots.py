"""Comparing two snapshots: parts with equal addresses are skipped, the rest goes fact by fact.

A fact that one side did not collect is not comparable; it is never "removed".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eidos.engine.comparing.matching import Pairing, pair_nodes
from eidos.engine.comparing.normal import comparable
from eidos.engine.comparing.values import differences, differing
from eidos.engine.model.drift import Change, ChangeKind, NodeFate, NotComparable, Path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Collection,
    CollectorState,
    Measurement,
    Node,
    Snapshot,
    subtypes,
)

_ALL = "*"
_NAMED = 3
"""Keys that are named of many."""
Key = tuple[str, str]
_FIXED: frozenset[str | Key] = frozenset(
    {"SystemD", ("GPU", "smi"), ("K8s", "node"), ("K8s", "server")}
)
"""Where a program, and not the machine, decides which keys there are."""
Facts = Mapping[Key, Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, before anything is ignored or ranked."""

    changes: tuple[Change, ...]
    pairing: Pairing
    not_comparable: tuple[NotComparable, ...]


def compare(
    baseline: AddressedSnapshot, current: AddressedSnapshot, labels: Sequence[str] = ()
) -> Comparison:
    """Compare two snapshots.

    Args:
        baseline: how it was.
        current: how it is.
        labels: label keys by which a node may be recognised as a replacement.
    """
    pairing = pair_nodes(
        baseline.snapshot.nodes,
        current.snapshot.nodes,
        labels,
        same_cluster=_is_same_cluster(baseline.snapshot, current.snapshot),
    )
    walk = _Walk(baseline, current)
    pairing = walk.unseen(pairing)
    walk.group(None, None)
    for old, new in pairing.pairs:
        walk.group(old, new)
    walk.nowhere()
    return Comparison(tuple(walk.changes), pairing, tuple(walk.not_comparable))


def _is_same_cluster(baseline: Snapshot, current: Snapshot) -> bool:
    name = baseline.metadata.cluster
    return name is not None and name == current.metadata.cluster


class _Walk:
    def __init__(self, baseline: AddressedSnapshot, current: AddressedSnapshot) -> None:
        self.changes: list[Change] = []
        self.not_comparable: list[NotComparable] = []
        self._baseline = baseline
        self._current = current
        self._two_programs = len({_program(baseline), _program(current)} - {None}) > 1
        self._old_names: dict[str | None, str | None] = {}

    def unseen(self, pairing: Pairing) -> Pairing:
        """Take out nodes that one side may have without having seen them."""
        kept = []
        for change in pairing.changes:
            if change.fate is NodeFate.ADDED and (why := _blind(self._baseline, change.after)):
                self._miss((_ALL, _ALL), change.after, "baseline", why)
            elif change.fate is NodeFate.REMOVED and (why := _blind(self._current, change.before)):
                self._miss((_ALL, _ALL), change.before, "current", why)
            else:
                kept.append(change)
        return Pairing(pairing.pairs, tuple(kept))

    def _miss(
        self, key: Key, node: str | None, side: str, reason: str, name: str | None = None
    ) -> None:
        self.not_comparable.append(NotComparable(node, *key, name, side, reason))

    def group(self, old: Node | None, new: Node | None) -> None:
        """Compare the cluster (None), or one node with its counterpart."""
        if old and new and self._are_alike(old, new):
            return
        before = _facts((old or self._baseline.snapshot).measurements)
        after = _facts((new or self._current.snapshot).measurements)
        name = new.name if new else None
        self._old_names[name] = old.name if old else None
        for key in sorted({*before, *after}):
            if key not in before:
                self._miss(key, name, "baseline", _reason(self._gap(key, name, "baseline")))
            elif key not in after:
                self._miss(key, name, "current", _reason(self._gap(key, name, "current")))
            elif self._differ(key, old, new):
                self._compare(key, name, before[key], after[key])

    def _are_alike(self, old: Node, new: Node) -> bool:
        before, after = self._baseline.digests.nodes, self._current.digests.nodes
        return before[old.name] == after[new.name]

    def nowhere(self) -> None:
        """Tell of collectors that failed where the other side has no facts either."""
        before, after = _present(self._baseline.snapshot), _present(self._current.snapshot)
        for entry in self._current.snapshot.collection:
            name = entry.subtype or _ALL
            if entry.status is CollectorState.FAILED and not entry.keys:
                old = self._old_names.get(entry.node, entry.node)
                if (old, entry.type, name) not in before and (
                    (entry.node, entry.type, name) not in after
                ):
                    self._miss((entry.type, name), entry.node, "both", _reason(entry))

    def _differ(self, key: Key, old: Node | None, new: Node | None) -> bool:
        before = self._baseline.digests.subtypes[(old.name if old else None, *key)]
        after = self._current.digests.subtypes[(new.name if new else None, *key)]
        return before != after

    def _compare(
        self, key: Key, node: str | None, before: Mapping[str, Json], after: Mapping[str, Json]
    ) -> None:
        is_same = self._old_names[node] == node
        suspects = differing(before, after)
        if self._two_programs and (key[0] in _FIXED or key in _FIXED):
            self._leave_unasked(key, node, before, after)
            suspects = [name for name in suspects if name in before and name in after]
        for path, kind, old, new in differences(
            comparable(key, before, suspects, same_machine=is_same),
            comparable(key, after, suspects, same_machine=is_same),
        ):
            side = _absent_side(kind, path)
            gap = self._gap(key, node, side) if side else None
            if side and gap and (not gap.keys or path[0] in gap.keys):
                self._miss(key, node, side, _reason(gap), str(path[0]))
            else:
                self.changes.append(Change(node, *key, path, kind, old, new))

    def _leave_unasked(
        self, key: Key, node: str | None, before: Mapping[str, Json], after: Mapping[str, Json]
    ) -> None:
        """Tell once which keys only the other side's program asks for."""
        for side, mine, others in (("baseline", before, after), ("current", after, before)):
            if lacking := sorted(others.keys() - mine.keys()):
                some = ", ".join(lacking[:_NAMED])
                more = f" and {len(lacking) - _NAMED} more" if lacking[_NAMED:] else ""
                self._miss(key, node, side, f"another program wrote it, without {some}{more}")

    def _gap(self, key: Key, node: str | None, side: str) -> Collection | None:
        taken = self._baseline if side == "baseline" else self._current
        name = self._old_names.get(node, node) if side == "baseline" else node
        return _entry(taken, key, name)


def _program(side: AddressedSnapshot) -> str | None:
    """Name the program that took a snapshot."""
    return (side.snapshot.metadata.generator or "").partition(" ")[0] or None


def _absent_side(kind: ChangeKind, path: Path) -> str | None:
    """Give the side that lacks a key of a subtype; what is deeper is a value that changed."""
    if len(path) > 1 or kind not in (ChangeKind.ADDED, ChangeKind.REMOVED):
        return None
    return "baseline" if kind is ChangeKind.ADDED else "current"


def _blind(side: AddressedSnapshot, node: str | None) -> str | None:
    """Give why a node that is not in a snapshot may be there all the same."""
    if not side.snapshot.nodes:
        return "the snapshot holds no nodes"
    entry = next((each for each in side.snapshot.collection if _is_gap(each, node)), None)
    return _reason(entry) if entry else None


def _is_gap(entry: Collection, node: str | None) -> bool:
    return entry.node == node and entry.status is not CollectorState.OK


def _present(snapshot: Snapshot) -> set[tuple[str | None, str, str]]:
    """Name what is known, by node, type and subtype; a star stands for any."""
    found: set[tuple[str | None, str, str]] = set()
    for node in (None, *snapshot.nodes):
        for kind, subtype in subtypes((node or snapshot).measurements):
            for where in {None, node.name if node else None}:
                found |= {(where, kind, subtype.name), (where, kind, _ALL)}
    return found


def _facts(measurements: tuple[Measurement, ...]) -> Facts:
    return {(kind, subtype.name): subtype.data for kind, subtype in subtypes(measurements)}


def _entry(side: AddressedSnapshot, key: Key, node: str | None) -> Collection | None:
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
