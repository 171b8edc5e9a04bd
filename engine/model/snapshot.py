"""A snapshot: what was seen of a cluster, node by node, and what could not be seen."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from enum import StrEnum

from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass

API_VERSION = "eidos.dev/v1"
KIND = "Snapshot"


class CollectorState(StrEnum):
    """How a collector ended."""

    OK = "ok"
    PARTIAL = "partial"
    """Some of it is there; ``keys`` and ``reason`` say what is not."""
    FAILED = "failed"
    UNAVAILABLE = "unavailable"
    """The thing it reads is not on this machine, which does not mean that there is none."""
    EXCLUDED = "excluded"
    """The user asked not to collect it."""
    REDACTED = "redacted"
    """A value was removed on purpose; ``keys`` names it."""


INCOMPLETE = frozenset({CollectorState.FAILED, CollectorState.PARTIAL})
"""How a collector ends that did not give what it should have given."""
Facts = Mapping[FactAddress, Mapping[str, Json]]
"""The data of subtypes, by their address without a node."""


@dataclass(frozen=True, slots=True)
class Collection:
    """How one collector ended; this is what makes `unknown` honest."""

    type: str
    """Measurement type: ``GPU``."""
    status: CollectorState
    subtype: str | None = None
    """None when the status is about the whole type."""
    node: str | None = None
    """None when the status is about the cluster, or about every node."""
    reason: str | None = None
    keys: tuple[str, ...] = ()
    """The keys it is about; empty for the whole subtype."""
    duration_ms: float | None = None

    @property
    def word(self) -> str:
        """Write how it ended and why: ``failed: no driver``."""
        return f"{self.status.value}: {self.reason}" if self.reason else self.status.value

    @property
    def is_gap(self) -> bool:
        """Say whether something is not, or not completely, there."""
        return self.status is not CollectorState.OK

    def is_about(self, address: FactAddress) -> bool:
        """Say whether it speaks of a fact, or of all facts of its kind.

        What names keys speaks of the whole subtype too, and not of the subtype's other keys. What
        names a node speaks neither of other nodes nor of the cluster. ``devices[1].ecc`` that could
        not be read, and ``spec.password`` that was redacted, are missing in what is around them.
        """
        return (
            self.subtype in (None, address.subtype)
            and self.type.lower() == address.type
            and (address.every_node or self.node in (None, address.node))
            and (not self.keys or address.key in (None, *self.keys) or self._has_item(address.key))
        )

    def _has_item(self, key: str | None) -> bool:
        """Say whether a key is of something in the value of another one.

        Names of facts have dots themselves; only what was redacted is named by its path in a map.
        """
        is_redacted = self.status is CollectorState.REDACTED
        if not (is_redacted or self.status in INCOMPLETE):
            return False
        starts = (f"{key}[", f"{key}.") if is_redacted else f"{key}["
        return any(name.startswith(starts) for name in self.keys)


@dataclass(frozen=True, slots=True)
class Subtype:
    """One group of facts: ``smi`` of ``GPU``."""

    name: str
    data: Mapping[str, Json]
    """Key to JSON value; scalars keep their type, lists are lists."""
    context: Mapping[str, str] = field(default_factory=dict)
    """Remarks of older dialects that are not facts."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """All subtypes of one type: ``GPU``, ``K8s``, ``OS``, ``SystemD``, ``NodeTopology``, ..."""

    type: str
    subtypes: tuple[Subtype, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of the cluster and the facts about it."""

    name: str
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Who took the snapshot of what, and when."""

    cluster: str | None = None
    timestamp: str | None = None
    """RFC 3339, UTC: the state time of every fact in the snapshot."""
    generator: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was seen of one cluster at one time."""

    metadata: Metadata
    measurements: tuple[Measurement, ...] = ()
    """Facts about the cluster."""
    nodes: tuple[Node, ...] = ()
    """Facts about each node; names are unique."""
    collection: tuple[Collection, ...] = ()

    @property
    def gaps(self) -> tuple[Collection, ...]:
        """What was not collected, or not completely."""
        return tuple(entry for entry in self.collection if entry.is_gap)

    @property
    def unseen(self) -> tuple[Node, ...]:
        """Nodes that only `collection` names: they are there, and nothing is known of them."""
        seen = {node.name for node in self.nodes}
        named = dict.fromkeys(entry.node for entry in self.collection if entry.node is not None)
        return tuple(Node(name, ()) for name in named if name not in seen)

    def word_on(self, address: FactAddress) -> Collection | None:
        """Give the collector's own word on a fact that is not, or not completely, there."""
        return word_on(self.collection, address)


@dataclass(frozen=True, slots=True)
class SnapshotDigests:
    """The content addresses of a snapshot and of all its parts; see `eidos.engine.digest`."""

    snapshot: str
    nodes: Mapping[str, str]
    """By node name."""
    subtypes: Mapping[tuple[str | None, str, str], str]
    """By (node name or None for the cluster, type, subtype)."""


@dataclass(frozen=True, slots=True)
class AddressedSnapshot:
    """A snapshot and its addresses: what is judged, compared, watched and stored."""

    snapshot: Snapshot
    digests: SnapshotDigests

    @property
    def digest(self) -> str:
        """The address of the whole."""
        return self.digests.snapshot

    @property
    def metadata(self) -> Metadata:
        """Who took it of what, and when."""
        return self.snapshot.metadata


def subtypes(measurements: tuple[Measurement, ...]) -> Iterator[tuple[str, Subtype]]:
    """Give every subtype with the type it belongs to, in document order."""
    for measurement in measurements:
        for subtype in measurement.subtypes:
            yield measurement.type, subtype


def facts_of(measurements: Iterable[Measurement]) -> dict[FactAddress, Mapping[str, Json]]:
    """Give the data of every subtype by its address, without a node."""
    return {
        FactAddress.of_subtype(measurement.type, subtype.name): subtype.data
        for measurement in measurements
        for subtype in measurement.subtypes
    }


def word_on(collection: Iterable[Collection], address: FactAddress) -> Collection | None:
    """Give the most specific gap that speaks of a fact.

    One about the subtype goes before one about its whole type, one that names keys before one that
    names none; of two alike the first is given.
    """
    return max(
        (entry for entry in collection if entry.is_gap and entry.is_about(address)),
        key=lambda entry: (entry.subtype is not None, bool(entry.keys)),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class ChangedSubtype:
    """A subtype that is not the same in two snapshots."""

    node: str | None
    """None for the facts of the cluster."""
    type: str
    subtype: str
    before: str | None
    """Content address of its data in the one; None where it is not there."""
    after: str | None
    """And in the other."""
