"""A bundle as a closed world on disk: what it lists is there as it was, and nothing else is.

``manifest.json`` lists every other file with size and SHA-256, ``checksums.txt`` says the same for
``sha256sum -c``. A tree is written beside its place and moved there at once, so that nobody ever
sees half of one.

Only what is signed about a bundle is listed nowhere, for it is made afterwards and is about the
manifest: envelopes lie in ``attestations/``, named by what they hold, and nothing else does.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from eidos.engine.digest import address
from eidos.engine.documents.writing import to_json
from eidos.engine.errors import BundleError, Location, Problem
from eidos.engine.model.bundle import File
from eidos.engine.signing.envelopes import ENVELOPE_AT_MOST

MANIFEST = "manifest.json"
CHECKSUMS = "checksums.txt"
API_VERSION = "eidos.dev/v1"
KIND = "BundleManifest"
ATTESTATIONS = "attestations"
"""Folder of envelopes, which no manifest lists."""
_ENVELOPE = re.compile(rf"{ATTESTATIONS}/[a-z]{{1,20}}-[0-9a-f]{{16}}\.dsse\.json")
_SEALING = frozenset({MANIFEST, CHECKSUMS})
_CHUNK = 1 << 20
_MANIFEST_AT_MOST = 64 << 20
"""Bytes of a manifest; one of ten components has a hundred files and 20 kB."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as a manifest has it."""

    size: int
    digest: str
    """``sha256:…``"""
    is_executable: bool = False


def sealed(files: Iterable[File]) -> list[File]:
    """Give files, sorted, with the manifest and the checksums that list them.

    Raises:
        BundleError: two files have one path, or paths that differ in case only; a path leads out.
    """
    found: dict[str, File] = {}
    folded: dict[str, str] = {}
    for file in files:
        _refuse_path(file.path)
        other = folded.setdefault(file.path.casefold(), file.path)
        if file.path in found or other != file.path:
            raise BundleError(f"two files of the bundle are called {other} and {file.path}")
        found[file.path] = file
    ordered = [found[path] for path in sorted(found)]
    manifest = File(MANIFEST, to_json(_manifest(ordered)).encode())
    sums = "".join(
        f"{sha256(each.content).hexdigest()}  {each.path}\n" for each in (*ordered, manifest)
    )
    return [*ordered, manifest, File(CHECKSUMS, sums.encode())]


def _manifest(files: Iterable[File]) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "files": {
            each.path: {
                "size": len(each.content),
                "digest": address(each.content),
                **({"executable": True} if each.is_executable else {}),
            }
            for each in files
        },
    }


def digest_of(files: Iterable[File]) -> str:
    """Give the content address of a sealed bundle: that of its manifest."""
    return next(address(each.content) for each in files if each.path == MANIFEST)


def _refuse_path(path: str) -> None:
    parts = PurePosixPath(path).parts
    odd = (
        not parts
        or path.startswith("/")
        or ".." in parts
        or "\\" in path
        or path != "/".join(parts)
    )
    odd = odd or parts[0].casefold() == ATTESTATIONS
    if odd or any(ord(sign) < 32 for sign in path) or path in _SEALING:  # noqa: PLR2004 -- control characters
        raise BundleError(f"no file of a bundle can be called {path!r}")


# Writing ----------------------------------------------------------------------------------------


