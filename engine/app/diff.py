"""``eidos diff``: what changed between snapshots, and which of it matters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item, refuse_second_stdin
from eidos.engine.comparing.ignoring import Sieve, Sifted, default_ignores
from eidos.engine.comparing.levels import LevelRule, Levels
from eidos.engine.comparing.patching import Operation, make_patch
from eidos.engine.comparing.ranking import rank
from eidos.engine.comparing.snapshots import Comparison, compare
from eidos.engine.documents.snapshots import write_snapshot
from eidos.engine.errors import DocumentError, EidosError, Location, Problem, UsageError
from eidos.engine.model.drift import (
    Change,
    Drift,
    Explanation,
    IgnoreRule,
    Matrix,
    NodeFate,
    NodeFlip,
    Side,
)
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Relaxation
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.app.evidence import Differing, Evidence
    from eidos.engine.app.policies import PolicyRequest


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
        """Give the operations that turn the baseline document into the current one.

        Where one holds secrets, they are between what `eidos snapshot convert` makes of the two.
        """
        before, after = self.baseline.clean_document, self.current.clean_document
        if before is None or after is None:
            before = write_snapshot(self.baseline.snapshot.snapshot)
            after = write_snapshot(self.current.snapshot.snapshot)
        return make_patch(before, after, tests=tests)


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


def explain(
    sides: tuple[str, str],
    rule: str,
    comparing: Comparing,
    policy: "PolicyRequest",
    context: Context,
) -> Explanation:
    """Say what a rule makes of two snapshots, which changes are behind it, and what undoes it.

    Args:
        sides: baseline and current snapshot, as for `diff`.
        rule: its id.
        comparing: how to compare.
        policy: holds the rule.
        context: what is open.

    Raises:
        EidosError: a side cannot be read, or there is no such rule.
    """
    refuse_second_stdin(sides)
    reader = context.reader(lenient=comparing.lenient)
    baseline, current = map(reader.one, sides)
    return Differ(baseline, comparing, policy, context).explain(current, rule)


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
                fleet.add(found.snapshot.snapshot, found.name)
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
        return Compared(self._drift(self._found(current)), self._baseline, current)

    def explain(self, current: Item, rule: str) -> Explanation:
        """Say what a rule makes of both sides, and why.

        Raises:
            DocumentError: the item is no snapshot.
            UsageError: no rule that is asked has this id.
        """
        evidence = self._evidence
        assert evidence is not None  # noqa: S101 -- who asks for a rule has a policy
        known = {each.id: each for each in evidence.rules}
        if rule not in known:
            from eidos.engine.model.nearest import nearest

            raise UsageError(
                f"none of the chosen rules is called {rule!r}", hint=nearest(rule, known)
            )
        found = self._found(current)
        subjects = evidence.explain(self._differing(found), rule)
        return Explanation(known[rule], self._drift(found), subjects)

    def _found(self, current: Item) -> "_Found":
        compared = compare(self._before, current.snapshot, self._comparing.match)
        names: dict[str | None, str | None] = {
            new.name: old.name for old, new in compared.pairing.pairs
        }
        sifted = self._sieve.sift(compared.changes, compared.not_comparable)
        return _Found(
            current,
            compared,
            sifted,
            names,
            tuple(self._placed(change, current, names) for change in sifted.kept),
        )

    def _drift(self, found: "_Found") -> Drift:
        sifted = found.sifted
        flips: tuple[NodeFlip, ...] = ()
        evidence = None
        if found.differs and (evidence := self._evidence):
            flips = evidence.flips(self._differing(found))
        rules = evidence.rules if evidence else ()
        return Drift(
            baseline=_side(self._baseline),
            current=_side(found.current),
            changes=rank(found.told, rules, flips, self._levels),
            nodes=found.compared.pairing.changes,
            not_comparable=sifted.not_comparable,
            ignored=sifted.ignored,
            idle_ignores=sifted.idle,
            flips=flips,
            unlike=found.compared.unlike,
            is_judged=evidence is not None,
            gate=self._comparing.gate,
            relaxations=self._comparing.relaxations,
        )

    def _differing(self, found: "_Found") -> "Differing":
        from eidos.engine.app.evidence import Differing

        hidden = (
            self._placed(change, found.current, found.names)
            for each in found.sifted.ignored
            for change in each.changes
        )
        fates = {node.fate for node in found.compared.pairing.changes}
        return Differing(
            before=self._baseline,
            after=found.current,
            old_names=found.names,
            changes=(*found.told, *hidden),
            told=len(found.told),
            nodes_moved=bool(fates & {NodeFate.ADDED, NodeFate.REMOVED}),
        )

    def _placed(
        self, change: Change, current: Item, old_names: Mapping[str | None, str | None]
    ) -> Change:
        subtype = (change.address.type, change.address.subtype)
        before, after = (*subtype, *change.before_at), (*subtype, *change.after_at)
        old = old_names.get(change.node, change.node)
        baseline = self._baseline
        return replace(
            change,
            places=lambda: (_place(baseline, old, before), _place(current, change.node, after)),
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found between the baseline and one item, before anything is ranked."""

    current: Item
    compared: Comparison
    sifted: Sifted
    names: Mapping[str | None, str | None]
    """Name of a node to its name in the baseline."""
    told: tuple[Change, ...]
    """The changes that no rule ignores, with their places."""

    @property
    def differs(self) -> bool:
        """Whether there is anything for which a verdict could differ."""
        moved = self.compared.pairing.changes
        return bool(self.told or self.sifted.ignored or self.sifted.not_comparable or moved)


def _place(side: Item, node: str | None, path: Sequence[str | int]) -> Location | None:
    """Give the line of a fact; None for a stored snapshot, which has no lines."""
    return side.locate(node, path) if side.document else None


def _side(item: Item) -> Side:
    seen = item.snapshot
    return Side(item.name, seen.digest, seen.metadata.cluster, seen.metadata.timestamp)
