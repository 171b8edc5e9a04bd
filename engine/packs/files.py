"""The files of a pack, read once, with their digest."""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from eidos import policies
from eidos.engine.digest import address, digest
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.records import dataclass

LIBRARY = policies.FOLDER / "lib"
_SUFFIXES = (".rego", ".yaml", ".yml", ".json")
_MEGABYTE = 1024 * 1024
MAX_FILE = 4 * _MEGABYTE
"""Largest policy file that is read, in bytes; the largest shipped one has 20 kB."""


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """Rego modules and YAML data of a folder."""

    modules: tuple[Module, ...]
    """Without those of tests, ``*_test.rego``."""
    data: Mapping[str, bytes]
    """Contents of other files by path relative to the folder."""
    digest: str
    tests: tuple[Module, ...] = ()
    """Modules of tests."""


def read_files(folder: Path, shown: str = "") -> PolicyFiles:
    """Read every Rego and YAML file below a folder, or a single Rego file.

    Args:
        folder: what to read.
        shown: how file names begin in messages.

    Raises:
        PolicyError: a file cannot be read, is too large or is not text.
    """
    base, names = str(folder.parent), [folder.name]
    if not folder.is_file():
        base, names = str(folder), sorted(_names(str(folder)), key=lambda name: name.split("/"))
    contents = {name: _read(f"{base}/{name}") for name in names}
    modules: list[Module] = []
    tests: list[Module] = []
    for name, content in contents.items():
        if name.endswith(".rego"):
            beside = tests if name.endswith("_test.rego") else modules
            beside.append(Module(f"{shown}{name}", decode(content, f"{shown}{name}")))
    data = {name: content for name, content in contents.items() if not name.endswith(".rego")}
    whole = digest({name: address(content) for name, content in contents.items()})
    return PolicyFiles(tuple(modules), data, whole, tuple(tests))


@cache
def library() -> PolicyFiles:
    """Give the files that every pack may use; they come with eidos and do not change."""
    return read_files(LIBRARY, "lib/")


def _names(base: str) -> Iterator[str]:
    """Give what is read below a folder, as paths relative to it.

    Each command reads two hundred files to know that packs are as it saw them last: these are
    texts, for paths as objects took most of the time.
    """
    for root, folders, names in os.walk(base):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = f"{root}/{name}"
            if name.endswith(_SUFFIXES) and not name.startswith(".") and os.path.isfile(path):  # noqa: PTH113 -- see above
                yield path[len(base) + 1 :]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- see `_names`
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise PolicyError(
            f"the policy file cannot be read: {error.strerror}",
            location=Location(path),
            hint="Check the file and its permissions.",
        ) from error
    if len(content) > MAX_FILE:
        raise PolicyError(
            f"the policy file is larger than {MAX_FILE // _MEGABYTE} MiB",
            location=Location(path),
            hint="Split it, or keep data out of the policy folder.",
        )
    return content


def read_module(path: Path) -> str:
    """Read a Rego file exactly as it is.

    Raises:
        PolicyError: it cannot be read, is too large or is not text.
    """
    content = _read(str(path))
    try:
        return content.decode()
    except UnicodeDecodeError:
        return decode(content, str(path))  # which says what is wrong


def decode(content: bytes, name: str) -> str:
    """Give the text of a policy file."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyError(
            f"the policy file is not UTF-8 text (byte {error.start + 1})",
            location=Location(name),
            hint="Save it as UTF-8.",
        ) from error