@contextmanager
def staged(place: Path) -> Iterator[Path]:
    """Give a folder beside a place; whatever ends, it is gone unless `publish` moved it.

    Raises:
        BundleError: something is at the place, or the folder cannot be made.
    """
    refuse_taken(place)
    staging = place.parent / f".{place.name[:50]}.{os.urandom(8).hex()}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        staging.mkdir(mode=0o700)
    except OSError as error:
        raise _unwritable(staging.parent, error) from error
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def refuse_taken(place: Path) -> None:
    """Refuse a place where something is, unless it is an empty folder, and one that cannot be.

    Raises:
        BundleError: it is taken, is where we stand, or lies in something that is no folder.
    """
    if place.name in {"", ".."} or place.absolute() == Path.cwd():
        raise BundleError(
            f"no bundle can be put at '{place}'", hint="Name a folder that does not exist."
        )
    above = next((each for each in place.parents if os.path.lexists(each)), None)
    if above is not None and not above.is_dir():
        raise BundleError(f"'{above}' is no folder", hint="Name a folder that can be made.")
    if place.is_symlink() or (place.exists() and (not place.is_dir() or any(place.iterdir()))):
        raise BundleError(
            f"there is something at '{place}'",
            hint="Name a folder that does not exist; bundles are never mixed.",
        )


def write_tree(folder: Path, files: Iterable[File]) -> None:
    """Write files below a folder.

    Raises:
        BundleError: one cannot be written.
    """
    for file in files:
        path = folder / file.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as out:
                out.write(file.content)
                out.flush()
                os.fsync(out.fileno())
            path.chmod(0o755 if file.is_executable else 0o644)
        except OSError as error:
            raise _unwritable(path, error) from error


def publish(staging: Path, place: Path) -> None:
    """Move a whole tree to its place at once.

    Raises:
        BundleError: somebody was faster, or it cannot be moved.
    """
    try:
        staging.chmod(0o755)
        if place.is_dir():
            place.rmdir()  # only an empty one goes
        staging.rename(place)
    except OSError as error:
        raise _unwritable(place, error) from error


def _unwritable(path: Path, error: OSError) -> BundleError:
    return BundleError(
        f"the bundle cannot be written: {(error.strerror or str(error)).lower()}",
        hint="Check that the folder is writable and has space; nothing was published.",
        location=Location(str(path)),
    )


# Verifying --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of holding a tree against its manifest."""

    place: str
    digest: str | None
    """Content address of the manifest; None where there is none that can be read."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it was."""
        return not self.problems


def verify_tree(folder: Path) -> Verified:
    """Hold a tree against its manifest: what is changed, added or missing is named.

    Raises:
        BundleError: there is no folder.
    """
    return verified_manifest(folder)[0]


def verified_manifest(folder: Path) -> tuple[Verified, bytes]:
    """Hold a tree against its manifest; give that as it was read, empty where it cannot be.

    Raises:
        BundleError: there is no folder.
    """
    if not folder.is_dir():
        raise BundleError(f"there is no bundle at '{folder}'", hint="Name the folder of a bundle.")
    try:
        content = _manifest_of(folder)
        listed = read_manifest(content)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        problem = Problem(f"the manifest cannot be read: {said}", None, _at(folder, MANIFEST))
        return Verified(str(folder), None, (problem,)), b""
    problems = [*_differences(folder, listed), *_checksums(folder, listed, content)]
    return Verified(str(folder), address(content), tuple(problems)), content


def read_manifest(content: bytes) -> dict[str, Listed]:
    """Read a manifest.

    Raises:
        ValueError: it is none.
    """
    try:
        said: Any = msgspec.json.decode(content)
        if said["apiVersion"] != API_VERSION or said["kind"] != KIND:
            raise ValueError("it is no manifest of a bundle")
        listed = {
            path: Listed(int(each["size"]), str(each["digest"]), bool(each.get("executable")))
            for path, each in said["files"].items()
        }
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is no manifest of a bundle") from error
    for path in listed:
        try:
            _refuse_path(path)
        except BundleError as error:
            raise ValueError(error.message) from error
    return listed


def _manifest_of(folder: Path) -> bytes:
    path = folder / MANIFEST
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        content = file.read(_MANIFEST_AT_MOST + 1)
    if len(content) > _MANIFEST_AT_MOST:
        raise ValueError("it is too large")
    return content


