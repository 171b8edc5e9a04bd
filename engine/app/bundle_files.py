"""Bundles and packs in folders and archives of this machine."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from eidos.engine.bundling.trees import publish, read_attestations, staged, write_tree
from eidos.engine.bundling.verifying import whole
from eidos.engine.distributing.artifacts import read_tree, unpack
from eidos.engine.documents.archives import archive
from eidos.engine.documents.writing import is_taken, write_atomically
from eidos.engine.errors import DistributionError, Location, UsageError
from eidos.engine.filesystem import open_regular
from eidos.engine.model.bundle import File

_ARCHIVES = (".tar.gz", ".tgz")
_OTHER_ARCHIVES = frozenset({".tar", ".zip", ".tbz2", ".txz", ".bz2", ".xz", ".zst", ".7z"})
"""Endings of names that nobody gives to a folder."""
_FILE_AT_MOST = 256 << 20
"""Bytes of a pack, an archive, or an attached file."""


def is_archive(source: Path) -> bool:
    """Say whether a bundle lies in an archive, and not in a folder."""
    return source.name.endswith(_ARCHIVES) and not source.is_dir()


@contextmanager
def bundle_at(source: Path) -> Iterator[Path]:
    """Give the folder of a bundle; what lies in an archive is unpacked for it.

    Raises:
        DistributionError: the archive could do harm.
        UsageError: it cannot be read.
    """
    if not is_archive(source):
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="eidos-") as unpacked:
        folder = Path(unpacked)
        _unpack_file(source, folder)
        yield folder


def write_archive(place: Path, folder: Path) -> None:
    """Pack a bundle and its attestations into an archive, in the place of what is there.

    Raises:
        DistributionError: it cannot be read.
        DocumentError: it cannot be written; what was there before is untouched.
    """
    write_atomically(place, archive([*read_tree(folder), *read_attestations(folder)]))


def write_bundle(place: Path, files: Sequence[File]) -> None:
    """Write a bundle as a folder or an archive, which hold one tree and nothing beside it.

    Args:
        place: where nothing is; its name says which of both.
        files: those of its manifest, and its attestations.

    Raises:
        BundleError: it is not whole, or its place is taken.
        UsageError: the name is that of an archive of another form.
        DocumentError: it cannot be written.
    """
    if place.suffix in _OTHER_ARCHIVES:
        name = str(place).removesuffix(place.suffix).removesuffix(".tar")
        raise UsageError(
            f"'{place}' is called as an archive of another form",
            hint=f"Write {name}.tar.gz, or oci-layout:{name}.tar:TAG",
        )
    if place.name.endswith(_ARCHIVES):
        write_file(place, archive(files), force=False)
        return
    with staged(place) as staging:
        write_tree(staging, files)
        whole(staging, str(place))
        publish(staging, place)


def take_bundle(source: Path, place: Path, expect: str | None) -> str:
    """Copy a bundle from a folder or an archive to a folder, verified before it is seen.

    Args:
        source: folder or archive.
        place: folder to make.
        expect: digest that it must have.

    Returns:
        Its digest.

    Raises:
        BundleError: it is not whole, or something is at its place.
        DistributionError: it has another digest, or an archive could do harm.
        UsageError: it cannot be read.
    """
    with staged(place) as staging:
        with bundle_at(source) as folder:
            whole(folder, str(source))
            write_tree(staging, [*read_tree(folder), *read_attestations(folder)])
        digest = whole(staging, str(source)).digest
        if expect not in {None, digest}:
            raise DistributionError(f"'{source}' is {digest}, and {expect} was expected")
        publish(staging, place)
    return digest


def read_file(file: Path) -> bytes:
    """Read a pack, or what is attached to an artifact.

    Raises:
        UsageError: it cannot be read, or is too large.
    """
    try:
        with open_regular(file) as opened:
            content = opened.read(_FILE_AT_MOST + 1)
    except OSError as error:
        raise _unreadable(file, error) from error
    if len(content) > _FILE_AT_MOST:
        raise UsageError(f"'{file}' has more than {_FILE_AT_MOST:,} bytes")
    return content


def _unreadable(file: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the file cannot be read: {(error.strerror or str(error)).lower()}",
        location=Location(str(file)),
    )


def write_file(place: Path, content: bytes, *, force: bool) -> None:
    """Write a file whole or not at all, and the folder that it lies in.

    Args:
        place: where it shall be.
        content: of the file; one that has it may be there.
        force: a file with another content is replaced.

    Raises:
        UsageError: something else is there, and nothing may be replaced.
        DocumentError: it cannot be written.
    """
    if not force and is_taken(place, content):
        raise UsageError(
            f"there is something else at '{place}'", hint="Name a file that does not exist."
        )
    write_atomically(place, content, with_folder=True)


def _unpack_file(file: Path, folder: Path) -> None:
    try:
        with open_regular(file) as packed:
            unpack(packed, str(file), folder)
    except OSError as error:
        raise _unreadable(file, error) from error
