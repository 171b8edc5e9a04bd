"""What was collected a moment ago, kept for the next call: in memory and on disk.

Each entry is one file that only its owner can read; its first line has the digest of the rest.
What is damaged, too old, from the future, or may be somebody else's is as good as absent.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path

from eidos.engine.folders import REMEMBERED, is_private, is_remembered
from eidos.engine.records import dataclass

SUFFIX = ".entry"
_LOCK_SUFFIX = ".lock"
_POLL = 0.05
"""Seconds between two looks at a lock that somebody holds."""


class DamagedError(Exception):
    """An entry is not what was written, or may not be."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something kept."""

    content: bytes
    created: float
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Info:
    """What the cache holds."""

    folder: Path
    entries: int
    bytes: int
    oldest: float | None
    newest: float | None
    """Seconds since 1970; None when it is empty."""


@dataclass(slots=True)
class Cache:
    """Entries by key: in memory for this process, on disk for the next."""

    folder: Path
    clock: Callable[[], float]
    """Tells the seconds since 1970."""
    _memory: dict[str, Entry] = field(default_factory=dict)

    def get(self, key: str, ttl: float) -> Entry | None:
        """Give an entry that is younger than ``ttl`` seconds.

        Raises:
            DamagedError: there is one, but it is not what was written.
        """
        entry = self._memory.get(key) or self._read(self._path(key))
        if entry is None or not 0 <= self.clock() - entry.created < ttl:
            return None
        self._memory[key] = entry
        return entry

    def put(self, key: str, content: bytes) -> None:
        """Keep something.

        Raises:
            OSError: the disk does not take it; it is kept in memory all the same.
        """
        entry = Entry(content, self.clock())
        self._memory[key] = entry
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=self.folder)  # readable by its owner only
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_header(entry) + b"\n" + content)
                os.fchmod(file.fileno(), REMEMBERED)
            Path(name).replace(self._path(key))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def lock(self, key: str, patience: float) -> Iterator[None]:
        """Hold a key, so that of many who miss it one collects and the others find it.

        Who waits longer than ``patience`` seconds, or cannot lock, goes on without.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._path(key).with_suffix(_LOCK_SUFFIX)
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError:
            yield
            return
        with file:
            _wait_for(file.fileno(), patience)
            yield

    def info(self) -> Info:
        """Say what there is on disk."""
        stats = [path.stat() for path in self._entries()]
        times = [stat.st_mtime for stat in stats]
        size = sum(stat.st_size for stat in stats)
        return Info(
            self.folder, len(stats), size, min(times, default=None), max(times, default=None)
        )

    def clear(self) -> int:
        """Forget everything; gives the number of entries there were."""
        entries = self._entries()
        for path in entries:
            path.unlink(missing_ok=True)
        self._memory.clear()
        return len(entries)

    def _entries(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{SUFFIX}"))

    def _path(self, key: str) -> Path:
        return self.folder / (hashlib.sha256(key.encode()).hexdigest() + SUFFIX)

    def _read(self, path: Path) -> Entry | None:
        try:
            header, _, content = path.read_bytes().partition(b"\n")
            private, ours = is_private(self.folder), is_remembered(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DamagedError(f"{path}: {error.strerror}") from None
        if not private:
            raise DamagedError(f"others may write to {self.folder}")
        if not ours:
            raise DamagedError(
                f"{path} is not as eidos writes it: more is permitted than to read it"
            )
        return _entry(header, content, path)


def _header(entry: Entry) -> bytes:
    digest = hashlib.sha256(entry.content).hexdigest()
    return json.dumps({"created": entry.created, "sha256": digest}).encode()


def _entry(header: bytes, content: bytes, path: Path) -> Entry:
    try:
        said = json.loads(header)
        entry = Entry(content, float(said["created"]))
    except (ValueError, KeyError, TypeError):
        raise DamagedError(f"{path} has no readable first line") from None
    if said.get("sha256") != hashlib.sha256(content).hexdigest():
        raise DamagedError(f"{path} is cut short or changed")
    return entry


def _wait_for(descriptor: int, patience: float) -> None:
    # flock cannot wait for a limited time, and a signal to end its wait would be the process' own.
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return
            time.sleep(_POLL)
        except OSError:
            return
        else:
            return
