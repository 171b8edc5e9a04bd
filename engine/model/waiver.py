"""A waiver: someone accepts a violation, for a time, for a reason."""

from dataclasses import dataclass
from datetime import datetime

from eidos.engine.model.jsonvalue import Json


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
