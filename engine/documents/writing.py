"""Writing: YAML and JSON that read back as they were, and files that are never half there."""

import errno
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from eidos.engine.documents.invisible import INVISIBLE_CLASS, escaped
from eidos.engine.errors import DocumentError, Location, UsageError
from eidos.engine.folders import is_planted
from eidos.engine.model.jsonvalue import Json

_UNSEEN = re.compile(f"[\x7f-\x9f{INVISIBLE_CLASS}]")


def to_json(value: Json) -> str:
    """Write JSON for people: two spaces, keys in the order given, UTF-8, a newline at the end.

    What moves a cursor, hides text or turns its direction is escaped: it may be a terminal's.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    return _UNSEEN.sub(escaped, text) + "\n"


def to_yaml(value: Json) -> str:
    """Write YAML: two spaces, keys in the order given, no aliases, ambiguous text in quotes.

    Text that YAML 1.1 readers would take for something else (``no``, dates) is quoted too.
    """
    from eidos.engine.documents.yamlwriting import dump

    return dump(value)


def write_atomically(
    path: Path, content: str | bytes, mode: int | None = None, *, with_folder: bool = False
) -> None:
    """Write a file beside its place and move it there, so that nobody ever sees half of it.

    Args:
        path: where it shall be; see `replacing`.
        content: of the file; text is written in UTF-8.
        mode: its permissions; see `replacing`.
        with_folder: make the folder that it lies in, where there is none.

    Raises:
        DocumentError: it cannot be written; what was there before is untouched.
    """
    try:
        if with_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, mode) as file:
            file.buffer.write(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise DocumentError(
            f"the file cannot be written: {(error.strerror or str(error)).lower()}",
            hint="Check that the folder exists, is writable and has space; nothing was changed.",
            location=Location(str(path)),
        ) from error


def is_taken(path: Path, content: bytes) -> bool:
    """Say whether something else than a file with this content is there, as far as one can see."""
    try:
        return path.exists() and not (path.is_file() and path.read_bytes() == content)
    except OSError:
        return True


@contextmanager
def replacing(path: Path, mode: int | None = None) -> Iterator[TextIO]:
    """Open a file beside a path; once it is written it takes that place, else it is gone.

    Args:
        path: where it shall be; a symbolic link is followed, a pipe or device is written to.
        mode: its permissions; None for those of the file it replaces, or what the umask leaves.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    target = destination(path)
    if is_special(path):
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    # In the same folder, as a file can only be moved at once within one file system.
    beside = target.with_name(f".{target.name[:50]}.{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(beside, flags, 0o666 if mode is None else mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            if mode is None and target.exists():
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            yield file
            # Else a machine that loses power may have moved an empty file there.
            file.flush()
            os.fsync(descriptor)
        beside.replace(target)
    except BaseException:  # an interrupt leaves nothing behind either
        beside.unlink(missing_ok=True)
        raise


def destination(path: Path) -> Path:
    """Follow a symbolic link to the file that is meant.

    Raises:
        PermissionError: the link is somebody else's, in a folder where everybody may leave links:
            it may lead to any file of ours.
    """
    if not path.is_symlink():
        return path
    if is_planted(path):
        raise PermissionError(errno.EACCES, "it is a link that another user left there", str(path))
    return Path(os.path.realpath(path))


def refuse_link(place: str) -> None:
    """Refuse to change a file or folder through a link to it: it may be somebody else's.

    Raises:
        UsageError: the place is a link.
    """
    if Path(place).is_symlink():
        raise UsageError(
            f"'{place}' is a link, and what it leads to is not changed through it",
            hint="Name the file or folder itself.",
            location=Location(place),
        )


def is_special(path: Path) -> bool:
    """Say whether it is a pipe, a device or a folder, which is never replaced."""
    return path.exists() and not path.is_file()
