"""From what the user named (files, folders, globs, ``-``) to the documents to read."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from eidos.engine.documents.formats.naming import format_of
from eidos.engine.errors import (
    NOTHING_FOUND,
    DocumentError,
    EidosError,
    ExitCode,
    Location,
    UsageError,
)
from eidos.engine.filesystem import is_version_control, walk_once
from eidos.engine.model.elsewhere import NOT_HERE, document_elsewhere
from eidos.engine.records import dataclass

STDIN = "-"
STDIN_NAME = "<stdin>"
SUFFIXES = (".yaml", ".yml", ".json")
"""What is taken from a folder, in any capitals; a file that is named is read whatever its name."""
_GLOB = frozenset("*?[")
_Other = TypeVar("_Other")


class NothingFoundError(UsageError):
    """A folder or glob holds no document: nothing was checked, so it is no pass."""

    exit_code = ExitCode.INCOMPLETE
    code = NOTHING_FOUND


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document comes from."""

    name: str
    """For messages: as the user wrote it, ``<stdin>`` for standard input."""
    path: Path | None
    """None for standard input."""


def find_sources(arguments: Iterable[str]) -> Iterator[Source]:
    """Give a source for each document the arguments name, in order, each file once.

    Args:
        arguments: files, folders (searched for YAML and JSON files, hidden ones and links to
            folders included), globs (``**`` included), and ``-`` for standard input.

    Raises:
        DocumentError: an argument names nothing, or a folder cannot be listed.
        NothingFoundError: a glob or folder holds no document.
        UsageError: ``-`` is given twice.
    """
    for found in find_each(arguments):
        if isinstance(found, EidosError):
            raise found
        yield found


def find_each(
    arguments: Iterable[str],
    elsewhere: Callable[[str], list[_Other] | None] = lambda _: None,
    *,
    every_format: bool = False,
) -> Iterator[Source | _Other | EidosError]:
    """Do as `find_sources`, but give what is wrong with an argument in its place and go on.

    Args:
        arguments: as `find_sources` takes them.
        elsewhere: what an argument names that is no file at all; None where it is one.
        every_format: take from folders whatever conftest would, and not only YAML and JSON.
    """
    seen: set[str] = set()
    for argument in arguments:
        try:
            others = elsewhere(argument)
            yield from _fresh(argument, seen, every_format) if others is None else others
        except EidosError as error:
            yield error


def _fresh(argument: str, seen: set[str], every_format: bool) -> Iterator[Source]:  # noqa: FBT001 -- the last step of a keyword
    for source in _sources(argument, _of_any_format if every_format else _is_document):
        key = STDIN if source.path is None else os.path.realpath(source.path)
        if key == STDIN and key in seen:
            raise UsageError("standard input can be read only once", hint="Give '-' once.")
        if key not in seen:
            seen.add(key)
            yield source


def _is_document(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _of_any_format(name: str) -> bool:
    return format_of(name) is not None


def _sources(argument: str, is_wanted: Callable[[str], bool]) -> Iterator[Source]:
    if argument == STDIN:
        yield Source(STDIN_NAME, None)
        return
    path = Path(argument)
    if _is_folder(path, argument):
        yield from _in_folder(path, is_wanted)
    elif os.path.lexists(argument):
        yield Source(argument, path)
    elif _GLOB.intersection(argument):
        yield from _matching(argument)
    else:
        raise _absent(argument) or DocumentError(
            "there is no such file or folder",
            hint="Check the spelling; put a glob in quotes if the shell must not expand it.",
            location=Location(argument or "''"),
        )


def _is_folder(path: Path, argument: str) -> bool:
    try:
        return argument != "" and stat.S_ISDIR(path.stat().st_mode)
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        raise unreadable(error, argument) from error


def _in_folder(folder: Path, is_wanted: Callable[[str], bool]) -> Iterator[Source]:
    """Walk in sorted order, so that output does not depend on the file system.

    A file that is left out is a violation that nobody sees: hidden files and folders count, and
    so do links to folders. What cannot be listed is told last, so that it hides nothing.
    """
    found = False
    refused: list[OSError] = []
    for root, files in walk_once(folder, refused.append, is_version_control):
        for name in filter(is_wanted, files):
            found = True
            path = Path(root, name)
            yield Source(str(path), path)
    for error in refused:
        raise unreadable(error, str(error.filename)) from error
    if not found:
        raise _nothing(f"the folder {folder} holds no YAML or JSON file")


def _matching(pattern: str) -> Iterator[Source]:
    import glob

    paths = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - absolute patterns
    files = [path for path in paths if not path.is_dir()]
    if not files:
        raise _nothing(f"no file matches {pattern}")
    for path in files:
        yield Source(str(path), path)


def _absent(name: str) -> DocumentError | None:
    """Say how to get what is not on this machine; None for a name of a file."""
    how = document_elsewhere(name)
    return DocumentError(NOT_HERE, hint=how, location=Location(name)) if how else None


def _nothing(message: str) -> NothingFoundError:
    return NothingFoundError(message, hint=f"Files end in {', '.join(SUFFIXES)}; or name a file.")


def unreadable(error: OSError | ValueError, name: str) -> DocumentError:
    """Say why the operating system does not give a file.

    Args:
        error: what it raised.
        name: the file, as the user gave it.
    """
    if isinstance(error, FileNotFoundError) and (absent := _absent(name)):
        return absent
    reason = getattr(error, "strerror", None) or str(error)
    hints: dict[type[Exception], str] = {
        FileNotFoundError: "Check the spelling; a symbolic link may point to nothing.",
        PermissionError: "Ask for permission to read it, or run as a user who may.",
    }
    return DocumentError(
        f"the file cannot be read: {reason.lower()}",
        hint=hints.get(type(error), "Name a regular file, a folder, a glob, or '-'."),
        location=Location(name),
    )
