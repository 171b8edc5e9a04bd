"""Why eidos could not answer.

An exception here means "could not run". What was found (a violation, an invalid document, a drift)
is a value, never an exception.
"""

from enum import IntEnum
from typing import TYPE_CHECKING

from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Self


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

    @classmethod
    def worst(cls, codes: "Iterable[ExitCode]") -> "ExitCode":
        """Give the code that goes before the others: 2, 3, 1, 0; OK when there is none."""
        return max(codes, key=_PRECEDENCE.index, default=cls.OK)


_PRECEDENCE = (
    ExitCode.OK,
    ExitCode.FAILED,
    ExitCode.INCOMPLETE,
    ExitCode.NO_ANSWER,
    ExitCode.TERMINATED,
    ExitCode.INTERRUPTED,
)


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
        """Give ``file:line:column path``, leaving out what is not known.

        What a document calls things may have no end: of names that are too long the middle is left
        out, so that the sentence behind them is read. Nor may a name write lines of its own.
        """
        file = without_middle(self.file, _LONGEST_FILE).replace("\n", "\\n")
        place = ":".join(str(part) for part in (file, self.line, self.column) if part)
        return f"{place} {self.shown_path}" if self.path else place

    @property
    def shown_path(self) -> str:
        """The path as messages show it; empty where there is none."""
        return without_middle(self.path or "", _LONGEST_PATH)


_LONGEST_FILE = 1000
"""Characters of a file's name in a message; Linux has 4,096 at most."""
_LONGEST_PATH = 400
"""Characters of a path in a message; that of a fact has some 60."""

LONGEST_NAME = 256
"""Characters of a name that a sentence repeats; Kubernetes has 253 at most."""


def without_middle(text: str, most: int) -> str:
    """Give text with at most so many characters: of a longer one the beginning and the end."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"


NOTHING_FOUND = "nothing-found"
"""Code of problems with a folder or glob that holds nothing to read."""
TOO_OLD = "too-old"
"""Code of problems with facts that were seen too long ago, or of which nobody knows when."""
UNREADABLE = "unreadable-fact"
"""Code of notes on facts that are not what they should be."""


MISSING = frozenset({NOTHING_FOUND, TOO_OLD})
"""Codes of problems for which an answer is incomplete; for others there is none."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong here: what every reader, check and report says it with."""

    message: str
    """One sentence for the user, without the location."""
    hint: str | None = None
    """The next step, one sentence."""
    location: Location | None = None
    code: str = "invalid"
    """What kind of problem: ``invalid`` for content, else the `EidosError.code` it came from."""

    @property
    def exit_code(self) -> ExitCode:
        """What a process says that could do nothing else: nothing found is no answer either."""
        return ExitCode.INCOMPLETE if self.code in MISSING else ExitCode.NO_ANSWER

    def __str__(self) -> str:
        """Give the location, if any, and the sentence."""
        return f"{self.location}: {self.message}" if self.location else self.message


class EidosError(Exception):
    """eidos could not do what was asked.

    Args:
        message: one sentence for the user, without the location.
        hint: the next step, one sentence.
        location: where in the input the trouble is.
        others: what else is wrong, where more than one thing is.
    """

    exit_code: ExitCode = ExitCode.NO_ANSWER
    code = "error"
    """Names the kind of error in machine output; never changes."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        location: Location | None = None,
        others: "Sequence[Problem]" = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location
        self.others = tuple(others)

    @classmethod
    def joined(cls, problems: "Sequence[Problem]") -> "Self":
        """Give the error that says everything that is wrong, at least one thing, in its order."""
        first, *others = problems
        return cls(first.message, hint=first.hint, location=first.location, others=others)

    @property
    def problem(self) -> Problem:
        """The same as a value, for runs in which one error must not hide the rest."""
        return Problem(self.message, self.hint, self.location, self.code)

    def __str__(self) -> str:
        """Give the location, if any, and the sentence."""
        return str(self.problem)


class DocumentError(EidosError):
    """A document could not be read: missing, unreadable, not YAML or JSON, or over a limit."""

    code = "unreadable"


class NoDocumentError(DocumentError):
    """A file of YAML holds only remarks."""


class PolicyError(EidosError):
    """A policy could not be loaded: it does not parse, compile, or say what it is."""

    code = "policy"


class UsageError(EidosError):
    """What was asked for does not exist or does not fit together."""

    code = "usage"


class ConfigError(EidosError):
    """The configuration is not valid."""

    code = "configuration"


class StoreError(EidosError):
    """The database could not be opened, read or written."""

    code = "store"


class BundleError(EidosError):
    """A recipe cannot be bundled: a component cannot be rendered, or does not fit the cluster."""

    code = "bundle"


class DistributionError(EidosError):
    """A registry or a store could not be asked, refused, or gave something else than it should."""

    code = "distribution"


class PluginError(EidosError):
    """What a package brings failed, or gave something else than it should."""

    code = "plugin"


class MissingExtraError(EidosError):
    """An optional part is not installed."""

    code = "missing-extra"

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the optional part '{extra}', which is not installed",
            hint=f"Install it from a checkout of eidos: pip install '.[{extra}]'",
        )
