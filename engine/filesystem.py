"""Files that others may have put there: opened without waiting, found without missing one."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn"})


class IrregularFileError(OSError):
    """It is a folder, pipe, socket or device, or a link where none is followed."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "it is not a regular file", str(path))


def open_regular(path: Path, *, follow: bool = True) -> BinaryIO:
    """Open a file to read it, also where somebody exchanges it meanwhile.

    Args:
        path: where it is.
        follow: a link may lead to it.

    Raises:
        IrregularFileError: it is none; a pipe would let whoever opens it wait for ever.
        OSError: it cannot be opened.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        is_link = error.errno == errno.ELOOP and not follow
        if is_link or error.errno == errno.ENXIO:  # a socket, or a device that is not there
            raise IrregularFileError(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IrregularFileError(path)
    return os.fdopen(descriptor, "rb")


def walk_once(
    folder: str | Path, refuse: Callable[[OSError], object], leaves_out: Callable[[str], bool]
) -> Iterator[tuple[str, list[str]]]:
    """Give a folder and each below it with the names of its files, in sorted order.

    Links to folders are followed, and each folder is given once: links may lead in a circle.
    Hidden folders come last, so that what has two names is given by the one that is seen.

    Args:
        folder: where to begin.
        refuse: is told of each folder that cannot be listed; what it returns is no matter.
        leaves_out: says of the path of a folder whether it is not looked into.
    """
    walked: set[str] = set()
    for root, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(root)
        if real in walked:
            folders.clear()
            continue
        walked.add(real)
        kept = (name for name in folders if not leaves_out(f"{root}/{name}"))
        folders[:] = sorted(kept, key=lambda name: (name.startswith("."), name))
        yield root, sorted(names)


def is_version_control(folder: str) -> bool:
    """Say whether a path is a folder of version control: what is kept there is another time's."""
    return folder.rpartition("/")[2] in _VERSION_CONTROL
