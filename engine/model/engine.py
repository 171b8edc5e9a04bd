"""Which Rego engine judges, and every OPA that was looked at before it was chosen."""

from pathlib import Path

from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass

ON_PATH = "PATH"
INSTALLED = "eidos engine install"
"""How executables were found that nobody named."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where an OPA may be, and whether it can judge."""

    path: Path
    found_by: str
    """``--opa-binary``, ``EIDOS_OPA``, ``configuration``, `ON_PATH` or `INSTALLED`."""
    version: str | None = None
    """None when it did not say."""
    trouble: str | None = None
    """Why it cannot judge, as the end of a sentence that begins with its path; None if it can."""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """Every OPA that was looked at, and which engine would judge."""

    candidates: tuple[Candidate, ...]
    """In the order in which they are tried."""
    light: str
    """Version of the engine that needs no OPA."""
    floor: str
    """The oldest OPA that is taken."""

    @property
    def opa(self) -> Candidate | None:
        """The OPA that would judge; None when it is the light engine, or nothing."""
        return next((each for each in self.candidates if each.trouble is None), None)

    @property
    def is_refused(self) -> bool:
        """Whether the user named an OPA that cannot judge, so that nothing would."""
        first = self.candidates[0].found_by if self.candidates else INSTALLED
        return self.opa is None and first not in (ON_PATH, INSTALLED)

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: 2 when nothing would judge."""
        return ExitCode.NO_ANSWER if self.is_refused else ExitCode.OK
