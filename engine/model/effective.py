"""The configuration that holds: every setting with its origin, and what is wrong with it."""

from eidos.engine.errors import ExitCode, Problem
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Effective:
    """A setting that holds."""

    key: str
    """Dotted: ``snapshot.cache-ttl``."""
    value: Json
    origin: str
    """``file:line``, the name of a variable, or ``default``."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What holds in a folder, and what does not because something is wrong with it."""

    settings: tuple[Effective, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """What the process says: 2 when a command would be refused."""
        return ExitCode.NO_ANSWER if self.problems else ExitCode.OK
