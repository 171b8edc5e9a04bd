"""Content held against what was said of it: no repository is believed in anything."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import BinaryIO, cast

from eidos.engine.errors import DistributionError, UsageError
from eidos.engine.model.artifact import Descriptor, Stored
from eidos.engine.ports import Repository

BLOB_AT_MOST = 256 << 20
"""Bytes of a blob, packed; a bundle has 20 kB and all shipped packs 100 kB."""
SLOWEST = 16 << 10
"""Bytes a second; who sends less for long is given up."""
_IN_MEMORY = 8 << 20
_ANEW = "Nothing was kept. Ask again, ask another copy, or push it anew."


class UnfitError(DistributionError):
    """A place gives something else than it was said to give; that it cannot be asked is no such."""


def take_manifest(repository: Repository, name: str) -> Stored:
    """Get a manifest by tag or digest.

    Raises:
        UnfitError: there is none, or its content has another digest.
        DistributionError: the repository cannot be asked.
    """
    found = repository.manifest(name)
    if found is None:
        raise UnfitError(
            f"{repository.place} has no {name}",
            hint=f"See what there is: eidos bundle list {repository.place}",
        )
    digest = f"sha256:{sha256(found.content).hexdigest()}"
    wanted = name if name.startswith("sha256:") else found.descriptor.digest
    if digest != wanted:
        raise UnfitError(
            f"{repository.place} gives another manifest than {wanted}: its digest is {digest}",
            hint=_ANEW,
        )
    return found


@contextmanager
def taken_blob(repository: Repository, blob: Descriptor) -> Iterator[BinaryIO]:
    """Get a whole blob, held against size and digest, as a file that is gone afterwards.

    Raises:
        UnfitError: it is too large, or not what was said.
        DistributionError: the repository cannot be asked.
    """
    if blob.size > BLOB_AT_MOST:
        raise UnfitError(
            f"{repository.place}: {blob.digest} would have {blob.size:,} bytes",
            hint=f"At most {BLOB_AT_MOST:,} are taken.",
        )
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        found = sha256()
        size = 0
        for part in repository.blob(blob):
            size += len(part)
            if size > blob.size:
                break
            found.update(part)
            file.write(part)
        if size != blob.size or f"sha256:{found.hexdigest()}" != blob.digest:
            raise UnfitError(
                f"{repository.place} gives another content than {blob.digest}: "
                + (f"{_sized(size, blob)} bytes" if size != blob.size else "its digest differs"),
                hint=_ANEW,
            )
        file.seek(0)
        yield cast("BinaryIO", file)


def _sized(size: int, blob: Descriptor) -> str:
    return f"more than {blob.size}" if size > blob.size else f"{size} instead of {blob.size}"


def taken_tag(place: str, tag: str, there: str, ours: str) -> UsageError:
    """Say that a tag names something else, and would have to move."""
    return UsageError(
        f"{place}:{tag} is {there}, and would become {ours}",
        hint="Give the version another tag; --move-tag moves this one.",
    )
