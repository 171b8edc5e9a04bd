"""A bundle as a closed world on disk: what it lists is there as it was, and nothing else is.

``manifest.json`` lists every other file with size and SHA-256, ``checksums.txt`` says the same for
``sha256sum -c``. A tree is written beside its place and moved there at once, so that nobody ever
sees half of one.

Only what is signed about a bundle is listed nowhere, for it is made afterwards and is about the
manifest: envelopes, named by what they hold, and Sigstore bundles lie in ``attestations/``, and
nothing else does.
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
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from eidos.engine.digest import address
from eidos.engine.documents.archives import Names
from eidos.engine.documents.writing import to_json
from eidos.engine.errors import BundleError, DocumentError, Location, Problem
from eidos.engine.filesystem import IrregularFileError, open_regular
from eidos.engine.model.artifact import DIGEST
from eidos.engine.model.bundle import File
from eidos.engine.model.elsewhere import bundle_elsewhere
from eidos.engine.signing.envelopes import ENVELOPE_AT_MOST

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

MANIFEST = "manifest.json"
CHECKSUMS = "checksums.txt"
API_VERSION = "eidos.dev/v1"
KIND = "BundleManifest"
ATTESTATIONS = "attestations"
"""Folder of envelopes and Sigstore bundles, which no manifest lists."""
ENVELOPE, SIGSTORE = ".dsse.json", ".sigstore.json"
"""How the name of an envelope ends, and that of a Sigstore bundle, as sigstore itself has it."""
_ATTESTATION = re.compile(
    rf"{ATTESTATIONS}/([a-z]{{1,20}}-[0-9a-f]{{16}}{re.escape(ENVELOPE)}"
    rf"|[a-z0-9][a-z0-9._-]{{0,63}}{re.escape(SIGSTORE)})"
)
_NAMES = f"Remove it; a Sigstore bundle is called NAME{SIGSTORE}, in small letters."
ATTESTATIONS_AT_MOST = 256
"""That are looked at of one bundle: three statements, and each signer anew."""
ATTESTED_AT_MOST = 64 << 20
"""Bytes of all of them together, which are in memory at once."""
_NAME_IT = "Name the folder of a bundle, or an archive of one, which ends in .tar.gz or .tgz."
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
    ordered = sorted(files, key=lambda each: each.path)
    _refuse_paths([each.path for each in ordered])
    listed = {
        each.path: Listed(len(each.content), address(each.content), each.is_executable)
        for each in ordered
    }
    manifest = File(MANIFEST, write_manifest(listed))
    sums = "".join(
        f"{sha256(each.content).hexdigest()}  {each.path}\n" for each in (*ordered, manifest)
    )
    return [*ordered, manifest, File(CHECKSUMS, sums.encode())]


def write_manifest(listed: Mapping[str, Listed]) -> bytes:
    """Write a manifest; there is one way to write each."""
    files: dict[str, Json] = {
        path: {
            "size": each.size,
            "digest": each.digest,
            **({"executable": True} if each.is_executable else {}),
        }
        for path, each in sorted(listed.items())
    }
    return to_json({"apiVersion": API_VERSION, "kind": KIND, "files": files}).encode()


def digest_of(files: Iterable[File]) -> str:
    """Give the content address of a sealed bundle: that of its manifest."""
    return next(address(each.content) for each in files if each.path == MANIFEST)


def _refuse_paths(paths: Iterable[str]) -> None:
    """Refuse paths that lead out, and two that some file system takes for one.

    Raises:
        BundleError: it names them.
    """
    names = Names("the bundle")
    for path in paths:
        _refuse_path(path)
        try:
            names.take(path)
        except DocumentError as error:
            raise BundleError(error.message) from error


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
    odd = odd or path.casefold() in _SEALING or any(ord(sign) < 32 for sign in path)  # noqa: PLR2004 -- control characters
    if odd:
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
        how = bundle_elsewhere(str(folder)) or _NAME_IT
        raise BundleError(f"there is no bundle at '{folder}'", hint=how)
    try:
        content = _sealing_file(folder, MANIFEST)
        listed = read_manifest(content)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        problem = Problem(f"the manifest cannot be read: {said}", None, _at(folder, MANIFEST))
        return Verified(str(folder), None, (problem,)), b""
    try:
        problems = [*_differences(folder, listed), *_checksums(folder, listed, content)]
    except OSError as error:
        raise _unlisted(error) from error
    return Verified(str(folder), address(content), tuple(problems)), content


def claimed_digest(folder: Path) -> str | None:
    """Give the digest of a tree's manifest, whatever the files are; None where it has none."""
    try:
        content = _sealing_file(folder, MANIFEST)
        read_manifest(content)
    except (OSError, ValueError):
        return None
    return address(content)


def read_manifest(content: bytes) -> dict[str, Listed]:
    """Read a manifest.

    Only one that is written as `write_manifest` does is taken: of a key that is there twice, or a
    size that is text, two readers could make two bundles.

    Raises:
        ValueError: it is none.
    """
    try:
        said: Any = msgspec.json.decode(content)
        listed = {
            path: _listed(each["size"], each["digest"], each.get("executable", False))
            for path, each in said["files"].items()
        }
        is_ours = write_manifest(listed) == content
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it is no manifest of a bundle") from error
    try:
        _refuse_paths(listed)
    except BundleError as error:
        raise ValueError(error.message) from error
    if not is_ours:
        raise ValueError("it is not written as eidos writes a manifest")
    return listed


def _listed(size: object, digest: object, is_executable: object) -> Listed:
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise TypeError("no size")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise TypeError("no digest")
    if not isinstance(is_executable, bool):
        raise TypeError("neither true nor false")
    return Listed(size, digest, is_executable)


