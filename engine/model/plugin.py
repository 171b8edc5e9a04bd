"""A plug-in, as it is listed."""

from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class PluggedIn:
    """One collector."""

    name: str
    """Measurement type in lower case, or the plug-in's name when it is broken."""
    reads: str | None = None
    """``local`` or ``cluster``; None when it is broken."""
    subtypes: tuple[str, ...] = ()
    error: str | None = None
    """Why it could not be loaded."""
