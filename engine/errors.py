"""Why eidos could not answer.

An exception here means "could not run". What was found (a violation, an invalid document, a drift)
is a value, never an exception.
"""

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What a process tells its caller; the same table for every command."""

    OK = 0
    """Passed, identical, valid."""
    FAILED = 1
    """Failed, drifted, invalid."""
    NO_ANSWER = 2
    """Usage, configuration, unreadable input, policy that does not compile, tool error."""
    INCOMPLETE = 3
    """A required fact is unknown, or no rule or no input matched."""
    INTERRUPTED = 130
    TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a document: ``snapshot.yaml:14:3 $.nodes[0].name``."""

    file: str
    """The name the user gave, ``<stdin>`` for standard input."""
    line: int | None = None
    """Counted from 1."""
    column: int | None = None
    """Counted from 1."""
    path: str | None = None
    """JSON path from the document's root, ``$`` included."""

    def __str__(self) -> str:
        """Give ``file:line:column path``, leaving out what is not known."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place} {self.path}" if self.path else place


class EidosError(Exception):
    """eidos could not do what was asked.

    Args:
        message: one sentence for the user, without the location.
        hint: the next step, one sentence.
        location: where in the input the trouble is.
    """

    exit_code: ExitCode = ExitCode.NO_ANSWER

    def __init__(
        self, message: str, *, hint: str | None = None, location: Location | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location

    def __str__(self) -> str:
        """Give the location, if any, and the sentence."""
        return f"{self.location}: {self.message}" if self.location else self.message


class DocumentError(EidosError):
    """A document could not be read: missing, unreadable, not YAML or JSON, or over a limit."""


class NoDocumentError(DocumentError):
    """A file of YAML holds only remarks."""


class PolicyError(EidosError):
    """A policy could not be loaded: it does not parse, compile, or say what it is."""


class UsageError(EidosError):
    """What was asked for does not exist or does not fit together."""


class ConfigError(EidosError):
    """The configuration is not valid."""


class StoreError(EidosError):
    """The database could not be opened, read or written."""


class MissingExtraError(EidosError):
    """An optional part is not installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the optional part '{extra}', which is not installed",
            hint=f"Install it with: pip install 'eidos-policy[{extra}]'",
        )
