"""From what the user typed (``gpu``, ``gpu@0.1.0``, ``./my-pack``) to a folder of policy."""

from collections.abc import Sequence
from pathlib import Path

from eidos import policies
from eidos.engine.errors import PolicyError, UsageError
from eidos.engine.model.nearest import nearest
from eidos.engine.records import dataclass

MANIFEST = "pack.yaml"
ADMISSION = "admission"
"""Judges what is about to be deployed."""
CONFORMANCE = "recipe-conformance"
"""Holds a cluster against a recipe."""
ON_DEMAND = frozenset({ADMISSION, "bundle-hygiene", "bundle-operators", "selection", CONFORMANCE})
"""Shipped packs that are not asked of every snapshot: they need a recipe or bundle, or select."""


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A place that holds policy."""

    path: Path
    is_pack: bool
    """It has a manifest; otherwise it holds plain rules."""
    version: str | None = None
    """The version that was asked for."""
    is_gatekeeper: bool = False
    """It holds templates and constraints of Gatekeeper, and no plain rules."""


def shipped() -> dict[str, Path]:
    """Give the folder of every pack that comes with eidos, by name."""
    manifests = sorted(policies.FOLDER.glob(f"*/{MANIFEST}"))
    return {manifest.parent.name: manifest.parent for manifest in manifests}


def find_policies(references: Sequence[str]) -> list[PolicySource]:
    """Find every pack or folder that was named; the shipped packs when none was.

    Raises:
        UsageError: a name is no shipped pack and no folder.
        PolicyError: a folder holds no policy.
    """
    if not references:
        return [
            PolicySource(folder, is_pack=True)
            for name, folder in shipped().items()
            if name not in ON_DEMAND
        ]
    return [_find(reference) for reference in references]


def _find(reference: str) -> PolicySource:
    name, _, version = reference.partition("@")
    if (folder := shipped().get(name)) is not None:
        return PolicySource(folder, is_pack=True, version=version or None)
    if not reference:  # as from an unset variable; Path("") would be the working directory
        raise UsageError("'' names no policy", hint="Give the name of a pack, or a folder.")
    path = Path(reference)
    if path.is_file() and path.name == MANIFEST:
        path = path.parent
    if (path / MANIFEST).is_file():
        return PolicySource(path, is_pack=True)
    if path.exists():
        return _plain(path)
    raise UsageError(
        f"there is no policy pack or folder '{reference}'",
        hint=f"{nearest(name, shipped())} A folder is given by its path.",
    )


def _plain(path: Path) -> PolicySource:
    has_rego = path.suffix == ".rego" if path.is_file() else any(path.rglob("*.rego"))
    if has_rego:
        return PolicySource(path, is_pack=False)
    from eidos.engine.packs.files import read_files
    from eidos.engine.packs.gatekeeper.loading import is_gatekeeper

    if any(map(is_gatekeeper, read_files(path).data.values())):
        return PolicySource(path, is_pack=False, is_gatekeeper=True)
    raise PolicyError(
        f"'{path}' holds no .rego file, and no template or constraint of Gatekeeper",
        hint="Name a pack, or a folder with Rego policies.",
    )
