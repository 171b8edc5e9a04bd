"""``eidos plugin list``: what is plugged in, and what could not be."""

from dataclasses import dataclass

from eidos.engine.plugins import find_collectors


@dataclass(frozen=True, slots=True)
class PluggedIn:
    """One collector."""

    name: str
    """Measurement type in lower case, or the plug-in's name when it is broken."""
    reads: str
    """``local`` or ``cluster``."""
    subtypes: tuple[str, ...] = ()
    error: str | None = None
    """Why it could not be loaded."""


def plugged_in() -> list[PluggedIn]:
    """Give every collector, the broken ones last."""
    collectors, broken = find_collectors()
    found = [PluggedIn(one.type.lower(), one.reads, tuple(one.subtypes)) for one in collectors]
    return [
        *sorted(found, key=lambda one: one.name),
        *(PluggedIn(name, "-", error=error) for name, error in sorted(broken.items())),
    ]
