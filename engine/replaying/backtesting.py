"""What rules would have said of the past, folded into the impact of each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from eidos.engine.model.history import Capture, Example, Impact, RuleImpact, Who
from eidos.engine.model.verdict import Status

_STRICTNESS = {
    Status.SKIP: 0,
    Status.PASS: 0,
    Status.WARN: 0,
    Status.NOT_ASKABLE: 0,
    Status.WAIVED: 2,
    Status.UNKNOWN: 1,
    Status.ERROR: 1,
    Status.FAIL: 2,
}
"""What a verdict holds against a subject: nothing, that nobody knows, or a violation. A waived one
is a violation as well: waivers are no part of a rule."""


Statuses = tuple[Status | None, Status | None]
"""What both say of a subject: before, after; None where the rule was not asked."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What both say of a rule at one sight, of all subjects; sights that say the same share it."""

    said: Mapping[Who, Statuses]
    size: int
    """Subjects of the snapshot, to choose the smallest."""

    @cached_property
    def failing(self) -> tuple[Who, ...]:
        """Those on which it would have failed."""
        return tuple(who for who, (_, after) in self.said.items() if after is Status.FAIL)

    @cached_property
    def newly(self) -> frozenset[Who]:
        """Those of them on which what it is compared with did not."""
        return frozenset(who for who in self.failing if not _is_failure(self.said[who][0]))

    @cached_property
    def no_longer(self) -> frozenset[Who]:
        """Those on which it would not have failed where what it is compared with did."""
        return frozenset(
            who
            for who, (before, after) in self.said.items()
            if _is_failure(before) and after is not Status.FAIL and not _is_failure(after)
        )

    @cached_property
    def turned(self) -> Mapping[bool, Who]:
        """The first subject that got stricter (True), and laxer."""
        found: dict[bool, Who] = {}
        for who, (before, after) in sorted(self.said.items()):
            if _strictness(before) != _strictness(after):
                found.setdefault(_strictness(after) > _strictness(before), who)
        return found

    @cached_property
    def is_asked(self) -> tuple[bool, bool]:
        """Whether the rule was asked of anything: before, after."""
        pairs = self.said.values()
        return any(one for one, _ in pairs), any(other for _, other in pairs)


def _strictness(status: Status | None) -> int:
    return 0 if status is None else _STRICTNESS[status]


def _is_failure(status: Status | None) -> bool:
    return _strictness(status) == _STRICTNESS[Status.FAIL]


_Sight = tuple[Capture, Who, Evidence]


@dataclass
class Tally:
    """The impact of one rule, on its way."""

    clusters: set[str] = field(default_factory=set)
    subjects: set[tuple[str, Who]] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    times: list[datetime] = field(default_factory=list)
    failing: int = 0
    newly: set[tuple[str, Who]] = field(default_factory=set)
    no_longer: set[tuple[str, Who]] = field(default_factory=set)
    waived: Counter[str] = field(default_factory=Counter)
    examples: dict[bool, _Sight] = field(default_factory=dict)
    """The smallest that got stricter (True), and laxer."""
    was_asked: bool = False
    is_asked: bool = False
    _last: tuple[str, Evidence] | None = None
    """The cluster and what was said of it at the last sight: whom it names is known already."""

    def take(self, capture: Capture, seen: Evidence, waived: Mapping[Who, str]) -> None:
        """Take what is said at one sight.

        Args:
            capture: the sight.
            seen: what is said.
            waived: the waiver that would have covered each failure that one would have.
        """
        if seen.failing:
            self.days.add(capture.at.date())
            times = (*self.times, capture.at)
            self.times = [min(times), max(times)]
            self.failing += len(seen.failing)
            self.waived.update(waived.values())
        for is_stricter, who in seen.turned.items():
            sight = (capture, who, seen)
            smallest = self.examples.get(is_stricter)
            if smallest is None or _order(sight) < _order(smallest):
                self.examples[is_stricter] = sight
        if waived or self._last is None or self._last != (capture.cluster, seen):
            self._name(capture.cluster, seen, waived)
            self._last = None if waived else (capture.cluster, seen)

    def _name(self, cluster: str, seen: Evidence, waived: Mapping[Who, str]) -> None:
        was_asked, is_asked = seen.is_asked
        self.was_asked, self.is_asked = self.was_asked or was_asked, self.is_asked or is_asked
        if seen.failing:
            self.clusters.add(cluster)
            self.subjects.update((cluster, who) for who in seen.failing)
            self.newly.update((cluster, who) for who in seen.newly if who not in waived)
        self.no_longer.update((cluster, who) for who in seen.no_longer)

    def impact(self, rule: str) -> RuleImpact:
        """Give what became of it."""
        return RuleImpact(
            rule=rule,
            clusters=tuple(sorted(self.clusters)),
            subjects=len(self.subjects),
            days=len(self.days),
            first=self.times[0] if self.times else None,
            last=self.times[-1] if self.times else None,
            failing=self.failing,
            newly=len(self.newly),
            no_longer=len(self.no_longer),
            waived=tuple(sorted(self.waived.items())),
            impact=_IMPACTS[True in self.examples, False in self.examples],
            is_added=self.is_asked and not self.was_asked,
            is_removed=self.was_asked and not self.is_asked,
            examples=tuple(
                _example(self.examples[way]) for way in (True, False) if way in self.examples
            ),
        )


_IMPACTS: Mapping[tuple[bool, bool], Impact] = {
    (True, False): Impact.TIGHTENING,
    (False, True): Impact.LOOSENING,
    (True, True): Impact.MIXED,
    (False, False): Impact.NEUTRAL,
}
"""By whether there is an example that got stricter, and one that got laxer."""


def _order(sight: _Sight) -> tuple[object, ...]:
    capture, who, seen = sight
    return seen.size, capture.at, capture.cluster, who


def _example(sight: _Sight) -> Example:
    capture, who, seen = sight
    return Example(capture.cluster, who, capture.at, capture.snapshot, *seen.said[who])
