"""``eidos diff``: what changed between two snapshots, and which of it matters."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eidos.engine.app.references import Referred, read_all, read_one, resolve
from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.levels import LevelRule, Levels
from eidos.engine.comparing.patching import Operation, make_patch
from eidos.engine.comparing.ranking import Flips, rank
from eidos.engine.comparing.snapshots import Comparison, compare
from eidos.engine.digest import addressed
from eidos.engine.documents.finding import STDIN
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import EidosError, UsageError
from eidos.engine.model.drift import Change, Drift, IgnoreRule, Matrix, NodeFlip, Side
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Rule, Severity
from eidos.engine.model.snapshot import AddressedSnapshot

if TYPE_CHECKING:
    from eidos.engine.app.evidence import Evidence


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
    baseline: str, currents: Sequence[str], options: DiffOptions, *, many: bool = False
) -> Iterator[Compared | EidosError]:
    """Compare snapshots with a baseline, one after the other.

    Args:
        baseline: a file, ``-``, ``run:ID``, ``snapshot:DIGEST`` or ``CLUSTER@TIME``.
        currents: the same; each is compared with the baseline.
        options: how to compare.
        many: currents may also be folders, globs and files of several documents, and one that
            cannot be read hides no other.

    Yields:
        What differs; or why one of many could not be read.

    Raises:
        EidosError: the baseline, or the only current snapshot, cannot be read or does not exist,
            or a pattern is not valid.
    """
    if [baseline, *currents].count(STDIN) > 1:
        raise UsageError("standard input can be read only once", hint="Give '-' once.")
    now = options.effective_time or datetime.now(UTC)
    with ExitStack() as stack:
        evidence = None
        if options.packs is not None:
            evidence = stack.enter_context(_evidence(options.packs, now))
        differ = _Differ(options, now, evidence)
        differ.take(resolve(baseline, options.db, options.limits, lenient=options.lenient))
        read = read_all if many else read_one
        for current in currents:
            for after in read(current, options.db, options.limits, lenient=options.lenient):
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
    from eidos.engine.comparing.fleets import Fleet

    now = options.effective_time or datetime.now(UTC)
    fleet = Fleet((*options.ignores, *_shipped(options)), now, options.levels)
    errors: list[EidosError] = []
    for reference in references:
        for found in read_all(reference, options.db, options.limits, lenient=options.lenient):
            if isinstance(found, EidosError):
                errors.append(found)
            else:
                fleet.add(found.snapshot.nodes)
    return replace(fleet.matrix(), gate=Gate(allow_incomplete=options.allow_incomplete)), errors


def _evidence(packs: tuple[str, ...], now: datetime) -> "Evidence":
    from eidos.engine.app.evidence import Evidence

    return Evidence(packs, now)


def _shipped(options: DiffOptions) -> tuple[IgnoreRule, ...]:
    return default_ignores() if options.default_ignores else ()


class _Differ:
    """Compares with one baseline."""

    def __init__(self, options: DiffOptions, now: datetime, evidence: "Evidence | None") -> None:
        self._options = options
        self._evidence = evidence
        self._sieve = Sieve((*options.ignores, *_shipped(options)), now)
        self._levels = Levels(options.levels)

    def take(self, baseline: Referred) -> None:
        """Take the baseline."""
        self._baseline = baseline
        self._before = addressed(baseline.snapshot)

    def compare(self, current: Referred) -> Compared:
        """Compare a snapshot with the baseline."""
        after = addressed(current.snapshot)
        found = compare(self._before, after, self._options.match)
        sifted = self._sieve.sift(found.changes, found.not_comparable)
        names = _old_names(found)
        flips: Flips = {}
        rules: tuple[Rule, ...] = ()
        if self._evidence and (sifted.kept or sifted.not_comparable):
            flips = self._evidence.flips(self._before, after, names)
            rules = self._evidence.rules
        ranked = rank(sifted.kept, rules, flips, self._levels)
        drift = Drift(
            baseline=_side(self._baseline, self._before),
            current=_side(current, after),
            changes=tuple(self._placed(change, current, names) for change in ranked),
            nodes=found.pairing.changes,
            not_comparable=sifted.not_comparable,
            ignored=sifted.ignored,
            idle_ignores=sifted.idle,
            flips=_told(flips, ranked),
            gate=Gate(self._options.fail_on, self._options.allow_incomplete),
        )
        return Compared(drift, self._baseline, current)

    def _placed(
        self, change: Change, current: Referred, old_names: Mapping[str | None, str | None]
    ) -> Change:
        path = change.segments
        old = old_names.get(change.node, change.node)
        baseline = self._baseline
        return replace(
            change,
            places=lambda: (baseline.locate(old, path), current.locate(change.node, path)),
        )


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


def _side(referred: Referred, taken: AddressedSnapshot) -> Side:
    metadata = taken.metadata
    return Side(referred.name, taken.digest, metadata.cluster, metadata.timestamp)


def _old_names(found: Comparison) -> dict[str | None, str | None]:
    return {new.name: old.name for old, new in found.pairing.pairs}