def _sealing_file(folder: Path, name: str) -> bytes:
    """Read the manifest or the checksums.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a regular file, or too large.
    """
    with open_regular(folder / name, follow=False) as file:
        content = file.read(_MANIFEST_AT_MOST + 1)
    if len(content) > _MANIFEST_AT_MOST:
        raise ValueError("it is too large")
    return content


def _differences(folder: Path, listed: Mapping[str, Listed]) -> Iterator[Problem]:
    there = set(_paths(folder))
    for path in sorted(listed.keys() - there):
        yield Problem(
            f"{_shown(path)} is missing",
            "Get the bundle again from where it was made.",
            _at(folder, path),
        )
    for path in sorted(there - listed.keys() - _SEALING):
        if _ATTESTATION.fullmatch(path) and _is_regular(folder / path):
            continue
        if path == ATTESTATIONS and stat.S_ISDIR((folder / path).lstat().st_mode):
            continue  # empty: something is about to be signed
        hint = _NAMES if path.startswith(f"{ATTESTATIONS}/") else "Remove it."
        yield Problem(f"{_shown(path)} is not part of the bundle", hint, _at(folder, path))
    for path in sorted(there & listed.keys()):
        why = _altered(folder / path, listed[path])
        if why:
            yield Problem(
                f"{_shown(path)} {why}",
                "Get the bundle again from where it was made.",
                _at(folder, path),
            )


def _shown(path: str) -> str:
    """Write a path in one line: whoever named it must not write lines of ours."""
    return path.replace("\n", "\\n")


def attestation_paths(folder: Path) -> list[str]:
    """Name what is signed about a bundle, in order; what else lies there, `verify_tree` tells."""
    try:
        paths = sorted(f"{ATTESTATIONS}/{each.name}" for each in (folder / ATTESTATIONS).iterdir())
    except OSError:
        return []
    return [each for each in paths if _ATTESTATION.fullmatch(each) and _is_regular(folder / each)]


def read_attestations(folder: Path) -> list[File]:
    """Read envelopes and Sigstore bundles about a bundle, whatever is in them.

    Raises:
        BundleError: one cannot be read, or is too large for one; or there are too many, or too
            much.
    """
    paths = attestation_paths(folder)
    if len(paths) > ATTESTATIONS_AT_MOST:
        raise BundleError(
            f"the bundle has more than {ATTESTATIONS_AT_MOST} attestations",
            hint="Remove those that nobody needs.",
            location=_at(folder, ATTESTATIONS),
        )
    files: list[File] = []
    left = ATTESTED_AT_MOST
    for path in paths:
        files.append(File(path, read_attestation(folder / path)))
        left -= len(files[-1].content)
        if left < 0:
            raise BundleError(
                f"the attestations of the bundle have more than {ATTESTED_AT_MOST:,} bytes",
                hint="Remove those that nobody needs.",
                location=_at(folder, path),
            )
    return files


def read_attestation(path: Path) -> bytes:
    """Read a file of signatures, whatever is in it.

    Raises:
        BundleError: it cannot be read, or is too large for one.
    """
    try:
        with open_regular(path, follow=False) as file:
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
    for root, folders, names in os.walk(folder, onerror=_raise):
        here = Path(root)
        links = [name for name in folders if (here / name).is_symlink()]
        empty = not folders and not names and here != folder
        for name in (*names, *links):
            yield (here / name).relative_to(folder).as_posix()
        if empty:
            yield here.relative_to(folder).as_posix()


def _raise(error: OSError) -> None:
    raise error


def _unlisted(error: OSError) -> BundleError:
    return BundleError(
        f"the bundle cannot be looked through: {(error.strerror or str(error)).lower()}",
        hint="Check its permissions: anything could lie there.",
        location=Location(str(error.filename)),
    )


def _altered(path: Path, listed: Listed) -> str | None:
    try:
        with open_regular(path, follow=False) as file:
            state = os.fstat(file.fileno())
            if state.st_size != listed.size:
                return f"is altered: it has {state.st_size} bytes instead of {listed.size}"
            if _digest(file, listed.size) != listed.digest:
                return "is altered: its content has another digest"
    except IrregularFileError:
        return "is not a regular file"
    if bool(state.st_mode & stat.S_IXUSR) != listed.is_executable:
        return "is altered: it " + ("cannot" if listed.is_executable else "can") + " be executed"
    return None


def _digest(file: BinaryIO, size: int) -> str:
    """Give the digest of what a file begins with; one that grows is not read for ever."""
    found = sha256()
    while size > 0 and (chunk := file.read(min(size, _CHUNK))):
        found.update(chunk)
        size -= len(chunk)
    return f"sha256:{found.hexdigest()}"


def _checksums(folder: Path, listed: Mapping[str, Listed], manifest: bytes) -> Iterator[Problem]:
    """The list for ``sha256sum`` must say what the manifest says."""
    sums = {**{path: each.digest for path, each in listed.items()}, MANIFEST: address(manifest)}
    wanted = "".join(
        f"{sums[path].removeprefix('sha256:')}  {path}\n" for path in (*sorted(listed), MANIFEST)
    )
    try:
        said = _sealing_file(folder, CHECKSUMS)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        yield Problem(f"{CHECKSUMS} cannot be read: {why}", None, _at(folder, CHECKSUMS))
        return
    if said != wanted.encode():
        yield Problem(
            f"{CHECKSUMS} does not say what {MANIFEST} says",
            "Get the bundle again from where it was made.",
            _at(folder, CHECKSUMS),
        )


def _at(folder: Path, path: str) -> Location:
    return Location(str(folder / path))
