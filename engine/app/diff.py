"""``eidos diff``: what changed between two snapshots, and which of it matters."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from eidos.engine.app.policies import load_packs
from eidos.engine.app.references import Referred, read_all, resolve
from eidos.engine.comparing.fleets import Fleet
from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.levels import LevelRule, Levels
from eidos.engine.comparing.patching import Operation, make_patch
from eidos.engine.comparing.ranking import Flips, rank
from eidos.engine.comparing.snapshots import Comparison, Taken, compare
from eidos.engine.digest import snapshot_digests
from eidos.engine.documents.finding import STDIN
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import EidosError, UsageError
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import cluster_facts, node_facts
from eidos.engine.model.drift import Change, Drift, Flip, IgnoreRule, Matrix, NodeFlip, Side
from eidos.engine.model.policy import Rule, Severity
from eidos.engine.model.verdict import Verdict
from eidos.engine.packs.choosing import Choice, choose
from eidos.engine.rego.embedded import EmbeddedEngine


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """How to compare."""

    ignores: tuple[IgnoreRule, ...] = ()
    """The user's ignore rules; the shipped ones come after them."""
    default_ignores: bool = True
    levels: tuple[LevelRule, ...] = ()
    """Rows asked before the shipped table of levels."""
    match: tuple[str, ...] = ()
    """Label keys by which a node may be recognised as a replacement."""
    packs: tuple[str, ...] | None = ()
    """Packs whose rules are evidence; empty for all shipped, None for none."""
    fail_on: Severity = Severity.INFO
    allow_incomplete: bool = False
    effective_time: datetime | None = None
    db: Path | None = None
    lenient: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Compared:
    """Drift, and the documents it was found in."""

    drift: Drift
    baseline: Referred
    current: Referred

    def patch(self, *, tests: bool = False) -> list[Operation]:
        """Give the operations that turn the baseline document into the current one."""
        before, after = self.baseline.document.value, self.current.document.value
        return make_patch(before, after, tests=tests)


def diff(
    baseline: str, currents: Sequence[str], options: DiffOptions
) -> Iterator[Compared | EidosError]:
    """Compare snapshots with a baseline, one after the other.

    Args:
        baseline: a file, ``-``, ``run:ID``, ``snapshot:DIGEST`` or ``CLUSTER@TIME``.
        currents: the same, and folders and globs; each snapshot is compared with the baseline.
        options: how to compare.

    Yields:
        What differs; or why one of the currents could not be read, which hides no other.

    Raises:
        EidosError: the baseline cannot be read or does not exist, or a pattern is not valid.
    """
    if STDIN in (baseline, *currents) and [baseline, *currents].count(STDIN) > 1:
        raise UsageError("standard input can be read only once", hint="Give '-' once.")
    with closing(EmbeddedEngine()) as engine:
        differ = _Differ(options, _Evidence(options, engine))
        differ.take(resolve(baseline, options.db, options.limits, lenient=options.lenient))
        for current in currents:
            found = read_all(current, options.db, options.limits, lenient=options.lenient)
            for after in found:
                yield after if isinstance(after, EidosError) else differ.compare(after)


def matrix(references: Sequence[str], options: DiffOptions) -> tuple[Matrix, list[EidosError]]:
    """Group the nodes of any number of snapshots by what is alike.

    Args:
        references: files, folders, globs, or stored snapshots.
        options: how to compare; packs and labels are not used.

    Returns:
        The classes, and why a snapshot could not be read, which hides no other.

    Raises:
        UsageError: a pattern is not valid.
    """
    now = options.effective_time or datetime.now(UTC)
    fleet = Fleet((*options.ignores, *_shipped(options)), now, options.levels)
    errors: list[EidosError] = []
    for reference in references:
        for found in read_all(reference, options.db, options.limits, lenient=options.lenient):
            if isinstance(found, EidosError):
                errors.append(found)
            else:
                fleet.add(found.snapshot.nodes)
    return replace(fleet.matrix(), allow_incomplete=options.allow_incomplete), errors


def _shipped(options: DiffOptions) -> tuple[IgnoreRule, ...]:
    return default_ignores() if options.default_ignores else ()


