"""What the parts that touch the world must offer.

A fake that implements a port stands in for the real part in tests; the real ones are joined only in
``eidos.engine.app``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Module
from eidos.engine.model.report import Report
from eidos.engine.model.snapshot import Collection, Subtype
from eidos.engine.model.verdict import Verdict

# Rego -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Program:
    """Policy that is compiled together and keeps its meaning: modules and data."""

    key: str
    """Content address of everything in it; engines cache by it."""
    modules: tuple[Module, ...]
    data: Mapping[str, Json] = field(default_factory=dict)
    """What the modules see as ``data``: ``{"params": ..., "tables": ...}``."""
    v0: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One query with one input."""

    query: str
    """A path: ``data.main.deny``."""
    input: Json


@dataclass(frozen=True, slots=True)
class Job:
    """Questions to one program that are answered, or fail, together."""

    program: Program
    asks: tuple[Ask, ...]
    now_ns: int
    """What ``time.now_ns()`` says: nanoseconds since 1970 UTC."""
    guarded: bool = False
    """The first ask decides: where it is undefined or false, no other is asked."""


class Undefined:
    """The answer of a query that has none."""

    def __repr__(self) -> str:
        """Name it in messages."""
        return "undefined"


UNDEFINED = Undefined()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a job: either all answers, or an error."""

    values: tuple[Json | Undefined, ...] = ()
    """One for each ask, in order; only the first where a guard refused the others."""
    error: str | None = None
    """One sentence for the user, with file, line and column where the engine gave them."""
    prints: tuple[str, ...] = ()
    """``file:line: text``."""


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """What reading one module tells without running it."""

    file: str
    package: str
    """``eidos.gpu.driver_security_floor``."""
    rules: Mapping[str, int]
    """Name of each rule defined at the top, with its first line."""
    imports: tuple[str, ...] = ()
    """Imported and referenced ``data.`` paths without the ``data.`` in front."""
    reads_time: bool = False
    v0: bool = False
    inputs: Mapping[str, int] = field(default_factory=dict)
    """Static paths below ``input`` that it names (``input.gpu.smi.driver``), with a line each."""


class RegoEngine(Protocol):
    """Evaluates Rego; an error or a hang of one job never touches the next."""

    @property
    def name(self) -> str:
        """Give ``light`` or ``opa``."""
        ...

    @property
    def version(self) -> str:
        """Give the version of the runtime."""
        ...

    def analyse(self, modules: Sequence[Module]) -> list[ModuleFacts]:
        """Read modules without running them.

        Raises:
            PolicyError: a module does not parse or compile, uses what is forbidden
                (``http.send``, ``net.lookup_ip_addr``, ``opa.runtime``) or what the engine lacks;
                names file, line and column.
        """
        ...

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Answer each job, in order."""
        ...

    def close(self) -> None:
        """Let go of workers and connections."""
        ...


# Memo -------------------------------------------------------------------------------------------


class Memo(Protocol):
    """Remembers verdicts by what they depend on, so that no question is evaluated twice."""

    def recall(self, keys: Sequence[str]) -> Mapping[str, Verdict]:
        """Give the verdicts known for these memo keys."""
        ...

    def remember(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts; each has a memo key."""
        ...


# Reports ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a report is to look."""

    color: bool = False
    """Terminal escapes are wanted."""
    width: int = 100
    """Columns of the terminal."""
    verbose: bool = False
    """Show what passed as well."""
    summary: bool = False
    """Only count."""


class Reporter(Protocol):
    """Writes a report in one format."""

    def __call__(self, report: Report, out: TextIO, rendering: Rendering) -> None:
        """Write the whole report."""
        ...


# Collectors -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """A collected subtype and where it belongs."""

    type: str
    """Measurement type: ``GPU``."""
    subtype: Subtype
    node: str | None = None
    """Node name; None for a fact about the cluster."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a collector is asked for, and where it may look."""

    subtypes: frozenset[str]
    """Subtypes to collect; never empty."""
    node: str
    """Name of the machine that local facts belong to."""
    root: Path = Path("/")
    """Root of the file system to read: ``/host`` in a container."""
    timeout: float = 10.0
    """Seconds the collector has; it is abandoned after that."""
    options: Mapping[str, Json] = field(default_factory=dict)
    """Collector's own options: ``units``, ``kubeconfig``, ``context``, ..."""


class Collector(Protocol):
    """Reads one measurement type from the world."""

    type: str
    """``GPU``."""
    subtypes: tuple[str, ...]
    """Every subtype it can collect."""
    reads: str
    """``local`` for this machine, ``cluster`` for the Kubernetes API."""

    def collect(self, wanted: Wanted) -> Iterator[Fact | Collection]:
        """Give facts as they come, and one `Collection` for each subtype that is not ``ok``.

        A subtype that was looked for and found empty is a `Fact` with empty data. What cannot be
        read is a `Collection` with a reason, never an exception for one subtype's trouble.
        """
        ...
