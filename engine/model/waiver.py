"""A waiver: someone accepts a violation, for a time, for a reason."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date, datetime, time
from enum import StrEnum

from eidos.engine.errors import Location
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Severity
from eidos.engine.model.times import written
from eidos.engine.records import dataclass

TERMS: Mapping[Severity, int] = {
    Severity.CRITICAL: 30,
    Severity.HIGH: 90,
    Severity.MEDIUM: 180,
    Severity.LOW: 365,
    Severity.INFO: 365,
}
"""Days that a waiver may last at most, by the severity of its rule; ours, where none are set."""


class WaiverState(StrEnum):
    """How a waiver stands; the first four follow from the waiver and a moment alone."""

    ACTIVE = "active"
    PENDING = "pending"
    """It begins later."""
    EXPIRED = "expired"
    REVOKED = "revoked"
    ORPHANED = "orphaned"
    """There is no such rule, or no such subject, any more."""
    EXCEEDED = "exceeded"
    """A violation goes beyond the waived values."""
    REDUNDANT = "redundant"
    """There is nothing to waive, or another waives all of it."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whom a waiver is for: what meets all that is given, each by any of its globs."""

    names: tuple[str, ...] = ("*",)
    """Globs over subject identities (``prod-east-1/*``) and names."""
    clusters: tuple[str, ...] = ()
    """Globs over names of clusters; none for any subject, also one of no cluster."""
    nodes: tuple[str, ...] = ()
    """Globs over names of nodes; none for any subject, also the cluster itself."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels that the snapshot or the node must carry, each with this very value."""

    @property
    def said(self) -> Json:
        """Them as a waiver file says them: a list where they are names alone, else a map."""
        if not (self.clusters or self.nodes or self.labels):
            return list(self.names)
        named: dict[str, Json] = {} if self.names == ("*",) else {"names": list(self.names)}
        lists: dict[str, Json] = {"clusters": list(self.clusters), "nodes": list(self.nodes)}
        labels: dict[str, Json] = dict(self.labels)
        parts: dict[str, Json] = {**named, **lists, "labels": labels}
        return {name: value for name, value in parts.items() if value}

    @classmethod
    def read(cls, said: Json) -> "Subjects":
        """Read what `said` gives; None is anything."""
        if isinstance(said, list):
            return cls(tuple(map(str, said)))
        given = said if isinstance(said, dict) else {}
        lists = {
            name: _texts(given[name]) for name in ("names", "clusters", "nodes") & given.keys()
        }
        labels = given.get("labels")
        return cls(**lists, labels=_pairs(labels) if isinstance(labels, dict) else {})


def _texts(said: Json) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, list) else ()


def _pairs(said: Mapping[str, Json]) -> dict[str, str]:
    return {name: str(value) for name, value in said.items()}


