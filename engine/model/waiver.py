"""A waiver: someone accepts a violation, for a time, for a reason."""

from collections.abc import Mapping
from datetime import datetime

from eidos.engine.errors import Location
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Severity
from eidos.engine.records import dataclass

TERMS: Mapping[Severity, int] = {
    Severity.CRITICAL: 30,
    Severity.HIGH: 90,
    Severity.MEDIUM: 180,
    Severity.LOW: 365,
    Severity.INFO: 365,
}
"""Days that a waiver may last at most, by the severity of its rule; ours, where none are set."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One accepted violation."""

    id: str
    rule: str
    owner: str
    approver: str
    reason: str
    until: datetime
    """Last instant it holds, with zone; a bare date in the file means the end of that day, UTC."""
    since: datetime | None = None
    """First instant it holds; None for always."""
    ticket: str | None = None
    subjects: tuple[str, ...] = ("*",)
    """Globs over subject identities (``prod-east-1/*``) and names."""
    value: Json = None
    """The actual value that is waived; None for any."""
    has_value: bool = False
    location: Location | None = None
    """Where it was written."""

    def days(self, effective: datetime) -> int:
        """Count the days from its begin, or from the rule time where it says none, to its end."""
        return (self.until.date() - (self.since or effective).date()).days

    def holders(self) -> str:
        """Give ``owner gpu-platform, approver security, until 2026-12-15, ticket OPS-4711``."""
        ticket = f", ticket {self.ticket}" if self.ticket else ""
        until = f"{self.until:%Y-%m-%d}"
        return f"owner {self.owner}, approver {self.approver}, until {until}{ticket}"


@dataclass(frozen=True, slots=True)
class WaiverLife:
    """What became of a waiver from run to run, as far as runs are recorded."""

    waiver: Waiver
    """Whole, but for the place: runs may have read it from several files."""
    address: str
    """Content address of the waiver; one that is renewed or reworded is another."""
    first: str
    """Id of the first run that was given it."""
    last: str
    """Id of the last run that was given it."""
    first_used: str | None
    """Id of the first run in which it waived a violation; None for none."""
    last_used: str | None
    uses: int
    """Runs in which it waived a violation."""
    state: str
    """What the last run that was given it said: ``used``, or the state of its `WaiverNote`."""