def _differences(folder: Path, listed: Mapping[str, Listed]) -> Iterator[Problem]:
    there = set(_paths(folder))
    for path in sorted(listed.keys() - there):
        yield Problem(
            f"{path} is missing", "Get the bundle again from where it was made.", _at(folder, path)
        )
    for path in sorted(there - listed.keys() - _SEALING):
        if _ENVELOPE.fullmatch(path) and _is_regular(folder / path):
            continue
        yield Problem(f"{path} is not part of the bundle", "Remove it.", _at(folder, path))
    for path in sorted(there & listed.keys()):
        why = _altered(folder / path, listed[path])
        if why:
            yield Problem(
                f"{path} {why}", "Get the bundle again from where it was made.", _at(folder, path)
            )


def attestation_paths(folder: Path) -> list[str]:
    """Name the envelopes of a bundle, in order; what else lies there, `verify_tree` tells."""
    try:
        paths = sorted(f"{ATTESTATIONS}/{each.name}" for each in (folder / ATTESTATIONS).iterdir())
    except OSError:
        return []
    return [each for each in paths if _ENVELOPE.fullmatch(each) and _is_regular(folder / each)]


def read_attestations(folder: Path) -> list[File]:
    """Read the envelopes of a bundle, whatever is in them.

    Raises:
        BundleError: one cannot be read, or is too large for one.
    """
    return [File(path, _small(folder / path)) for path in attestation_paths(folder)]


def _small(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(ENVELOPE_AT_MOST + 1)
    except OSError as error:
        message = f"the attestation cannot be read: {(error.strerror or str(error)).lower()}"
        raise BundleError(message, location=Location(str(path))) from error
    if len(content) > ENVELOPE_AT_MOST:
        message = f"the attestation has more than {ENVELOPE_AT_MOST} bytes"
        raise BundleError(message, hint="Remove it.", location=Location(str(path)))
    return content


def _is_regular(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _paths(folder: Path) -> Iterator[str]:
    """Give every entry below a folder; folders only where they are empty or links."""
    for root, folders, names in os.walk(folder):
        here = Path(root)
        links = [name for name in folders if (here / name).is_symlink()]
        empty = not folders and not names and here != folder
        for name in (*names, *links):
            yield (here / name).relative_to(folder).as_posix()
        if empty:
            yield here.relative_to(folder).as_posix()


def _altered(path: Path, listed: Listed) -> str | None:
    state = path.lstat()
    if not stat.S_ISREG(state.st_mode):
        return "is not a regular file"
    if state.st_size != listed.size:
        return f"is altered: it has {state.st_size} bytes instead of {listed.size}"
    if _digest(path) != listed.digest:
        return "is altered: its content has another digest"
    if bool(state.st_mode & stat.S_IXUSR) != listed.is_executable:
        return "is altered: it " + ("cannot" if listed.is_executable else "can") + " be executed"
    return None


def _digest(path: Path) -> str:
    found = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return f"sha256:{found.hexdigest()}"


def _checksums(folder: Path, listed: Mapping[str, Listed], manifest: bytes) -> Iterator[Problem]:
    """The list for ``sha256sum`` must say what the manifest says."""
    sums = {**{path: each.digest for path, each in listed.items()}, MANIFEST: address(manifest)}
    wanted = "".join(
        f"{sums[path].removeprefix('sha256:')}  {path}\n" for path in (*sorted(listed), MANIFEST)
    )
    path = folder / CHECKSUMS
    try:
        said = path.read_bytes() if path.stat().st_size <= _MANIFEST_AT_MOST else b""
    except OSError as error:
        yield Problem(f"{CHECKSUMS} cannot be read: {error.strerror}", None, _at(folder, CHECKSUMS))
        return
    if said != wanted.encode():
        yield Problem(
            f"{CHECKSUMS} does not say what {MANIFEST} says",
            "Get the bundle again from where it was made.",
            _at(folder, CHECKSUMS),
        )


def _at(folder: Path, path: str) -> Location:
    return Location(str(folder / path))