@dataclass(frozen=True, slots=True)
class Revocation:
    """The end of a waiver before its day."""

    at: datetime
    """From then on it does not hold, with zone."""
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """One accepted violation."""

    id: str
    rule: str
    """Id of the rule; empty where it is for a tag."""
    owner: str
    approver: str
    reason: str
    until: datetime
    """Last instant it holds, with zone; a bare date in the file means the end of that day, UTC."""
    since: datetime | None = None
    """First instant it holds; None for always."""
    ticket: str | None = None
    subjects: Subjects = field(default_factory=Subjects)
    value: Json = None
    """The actual value that is waived; None for any."""
    has_value: bool = False
    location: Location | None = None
    """Where it was written."""
    tag: str | None = None
    """For every rule with this tag, or with a control of this framework; None where it is for one
    rule."""
    values: tuple[Json, ...] = ()
    """The actual values that are waived; none for any."""
    least: Json = None
    """The least actual value that is waived, a number or a version; None for no bound."""
    most: Json = None
    """The greatest one."""
    revoked: Revocation | None = None

    @property
    def about(self) -> str:
        """Give ``GPU-001`` or ``tag gpu``: what it is for."""
        return f"tag {self.tag}" if self.tag is not None else self.rule

    @property
    def has_values(self) -> bool:
        """Say whether it waives some actual values only."""
        bounds = (self.least, self.most)
        return self.has_value or bool(self.values) or any(each is not None for each in bounds)

    @property
    def ends(self) -> str:
        """Give ``2026-12-31`` for the end of that day, else the instant."""
        return f"{self.until:%Y-%m-%d}" if self.until.time() == time.max else written(self.until)

    def state(self, at: datetime) -> WaiverState:
        """Say how it stands at a moment, by its own dates alone.

        Args:
            at: with zone. The waiver holds from ``since`` to ``until``, both included, and no more
                from the instant of its revocation on.
        """
        if self.revoked is not None and at >= self.revoked.at:
            return WaiverState.REVOKED
        if at > self.until:
            return WaiverState.EXPIRED
        is_early = self.since is not None and at < self.since
        return WaiverState.PENDING if is_early else WaiverState.ACTIVE

    def days(self, effective: datetime) -> int:
        """Count the days from its begin, or from the rule time where it says none, to its end."""
        return (self.until.date() - (self.since or effective).date()).days

    def holders(self) -> str:
        """Give ``owner gpu-platform, approver security, until 2026-12-15, ticket OPS-4711``."""
        ticket = f", ticket {self.ticket}" if self.ticket else ""
        return f"owner {self.owner}, approver {self.approver}, until {self.ends}{ticket}"

    def turns(self) -> Iterator[datetime]:
        """Give the instants at which what it does may change; each is the first of the new."""
        if self.since is not None:
            yield self.since
        if self.until < datetime.max.replace(tzinfo=self.until.tzinfo):
            yield self.until + datetime.resolution
        if self.revoked is not None:
            yield self.revoked.at


@dataclass(frozen=True, slots=True)
class WaiverLife:
    """What became of a waiver from run to run, as far as runs are recorded."""

    waiver: Waiver
    """Whole, but for the place: runs may have read it from several files."""
    address: str
    """Content address of the waiver; one that is renewed or reworded is another."""
    first: str
    """Id of the first run that was given it."""
    last: str
    """Id of the last run that was given it."""
    first_used: str | None
    """Id of the first run in which it waived a violation; None for none."""
    last_used: str | None
    uses: int
    """Runs in which it waived a violation."""
    state: str
    """What the last run that was given it said: ``used``, or the state of its `WaiverNote`."""


@dataclass(frozen=True, slots=True)
class WaivedFinding:
    """A violation in what was last recorded, that a waiver covers."""

    subject: str
    """``prod-east-1/gpu-7``."""
    rule: str
    severity: Severity
    says: str
    """What the rule found, its first sentence."""
    run: str
    """Id of the run that recorded it."""


@dataclass(frozen=True, slots=True)
class WaiverStanding:
    """How a waiver stands at a moment, against what was last recorded."""

    waiver: Waiver
    state: WaiverState
    why: str
    """A clause: ``holds until 2026-12-31``."""
    waives: tuple[WaivedFinding, ...] = ()
    """What it waives at that moment; none where nothing was recorded."""
    rules: int = 1
    """How many rules of the packs it is for."""

    @property
    def about(self) -> str:
        """Give ``GPU-001``, or ``tag gpu (31 rules)``: what it is for, and how much that is."""
        rules = f"{self.rules:,} rule{'' if self.rules == 1 else 's'}"
        return self.waiver.about if self.waiver.tag is None else f"{self.waiver.about} ({rules})"


@dataclass(frozen=True, slots=True)
class Failing:
    """A violation that is waived and, from a day on, no more."""

    at: datetime
    """The first instant at which it fails."""
    waiver: str
    """Id of the waiver that ends."""
    owner: str
    finding: WaivedFinding


@dataclass(frozen=True, slots=True)
class WaiverReport:
    """Every waiver, how it stands, and what fails when they end."""

    at: datetime
    """Rule time, with zone."""
    until: datetime
    """The end of the forecast."""
    standings: tuple[WaiverStanding, ...]
    """By id."""
    forecast: tuple[Failing, ...]
    """By day."""
    runs: tuple[str, ...] = ()
    """Ids of the runs whose findings were looked at; none where nothing was recorded."""

    @property
    def days(self) -> dict[date, list[Failing]]:
        """Give the forecast by its days, UTC."""
        found: dict[date, list[Failing]] = {}
        for each in self.forecast:
            found.setdefault(each.at.date(), []).append(each)
        return found
