"""What became of the tests of policy: results, and what of the policy they saw."""

from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum

from eidos.engine.errors import ExitCode, Location, Problem
from eidos.engine.model.rule import CANNOT_TELL, EXCEPTION, Rule
from eidos.engine.model.verdict import Status
from eidos.engine.records import dataclass


class Outcome(StrEnum):
    """How a test ended."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    ERROR = "error"
    """It could not be run to its end, which says nothing about the policy."""
    SKIP = "skip"
    """It is marked as not to be run yet (``todo_``)."""


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One test and what became of it."""

    name: str
    """``data.acme.pinned_test.test_old_fails``; a case's own name."""
    suite: str
    """Whose test it is: the folder that was given."""
    kind: str
    """``rego``, ``cases`` or ``gator``."""
    outcome: Outcome
    location: Location | None = None
    said: tuple[str, ...] = ()
    """Why it did not pass, in lines: what was expected, or values of expressions."""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """Which outcomes of a rule tests have seen."""

    rule: str
    place: Location
    needed: tuple[Status, ...]
    """Outcomes that it can have, see `outcomes_of`."""
    seen: frozenset[Status]

    @property
    def missing(self) -> tuple[Status, ...]:
        """Outcomes that it can have and no test has seen."""
        return tuple(status for status in self.needed if status not in self.seen)


@dataclass(frozen=True, slots=True)
class LineCoverage:
    """Which lines of a module tests have reached, as OPA counts them."""

    file: str
    covered: int
    missed: tuple[tuple[int, int], ...] = ()
    """First and last line of each stretch that was not reached."""

    @property
    def missing(self) -> int:
        """How many lines were not reached."""
        return sum(last - first + 1 for first, last in self.missed)


@dataclass(frozen=True, slots=True)
class PolicyCoverage:
    """What of the policy the tests saw."""

    rules: tuple[RuleCoverage, ...]
    lines: tuple[LineCoverage, ...] | None
    """None where nobody counted them: only OPA does."""
    threshold: float | None = None
    """Percent of outcomes, and of lines, that must have been seen."""

    @property
    def outcomes_percent(self) -> float:
        """How many of the outcomes that rules can have were seen; 100 where there are none."""
        needed = sum(len(rule.needed) for rule in self.rules)
        return _percent(needed - sum(len(rule.missing) for rule in self.rules), needed)

    @property
    def lines_percent(self) -> float | None:
        """How many lines were reached; None where nobody counted them."""
        if self.lines is None:
            return None
        covered = sum(file.covered for file in self.lines)
        return _percent(covered, covered + sum(file.missing for file in self.lines))

    @property
    def shortfalls(self) -> tuple[str, ...]:
        """What is below the threshold, in words."""
        if self.threshold is None:
            return ()
        measured = (("outcomes", self.outcomes_percent), ("lines", self.lines_percent))
        return tuple(
            f"{percent:.1f} % of {what} were seen, and {self.threshold:g} % are asked for"
            for what, percent in measured
            if percent is not None and percent < self.threshold
        )


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def outcomes_of(rule: Rule) -> tuple[Status, ...]:
    """Give the outcomes that a rule can have and a test can see; none for one that selects.

    ``unknown`` is one of them where it declares facts, which may be missing.
    """
    if rule.selects:
        return ()
    levels = {entry.level for entry in rule.entrypoints} - {EXCEPTION}
    can = {
        Status.PASS: True,
        Status.FAIL: bool(levels - {"warn", CANNOT_TELL}),
        Status.WARN: "warn" in levels,
        Status.SKIP: rule.has_applicable,
        Status.UNKNOWN: CANNOT_TELL in levels or bool(rule.requires or rule.reads),
    }
    return tuple(status for status, possible in can.items() if possible)


@dataclass(frozen=True, slots=True)
class PolicyTestRun:
    """What ``eidos policy test`` found."""

    tests: tuple[PolicyTest, ...]
    problems: tuple[Problem, ...] = ()
    """Policy that cannot be loaded, suites that cannot be read."""
    coverage: PolicyCoverage | None = None
    engine: str = ""
    """What ran the tests: ``opa 1.22.3``."""
    notes: tuple[str, ...] = field(default=())
    """What was not done, and what would do it."""

    def of(self, outcome: Outcome) -> tuple[PolicyTest, ...]:
        """Give the tests that ended so."""
        return tuple(test for test in self.tests if test.outcome is outcome)

    @property
    def exit_code(self) -> ExitCode:
        """2 where something could not be run, 3 where nothing was, 1 where anything fails.

        Tests that are skipped prove nothing. A threshold for lines that nobody counted is not met.
        """
        return ExitCode.worst(self._codes())

    def _codes(self) -> Iterator[ExitCode]:
        if self.of(Outcome.ERROR) or self.problems:
            yield ExitCode.NO_ANSWER
        if not (self.of(Outcome.PASS) or self.of(Outcome.FAIL)):
            yield ExitCode.INCOMPLETE
        if self.of(Outcome.FAIL):
            yield ExitCode.FAILED
        if self.coverage and self.coverage.threshold is not None:
            if self.coverage.lines is None:
                yield ExitCode.INCOMPLETE
            if self.coverage.shortfalls:
                yield ExitCode.FAILED
