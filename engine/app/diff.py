"""``eidos diff``: what changed between snapshots, and which of it matters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item, refuse_second_stdin
from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.levels import LevelRule, Levels
from eidos.engine.comparing.patching import Operation, make_patch
from eidos.engine.comparing.ranking import Flips, rank
from eidos.engine.comparing.snapshots import Comparison, compare
from eidos.engine.errors import DocumentError, EidosError, Location, Problem
from eidos.engine.model.drift import Change, Drift, IgnoreRule, Matrix, NodeFlip, Side
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Relaxation
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.app.evidence import Evidence
    from eidos.engine.app.policies import PolicyRequest
    from eidos.engine.model.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """How to compare."""

    ignores: tuple[IgnoreRule, ...] = ()
    """The user's ignore rules; the shipped ones come after them."""
    default_ignores: bool = True
    levels: tuple[LevelRule, ...] = ()
    """Rows asked before the shipped table of levels."""
    match: tuple[str, ...] = ()
    """Label keys by which a node may be recognised as a replacement."""
    gate: Gate = Gate()
    """What closes: drift at or above a level, facts that one side lacks."""
    lenient: bool = False
    """Take measurements without a header for a snapshot."""

    effective_time: datetime | None = None
    """The day on which ignore rules hold, with zone; the context's clock when None."""
    relaxations: tuple[Relaxation, ...] = ()
    """What makes it easier to find no drift."""

    @property
    def every_ignore(self) -> tuple[IgnoreRule, ...]:
        """The ignore rules in force, shipped ones last."""
        return (*self.ignores, *(default_ignores() if self.default_ignores else ()))


@dataclass(frozen=True, slots=True)
class Compared:
    """Drift, and the items it was found in."""

    drift: Drift
    baseline: Item
    current: Item

    def patch(self, *, tests: bool = False) -> list[Operation]:
        """Give the operations that turn the baseline document into the current one."""
        return make_patch(self.baseline.value, self.current.value, tests=tests)


def diff(
    baseline: str,
    currents: Sequence[str],
    comparing: Comparing,
    policy: "PolicyRequest | None",
    context: Context,
    *,
    many: bool = False,
) -> Iterator[Compared | Problem]:
    """Compare snapshots with a baseline, one after the other.

    Args:
        baseline: a file, ``-``, ``run:ID``, ``snapshot:DIGEST`` or ``CLUSTER@TIME``.
        currents: the same; with `many` also folders, globs and files of several documents.
        comparing: how to compare.
        policy: what is evidence, judged as ``eidos check`` judges; None for none. It is resolved
            when there is something to rank, and at once where anything of it was named.
        context: what is open.
        many: a current snapshot that cannot be read is yielded as a Problem, and hides no other.

    Yields:
        What differs; or why a current snapshot could not be read.

    Raises:
        EidosError: the baseline cannot be read or does not exist, or a pattern is not valid.
    """
    refuse_second_stdin([baseline, *currents])
    reader = context.reader(lenient=comparing.lenient)
    differ = Differ(reader.one(baseline), comparing, policy, context)
    for current in reader.read(currents) if many else map(reader.one, currents):
        try:
            yield current if isinstance(current, Problem) else differ.compare(current)
        except DocumentError as error:
            if not many:
                raise
            yield error.problem


def matrix(
    references: Sequence[str], comparing: Comparing, context: Context
) -> tuple[Matrix, list[Problem]]:
    """Group the nodes of any number of snapshots by what is alike.

    Args:
        references: files, folders, globs, or stored snapshots.
        comparing: how to compare; labels are not used.
        context: what is open.

    Returns:
        The classes, and why a snapshot could not be read, which hides no other.

    Raises:
        UsageError: a pattern is not valid.
    """
    from eidos.engine.comparing.fleets import Fleet

    now = comparing.effective_time or context.clock.now()
    fleet = Fleet(comparing.every_ignore, now, comparing.levels)
    problems: list[Problem] = []
    reader = context.reader(lenient=comparing.lenient)
    for found in reader.read(references):
        try:
            if isinstance(found, Problem):
                problems.append(found)
            else:
                fleet.add(found.snapshot.snapshot.nodes)
        except EidosError as error:
            problems.append(error.problem)
    gate = Gate(allow_incomplete=comparing.gate.allow_incomplete)
    return replace(fleet.matrix(), gate=gate, relaxations=comparing.relaxations), problems


class Differ:
    """Compares any number of snapshots with one baseline.

    Args:
        baseline: how it was.
        comparing: how to compare.
        policy: what is evidence; None for none.
        context: what is open.

    Raises:
        EidosError: the baseline is no snapshot, a pattern is not valid, or a policy that was
            named cannot be resolved.
    """

    def __init__(
        self,
        baseline: Item,
        comparing: Comparing,
        policy: "PolicyRequest | None",
        context: Context,
    ) -> None:
        self._comparing = comparing
        self._policy = policy
        self._context = context
        now = comparing.effective_time or context.clock.now()
        self._sieve = Sieve(comparing.every_ignore, now)
        self._levels = Levels(comparing.levels)
        self._baseline = baseline
        self._before = baseline.snapshot
        if policy is not None and policy.is_named:
            _ = self._evidence  # what was named and does not exist is told in any case

    @cached_property
    def _evidence(self) -> "Evidence | None":
        if self._policy is None:
            return None
        from eidos.engine.app.evidence import Evidence
        from eidos.engine.app.policies import resolve

        return Evidence(resolve(self._policy, self._context), self._context)

    def compare(self, current: Item) -> Compared:
        """Compare an item with the baseline.

        Raises:
            DocumentError: it is no snapshot.
        """
        after = current.snapshot
        found = compare(self._before, after, self._comparing.match)
        sifted = self._sieve.sift(found.changes, found.not_comparable)
        names = _old_names(found)
        flips: Flips = {}
        rules: tuple[Rule, ...] = ()
        if (sifted.kept or sifted.not_comparable) and (evidence := self._evidence):
            flips = evidence.flips(self._baseline, current, names)
            rules = evidence.rules
        ranked = rank(sifted.kept, rules, flips, self._levels)
        drift = Drift(
            baseline=_side(self._baseline),
            current=_side(current),
            changes=tuple(self._placed(change, current, names) for change in ranked),
            nodes=found.pairing.changes,
            not_comparable=sifted.not_comparable,
            ignored=sifted.ignored,
            idle_ignores=sifted.idle,
            flips=_told(flips, ranked),
            gate=self._comparing.gate,
            relaxations=self._comparing.relaxations,
        )
        return Compared(drift, self._baseline, current)

    def _placed(
        self, change: Change, current: Item, old_names: Mapping[str | None, str | None]
    ) -> Change:
        path = change.segments
        old = old_names.get(change.node, change.node)
        baseline = self._baseline
        return replace(
            change,
            places=lambda: (_place(baseline, old, path), _place(current, change.node, path)),
        )


def _place(side: Item, node: str | None, path: Sequence[str | int]) -> Location | None:
    """Give the line of a fact; None for a stored snapshot, which has no lines."""
    return side.locate(node, path) if side.document else None


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


def _side(item: Item) -> Side:
    seen = item.snapshot
    return Side(item.name, seen.digest, seen.metadata.cluster, seen.metadata.timestamp)


def _old_names(found: Comparison) -> dict[str | None, str | None]:
    return {new.name: old.name for old, new in found.pairing.pairs}
