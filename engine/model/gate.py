"""The gate: what a verdict does to the outcome, and which outcome goes before which.

Everything that decides (reports, drift, fleets of drift, validation, recipes, bundles) asks here,
so that no two commands and no two formats disagree on an exit code.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from eidos.engine.errors import ExitCode
from eidos.engine.model.rule import Enforcement, Rule, Severity
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.records import dataclass


class Decision(StrEnum):
    """What the gate says."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    """A required fact is unknown, or there was nothing to judge."""
    ERROR = "error"
    """Something could not be read or evaluated."""

    @property
    def exit_code(self) -> ExitCode:
        """What a process says that ends with this decision."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Decision.PASSED: ExitCode.OK,
    Decision.FAILED: ExitCode.FAILED,
    Decision.INCOMPLETE: ExitCode.INCOMPLETE,
    Decision.ERROR: ExitCode.NO_ANSWER,
}


@dataclass(frozen=True, slots=True)
class NamedGate:
    """A gate of the configuration: what must hold before something is bundled."""

    name: str
    packs: tuple[str, ...] = ()
    """Packs that judge the snapshot; none means all that are shipped."""
    bundle_packs: tuple[str, ...] = ()
    """Packs that judge what was rendered; none means all that are shipped."""
    fail_on: Severity = Severity.INFO
    allow_incomplete: bool = False
    require_askable: bool = False
    """Rules that the snapshot's dialect cannot answer close it."""
    enforcement: Mapping[str, Enforcement] = field(default_factory=dict)
    waivers: tuple[str, ...] = ()
    max_age: float | None = None
    """Seconds that the snapshot may be old; None for any age."""
    requires: tuple[str, ...] = ()
    """Facts that must have been collected, of the cluster or of every node: ``gpu.smi``."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What it takes to pass."""

    fail_on: Severity = Severity.INFO
    """Violations, and drift, below it do not close the gate."""
    allow_incomplete: bool = False
    """Unknown facts do not close the gate."""
    require_askable: bool = False
    """A rule that the snapshot's dialect cannot answer closes the gate, as an unknown one does."""
    max_age: float | None = None
    """Seconds that facts may be old; what is older, or of no known age, is unknown. None for any
    age."""

    def counts(self, verdict: Verdict, rule: Rule) -> bool:
        """Say whether a verdict of a rule counts at all: by severity and enforcement."""
        return verdict.enforcement is Enforcement.DENY and self.reaches(rule.severity)

    def reaches(self, severity: Severity) -> bool:
        """Say whether something this bad is at or above the threshold."""
        return severity.rank >= self.fail_on.rank

    def closes(self, verdict: Verdict, rule: Rule) -> bool:
        """Say whether a verdict, alone, keeps the gate from passing; an error always does."""
        return self.is_closed_by(verdict.status, counts=self.counts(verdict, rule))

    def is_closed_by(self, status: Status, *, counts: bool) -> bool:
        """Say whether a status keeps the gate from passing, where its rule counts or does not."""
        match status:
            case Status.ERROR:
                return True
            case Status.UNKNOWN:
                return counts and not self.allow_incomplete
            case Status.NOT_ASKABLE:
                return counts and self.require_askable and not self.allow_incomplete
            case Status.FAIL:
                return counts
            case _:
                return False

    def outcome(
        self, *, error: bool = False, incomplete: bool = False, failed: bool = False
    ) -> Decision:
        """Give what stands when several things hold: error, incomplete, failed, passed."""
        if error:
            return Decision.ERROR
        if incomplete and not self.allow_incomplete:
            return Decision.INCOMPLETE
        return Decision.FAILED if failed else Decision.PASSED
