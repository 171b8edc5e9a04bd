"""A run in a list of runs: what is said of it without opening it."""

from collections.abc import Mapping

from eidos.engine.model.gate import Decision
from eidos.engine.model.history import Dark
from eidos.engine.model.report import PackRef
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One recorded run."""

    run: str
    """Run id."""
    started: str
    """Wall clock, RFC 3339 UTC."""
    effective_time: str
    """Rule time, RFC 3339 UTC."""
    generator: str
    engine: str
    decision: Decision
    exit_code: int
    clusters: tuple[str, ...]
    """The clusters it judged, in order."""
    subjects: int
    """How many subjects it judged."""
    counts: Mapping[str, int]
    """Status to number of verdicts."""
    packs: tuple[PackRef, ...]
    link: str
    """Its link in the chain of runs: a content address."""
    recorded: str
    """Knowledge time: when it was written into this store, RFC 3339 UTC to the millisecond; when it
    started, for runs of an eidos that did not write that down."""


@dataclass(frozen=True, slots=True)
class RunList:
    """What ``eidos history runs`` renders."""

    runs: tuple[RunSummary, ...]
    """Last recorded first."""
    dark: tuple[Dark, ...] = ()
    """Clusters that nobody had looked at for too long when the time ended: no run names them."""
