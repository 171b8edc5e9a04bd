"""What became of suites of cases for templates and constraints."""

from collections.abc import Iterator
from enum import StrEnum

from eidos.engine.errors import ExitCode, Location
from eidos.engine.records import dataclass


class Outcome(StrEnum):
    """What became of a case, a test or a suite."""

    PASSED = "passed"
    FAILED = "failed"
    """The policy says something else than the case wants."""
    ERROR = "error"
    """It could not be asked."""
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one object."""

    name: str
    outcome: Outcome
    location: Location
    """Where the suite says it."""
    message: str | None = None
    """Why it failed, or could not be asked."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of the cases of one constraint."""

    name: str
    outcome: Outcome
    location: Location
    cases: tuple[CaseResult, ...] = ()
    message: str | None = None
    """Why none of its cases could be asked; or why a constraint that should not fit fits."""

    __test__ = False
    """It is no test of pytest's."""


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What became of one suite."""

    name: str
    outcome: Outcome
    location: Location
    tests: tuple[TestResult, ...] = ()
    message: str | None = None


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """What became of all suites that were found."""

    suites: tuple[SuiteResult, ...]

    def outcomes(self) -> Iterator[Outcome]:
        """Give one outcome for each case, and for each test or suite that has none."""
        for suite in self.suites:
            for test in suite.tests:
                yield from (case.outcome for case in test.cases)
                if not test.cases:
                    yield test.outcome
            if not suite.tests:
                yield suite.outcome

    @property
    def exit_code(self) -> ExitCode:
        """What a process says: nothing asked is no pass."""
        found = set(self.outcomes())
        if Outcome.ERROR in found:
            return ExitCode.NO_ANSWER
        if Outcome.FAILED in found:
            return ExitCode.FAILED
        return ExitCode.OK if Outcome.PASSED in found else ExitCode.INCOMPLETE


def worst(outcomes: Iterator[Outcome]) -> Outcome:
    """Give what stands for several: error, failed, passed, and skipped where all are."""
    found = set(outcomes)
    order = (Outcome.ERROR, Outcome.FAILED, Outcome.PASSED)
    return next((each for each in order if each in found), Outcome.SKIPPED)
