"""How much a document may ask of its reader."""

from eidos.engine.errors import DocumentError, Location
from eidos.engine.records import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that every reader keeps; a real node snapshot is under 0.1 MiB and 2,000 values."""

    size: int = 64 * MEBIBYTE
    """Bytes of a file or of standard input."""
    depth: int = 64
    """Maps and lists within each other."""
    values: int = 4_000_000
    """Scalars, maps and lists in one file."""
    alias_values: int = 100_000
    """Values that YAML aliases add by repeating what they point to."""
    keys: int = 200_000
    """Keys of one map."""

    def exceeded(self, limit: str, bound: str, location: Location) -> DocumentError:
        """Say that a document is over a limit.

        Args:
            limit: the name in ``limits`` of the configuration.
            bound: the limit in words: ``64 levels``.
            location: where it was passed.
        """
        return DocumentError(
            f"the document is over the limit of {bound}",
            hint=f"If the document is to be trusted, raise limits.{limit} in eidos.yaml.",
            location=location,
        )
