"""``eidos plugin list``: what is plugged in, and what could not be."""

from eidos.engine.model.plugin import PluggedIn
from eidos.engine.plugins import find_collectors


def plugged_in() -> list[PluggedIn]:
    """Give every collector, the broken ones last."""
    collectors, broken = find_collectors()
    found = [PluggedIn(one.type.lower(), one.reads, tuple(one.subtypes)) for one in collectors]
    return [
        *sorted(found, key=lambda one: one.name),
        *(PluggedIn(name, error=error) for name, error in sorted(broken.items())),
    ]
