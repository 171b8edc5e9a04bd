"""``eidos plugin list``: what is plugged in, and what could not be."""

from eidos.engine.model.plugin import Plugged, PluggedIn, PluggedPack
from eidos.engine.packs.finding import shipped
from eidos.engine.packs.packages import packaged_packs
from eidos.engine.plugins import find_collectors


def plugged_in() -> Plugged:
    """Give every collector, the broken ones last, and every pack of a Python package."""
    collectors, broken = find_collectors()
    found = [PluggedIn(one.type.lower(), one.reads, tuple(one.subtypes)) for one in collectors]
    return Plugged(
        collectors=(
            *sorted(found, key=lambda one: one.name),
            *(PluggedIn(name, error=error) for name, error in sorted(broken.items())),
        ),
        packs=tuple(
            PluggedPack(one.name, one.origin, str(one.folder) if one.folder else None, one.error)
            for _, one in sorted(packaged_packs(shipped()).items())
        ),
    )
