"""Packs that come as Python packages: found by their entry points, and never run.

A package names its packs in the group ``eidos.validators``, each as the module, or the folder
below it, that holds ``pack.yaml``::

    [project.entry-points."eidos.validators"]
    acme = "acme_policies.acme"

Nothing of the package is imported: it is only asked where it lies.
"""

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from eidos.engine.plugins import origin_of
from eidos.engine.records import dataclass

GROUP = "eidos.validators"
"""Entry-point group; each entry names a folder of a package."""
_MANIFEST = "pack.yaml"


@dataclass(frozen=True, slots=True)
class PackagedPack:
    """A pack of a Python package."""

    name: str
    """What it is asked for by: the name of the entry point, and of the pack."""
    origin: str
    """The package that brings it, with its version: ``acme-policies 1.2.0``."""
    folder: Path | None = None
    """None where it is broken."""
    error: str | None = None
    """Why it cannot be used."""


def packaged_packs(taken: Mapping[str, object]) -> Mapping[str, PackagedPack]:
    """Give the packs of all packages that are installed, by name.

    Args:
        taken: names that no package may give to a pack: those of what is shipped.
    """
    found: dict[str, PackagedPack] = {}
    for pack in _packs(taken):
        other = found.get(pack.name)
        if other is not None and other.folder != pack.folder:
            error = f"the packages {other.origin} and {pack.origin} both have a pack of this name"
            pack = PackagedPack(pack.name, pack.origin, error=error)  # noqa: PLW2901 -- neither is taken
        found[pack.name] = pack
    return found


def _packs(taken: Mapping[str, object]) -> Iterator[PackagedPack]:
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        origin = origin_of(entry)
        folder = _folder(entry)
        if entry.name in taken:
            error = "a shipped pack has this name: the package must give it another"
        elif folder is None or not (folder / _MANIFEST).is_file():
            error = f"{entry.value} is no folder of the package with a {_MANIFEST}"
        else:
            yield PackagedPack(entry.name, origin, folder)
            continue
        yield PackagedPack(entry.name, origin, error=error)


def _folder(entry: EntryPoint) -> Path | None:
    """Find the folder that an entry names, without importing anything."""
    top, *inner = entry.value.replace(":", ".").split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    folders = (Path(place, *inner) for place in places)
    return next((folder for folder in folders if folder.is_dir()), None)
