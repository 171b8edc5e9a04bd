"""Which documents are well-formed, and what is wrong with the others."""

from eidos.engine.errors import ExitCode, Problem
from eidos.engine.model.gate import Gate
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Validated:
    """One document that could be read."""

    file: str
    """As the user named it."""
    index: int
    """Which document of the file, counted from 0."""
    schema: str | None
    """What it was held against: ``snapshot/v1``; None when its kind is not known."""
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()
    """Facts that cannot be read: the document is valid, and rules that need them are unknown."""

    @property
    def valid(self) -> bool:
        """Say whether nothing is wrong with it."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Validation:
    """What became of everything that was named."""

    documents: tuple[Validated, ...] = ()
    unread: tuple[Problem, ...] = ()
    """What could not be read."""
    unmatched: tuple[Problem, ...] = ()
    """Folders and globs that hold nothing to read."""

    @property
    def exit_code(self) -> ExitCode:
        """What the process says; unread before nothing found before invalid before valid."""
        return (
            Gate()
            .outcome(
                error=bool(self.unread),
                incomplete=bool(self.unmatched) or not self.documents,
                failed=not all(document.valid for document in self.documents),
            )
            .exit_code
        )
