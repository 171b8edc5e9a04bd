"""From what the user typed (``gpu``, ``gpu@0.1.0``, ``./my-pack``) to what holds policy."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eidos import policies
from eidos.engine.errors import PolicyError, UsageError
from eidos.engine.model.elsewhere import pack_elsewhere
from eidos.engine.model.nearest import nearest
from eidos.engine.packs.files import (
    PolicyFiles,
    folder_contents,
    holds_rego,
    is_archive,
    policy_files,
    stem,
)
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.signing.signers import Verifier

MANIFEST = "pack.yaml"
ADMISSION = "admission"
"""Judges what is about to be deployed."""
CONFORMANCE = "recipe-conformance"
"""Holds a cluster against a recipe."""
SHIPPED = "shipped"
"""The origin of what comes with eidos."""
_PACKED = re.compile(rf"packs/[^/]+/{re.escape(MANIFEST)}")
"""Where `eidos.engine.packs.opa_bundle` puts the packs that a bundle is made of."""
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
    contents: Mapping[str, bytes] | None = field(default=None, compare=False)
    """What it holds, by name, where that was read already: of an archive, or verified."""
    origin: str = ""
    """``shipped``, the Python package with its version, or empty for a path."""
    signer: str | None = None
    """The id of the key that signed it; None where no signature was asked for."""
    name: str | None = None
    """What the pack must be called; None for anything."""
    is_gatekeeper: bool = False
    """It holds templates and constraints of Gatekeeper, and no plain rules."""

    def read(self) -> Mapping[str, bytes]:
        """Give what it holds, by name.

        Raises:
            PolicyError: a file cannot be read or is too large.
        """
        return folder_contents(self.path) if self.contents is None else self.contents

    @property
    def files(self) -> PolicyFiles:
        """Read it.

        Raises:
            PolicyError: a file cannot be read, is too large or is not text.
        """
        is_file = self.contents is None and self.path.is_file()
        shown = "" if is_file else f"{stem(self.path)}/"  # the same rules, the same digests
        return policy_files(self.read(), shown)


def shipped() -> dict[str, Path]:
    """Give the folder of every pack that comes with eidos, by name."""
    manifests = sorted(policies.FOLDER.glob(f"*/{MANIFEST}"))
    return {manifest.parent.name: manifest.parent for manifest in manifests}


def find_policies(
    references: Sequence[str], verifiers: "Sequence[Verifier]" = ()
) -> list[PolicySource]:
    """Find every pack, folder or archive that was named; the shipped packs when none was.

    Args:
        references: names, ``NAME@VERSION``, folders or archives.
        verifiers: whose signatures are believed; where there are any, whatever does not come with
            eidos must be signed by one of them.

    Raises:
        UsageError: a name is no pack and no folder.
        PolicyError: a folder holds no policy, an archive is not what it should be, or something
            is not as it was signed.
    """
    if not references:
        return [
            PolicySource(folder, is_pack=True, origin=SHIPPED)
            for name, folder in shipped().items()
            if name not in ON_DEMAND
        ]
    return [source for reference in references for source in _find(reference, verifiers)]


def find_policy(reference: str) -> PolicySource:
    """Find the one pack or folder that a reference names.

    Raises:
        UsageError: it is no pack and no folder, or an archive of several packs.
        PolicyError: it holds no policy, or is not what it should be.
    """
    found = find_policies([reference])
    if len(found) > 1:
        names = ", ".join(source.path.name for source in found)
        raise UsageError(
            f"'{reference}' holds several packs: {names}",
            hint="Unpack it, and name the folder of one.",
        )
    return found[0]


def _find(reference: str, verifiers: "Sequence[Verifier]") -> list[PolicySource]:
    name, _, version = reference.partition("@")
    if (folder := shipped().get(name)) is not None:
        return [PolicySource(folder, is_pack=True, version=version or None, origin=SHIPPED)]
    if not reference:  # as from an unset variable; Path("") would be the working directory
        raise UsageError("'' names no policy", hint="Give the name of a pack, or a folder.")
    path = Path(reference)
    if not path.exists():
        return [replace(_packaged(name, reference, verifiers), version=version or None)]
    _refuse_two_meanings(name, reference)
    if path.is_file() and is_archive(path):
        return _in_archive(path, verifiers)
    return [_in_folder(path.parent if path.name == MANIFEST else path, verifiers)]


def _refuse_two_meanings(name: str, reference: str) -> None:
    """Refuse a bare name that an installed package has too: a checkout can bring a folder.

    Raises:
        UsageError: it may mean the pack of the package, or what lies here.
    """
    if "/" in reference:
        return
    from eidos.engine.packs.packages import packaged_packs

    pack = packaged_packs(shipped()).get(name)
    if pack is not None:
        hint = f"Say ./{reference} for what lies here; for the pack, ask from another folder."
        raise UsageError(f"'{reference}' is a pack of {pack.origin}, and also lies here", hint=hint)


def _in_folder(path: Path, verifiers: "Sequence[Verifier]") -> PolicySource:
    source = PolicySource(path, is_pack=True) if (path / MANIFEST).is_file() else _plain(path)
    if not verifiers:
        return source
    from eidos.engine.packs.signatures import signed_contents

    contents, signer = signed_contents(path, verifiers)
    is_pack = MANIFEST in contents  # as it was verified, whatever lies there by now
    return replace(source, contents=contents, signer=signer, is_pack=is_pack)


def _in_archive(path: Path, verifiers: "Sequence[Verifier]") -> list[PolicySource]:
    """Give what an archive holds: a pack, plain rules, or the packs of ``eidos policy pack``."""
    signer = None
    if verifiers:
        from eidos.engine.packs.signatures import signed_contents

        contents, signer = signed_contents(path, verifiers)
    else:
        from eidos.engine.packs.archives import read_archive  # where there is one

        contents = read_archive(path)
    manifests = sorted(name for name in contents if _PACKED.fullmatch(name))
    if MANIFEST not in contents and manifests:
        folders = [name.removesuffix(MANIFEST) for name in manifests]
        return [
            PolicySource(
                path / folder.rstrip("/"),
                is_pack=True,
                contents=below(contents, folder),
                signer=signer,
            )
            for folder in folders
        ]
    if not any(name.endswith(".rego") for name in contents):
        raise PolicyError(
            f"'{path}' holds no .rego file", hint="Name a pack, or a folder with Rego policies."
        )
    return [PolicySource(path, is_pack=MANIFEST in contents, contents=contents, signer=signer)]


def below(contents: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """Give what is in a folder of an archive, by the names that it has there."""
    return {
        name.removeprefix(folder): content
        for name, content in contents.items()
        if name.startswith(folder)
    }


def _packaged(name: str, reference: str, verifiers: "Sequence[Verifier]") -> PolicySource:
    from eidos.engine.packs.packages import packaged_packs

    if (how := pack_elsewhere(reference)) is not None:
        raise UsageError(
            f"'{reference}' is a place to get policy from, and who judges fetches nothing", hint=how
        )
    known = packaged_packs(shipped())
    pack = known.get(name)
    if pack is None:
        raise UsageError(
            f"there is no policy pack or folder '{reference}'",
            hint=f"{nearest(name, [*shipped(), *known])} A folder is given by its path.",
        )
    if pack.folder is None:
        hint = "'eidos plugin list' shows what is plugged in."
        raise PolicyError(f"the pack '{name}' of {pack.origin}: {pack.error}", hint=hint)
    return replace(_in_folder(pack.folder, verifiers), origin=pack.origin, name=name)


def _plain(path: Path) -> PolicySource:
    if holds_rego(path):
        return PolicySource(path, is_pack=False)
    from eidos.engine.packs.files import read_files
    from eidos.engine.packs.gatekeeper.loading import is_gatekeeper

    if any(map(is_gatekeeper, read_files(path).data.values())):
        return PolicySource(path, is_pack=False, is_gatekeeper=True)
    raise PolicyError(
        f"'{path}' holds no .rego file, and no template or constraint of Gatekeeper",
        hint="Name a pack, or a folder with Rego policies.",
    )
