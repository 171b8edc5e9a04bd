"""``eidos diff``: what changed between two snapshots, and which of it matters."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from eidos.engine.app.policies import load_packs
from eidos.engine.app.references import Referred, resolve, snapshots
from eidos.engine.comparing.fleets import Fleet
from eidos.engine.comparing.ignoring import default_ignores, sift
from eidos.engine.comparing.levels import LevelRule
from eidos.engine.comparing.patching import Operation, make_patch
from eidos.engine.comparing.ranking import Flips, rank
from eidos.engine.comparing.snapshots import Comparison, Taken, compare
from eidos.engine.digest import snapshot_digests
from eidos.engine.documents.limits import Limits
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import cluster_facts, node_facts
from eidos.engine.model.drift import Change, Drift, Flip, IgnoreRule, Matrix, Side
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


def diff(baseline: str, currents: Sequence[str], options: DiffOptions) -> Iterator[Compared]:
    """Compare snapshots with a baseline, one after the other.

    Args:
        baseline: a file, ``-``, ``run:ID``, ``snapshot:DIGEST`` or ``CLUSTER@TIME``.
        currents: the same, each compared with the baseline.
        options: how to compare.

    Raises:
        EidosError: a side cannot be read or does not exist, or a pattern is not valid.
    """
    before = resolve(baseline, options.db, options.limits, lenient=options.lenient)
    with closing(EmbeddedEngine()) as engine:
        differ = _Differ(options, before, _rules(options, engine), engine)
        for current in currents:
            after = resolve(current, options.db, options.limits, lenient=options.lenient)
            yield differ.compare(after)


def matrix(references: Sequence[str], options: DiffOptions) -> Matrix:
    """Group the nodes of any number of snapshots by what is alike.

    Args:
        references: files, folders, globs, or stored snapshots.
        options: how to compare; packs and labels are not used.

    Raises:
        EidosError: a snapshot cannot be read or does not exist.
    """
    now = options.effective_time or datetime.now(UTC)
    fleet = Fleet((*options.ignores, *_shipped(options)), now, options.levels)
    for reference in references:
        for snapshot in snapshots(reference, options.db, options.limits, lenient=options.lenient):
            fleet.add(snapshot.nodes)
    return replace(fleet.matrix(), allow_incomplete=options.allow_incomplete)


def _shipped(options: DiffOptions) -> tuple[IgnoreRule, ...]:
    return default_ignores() if options.default_ignores else ()


def _rules(options: DiffOptions, engine: EmbeddedEngine) -> tuple[Rule, ...]:
    if options.packs is None:
        return ()
    return choose(load_packs(options.packs, engine), Choice())


class _Differ:
    """Compares with one baseline."""

    def __init__(
        self,
        options: DiffOptions,
        baseline: Referred,
        rules: tuple[Rule, ...],
        engine: EmbeddedEngine,
    ) -> None:
        self._options = options
        self._now = options.effective_time or datetime.now(UTC)
        self._rules = rules
        self._judge = Judge(rules, engine, NoMemo(), self._now)
        self._baseline = baseline
        self._before = _taken(baseline)

    def compare(self, current: Referred) -> Compared:
        after = _taken(current)
        found = compare(self._before, after, self._options.match)
        sifted = sift(found.changes, self._ignores(), self._now)
        flips = self._flips(after, found) if sifted.kept else {}
        ranked = rank(sifted.kept, self._rules, flips, self._options.levels)
        names = _old_names(found)
        drift = Drift(
            baseline=_side(self._baseline, self._before),
            current=_side(current, after),
            changes=tuple(self._placed(change, current, names) for change in ranked),
            nodes=found.pairing.changes,
            not_comparable=found.not_comparable,
            ignored=sifted.ignored,
            unused_ignores=sifted.unused,
            fail_on=self._options.fail_on,
            allow_incomplete=self._options.allow_incomplete,
        )
        return Compared(drift, self._baseline, current)

    def _ignores(self) -> tuple[IgnoreRule, ...]:
        return (*self._options.ignores, *_shipped(self._options))

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
        old, new = self._verdicts(self._before), self._verdicts(after)
        names = _old_names(found)
        return {
            name: _flipped(old.get(names.get(name, name), {}), verdicts)
            for name, verdicts in new.items()
        }

    def _verdicts(self, taken: Taken) -> dict[str | None, dict[str, Verdict]]:
        """Give verdicts by node name (None for the cluster) and rule."""
        cluster = cluster_facts(taken.snapshot, taken.digests, "")
        nodes = node_facts(taken.snapshot, taken.digests, "")
        names = [None, *(node.name for node in nodes)]
        judged = self._judge.judge([cluster, *nodes])
        return {
            name: {verdict.rule: verdict for verdict in verdicts}
            for name, verdicts in zip(names, judged, strict=True)
        }


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
