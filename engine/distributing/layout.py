"""An OCI image layout: artifacts as files of a folder, of a tar, or as objects of a bucket.

https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md -- what `oras`, `crane` and
`skopeo` read and write as well.
"""

import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from eidos.engine.digest import address, canonical
from eidos.engine.distributing.checking import BLOB_AT_MOST, taken_tag
from eidos.engine.distributing.manifests import (
    INDEX,
    MANIFEST_AT_MOST,
    as_referrer,
    describe,
    read_descriptor,
    read_manifest,
    refuse_alike,
)
from eidos.engine.distributing.objects import FolderObjects, Objects
from eidos.engine.documents.archives import Bounds, read_archive
from eidos.engine.errors import DistributionError, DocumentError, Location, UsageError
from eidos.engine.filesystem import open_regular
from eidos.engine.model.artifact import TAG, Descriptor, Stored
from eidos.engine.model.jsonvalue import Json, read_unique

MARK = "oci-layout"
_MARK = b'{"imageLayoutVersion":"1.0.0"}'
_INDEX = "index.json"
_NAME = "org.opencontainers.image.ref.name"
"""Annotation of an entry of the index: its tag."""
_TRIES = 20
"""To change an index that others change as well."""
_ENTRIES_AT_MOST = 1000


_Entry: TypeAlias = dict[str, Any]
"""A descriptor in an index, as JSON."""


class Layout:
    """An image layout; implements `eidos.engine.ports.Repository`.

    Args:
        place: what messages call it.
        objects: where its files are.
    """

    def __init__(self, place: str, objects: Objects) -> None:
        self.place = place
        self._objects = objects
        self._is_begun = False

    def keep(self) -> None:
        """Nothing is left to write."""

    def close(self) -> None:
        """Nothing is held."""

    def manifest(self, name: str) -> Stored | None:
        """Give a manifest by tag or digest; None where there is none."""
        if name.startswith("sha256:"):
            return self._stored(name)
        named = {entry["digest"]: None for entry in self._entries()[0] if _tag(entry) == name}
        if len(named) > 1:  # some readers take the first, others the last
            raise DistributionError(
                f"{self.place}: the tag {name} names {len(named)} manifests",
                hint=f"Name one by its digest: {', '.join(sorted(named)[:2])}",
            )
        return self._stored(next(iter(named))) if named else None

    def _stored(self, digest: str) -> Stored | None:
        found = self._objects.read(_path(digest), MANIFEST_AT_MOST)
        if found is None:
            return None
        content = found[0]
        if address(content) != digest:
            raise DistributionError(
                f"{self.place} holds another content for {digest}",
                hint="It was altered, or damaged: copy it anew.",
            )
        said = read_manifest(content, f"{self.place}: {digest}")
        return Stored(describe(content, said.media_type), content)

    def blob(self, blob: Descriptor) -> Iterator[bytes]:
        """Give a blob piece by piece."""
        return self._objects.chunks(_path(blob.digest), blob.size)

    def put_blob(self, blob: Descriptor, content: BinaryIO) -> None:
        """Put a blob that is not there yet."""
        self._begin()
        if not self._objects.has(_path(blob.digest)):
            self._objects.create(_path(blob.digest), content)

    def put_manifest(self, manifest: Stored, tag: str | None = None, *, move: bool = False) -> None:
        """Put a manifest and let a tag name it; two who do so at once both stand."""
        descriptor = manifest.descriptor
        self.put_blob(descriptor, BytesIO(manifest.content))

        def change(entries: list[_Entry]) -> list[_Entry]:
            return _named(entries, descriptor, tag, self.place, move=move)

        self._change(change)

    def tags(self) -> list[str]:
        """Name every tag, in order."""
        found = {_tag(entry) or "" for entry in self._entries()[0]}
        return sorted(tag for tag in found if TAG.fullmatch(tag))

    def referrers(self, digest: str) -> list[Descriptor]:
        """Give every manifest of the index whose subject it is."""
        found = {}
        for each in {entry["digest"]: None for entry in self._entries()[0]}:
            stored = self._stored(each)
            said = read_manifest(stored.content, each) if stored else None
            if stored and said and said.subject and said.subject.digest == digest:
                found[each] = as_referrer(stored)
        return [found[each] for each in sorted(found)]

    # The index ----------------------------------------------------------------------------------

    def _entries(self) -> tuple[list[_Entry], str | None]:
        """Give what the index names, as it says it, and its version; nothing where there is none.

        Raises:
            DistributionError: it is no index.
        """
        found = self._objects.read(_INDEX, MANIFEST_AT_MOST)
        if found is None:
            return [], None
        try:
            said: Any = read_unique(found[0])
            entries: list[_Entry] = said["manifests"]
            refuse_alike(said)
            for each in entries:
                read_descriptor(each)
        except (ValueError, TypeError, KeyError) as error:
            raise self._no_layout() from error
        if len(entries) > _ENTRIES_AT_MOST:
            raise self._no_layout()
        return entries, found[1]

    def _no_layout(self) -> DistributionError:
        return DistributionError(
            f"{self.place} is no image layout: its {_INDEX} cannot be read",
            hint="Name a folder or tar that eidos, oras, crane or skopeo wrote.",
        )

    def _change(self, change: Callable[[list[_Entry]], list[_Entry]]) -> None:
        for _ in range(_TRIES):
            entries, version = self._entries()
            changed = change(entries)
            document: dict[str, Json] = {
                "schemaVersion": 2,
                "mediaType": INDEX,
                "manifests": [*changed],
            }
            if changed == entries or self._objects.swap(_INDEX, canonical(document), version):
                return
        raise DistributionError(
            f"{self.place}: others change it all the time", hint="Ask again in a moment."
        )

    def _begin(self) -> None:
        """Put the mark, and see on it that nothing is overwritten but by condition."""
        if self._is_begun:
            return
        if not self._objects.has(MARK):
            self._objects.create(MARK, _MARK)
        self._objects.prove_conditions(MARK, _MARK)
        self._is_begun = True


