"""Kernel settings under ``/proc/sys``, read so that one that blocks does not stop the others."""

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from eidos.collectors._reading import Reading, read_text, reason
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.secrets import is_secret_name

BASE = "/proc/sys"
PATIENCE = 1.0
"""Seconds one setting may take before it is given up."""

_VOLATILE = re.compile(
    r"^/proc/sys/(fs/(dentry-state|file-nr|inode-nr|inode-state|aio-nr|quota/.*)"
    r"|kernel/(ns_last_pid|random/(uuid|entropy_avail)|pty/nr|perf_event_max_sample_rate)"
    r"|net/netfilter/nf_conntrack_(count|buckets)"
    r"|net/ipv[46]/(conf|neigh)/(veth|cali|lxc|azv|tap|eni[0-9a-f]{8})[^/]*/.*)$"
)
_TRIGGERS = frozenset({"stat_refresh"})
"""Readable, but reading does something and says nothing."""
_NO_VALUE = {errno.EIO, errno.EINVAL, errno.EOPNOTSUPP, errno.ENODEV, errno.ENOENT, errno.ENXIO}
"""How the kernel says that a setting has no value at the moment."""


_Results = SimpleQueue[str | OSError]


@dataclass(slots=True)
class _Outcome:
    values: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)


def read_sysctl(root: Path, *, volatile: bool) -> Reading:
    """Read the settings that stay, or the ones that change by themselves.

    Keys are absolute paths as seen without ``root``; values are strings as read, without the final
    newline. A file of several ``name value`` lines becomes one key a line.
    """
    wanted = [key for key in _keys(root) if bool(_VOLATILE.match(key)) is volatile]
    outcome = _Outcome()
    outcome.withheld = [key for key in wanted if is_secret_name(key)]
    _read_all(root, [key for key in wanted if not is_secret_name(key)], outcome)
    data: dict[str, Json] = {}
    for key, text in outcome.values.items():
        data.update(_entries(key, text.rstrip("\n")))
    return Reading(data, outcome.missing, tuple(outcome.withheld))


def _keys(root: Path) -> Iterator[str]:
    base = root / BASE[1:]
    os.scandir(base).close()  # the walk itself is silent about a base that cannot be read
    for folder, folders, files in os.walk(base):
        folders.sort()
        for name in sorted(files):
            path = Path(folder, name)
            if _is_setting(path):
                yield f"{BASE}/{path.relative_to(base)}"


def _is_setting(path: Path) -> bool:
    """Say whether the file holds something to read; triggers like ``drop_caches`` do not."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o444) and path.name not in _TRIGGERS


def _read_all(root: Path, keys: Sequence[str], outcome: _Outcome) -> None:
    position = 0
    while position < len(keys):
        results: _Results = SimpleQueue()
        work = (root, keys[position:], results)
        Thread(target=_read_in_turn, args=work, daemon=True).start()
        position = _gather(results, keys, position, outcome)


def _read_in_turn(root: Path, keys: Iterable[str], results: _Results) -> None:
    for key in keys:
        try:
            results.put(read_text(root / key[1:]))
        except OSError as error:
            results.put(error)


def _gather(results: _Results, keys: Sequence[str], start: int, outcome: _Outcome) -> int:
    """Take results as they come; give the position after the last one, or after one that blocks."""
    for position in range(start, len(keys)):
        key = keys[position]
        try:
            result = results.get(timeout=PATIENCE)
        except Empty:
            outcome.missing[key] = f"reading did not end within {PATIENCE:g} s"
            return position + 1
        if isinstance(result, str):
            outcome.values[key] = result
        elif result.errno not in _NO_VALUE:
            outcome.missing[key] = result.strerror or reason(result)
    return len(keys)


def _entries(key: str, text: str) -> Iterator[tuple[str, Json]]:
    lines = [line for line in text.splitlines() if line.strip()]
    pairs = [line.split(maxsplit=1) for line in lines]
    if len(lines) > 1 and all(len(pair) == 2 for pair in pairs):  # noqa: PLR2004  # name and value
        yield from ((f"{key}/{name}", value) for name, value in pairs)
    else:
        yield key, text
