"""Why a query has its answer: rule bodies that held or were stopped, and facts that were read."""

from eidos.engine.errors import Location
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """An expression that was not true, or undefined, in a body that did not hold."""

    location: Location
    text: str
    """Its line."""
    times: int


@dataclass(frozen=True, slots=True)
class BodyRun:
    """What became of one body of a rule or function."""

    rule: str
    """As its module calls it: ``deny``."""
    location: Location
    entered: int
    """How many times it was tried."""
    held: int
    """How many times all its expressions did."""
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class ReadFact:
    """A path below ``input`` that was looked at."""

    path: str
    is_there: bool
    value: Json = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it."""

    bodies: tuple[BodyRun, ...]
    reads: tuple[ReadFact, ...]
