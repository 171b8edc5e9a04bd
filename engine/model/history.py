"""What is recorded of clusters over time, and what can be asked of it.

Three clocks: *state time* says when facts were seen, *rule time* by which day rules and waivers
were asked, *knowledge time* when it was recorded. Moments are state time
unless they say otherwise.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from glob import escape
from typing import NamedTuple

from eidos.engine.errors import ExitCode
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.gate import Gate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import Collection
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.model.waiver import Waiver
from eidos.engine.records import dataclass

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class Who(NamedTuple):
    """A subject of a cluster: one of its nodes, or the cluster itself."""

    scope: Scope
    name: str

    @property
    def node(self) -> str | None:
        """Name the node; None for the cluster."""
        return self.name if self.scope is Scope.NODE else None


Said = Mapping[Who, tuple[Verdict, ...]]
"""What was said of each subject, in the order of the rules."""
Contents = Mapping[FactAddress, str]
"""The content address of the data of each subtype, by its address without a node."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A snapshot as a run saw it."""

    cluster: str
    at: datetime
    """When the facts were seen."""
    run: str
    """Id of the run that judged it."""
    snapshot: str
    """Its content address."""
    known: datetime
    """Knowledge time: when the run was recorded."""
    generator: str | None = None
    """What took it."""
    said: Said = field(default_factory=dict)
    """What the run said; captures that said the same share one object."""
    waivers: tuple[Waiver, ...] = ()
    """The waivers that the run was given."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a stored snapshot is made of, by content address: nothing of it is unpacked."""

    snapshot: str
    """Its content address."""
    cluster: Contents
    """The cluster's own facts."""
    nodes: Mapping[str, Contents]
    """The facts of each node, by name; alike nodes share one object."""
    collection: tuple[Collection, ...] = ()

    @property
    def gaps(self) -> tuple[Collection, ...]:
        """What was not collected, or not completely."""
        return tuple(entry for entry in self.collection if entry.is_gap)

    @property
    def names(self) -> tuple[str, ...]:
        """Name every node, also those that only `collection` names."""
        named = (entry.node for entry in self.collection if entry.node is not None)
        return tuple(dict.fromkeys((*self.nodes, *named)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What of the past is asked about."""

    since: datetime
    until: datetime
    clusters: tuple[str, ...] = ()
    """Globs; none means every cluster."""
    nodes: tuple[str, ...] = ()
    """Globs; none means every node, and what is said of the cluster itself."""
    rules: tuple[str, ...] = ()
    """Globs; none means every rule."""

    @classmethod
    def of(cls, cluster: str | None = None, since: datetime | None = None) -> "Window":
        """Give a window without an end, about one cluster by its very name; None for every one."""
        named = () if cluster is None else (escape(cluster),)
        return cls(since=since or _FIRST, until=_LAST, clusters=named)

    def has_cluster(self, name: str) -> bool:
        """Say whether a cluster is asked about."""
        return _matches(name, self.clusters)

    def has_subject(self, who: Who) -> bool:
        """Say whether a subject is asked about; where nodes are named, clusters are not."""
        return not self.nodes or (who.scope is Scope.NODE and self.has_node(who.name))

    def has_node(self, name: str) -> bool:
        """Say whether a node is asked about."""
        return _matches(name, self.nodes)

    def has_rule(self, rule: str) -> bool:
        """Say whether a rule is asked about."""
        return _matches(rule, self.rules)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.until - self.since).total_seconds()


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


# Timelines --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Interval:
    """From when until when a rule had one status at a subject."""

    status: Status | None
    """None where nobody looked: the last sight of the subject is too old, or there is none yet."""
    since: datetime
    until: datetime
    run: str | None = None
    """The run that first found it."""
    reason: str | None = None
    """The first finding, or why there is none."""
    earliest: datetime | None = None
    """The last sight before, by which it had not begun; None where there is none."""
    known: datetime | None = None
    """When the run that first found it was recorded."""
    last: Status | None = None
    """Where nobody looked: what had been seen last."""

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True, slots=True)
class Line:
    """The statuses of one rule at one subject: without holes, from its first sight to its last."""

    cluster: str
    who: Who
    rule: str
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Dark:
    """A cluster that nobody had looked at for too long when a time ended."""

    cluster: str
    seen: datetime
    """Its last sight."""
    is_gone: bool = False
    """The user says that it is gone for good: its time ends with its last sight."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What ``eidos history timeline`` renders."""

    window: Window
    lines: tuple[Line, ...]
    dark: tuple[Dark, ...] = ()
    """Clusters of which nobody knows how they are at its end, by name."""


# Why ---------------------------------------------------------------------------------------------


class Ingredient(StrEnum):
    """What a verdict is made of."""

    STATE = "state"
    """The facts."""
    POLICY = "policy"
    """The rule itself: its modules, tables and what it declares."""
    PARAMETERS = "parameters"
    WAIVER = "waiver"
    """The waivers in force."""
    DATE = "date"
    """The day that the rule sees."""


@dataclass(frozen=True, slots=True)
class Swapped:
    """One part of an ingredient that is not what it was."""

    name: str
    """Fact path, parameter, pack or waiver."""
    before: Json = None
    after: Json = None
    is_enough: bool = False
    """It alone makes the verdict what it became."""
    note: str | None = None
    """``expired 2026-03-05``, ``withdrawn``; what became of a waiver."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A verdict that changed, and why."""

    cluster: str
    who: Who
    rule: str
    before: Capture
    """The last sight with the verdict that was."""
    after: Capture
    """The first with the one that came."""
    old: Verdict
    new: Verdict
    causes: tuple[tuple[Ingredient, ...], ...] = ()
    """The smallest sets of ingredients whose change alone makes it; none where the engine that is
    here does not give what was recorded."""
    parts: Mapping[Ingredient, tuple[Swapped, ...]] = field(default_factory=dict)
    """What of each changed ingredient is not what it was."""
    moment: datetime | None = None
    """Rule time at which it turned, where no fact had to change for it."""
    otherwise: datetime | None = None
    """Without any waiver the verdict that came would have been there since this sight."""
    is_exact: bool = True
    """False where `otherwise` is the first sight looked at: it may have been so before."""


@dataclass(frozen=True, slots=True)
class Why:
    """What ``eidos history why`` renders."""

    window: Window
    cluster: str
    rule: str
    turns: tuple[Turn, ...]
    """The last one of each subject, the latest first."""
    steady: tuple[tuple[Who, Status, datetime], ...] = ()
    """Subjects of which the verdict did not change, with the first sight of it in the window."""


# Facts -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactHeld:
    """A value that a fact had, where and when."""

    cluster: str
    node: str | None
    """None for a fact of the cluster."""
    fact: str
    is_there: bool
    """Whether it was seen; else nobody knew it, or it was not there."""
    value: Json
    since: datetime
    """The first sight of it."""
    until: datetime | None
    """The first sight without it; None where it still stands."""
    last: datetime
    """The last sight of it."""


@dataclass(frozen=True, slots=True)
class FactHistory:
    """What ``eidos history facts`` renders."""

    window: Window
    fact: str
    held: tuple[FactHeld, ...]


# SQL ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query of a user gave."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    is_cut: bool = False
    """There are more rows than were asked for."""


# Back-tests --------------------------------------------------------------------------------------


class Impact(StrEnum):
    """What a change of a rule does to verdicts on all that is recorded."""

    TIGHTENING = "tightening"
    """It finds more, and nothing less."""
    LOOSENING = "loosening"
    """It finds less, and nothing more."""
    MIXED = "mixed"
    NEUTRAL = "neutral"
    """No recorded verdict differs."""


@dataclass(frozen=True, slots=True)
class Example:
    """The smallest recorded snapshot on which a verdict differs."""

    cluster: str
    who: Who
    at: datetime
    snapshot: str
    """Its content address."""
    before: Status | None
    """None where the rule was not asked."""
    after: Status | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleImpact:
    """What one rule would have said of the past."""

    rule: str
    clusters: tuple[str, ...] = ()
    """Where it would have failed."""
    subjects: int = 0
    """How many nodes and clusters it would have failed on."""
    days: int = 0
    """On how many days (UTC) it would have failed anywhere."""
    first: datetime | None = None
    last: datetime | None = None
    """The first and the last sight of a failure."""
    failing: int = 0
    """Verdicts that fail, of all sights."""
    newly: int = 0
    """Subjects on which it would have failed where what it is compared with did not, and which no
    waiver would have covered."""
    no_longer: int = 0
    """Subjects on which it would not have failed where what it is compared with did."""
    waived: tuple[tuple[str, int], ...] = ()
    """Recorded waivers that would have covered failures, with the number of verdicts."""
    impact: Impact = Impact.NEUTRAL
    is_added: bool = False
    """What it is compared with has no such rule."""
    is_removed: bool = False
    examples: tuple[Example, ...] = ()
    """One smallest example each way: what it finds more, what it finds less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """What ``eidos policy backtest`` renders."""

    window: Window
    packs: tuple[str, ...]
    """What was tried: name and version."""
    against: tuple[str, ...]
    """What it is compared with; none is what was recorded."""
    rules: tuple[RuleImpact, ...]
    captures: int
    """Snapshots that were judged, each as often as it was seen."""
    verdicts: int
    """Verdicts that were given."""
    evaluated: int
    """Questions that the engine was asked for them; the others were known."""
    most_new: int | None = None
    """How many subjects may newly fail; None for any number."""
    relaxations: tuple[Relaxation, ...] = ()
    """What makes the policy that was tried easier to pass than by default."""

    @property
    def newly(self) -> int:
        """Count the subjects and rules that would newly have failed, uncovered by a waiver."""
        return sum(each.newly for each in self.rules)

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: 1 where more would newly fail than may."""
        failed = self.most_new is not None and self.newly > self.most_new
        return Gate().outcome(failed=failed).exit_code


# Compliance --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How one cluster, rule or control fared over time; times are in seconds, of all its lines."""

    kind: str
    """``all``, ``cluster``, ``rule`` or ``control``."""
    name: str
    passed: float = 0.0
    """Passed, or only warned of."""
    failed: float = 0.0
    waived: float = 0.0
    unknown: float = 0.0
    """Not known, not seen, or could not be evaluated."""
    fixed: int = 0
    """Violations that ended in a pass."""
    standing: int = 0
    """Violations that stand at the end."""
    to_fix: float | None = None
    """Mean seconds from the first sight of a violation to the sight of its fix."""
    to_detect: float | None = None
    """Mean seconds from the last sight without a violation to the run that found it: at most so
    long it was there and nobody knew."""
    flips: int = 0
    """How often a verdict turned between passed and failed."""
    flapping: int = 0
    """Lines that failed, were fixed and failed again."""

    @property
    def seconds(self) -> float:
        """All the time in which a rule was about a subject."""
        return self.passed + self.failed + self.waived + self.unknown

    @property
    def rate(self) -> float | None:
        """The share of that time that passed; None where there was none."""
        return self.passed / self.seconds if self.seconds else None


@dataclass(frozen=True, slots=True)
class Compliance:
    """What ``eidos history compliance`` renders."""

    window: Window
    shares: tuple[Share, ...]
    """All, then clusters, rules and controls, each by name."""
    dark: tuple[Dark, ...] = ()
    """Clusters of which nobody knows how they are at its end, by name."""


# Drift between two moments -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactMoved:
    """A fact of a cluster that is not what it was."""

    cluster: str
    node: str | None
    fact: str
    kind: str
    """``added``, ``removed``, ``changed`` or ``retyped``."""
    before: Json
    after: Json
    first_seen: datetime
    """The first sight since which it has been what it is now."""


@dataclass(frozen=True, slots=True)
class Flipped:
    """A recorded verdict that is not what it was."""

    cluster: str
    who: Who
    rule: str
    before: Status
    after: Status
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class PastDrift:
    """What ``eidos history drift`` renders."""

    window: Window
    moved: tuple[FactMoved, ...]
    flipped: tuple[Flipped, ...]
    nodes: tuple[tuple[str, str, str], ...] = ()
    """Nodes that came, went or were replaced: cluster, what became of it, name."""
    ignored: int = 0
    """Changes that the shipped ignore rules hide."""

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: 0 identical, 1 drift."""
        return Gate().outcome(failed=bool(self.moved or self.flipped or self.nodes)).exit_code