class _Evidence:
    """The rules that rank changes; packs are loaded when there is something to rank.

    Args:
        options: which packs, and the day that rules see.
        engine: evaluates Rego.

    Raises:
        EidosError: a pack that the user named does not exist or cannot be loaded.
    """

    def __init__(self, options: DiffOptions, engine: EmbeddedEngine) -> None:
        self.now = options.effective_time or datetime.now(UTC)
        self._packs = options.packs
        self._engine = engine
        if self._packs:
            _ = self.rules

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Give the rules."""
        if self._packs is None:
            return ()
        return choose(load_packs(self._packs, self._engine), Choice())

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.rules, self._engine, NoMemo(), self.now)

    def verdicts(self, taken: Taken) -> dict[str | None, dict[str, Verdict]]:
        """Give verdicts by node name (None for the cluster) and rule."""
        cluster = cluster_facts(taken.snapshot, taken.digests, "")
        nodes = node_facts(taken.snapshot, taken.digests, "")
        names = [None, *(node.name for node in nodes)]
        judged = self._judge.judge([cluster, *nodes])
        return {
            name: {verdict.rule: verdict for verdict in verdicts}
            for name, verdicts in zip(names, judged, strict=True)
        }


class _Differ:
    """Compares with one baseline."""

    def __init__(self, options: DiffOptions, evidence: _Evidence) -> None:
        self._options = options
        self._evidence = evidence
        self._sieve = Sieve((*options.ignores, *_shipped(options)), evidence.now)
        self._levels = Levels(options.levels)

    def take(self, baseline: Referred) -> None:
        """Take the baseline."""
        self._baseline = baseline
        self._before = _taken(baseline)
        self._verdicts: dict[str | None, dict[str, Verdict]] | None = None

    def compare(self, current: Referred) -> Compared:
        """Compare a snapshot with the baseline."""
        after = _taken(current)
        found = compare(self._before, after, self._options.match)
        sifted = self._sieve.sift(found.changes)
        counts = bool(sifted.kept or found.not_comparable)
        flips = self._flips(after, found) if counts else {}
        rules = self._evidence.rules if counts else ()
        ranked = rank(sifted.kept, rules, flips, self._levels)
        names = _old_names(found)
        drift = Drift(
            baseline=_side(self._baseline, self._before),
            current=_side(current, after),
            changes=tuple(self._placed(change, current, names) for change in ranked),
            nodes=found.pairing.changes,
            not_comparable=found.not_comparable,
            ignored=sifted.ignored,
            idle_ignores=sifted.idle,
            flips=_told(flips, ranked),
            fail_on=self._options.fail_on,
            allow_incomplete=self._options.allow_incomplete,
        )
        return Compared(drift, self._baseline, current)

    def _placed(
        self, change: Change, current: Referred, old_names: Mapping[str | None, str | None]
    ) -> Change:
        path = (change.type.lower(), change.subtype, *change.path)
        old = old_names.get(change.node, change.node)
        return replace(
            change,
            before_at=self._baseline.locate(old, path),
            after_at=current.locate(change.node, path),
        )

    def _flips(self, after: Taken, found: Comparison) -> Flips:
        if not self._evidence.rules:
            return {}
        if self._verdicts is None:
            self._verdicts = self._evidence.verdicts(self._before)
        old, names = self._verdicts, _old_names(found)
        return {
            name: _flipped(old.get(names.get(name, name), {}), verdicts)
            for name, verdicts in self._evidence.verdicts(after).items()
        }


def _told(flips: Flips, changes: Sequence[Change]) -> tuple[NodeFlip, ...]:
    """Give every flip, and whether a change that is shown explains it."""
    explained = {(change.node, flip.rule) for change in changes for flip in change.flips}
    anywhere = {rule for node, rule in explained if node is None}
    somewhere = {rule for _, rule in explained}
    return tuple(
        NodeFlip(
            node,
            flip,
            (node, rule) in explained or rule in anywhere or (node is None and rule in somewhere),
        )
        for node, by_rule in flips.items()
        for rule, flip in by_rule.items()
    )


def _taken(referred: Referred) -> Taken:
    return Taken(referred.snapshot, snapshot_digests(referred.snapshot))


def _side(referred: Referred, taken: Taken) -> Side:
    metadata = referred.snapshot.metadata
    return Side(referred.name, taken.digests.snapshot, metadata.cluster, metadata.timestamp)


def _old_names(found: Comparison) -> dict[str | None, str | None]:
    return {new.name: old.name for old, new in found.pairing.pairs}


def _flipped(old: Mapping[str, Verdict], new: Mapping[str, Verdict]) -> dict[str, Flip]:
    return {
        rule: Flip(rule, old[rule].status, verdict.status)
        for rule, verdict in new.items()
        if rule in old and old[rule].status is not verdict.status
    }
