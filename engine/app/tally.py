"""How far a long piece of work is."""

from eidos.engine.records import dataclass


@dataclass(slots=True)
class Tally:
    """How far a long piece of work is, for whoever watches from another thread."""

    done: int = 0
    """Files that were read, or judged."""
    total: int | None = None
    """Where it is known."""
