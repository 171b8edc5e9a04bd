"""``eidos plugin list``, ``show``: what is plugged in, and what could not be."""

from collections.abc import Sequence

from eidos.engine.distributing.packages import find_places, is_ours
from eidos.engine.errors import UsageError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.plugin import Plugged, PluggedIn, PluggedPack, PluggedPart
from eidos.engine.packs.finding import shipped
from eidos.engine.packs.packages import packaged_packs
from eidos.engine.plugins import (
    BUNDLERS,
    COLLECTORS,
    DEPLOYERS,
    PLACES,
    REPORTERS,
    Packaged,
    find_plugins,
    loading_error,
)
from eidos.engine.report.registry import packaged_formats


def plugged_in() -> Plugged:
    """Give all that is plugged in, the broken ones of each kind last or by name.

    Places and formats of packages are loaded in processes of their own to see whether they can be.
    """
    return Plugged(
        collectors=_collectors(),
        packs=tuple(
            PluggedPack(one.name, one.origin, str(one.folder) if one.folder else None, one.error)
            for _, one in sorted(packaged_packs(shipped()).items())
        ),
        bundlers=_parts(BUNDLERS),
        deployers=_parts(DEPLOYERS),
        places=tuple(_tried(PLACES, each, ours=is_ours(each)) for each in find_places()),
        reporters=tuple(_tried(REPORTERS, each) for each in packaged_formats()),
    )


def plugged_as(names: Sequence[str]) -> Plugged:
    """Give what is plugged in under names.

    Raises:
        UsageError: nothing has one of the names; the nearest is suggested.
    """
    found = plugged_in()
    known = {each.name for _, each in found.parts}
    for name in names:
        if name not in known:
            raise UsageError(f"no plug-in is called {name!r}", hint=nearest(name, sorted(known)))
    return Plugged(
        collectors=tuple(each for each in found.collectors if each.name in names),
        packs=tuple(each for each in found.packs if each.name in names),
        bundlers=tuple(each for each in found.bundlers if each.name in names),
        deployers=tuple(each for each in found.deployers if each.name in names),
        places=tuple(each for each in found.places if each.name in names),
        reporters=tuple(each for each in found.reporters if each.name in names),
    )


def _collectors() -> tuple[PluggedIn, ...]:
    plugins = find_plugins(COLLECTORS)
    found = [
        PluggedIn(one.type.lower(), one.reads, tuple(one.subtypes), origin=plugins.origins[name])
        for name, one in plugins.loaded.items()
    ]
    return (
        *sorted(found, key=lambda one: one.name),
        *(
            PluggedIn(name, error=error, origin=plugins.origins[name])
            for name, error in sorted(plugins.broken.items())
        ),
    )


def _parts(group: str) -> tuple[PluggedPart, ...]:
    plugins = find_plugins(group)
    return tuple(
        PluggedPart(
            name,
            origin,
            tuple(getattr(plugins.loaded.get(name), "components", ())),
            plugins.broken.get(name),
        )
        for name, origin in sorted(plugins.origins.items())
    )


def _tried(group: str, offered: Packaged, *, ours: bool = False) -> PluggedPart:
    error = offered.error
    if error is None and not ours:
        error = loading_error(group, offered.value)
    return PluggedPart(offered.name, offered.origin, error=error)
