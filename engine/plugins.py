"""Finding what is plugged in: entry points, the built-in parts included.

A plug-in that cannot be loaded is reported by name and never stops the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeGuard

from eidos.engine.ports import Bundler, Collector, Deployer
from eidos.engine.records import dataclass

BUNDLERS = "eidos.bundlers"
"""Entry-point group; each entry names an object that is a `eidos.engine.ports.Bundler`."""
DEPLOYERS = "eidos.deployers"
"""Entry-point group; each entry names an object that is a `eidos.engine.ports.Deployer`."""
COLLECTORS = "eidos.collectors"
"""Entry-point group; each entry names an object that is a `eidos.engine.ports.Collector`."""


@dataclass(frozen=True, slots=True)
class Plugins:
    """What was found in one group."""

    loaded: Mapping[str, object] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    """Name to the reason it could not be loaded."""


def find_plugins(group: str) -> Plugins:
    """Load every entry point of a group, in order of their names.

    Args:
        group: ``eidos.collectors``.

    Returns:
        What could be loaded, and why the rest could not: nothing is raised for it.
    """
    loaded: dict[str, object] = {}
    broken: dict[str, str] = {}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        try:
            loaded[entry.name] = entry.load()
        except Exception as error:  # noqa: BLE001  # third-party code may raise anything
            broken[entry.name] = _why(entry, error)
    return Plugins(loaded, broken)


def find_collectors() -> tuple[list[Collector], Mapping[str, str]]:
    """Give the collectors, and by name why some could not be loaded.

    Returns:
        Those that offer all of `eidos.engine.ports.Collector`, in order of their names; a plug-in
        that does not is among the broken ones, so that none is left out in silence.
    """
    plugins = find_plugins(COLLECTORS)
    collectors: list[Collector] = []
    broken = dict(plugins.broken)
    for name, plugin in plugins.loaded.items():
        if _is_collector(plugin):
            collectors.append(plugin)
        else:
            broken[name] = "it does not offer type, subtypes, reads (local or cluster) and collect"
    return collectors, broken


def find_bundlers() -> tuple[dict[str, Bundler], Mapping[str, str]]:
    """Give the bundlers by name, and by name why some could not be loaded; as `find_collectors`."""
    return _offering(BUNDLERS, ("components", "render"))


def find_deployers() -> tuple[dict[str, Deployer], Mapping[str, str]]:
    """Give the deployers by name, and by name why some could not be loaded."""
    return _offering(DEPLOYERS, ("name", "files"))


def _offering(group: str, offers: Sequence[str]) -> tuple[dict[str, Any], Mapping[str, str]]:
    plugins = find_plugins(group)
    found: dict[str, Any] = {}
    broken = dict(plugins.broken)
    for name, plugin in plugins.loaded.items():
        if all(hasattr(plugin, each) for each in offers):
            found[name] = plugin
        else:
            broken[name] = f"it does not offer {' and '.join(offers)}"
    return found, broken


def _is_collector(plugin: object) -> TypeGuard[Collector]:
    offers = all(hasattr(plugin, name) for name in ("type", "subtypes", "collect"))
    return offers and getattr(plugin, "reads", None) in ("local", "cluster")


def _why(entry: EntryPoint, error: Exception) -> str:
    return f"{entry.value}: {type(error).__name__}: {' '.join(str(error).split())}"
