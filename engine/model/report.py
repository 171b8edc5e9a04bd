"""A report: every verdict about every subject, and the decision that follows."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from functools import cached_property
from typing import Any

from eidos.engine.errors import MISSING, ExitCode, Location, Problem
from eidos.engine.model.gate import Decision, Gate
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.rule import Pack, Rule, Scope
from eidos.engine.model.times import age_of, instant, is_future
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.model.waiver import Waiver
from eidos.engine.records import dataclass

_UNANSWERED = frozenset({Status.UNKNOWN, Status.NOT_ASKABLE})


@dataclass(frozen=True, slots=True)
class PackRef:
    """Which pack judged."""

    name: str
    version: str
    digest: str
    replaces: tuple[str, ...] = ()
    """Shipped packs whose names it takes."""
    origin: str = ""
    """The Python package that brings it, with its version; empty for what is shipped or a path."""
    signer: str | None = None
    """The id of the key that signed it; None where no signature was asked for."""

    @classmethod
    def of(cls, pack: Pack) -> "PackRef":
        """Name a pack."""
        origin = "" if pack.origin == "shipped" else pack.origin
        return cls(pack.name, pack.version, pack.digest, pack.replaces, origin, pack.signer)


@dataclass(frozen=True, slots=True)
class RecipeRef:
    """Which recipe clusters were held against."""

    name: str
    digest: str
    """Content address of the document."""


@dataclass(frozen=True, slots=True)
class WaiverNote:
    """What is worth saying about a waiver: expired, unused, exceeded, broad, self-approved, ..."""

    waiver: str
    rule: str
    state: str
    message: str


Place = tuple[int | None, int | None, str | None]
"""Line, column and path in the document, as `Location` has them."""


class Places(Mapping[str, Location]):
    """Where findings stand in one document; alike documents share the table.

    Args:
        file: the document.
        table: the place of each finding's path.
    """

    __slots__ = ("file", "table")

    def __init__(self, file: str, table: Mapping[str, Place]) -> None:
        self.file = file
        self.table = table

    def __getitem__(self, key: str) -> Location:
        return Location(self.file, *self.table[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type["Places"], tuple[object, ...]]:
        return Places, (self.file, self.table)

    __hash__ = None  # type: ignore[assignment]  # equal to a dict of the same


@dataclass(frozen=True, slots=True)
class Subject:
    """What was judged and what was said of it."""

    name: str
    """Node name, cluster name, or document name."""
    scope: Scope
    file: str
    """The document it came from."""
    digest: str
    """Content address of its facts."""
    verdicts: tuple[Verdict, ...]
    """In the order of the report's rules."""
    cluster: str | None = None
    timestamp: str | None = None
    """State time: when the facts were seen."""
    locations: Mapping[str, Location] = field(default_factory=dict)
    """Where each finding's path stands in the document; ``""`` is the subject itself."""
    object: str | None = None
    """What a document calls itself: ``Deployment/shop/web``; it stays when others are inserted."""
    labels: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Those of the snapshot and of the node, by which waivers select; they are in the facts, and
    not recorded beside them."""

    def __reduce__(self) -> tuple[type["Subject"], tuple[Any, ...]]:
        """Be pickled in few words: the subjects of a fleet come from other processes."""
        return Subject, (
            *(self.name, self.scope, self.file, self.digest, self.verdicts),
            *(self.cluster, self.timestamp, self.locations, self.object, self.labels),
        )

    @property
    def lasting_name(self) -> str:
        """A name that depends on no order: of the object in the file, else as `identity`."""
        return f"{self.file}#{self.object}" if self.object else self.identity

    @property
    def identity(self) -> str:
        """A name that stays the same from run to run: ``cluster/node``."""
        if self.cluster and self.scope is Scope.NODE:
            return f"{self.cluster}/{self.name}"
        return self.name


@dataclass(frozen=True, slots=True)
class Seen:
    """When the facts of snapshots were seen."""

    oldest: str | None
    """RFC 3339; None where nobody knows of any."""
    newest: str | None
    days: int | None
    """Whole days from the oldest to when the report was made, or to the moment asked about."""
    undated: int = 0
    """Snapshots of which nobody knows: they have no time."""
    ahead: int = 0
    """Snapshots that say that they are from the future."""

    @classmethod
    def of(cls, times: Collection[str | None], now: datetime) -> "Seen":
        """Sum up the times of snapshots.

        Args:
            times: of each, RFC 3339.
            now: by which clock their age is measured.
        """
        ages = [(age, time) for time in times if (age := age_of(time, now)) is not None]
        ahead = sum(is_future(time, now) for time in times)
        undated = len(times) - len(ages) - ahead
        if not ages:
            return cls(None, None, None, undated, ahead)
        (age, oldest), (_, newest) = max(ages), min(ages)
        return cls(oldest, newest, int(age // 86_400), undated, ahead)


@dataclass(frozen=True)
class Report:
    """One run of the gate. Every output format is a rendering of this."""

    run: str
    """Run id; differs from run to run."""
    started: str
    """Wall clock, RFC 3339 UTC; differs from run to run."""
    effective_time: str
    """Rule time, RFC 3339 UTC: the clock that rules and waivers see."""
    generator: str
    """``eidos 0.1.0``."""
    engine: str
    """Rego engine and version."""
    packs: tuple[PackRef, ...]
    rules: tuple[Rule, ...]
    """Every rule that was asked, sorted by id."""
    subjects: tuple[Subject, ...]
    problems: tuple[Problem, ...] = ()
    waiver_notes: tuple[WaiverNote, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    """Every waiver that was given, whatever became of it."""
    gate: Gate = field(default_factory=Gate)
    prints: tuple[str, ...] = ()
    """What rules printed, ``file:line: text``."""
    relaxations: tuple[Relaxation, ...] = ()
    """What makes the gate easier to pass than it is by default, and who said so."""
    recipe: RecipeRef | None = None
    """What clusters were held against beside rules; None without a recipe."""
    as_of: str | None = None
    """State time that was asked about, RFC 3339 UTC; None for what was checked."""

    @cached_property
    def seen(self) -> "Seen | None":
        """When the facts were seen; None where nothing was about facts."""
        of_facts = {Scope.CLUSTER, Scope.NODE, Scope.RECIPE}
        times = {
            (subject.file, subject.cluster): subject.timestamp
            for subject in self.subjects
            if subject.scope in of_facts
        }
        return Seen.of(times.values(), instant(self.as_of or self.started)) if times else None

    @cached_property
    def rules_by_id(self) -> Mapping[str, Rule]:
        """Every rule that was asked, by id."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def waivers_by_id(self) -> Mapping[str, Waiver]:
        """Every waiver that was given, by id."""
        return {waiver.id: waiver for waiver in self.waivers}

    @property
    def replacements(self) -> tuple[str, ...]:
        """Say which packs judged in the place of a shipped one, a sentence each."""
        return tuple(
            f"pack {pack.name} {pack.version} replaces the shipped pack {', '.join(pack.replaces)}"
            for pack in self.packs
            if pack.replaces
        )

    @cached_property
    def counts(self) -> Mapping[Status, int]:
        """How many verdicts of each status; every status is present."""
        found = Counter[Status]()
        for verdict, count in self.distinct:
            found[verdict.status] += count
        return {status: found[status] for status in Status}

    @cached_property
    def distinct(self) -> tuple[tuple[Verdict, int], ...]:
        """Every verdict that is an object of its own, and how many subjects share it.

        Like subjects share theirs, so that what is counted costs little more for a fleet than for
        one node.
        """
        rows: dict[int, list[Any]] = {}
        for subject in self.subjects:
            rows.setdefault(id(subject.verdicts), [subject.verdicts, 0])[1] += 1
        found: dict[int, list[Any]] = {}
        for verdicts, count in rows.values():
            for verdict in verdicts:
                found.setdefault(id(verdict), [verdict, 0])[1] += count
        return tuple((verdict, count) for verdict, count in found.values())

    def verdicts(self) -> Iterator[tuple[Subject, Verdict]]:
        """Give every verdict with its subject."""
        for subject in self.subjects:
            for verdict in subject.verdicts:
                yield subject, verdict

    def counts_at_gate(self, verdict: Verdict) -> bool:
        """Say whether a verdict counts at the gate; see `Gate.counts`."""
        return self.gate.counts(verdict, self.rules_by_id[verdict.rule])

    def closes(self, verdict: Verdict) -> bool:
        """Say whether a verdict, alone, closes the gate; see `Gate.closes`."""
        return self.gate.closes(verdict, self.rules_by_id[verdict.rule])

    def is_violation(self, verdict: Verdict) -> bool:
        """Say whether a verdict is a fail that closes the gate."""
        return verdict.status is Status.FAIL and self.closes(verdict)

    @property
    def nothing_judged(self) -> bool:
        """Say whether there is no verdict, or none but unknown, not askable and skipped ones.

        That is no pass, whichever of them count at the gate: no rule said that anything is right.
        """
        silent = {Status.UNKNOWN, Status.NOT_ASKABLE, Status.SKIP}
        return all(verdict.status in silent for verdict, _ in self.distinct)

    @cached_property
    def decision(self) -> Decision:
        """The gate's answer; error before incomplete before failed before passed."""
        closing = {verdict.status for verdict, _ in self.distinct if self.closes(verdict)}
        troubles = {problem.code for problem in self.problems}
        outcome = self.gate.outcome(
            error=bool(troubles - MISSING) or Status.ERROR in closing,
            incomplete=self.nothing_judged or bool(closing & _UNANSWERED),
            failed=Status.FAIL in closing,
        )
        # A folder without a document is no fact that is missing: nobody can have meant it. Nor are
        # facts that are too old, which would else pass wherever some may be missing.
        return Decision.INCOMPLETE if troubles and outcome is not Decision.ERROR else outcome

    @property
    def exit_code(self) -> ExitCode:
        """What the process says."""
        return self.decision.exit_code
