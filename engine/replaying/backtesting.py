"""What rules would have said of the past, folded into the impact of each."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What both say of one subject at one sight."""

    capture: Capture
    who: Who
    before: Status | None
    """None where the rule was not asked."""
    after: Status | None
    size: int
    """Of the snapshot, to choose the smallest."""
    waiver: str | None = None
    """The waiver that would have covered a failure."""


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
    examples: dict[bool, Evidence] = field(default_factory=dict)
    """The smallest that got stricter (True), and laxer."""
    was_asked: bool = False
    is_asked: bool = False

    def take(self, seen: Evidence) -> None:
        """Take one piece of evidence."""
        self.was_asked = self.was_asked or seen.before is not None
        self.is_asked = self.is_asked or seen.after is not None
        name = (seen.capture.cluster, seen.who)
        if seen.after is Status.FAIL:
            self._fail(seen, name)
        before, after = (_STRICTNESS[each] if each else 0 for each in (seen.before, seen.after))
        if before == after:
            return
        if seen.after is not Status.FAIL and before == _STRICTNESS[Status.FAIL]:
            self.no_longer.add(name)
        smallest = self.examples.get(after > before)
        if smallest is None or _order(seen) < _order(smallest):
            self.examples[after > before] = seen

    def _fail(self, seen: Evidence, name: tuple[str, Who]) -> None:
        self.clusters.add(seen.capture.cluster)
        self.subjects.add(name)
        self.days.add(seen.capture.at.date())
        times = (*self.times, seen.capture.at)
        self.times = [min(times), max(times)]
        self.failing += 1
        if seen.waiver is not None:
            self.waived[seen.waiver] += 1
        elif seen.before is None or _STRICTNESS[seen.before] < _STRICTNESS[Status.FAIL]:
            self.newly.add(name)

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


def _order(seen: Evidence) -> tuple[object, ...]:
    return seen.size, seen.capture.at, seen.capture.cluster, seen.who


def _example(seen: Evidence) -> Example:
    capture = seen.capture
    return Example(capture.cluster, seen.who, capture.at, capture.snapshot, seen.before, seen.after)
