"""The user's own folders: where they are, and what in a folder may be somebody else's doing."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

_BELOW_HOME = {
    "cache": ".cache",
    "config": ".config",
    "data": ".local/share",
    "state": ".local/state",
}
"""https://specifications.freedesktop.org/basedir-spec/latest/"""


def user_folder(
    kind: Literal["cache", "config", "data", "state"], environ: Mapping[str, str]
) -> Path:
    """Give the user's folder of a kind for eidos; it need not be there.

    Args:
        kind: what is kept in it.
        environ: says where, with ``XDG_<KIND>_HOME`` or ``HOME``; the standard has relative
            paths ignored, which would be another place in every folder.
    """
    chosen = Path(environ.get(f"XDG_{kind.upper()}_HOME", "")).expanduser()
    base = chosen if chosen.is_absolute() else _home(environ) / _BELOW_HOME[kind]
    return base / "eidos"


def _home(environ: Mapping[str, str]) -> Path:
    """Give the home; ``/`` for a user that has none, as container runtimes do."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 -- this never fails
    return home if home.is_absolute() else Path("/")


def is_private(folder: Path) -> bool:
    """Say whether nobody but this user, and root, can have put files into a folder.

    Raises:
        OSError: there is no such folder.
    """
    state = folder.stat()
    shared = state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return state.st_uid in (0, os.geteuid()) and not shared


REMEMBERED = 0o400
"""Permissions of files that eidos remembers by. Whatever the umask, nothing in a checkout has
these: its owner may write to it."""


def is_remembered(file: Path) -> bool:
    """Say whether a file is one that eidos remembers by, for nobody but this user to look into.

    What a checkout or an unpacked archive brings is for others to read, or for its owner to write.

    Raises:
        OSError: there is no such file.
    """
    state = file.stat()
    return state.st_uid in (0, os.geteuid()) and stat.S_IMODE(state.st_mode) == REMEMBERED


def is_planted(path: Path) -> bool:
    """Say whether another user left a file or link in a folder where everybody may write.

    It is the rule by which Linux guards ``/tmp`` (``fs.protected_symlinks``): what belongs to us or
    to the owner of the folder is trusted.

    Raises:
        OSError: there is no such file.
    """
    folder = path.parent.stat()
    shared = bool(folder.st_mode & stat.S_IWOTH)
    return shared and path.lstat().st_uid not in (os.geteuid(), folder.st_uid)


def open_to_others(path: Path) -> Path | None:
    """Give what everybody may replace on the way to a file: itself, or a folder above it.

    A folder like ``/tmp``, where everybody may write but nobody may replace what is another's (the
    sticky bit), is no trouble, unless what lies in it is a stranger's. Groups are trusted: on many
    systems ``/usr/local/bin`` belongs to one.

    Args:
        path: an absolute path; only the last part may be a link, which is not followed.

    Returns:
        The first such path from the file upwards; None when there is none.

    Raises:
        OSError: there is no such file.
    """
    for step in (path, *path.parents):
        state = step.lstat()
        guarded = stat.S_ISDIR(state.st_mode) and state.st_mode & stat.S_ISVTX
        writable = state.st_mode & stat.S_IWOTH and not stat.S_ISLNK(state.st_mode)
        if (writable and not guarded) or is_planted(step):
            return step
    return None
