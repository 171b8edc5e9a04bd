"""Whether what is stored is what was written: what was altered, and what the seals say."""

from eidos.engine.errors import ExitCode
from eidos.engine.model.gate import Gate
from eidos.engine.records import dataclass

MISSING = "is missing"
"""What is wrong with a table, trigger or view that is not there."""


@dataclass(frozen=True, slots=True)
class Alteration:
    """A stored row that is not as it was written."""

    table: str
    row: str
    """Its row id, or what else names it there; ``""`` for the table itself."""
    what: str
    """Goes on after the name of the row."""
    expected: str | None = None
    """What it should be, or the address of that; None where that cannot be told."""
    found: str | None = None
    """What it is, or the address of that; None where there is nothing."""
    run: str | None = None
    """Id of the first run that it is part of; None where no run is known to be."""

    @property
    def is_missing(self) -> bool:
        """Whether a whole table, trigger or view is not there."""
        return not self.row and self.what == MISSING

    def __str__(self) -> str:
        """Give one sentence without the addresses."""
        name = f"{self.table} {self.row}".rstrip()
        return f"{name} (run {self.run}) {self.what}" if self.run else f"{name} {self.what}"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A run in the chain of runs."""

    run: str
    """Run id."""
    link: str
    """Content address over its content and the link before it."""
    number: int
    """Counted from 1 as runs were recorded; pruning leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ended at a moment: who keeps it elsewhere can tell whether it goes on."""

    number: int
    """Number of the last run; 0 where there was none."""
    run: str | None
    """Its id."""
    link: str
    """Its link, over everything that was recorded before."""
    taken: str
    """When, RFC 3339 UTC."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """Whether a chain goes on from a head that somebody kept."""

    head: Head
    holds: bool


@dataclass(frozen=True, slots=True)
class Seals:
    """What the seals of remembered verdicts are worth to who has this key; figures are verdicts."""

    has_key: bool
    """Whether a key was at hand; without one, none can be told true."""
    hold: int = 0
    """Sealed with this key, and as they were."""
    of_others: int = 0
    """Sealed with another key: neither believed here nor known to be forged."""
    unsealed: int = 0
    """Kept by an eidos that did not seal yet: never believed."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of checking a store."""

    place: str
    """The store, as messages call it."""
    runs: int
    """How many the chain holds."""
    head: str | None
    """Link of the last run: who keeps it can tell later whether the chain still leads there."""
    seals: Seals
    pruned: int = 0
    """How many runs were pruned: what stands for them in the chain are checkpoints."""
    checkpoints: Seals = Seals(has_key=False)
    """What the seals of the checkpoints are worth; figures are checkpoints."""
    continuation: Continuation | None = None
    """Whether it goes on from the head that was given; None where none was."""
    alterations: tuple[Alteration, ...] = ()
    """As found, at most as many as were asked for."""
    more: int = 0
    """How many alterations were found beyond those."""

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: 0 intact, 1 altered."""
        return Gate().outcome(failed=bool(self.alterations)).exit_code