def _named(
    entries: list[_Entry], new: Descriptor, tag: str | None, place: str, *, move: bool
) -> list[_Entry]:
    """Give the entries of an index with one more; what others wrote stays as it is.

    Raises:
        UsageError: the tag names another, and may not move.
    """
    kept = []
    for each in entries:
        if tag is not None and _tag(each) == tag and each["digest"] != new.digest:
            if not move:
                raise taken_tag(place, tag, each["digest"], new.digest)
            texts = {key: text for key, text in each["annotations"].items() if key != _NAME}
            kept.append({**each, "annotations": texts})
        else:
            kept.append(each)
    ours = [each for each in kept if each["digest"] == new.digest]
    if any(tag in {None, _tag(each)} for each in ours):
        return kept
    bare = next((each for each in ours if _tag(each) is None), None)
    if bare is not None:
        kept.remove(bare)
    entry: _Entry = bare or {**Descriptor(new.media_type, new.digest, new.size).document()}
    texts = {**entry.get("annotations", {}), **({_NAME: tag} if tag else {})}
    return [*kept, {**entry, **({"annotations": texts} if texts else {})}]


def _tag(entry: _Entry) -> str | None:
    found: str | None = (entry.get("annotations") or {}).get(_NAME)
    return found


def _path(digest: str) -> str:
    return digest.replace("sha256:", "blobs/sha256/")


# In one file ------------------------------------------------------------------------------------


class TarLayout(Layout):
    """An image layout in a tar: unpacked where nobody sees it, written whole at the end.

    Args:
        file: the tar; it need not be there before something is put.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._folder = tempfile.TemporaryDirectory(prefix="eidos-layout-")
        self._is_changed = False
        super().__init__(f"oci-layout:{file}", FolderObjects(Path(self._folder.name)))
        try:
            self._unpack()
        except BaseException:
            self._folder.cleanup()
            raise

    def _unpack(self) -> None:
        bounds = Bounds(file_bytes=BLOB_AT_MOST, total_bytes=4 * BLOB_AT_MOST)
        try:
            with open_regular(self._file) as packed:
                for each in read_archive(packed, str(self._file), bounds, zipped=False):
                    if each.path in {MARK, _INDEX} or each.path.startswith("blobs/sha256/"):
                        place = Path(self._folder.name, each.path)
                        place.parent.mkdir(parents=True, exist_ok=True)
                        place.write_bytes(each.content)
        except FileNotFoundError:
            return
        except DocumentError as error:
            raise DistributionError(
                error.message, hint=error.hint, location=error.location
            ) from error
        except OSError as error:
            raise _unusable(self._file, error) from error

    def put_manifest(self, manifest: Stored, tag: str | None = None, *, move: bool = False) -> None:
        """Put a manifest, to be written at the end."""
        super().put_manifest(manifest, tag, move=move)
        self._is_changed = True

    def keep(self) -> None:
        """Write the tar, the same bytes for the same artifacts, in place of the one there was.

        Raises:
            DistributionError: it cannot be written; what was there before is untouched.
        """
        if not self._is_changed:
            return
        folder = Path(self._folder.name)
        beside = self._file.with_name(f".{self._file.name[:50]}.{os.urandom(8).hex()}")
        try:
            with tarfile.open(beside, "x", format=tarfile.PAX_FORMAT) as tar:
                for path in sorted(each for each in folder.rglob("*") if each.is_file()):
                    member = tarfile.TarInfo(path.relative_to(folder).as_posix())
                    member.size, member.mode = path.stat().st_size, 0o644
                    with path.open("rb") as content:
                        tar.addfile(member, content)
            beside.replace(self._file)
        except OSError as error:
            raise _unusable(self._file, error) from error
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove what was unpacked."""
        self._folder.cleanup()


def _unusable(file: Path, error: OSError) -> DistributionError:
    return DistributionError(
        f"the tar cannot be used: {(error.strerror or str(error)).lower()}",
        hint="Check that its folder exists, that you may use it, and that it has space.",
        location=Location(str(file)),
    )


def open_layout(place: str) -> Layout:
    """Open an image layout on this machine: a folder, or a tar where the name ends in ``.tar``.

    Raises:
        UsageError: it is something else.
        DistributionError: it cannot be read.
    """
    path = Path(place)
    if path.suffix == ".tar":
        return TarLayout(path)
    if path.exists() and not path.is_dir():
        raise UsageError(f"'{place}' is no folder", hint="A tar of a layout ends in .tar.")
    return Layout(f"oci-layout:{place}", FolderObjects(path))


def is_layout(place: str) -> bool:
    """Say whether anything was pushed there, so that a mistyped path is no empty layout."""
    path = Path(place)
    return (path if path.suffix == ".tar" else path / MARK).exists()
