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


@dataclass(frozen=True, slots=True)
class PluggedPack:
    """A policy pack of a Python package."""

    name: str
    origin: str
    """The package that brings it, with its version."""
    folder: str | None = None
    """None where it is broken."""
    error: str | None = None
    """Why it cannot be used."""


@dataclass(frozen=True, slots=True)
class Plugged:
    """All that is plugged in."""

    collectors: tuple[PluggedIn, ...] = ()
    packs: tuple[PluggedPack, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is broken."""
        errors = [*(one.error for one in self.collectors), *(one.error for one in self.packs)]
        return not any(errors)
