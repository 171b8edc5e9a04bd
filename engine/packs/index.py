"""Packs as they were read last, kept under the digest of their files.

Reading METADATA and analysing Rego takes longer than judging a snapshot. The digest covers the
folder's name, every file, the engine and the version of eidos, so an entry of a released eidos is
never out of date.
"""

import contextlib
from pathlib import Path

import msgspec

from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import DocumentError
from eidos.engine.folders import REMEMBERED, is_private, is_remembered
from eidos.engine.model.rule import Pack


class PackIndex:
    """Remembers packs on disk; what cannot be read, trusted or written is not remembered.

    Args:
        folder: where; it is made when something is put there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Pack | None:
        """Give the pack that was put under a digest."""
        try:
            path = self._path(key)
            # Whoever writes here decides what passes; the folder may lie in a checkout.
            if not (is_private(self.folder) and is_remembered(path)):
                return None
            return msgspec.json.decode(path.read_bytes(), type=Pack)
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, key: str, pack: Pack) -> None:
        """Keep a pack."""
        with contextlib.suppress(OSError, DocumentError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(self._path(key), msgspec.json.encode(pack).decode(), mode=REMEMBERED)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key.removeprefix('sha256:')}.json"
