"""Acme's shelf: a folder that everybody mounts, named by ACME_SHELF.

A place of it, ``acme://team/name``, is a folder with ``blobs`` and ``manifests`` by digest, and
``tags``, each a file with a digest in it.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

from eidos.engine.errors import DistributionError, UsageError
from eidos.engine.model.artifact import Descriptor, Reference, Stored, Terms
from eidos.engine.ports import Clock


class Shelf:
    """A place on the shelf.

    Args:
        reference: which one.
        _terms: no other machine is spoken to.
        _clock: nothing is tried again.
        environ: has ACME_SHELF.

    Raises:
        UsageError: the shelf is not named, or the place would lie beside it.
        DistributionError: the shelf is not there.
    """

    def __init__(
        self, reference: Reference, _terms: Terms, _clock: Clock, environ: Mapping[str, str]
    ) -> None:
        shelf = Path(environ.get("ACME_SHELF", ""))
        if not shelf.is_absolute() or ".." in Path(reference.place).parts:
            raise UsageError(
                f"{reference} is no place on the shelf", hint="Set ACME_SHELF to its folder."
            )
        if not shelf.is_dir():
            raise DistributionError("the shelf is not mounted", hint="Mount it: mount /shelf")
        self.place = reference.repository
        self._folder = shelf / reference.place.strip("/")

    def manifest(self, name: str) -> Stored | None:
        """Give a manifest by tag or digest; None where there is none."""
        if not name.startswith("sha256:"):
            tag = self._folder / "tags" / name
            if not tag.is_file():
                return None
            name = tag.read_text(encoding="ascii")
        file = self._file("manifests", name)
        if not file.is_file():
            return None
        content = file.read_bytes()
        return Stored(Descriptor(_said(content)["mediaType"], name, len(content)), content)

    def blob(self, blob: Descriptor) -> Iterator[bytes]:
        """Give a blob piece by piece; none where there is none."""
        file = self._file("blobs", blob.digest)
        if file.is_file():
            with file.open("rb") as opened:
                while part := opened.read(1 << 20):
                    yield part

    def put_blob(self, blob: Descriptor, content: BinaryIO) -> None:
        """Put a blob where it is not there yet."""
        self._put(self._file("blobs", blob.digest), content)

    def put_manifest(self, manifest: Stored, tag: str | None = None, *, move: bool = False) -> None:
        """Put a manifest, and let a tag name it.

        Raises:
            UsageError: the tag names another, and may not move.
        """
        digest = manifest.descriptor.digest
        self._put(self._file("manifests", digest), BytesIO(manifest.content))
        if tag is None:
            return
        named = self._folder / "tags" / tag
        if move:
            named.unlink(missing_ok=True)
        self._put(named, BytesIO(digest.encode()))
        if named.read_text(encoding="ascii") != digest:
            raise UsageError(f"{self.place}:{tag} is another", hint="Give it another tag.")

    def tags(self) -> list[str]:
        """Name every tag."""
        return [tag.name for tag in self._folder.glob("tags/[!.]*")]

    def referrers(self, digest: str) -> list[Descriptor]:
        """Give every manifest whose subject it is."""
        found = []
        for file in self._folder.glob("manifests/[!.]*"):
            content = file.read_bytes()
            said = _said(content)
            if (said.get("subject") or {}).get("digest") == digest:
                name = f"sha256:{file.name}"
                kind = said.get("artifactType")
                found.append(Descriptor(said["mediaType"], name, len(content), kind))
        return found

    def keep(self) -> None:
        """Nothing is left to write."""

    def close(self) -> None:
        """Nothing is held."""

    def _file(self, kind: str, digest: str) -> Path:
        return self._folder / kind / digest.removeprefix("sha256:")

    @staticmethod
    def _put(file: Path, content: BinaryIO) -> None:
        """Write a file, and link it to its place: whole, and only where there is none."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent, prefix=".new-") as beside:
            shutil.copyfileobj(content, beside)
            beside.flush()
            with suppress(FileExistsError):
                os.link(beside.name, file)


def _said(content: bytes) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(content)
    return said
