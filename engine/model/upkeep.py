"""What keeps a store small: which runs stay, and what became of the others."""

from datetime import datetime

from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Keep:
    """Which runs stay, with all that they name: those that any of these says, and the last one."""

    since: datetime | None = None
    """Those that were recorded then or later, or are about facts seen then or later."""
    runs: int | None = None
    """This many of those recorded last."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is left in the chain of runs that were pruned, one after the other."""

    first: int
    """Number of the first of them, counted from 1 as they were recorded."""
    last: int
    link: str
    """Link of the last one, which the next run that is kept is linked to."""
    pruned: str
    """When, RFC 3339 UTC."""
    sealer: str = ""
    """Names the key that it is sealed with; ``""`` where there was none."""
    seal: bytes = b""
    """Keyed digest over the others; to a store it is opaque."""

    @property
    def runs(self) -> int:
        """How many runs it stands for."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of pruning."""

    place: str
    """The store, as messages call it."""
    runs: int
    """How many runs went."""
    kept: int
    """How many stay."""
    older: int
    """How many of those are older than was asked for: what they found holds still, or was the last
    that was seen of a cluster or node."""
    checkpoints: tuple[Checkpoint, ...] = ()
    """Those that stand for what went, now or before."""
    is_dry: bool = False
    """Nothing went: it was only asked what would."""


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What became of making a store small."""

    place: str
    before: int
    """Bytes on disk."""
    after: int
    rebuilt: int
    """Rows that did not follow from the runs, and do now."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of writing a store into a file."""

    place: str
    file: str
    runs: int
    """How many runs the file holds."""
    bytes: int
    """How large it is."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of taking the runs of another store."""

    place: str
    source: str
    runs: int
    """How many were taken."""
    known: int
    """How many were here before, and are the same."""
    is_copy: bool
    """There was no store: it is the other one now, with its chain."""
