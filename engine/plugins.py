"""Finding what is plugged in: entry points, the built-in parts included.

A plug-in that cannot be loaded is reported by name and never stops the others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from eidos.engine.ports import Bundler, Collector, Deployer
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

BUNDLERS = "eidos.bundlers"
"""Entry-point group; each entry names an object that is a `eidos.engine.ports.Bundler`."""
DEPLOYERS = "eidos.deployers"
"""Entry-point group; each entry names an object that is a `eidos.engine.ports.Deployer`."""
COLLECTORS = "eidos.collectors"
"""Entry-point group; each entry names an object that is a `eidos.engine.ports.Collector`."""
PLACES = "eidos.places"
"""Entry-point group; each entry is a scheme, and names an `eidos.engine.ports.Place`."""
REPORTERS = "eidos.reporters"
"""Entry-point group; each entry is a kind of document and a format, ``Report.acme``, and names a
function: document in, text out."""
_OFFERS: Mapping[str, tuple[str, ...]] = {
    COLLECTORS: ("type", "subtypes", "reads", "collect"),
    BUNDLERS: ("components", "render"),
    DEPLOYERS: ("name", "files"),
}
"""What an object of each group must have."""
_UNKNOWN = "an unknown package"
_LOADED_WITHIN = 60.0
"""Seconds in which a package is imported."""
_WORD_AT_MOST = 1000
"""Characters of why it could not be."""
_WORDS_AT_MOST = 10_000
"""Bytes of the same, packed."""


@dataclass(frozen=True, slots=True)
class Plugins:
    """What was found in one group."""

    loaded: Mapping[str, Any] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    """Name to the reason it cannot be used."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Name, of both, to the package that brings it, with its version."""


def find_plugins(group: str) -> Plugins:
    """Load every entry point of a group, in order of their names.

    Args:
        group: `COLLECTORS`, `BUNDLERS` or `DEPLOYERS`.

    Returns:
        What offers all that its group asks for, and why the rest cannot be used: nothing is raised
        for it. Of two of one name ours is taken, else the first.
    """
    loaded: dict[str, object] = {}
    broken: dict[str, str] = {}
    origins: dict[str, str] = {}
    for entry in sorted(entry_points(group=group), key=_order):
        name = entry.name
        if name in origins:
            name = f"{name} of {origin_of(entry)}"
            broken[name] = f"the name is taken by {origins[entry.name]}"
        else:
            _load_into(entry, loaded, broken)
        origins[name] = origin_of(entry)
    return Plugins(loaded, broken, origins)


def _order(entry: EntryPoint) -> tuple[str, bool]:
    return entry.name, not entry.value.startswith("eidos.")


def _load_into(entry: EntryPoint, loaded: dict[str, object], broken: dict[str, str]) -> None:
    try:
        plugin = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  # it may raise anything, or end us
        broken[entry.name] = _why(entry.value, error)
        return
    offers = _OFFERS.get(entry.group, ())
    if not all(hasattr(plugin, each) for each in offers):
        broken[entry.name] = f"it does not offer {' and '.join(offers)}"
    elif entry.group == COLLECTORS and plugin.reads not in ("local", "cluster"):
        broken[entry.name] = "what it reads is neither local nor cluster"
    else:
        loaded[entry.name] = plugin


def find_collectors() -> tuple[list[Collector], Mapping[str, str]]:
    """Give the collectors, and by name why some could not be loaded.

    Returns:
        Those that offer all of `eidos.engine.ports.Collector`, in order of their names; a plug-in
        that does not is among the broken ones, so that none is left out in silence.
    """
    plugins = find_plugins(COLLECTORS)
    return list(plugins.loaded.values()), plugins.broken


def find_bundlers() -> tuple[Mapping[str, Bundler], Mapping[str, str]]:
    """Give the bundlers by name, and by name why some could not be loaded; as `find_collectors`."""
    plugins = find_plugins(BUNDLERS)
    return plugins.loaded, plugins.broken


def find_deployers() -> tuple[Mapping[str, Deployer], Mapping[str, str]]:
    """Give the deployers by name, and by name why some could not be loaded."""
    plugins = find_plugins(DEPLOYERS)
    return plugins.loaded, plugins.broken


def _why(value: str, error: BaseException) -> str:
    return f"{value}: {type(error).__name__}: {' '.join(str(error).split())}"


# What is not loaded here ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Packaged:
    """What a package offers under a name; nothing of the package has been imported."""

    name: str
    value: str
    """``module:object``."""
    origin: str
    """The package, with its version: ``acme-shelf 1.2.0``."""
    error: str | None = None
    """Why it cannot be used, as far as its name says that."""


def origin_of(entry: EntryPoint) -> str:
    """Name the package that brings an entry point, with its version."""
    try:
        described = entry.dist.metadata if entry.dist else None
    except (KeyError, OSError, ValueError):  # what an installation left has no metadata
        return _UNKNOWN
    if described is None or "Name" not in described or "Version" not in described:
        return _UNKNOWN
    return f"{described['Name']} {described['Version']}"


def find_packaged(group: str) -> Iterator[Packaged]:
    """Give what packages offer in a group, by name, without importing any of them.

    Of a name that two packages offer, neither can be used: which of them is meant nobody says.

    Args:
        group: `PLACES` or `REPORTERS`.
    """
    entries = sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value))
    origins: dict[str, set[str]] = {}
    for entry in entries:
        origins.setdefault(entry.name, set()).add(origin_of(entry))
    for entry in entries:
        both = sorted(origins[entry.name])
        error = f"the packages {' and '.join(both)} both offer it" if len(both) > 1 else None
        yield Packaged(entry.name, entry.value, origin_of(entry), error)


def load(group: str, value: str) -> object:
    """Import what an entry point names: for a process of its own, as it may do anything.

    Args:
        group: of the entry point.
        value: ``module:object``.
    """
    return EntryPoint("", value, group).load()


def loading_error(group: str, value: str) -> str | None:
    """Import, in a process of its own, what an entry point names, to see whether it can be called.

    Returns:
        Why not; None where it can.
    """
    from eidos.engine.isolating import GoneError, RefusedError, apart

    try:
        with apart(_load, group, value) as process:
            process.answer(None, _LOADED_WITHIN, _WORDS_AT_MOST)
    except GoneError as error:
        return f"{value} {error}"
    except RefusedError as error:
        return str(error)
    return None


def _load(pipe: "Connection", group: str, value: str) -> None:
    from eidos.engine.isolating import OddError, failed, said

    try:
        found = load(group, value)
        told = said(None) if callable(found) else failed(OddError(f"{value} cannot be called"))
    except BaseException as error:  # noqa: BLE001  # it may raise anything, or leave
        told = failed(OddError(_why(value, error)[:_WORD_AT_MOST]))
    pipe.send_bytes(told)
