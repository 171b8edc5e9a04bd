"""Packs as they were read last, kept under the digest of their files.

Reading METADATA and analysing Rego takes longer than judging a snapshot. The digest covers every
file, the engine and eidos itself, so an entry can never be out of date.
"""

import contextlib
import os
from pathlib import Path

import msgspec

from eidos.engine.documents.writing import write_atomically
from eidos.engine.model.policy import Pack


def default_folder() -> Path:
    """Give ``$XDG_CACHE_HOME/eidos/packs``."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "eidos", "packs")


class PackIndex:
    """Remembers packs on disk; what cannot be read or written is simply not remembered."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def get(self, key: str) -> Pack | None:
        """Give the pack that was put under a digest."""
        try:
            return msgspec.json.decode(self._path(key).read_bytes(), type=Pack)
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, key: str, pack: Pack) -> None:
        """Keep a pack."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(self._path(key), msgspec.json.encode(pack).decode(), mode=0o600)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key.removeprefix('sha256:')}.json"
