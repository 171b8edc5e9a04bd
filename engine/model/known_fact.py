"""What is known of a fact: its row of the vocabulary, who reads it, what a snapshot says of it."""

from collections.abc import Mapping

from eidos.engine.errors import Location
from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """What one snapshot says of a fact, of one node or of the cluster."""

    node: str | None
    location: Location
    """Of the fact; of the node, or of the document, where it is not there."""
    value: Json = None
    trouble: str | None = None
    """Why it is not there, or cannot be read."""


@dataclass(frozen=True, slots=True)
class KnownFact:
    """One row of the vocabulary: a fact, or a pattern of many."""

    name: str
    """As rules write it: ``gpu.smi.driver``; the last part may be a pattern."""
    type: str
    """What it is, in a few words: ``a version``."""
    about: str
    """What it says."""
    subtype: str
    """What the facts around it are about."""
    source: str
    """Collector that reads it, and from where: ``gpu, on the node``."""
    since: Mapping[str, str]
    """Collector to the first version that has it; empty where every version of all has."""
    rules: tuple[str, ...]
    """Ids of the rules that declare it, or all of its subtype."""
    told: tuple[Told, ...] = ()
    """What the snapshot says, where one was given."""
