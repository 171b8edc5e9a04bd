"""Snapshots through the cache, and what the cache holds."""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from eidos.engine import __version__
from eidos.engine.app.snapshot import Request, is_incomplete, take_snapshot
from eidos.engine.cache import Cache, DamagedError, Entry, Info
from eidos.engine.documents.reading import Document
from eidos.engine.documents.snapshots import read_snapshot, write_snapshot
from eidos.engine.errors import EidosError
from eidos.engine.folders import user_folder
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Snapshot
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class CachedSnapshot:
    """A snapshot, and what the user should know of how it came to be."""

    snapshot: Snapshot
    age: float | None = None
    """Seconds since it was collected, when it comes from the cache."""
    notes: tuple[str, ...] = ()


def user_cache(environ: Mapping[str, str]) -> Cache:
    """Give the cache of this user."""
    return Cache(user_folder("cache", environ) / "snapshots", time.time)


def cached_snapshot(
    request: Request,
    cache: Cache,
    ttl: float,
    take: Callable[[Request, datetime], Snapshot] = take_snapshot,
) -> CachedSnapshot:
    """Give a snapshot that is younger than ``ttl`` seconds, or collect one and keep it.

    Of many that ask the same at once, one collects. What is incomplete is not kept.

    Raises:
        UsageError: a name in the filter fits no collector.
    """
    key = cache_key(request)
    notes: list[str] = []
    found = _recall(cache, key, ttl, notes)
    if found is not None:
        return found
    with cache.lock(key, request.timeout):
        return _recall(cache, key, ttl, notes) or _collect(request, cache, key, notes, take)


def _collect(
    request: Request,
    cache: Cache,
    key: str,
    notes: list[str],
    take: Callable[[Request, datetime], Snapshot],
) -> CachedSnapshot:
    snapshot = take(request, datetime.fromtimestamp(cache.clock(), UTC))
    if not is_incomplete(snapshot):
        try:
            cache.put(key, json.dumps(write_snapshot(snapshot)).encode())
        except OSError as error:
            notes.append(f"the snapshot could not be kept: {error.strerror or error}")
    return CachedSnapshot(snapshot, notes=tuple(dict.fromkeys(notes)))


def cache_key(request: Request) -> str:
    """Name everything that a snapshot depends on beside the world itself."""
    asked = {name: repr(value) for name, value in asdict(request).items()}
    who = {"user": os.getuid(), "version": __version__, "host": os.uname().nodename}
    return json.dumps({**asked, **who, "kubeconfig": _kubeconfig(request)}, sort_keys=True)


def _kubeconfig(request: Request) -> list[Json]:
    """Name the files that say which cluster is asked; another current context changes them."""
    named = request.options.get("K8s", {}).get("kubeconfig") or os.environ.get("KUBECONFIG")
    paths = str(named or "~/.kube/config").split(os.pathsep)
    return [[path, _state(os.path.expanduser(path))] for path in paths]  # noqa: PTH111 -- no home is no error


def _state(path: str) -> Json:
    try:
        found = os.stat(path)  # noqa: PTH116 -- the path is text
    except OSError:
        return None
    return [found.st_ino, found.st_size, found.st_mtime_ns]


def _recall(cache: Cache, key: str, ttl: float, notes: list[str]) -> CachedSnapshot | None:
    try:
        entry = cache.get(key, ttl)
        if entry is None:
            return None
        return CachedSnapshot(_snapshot(entry), cache.clock() - entry.created, tuple(notes))
    except (DamagedError, EidosError, ValueError) as error:
        notes.append(f"a kept snapshot is damaged, or not ours, and not used: {error}")
        return None


def _snapshot(entry: Entry) -> Snapshot:
    return read_snapshot(Document("the cache", 0, json.loads(entry.content))).snapshot


def cache_info(environ: Mapping[str, str]) -> Info:
    """Say what the user's cache holds."""
    return user_cache(environ).info()


def clear_cache(environ: Mapping[str, str]) -> int:
    """Empty the user's cache; gives the number of entries there were."""
    return user_cache(environ).clear()
