"""Comparing two snapshots: parts with equal addresses are skipped, the rest goes fact by fact.

A fact that one side did not collect is not comparable; it is never "removed".
"""

from collections.abc import Iterator, Mapping, Sequence

from eidos.engine.comparing.ignoring import Sieve, whole
from eidos.engine.comparing.matching import Pairing, pair_nodes
from eidos.engine.comparing.normal import CONTAINERS, IMAGES, comparable, namings
from eidos.engine.comparing.values import Difference, differences, differing
from eidos.engine.model.drift import Change, ChangeKind, NodeFate, NotComparable, Path
from eidos.engine.model.facts import ANY, FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import (
    AddressedSnapshot,
    Collection,
    CollectorState,
    Node,
    Snapshot,
    facts_of,
    subtypes,
)
from eidos.engine.records import dataclass

_NAMED = 3
"""Keys that are named of many."""
_FIXED = frozenset(
    {FactAddress("gpu", "smi"), FactAddress("k8s", "node"), FactAddress("k8s", "server")}
)
"""Where, as in all of systemd, a program and not the machine decides which keys there are."""
_Subtype = tuple[Mapping[str, Json], str]
"""Data and content address."""
_EVERYTHING = FactAddress(ANY, ANY)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs, before anything is ignored or ranked."""

    changes: tuple[Change, ...]
    pairing: Pairing
    not_comparable: tuple[NotComparable, ...]
    unlike: tuple[str, ...] = ()
    """Why the two are not of a kind, a sentence each."""


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
    return Comparison(
        tuple(walk.changes), pairing, tuple(walk.not_comparable), tuple(walk.unlike())
    )


def _is_same_cluster(baseline: Snapshot, current: Snapshot) -> bool:
    name = baseline.metadata.cluster
    return name is not None and name == current.metadata.cluster


def is_noise(before: AddressedSnapshot, after: AddressedSnapshot, sieve: Sieve) -> bool:
    """Say whether two states of one cluster differ only in what is ignored.

    How the collectors ended counts as well: a fact that is known at last may flip a verdict.
    """
    if before.digest == after.digest:
        return True
    found = compare(before, after)
    sifted = sieve.sift(found.changes, found.not_comparable)
    gaps = [gap for gap in sifted.not_comparable if gap.side != "both"]
    return not (
        sifted.kept
        or gaps
        or found.pairing.changes
        or _endings(before.snapshot, sieve) != _endings(after.snapshot, sieve)
    )


def _endings(snapshot: Snapshot, sieve: Sieve) -> set[tuple[object, ...]]:
    """Give how the collectors ended, as far as no rule ignores what they speak of."""
    return {
        (entry.status, entry.reason, entry.keys, address)
        for entry in snapshot.collection
        for address in _spoken_of(entry)
        if sieve.hides(whole(address)) is None
    }


def _spoken_of(entry: Collection) -> list[FactAddress]:
    address = FactAddress(entry.type, entry.subtype or ANY, node=entry.node)
    return [address.at(key) for key in entry.keys] or [address]


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
                self._miss(_EVERYTHING.on(change.after), "baseline", why)
            elif change.fate is NodeFate.REMOVED and (why := _blind(self._current, change.before)):
                self._miss(_EVERYTHING.on(change.before), "current", why)
            else:
                kept.append(change)
        return Pairing(pairing.pairs, tuple(kept))

    def unlike(self) -> Iterator[str]:
        """Say once why the snapshots are not of a kind."""
        if self._two_programs:
            before, after = (side.metadata.generator for side in (self._baseline, self._current))
            yield (
                f"the baseline was written by {before}, the current snapshot by {after}: "
                "what only one of them asks for is not compared"
            )

    def _miss(self, address: FactAddress, side: str, reason: str) -> None:
        self.not_comparable.append(NotComparable(address, side, reason))

    def group(self, old: Node | None, new: Node | None) -> None:
        """Compare the cluster (None), or one node with its counterpart."""
        if old and new and self._are_alike(old, new):
            return
        before = _subtypes(self._baseline, old)
        after = _subtypes(self._current, new)
        name = new.name if new else None
        self._old_names[name] = old.name if old else None
        for subtype in sorted(before.keys() | after.keys()):
            if subtype not in before:
                self._lose(subtype.on(name), "baseline")
            elif subtype not in after:
                self._lose(subtype.on(name), "current")
            else:
                (old_data, old_digest), (new_data, new_digest) = before[subtype], after[subtype]
                if old_digest != new_digest:
                    self._compare(subtype.on(name), old_data, new_data)

    def _lose(self, address: FactAddress, side: str) -> None:
        gap = self._gap(address, side)
        self._miss(address, side, gap.word if gap else "not in the snapshot")

    def _are_alike(self, old: Node, new: Node) -> bool:
        before, after = self._baseline.digests.nodes, self._current.digests.nodes
        return before[old.name] == after[new.name]

    def nowhere(self) -> None:
        """Tell of collectors that failed where the other side has no facts either."""
        entries = self._current.snapshot.collection
        failed = [each for each in entries if each.status is CollectorState.FAILED]
        if not failed:
            return
        before, after = _present(self._baseline.snapshot), _present(self._current.snapshot)
        for entry in failed:
            address = FactAddress(entry.type, entry.subtype or ANY, node=entry.node)
            old = address.on(self._old_names.get(entry.node, entry.node))
            if not entry.keys and old not in before and address not in after:
                self._miss(address, "both", entry.word)

    def _compare(
        self, address: FactAddress, before: Mapping[str, Json], after: Mapping[str, Json]
    ) -> None:
        if address.whole == IMAGES and (CONTAINERS in before) is not (CONTAINERS in after):
            poorer = "current" if CONTAINERS in before else "baseline"
            self._miss(address, poorer, "it names images by their tag alone, not by container")
            return
        is_same = self._old_names[address.node] == address.node
        suspects = differing(before, after)
        if self._two_programs and (address.type == "systemd" or address.whole in _FIXED):
            self._leave_unasked(address, before, after)
            suspects = [name for name in suspects if name in before and name in after]
        for found in differences(
            comparable(address, before, suspects, same_machine=is_same),
            comparable(address, after, suspects, same_machine=is_same),
            namings(address),
        ):
            side = _absent_side(found.kind, found.path)
            lacking = address.at(str(found.path[0])) if side else address
            gap = self._gap(lacking, side) if side else None
            if side and gap:
                self._miss(lacking, side, gap.word)
            else:
                self.changes.append(_change(address, found))

    def _leave_unasked(
        self, address: FactAddress, before: Mapping[str, Json], after: Mapping[str, Json]
    ) -> None:
        """Tell once which keys only the other side's program asks for."""
        for side, mine, others in (("baseline", before, after), ("current", after, before)):
            if lacking := sorted(others.keys() - mine.keys()):
                some = ", ".join(lacking[:_NAMED])
                more = f" and {len(lacking) - _NAMED} more" if lacking[_NAMED:] else ""
                self._miss(address, side, f"another program wrote it, without {some}{more}")

    def _gap(self, address: FactAddress, side: str) -> Collection | None:
        """Give the word of one side on a fact; it may know the node by another name."""
        if side == "current":
            return self._current.snapshot.word_on(address)
        name = self._old_names.get(address.node, address.node)
        return self._baseline.snapshot.word_on(address._replace(node=name))


def _change(address: FactAddress, found: Difference) -> Change:
    return Change(
        address,
        found.path,
        found.kind,
        found.before,
        found.after,
        before_at=found.before_at,
        after_at=found.after_at,
    )


def _subtypes(side: AddressedSnapshot, node: Node | None) -> dict[FactAddress, _Subtype]:
    """Give the subtypes of the cluster (None) or of a node, by their address without a node."""
    name = node.name if node else None
    digests = side.digests.subtypes
    return {
        FactAddress.of_subtype(kind, subtype.name): (
            subtype.data,
            digests[name, kind, subtype.name],
        )
        for kind, subtype in subtypes((node or side.snapshot).measurements)
    }


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
    return next((gap.word for gap in side.snapshot.gaps if gap.node == node), None)


def _present(snapshot: Snapshot) -> set[FactAddress]:
    """Name what is known: each subtype, and each type as a whole, of its node and of any."""
    found: set[FactAddress] = set()
    for node in (None, *snapshot.nodes):
        for address in facts_of((node or snapshot).measurements):
            for where in {None, node.name if node else None}:
                found |= {address.on(where), FactAddress(address.type, ANY, node=where)}
    return found
