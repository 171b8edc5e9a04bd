"""A private folder with a short, plain name, where OPA's socket and files lie for a moment."""

import contextlib
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from eidos.engine.errors import EidosError

_SOCKET: Final = "o.sock"
_LONGEST: Final = 107
"""Bytes of a socket's path, a bound of Linux."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./-]+")
"""OPA reads the socket's path as a URL."""


class PrivateFolder:
    """A folder that only we may enter, removed when it is let go of, at exit at the latest.

    Raises:
        EidosError: there is no place for it.
    """

    def __init__(self) -> None:
        self.path = Path(_make())
        self.socket = str(self.path / _SOCKET)
        self._finalizer = weakref.finalize(self, _remove, str(self.path), os.getpid())

    def remove(self) -> None:
        """Remove it and everything in it."""
        self._finalizer()


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)


def _make() -> str:
    for place in _places():
        with contextlib.suppress(OSError):
            folder = tempfile.mkdtemp(prefix="eidos-opa-", dir=place)
            if _fits(folder):
                return folder
            os.rmdir(folder)  # noqa: PTH106 -- it is a text
    raise EidosError(
        "OPA needs a temporary folder whose name is short and plain, and there is none",
        hint="Set TMPDIR to a folder that you may write to, such as /tmp.",
    )


def _places() -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield tempfile.gettempdir()
    yield from (f"/run/user/{os.getuid()}", "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 -- mkdtemp


def _fits(folder: str) -> bool:
    return len(f"{folder}/{_SOCKET}") <= _LONGEST and _PLAIN.fullmatch(folder) is not None
