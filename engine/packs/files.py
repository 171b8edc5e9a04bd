"""The files of a pack, read once, with their digest."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path

from eidos import policies
from eidos.engine.digest import address, digest
from eidos.engine.errors import Location, PolicyError
from eidos.engine.filesystem import is_version_control, walk_once
from eidos.engine.model.rule import Module
from eidos.engine.records import dataclass

LIBRARY = policies.FOLDER / "lib"
CASES = ("_cases.yaml", "_cases.yml", "_cases.json")
"""How names of files with cases end."""
_TESTS = ("_test.rego", *CASES)
_SUFFIXES = (".rego", ".yaml", ".yml", ".json")
GATEKEEPER_MARK = b"gatekeeper.sh/"
"""In every document of Gatekeeper's."""
_ENVIRONMENT = "pyvenv.cfg"
"""Marks a virtual environment of Python, in which eidos may lie with its own packs."""
_MEGABYTE = 1024 * 1024
_ARCHIVES = (".tar.gz", ".tgz")
MAX_FILE = 4 * _MEGABYTE
"""Largest policy file that is read, in bytes; the largest shipped one has 20 kB."""


def is_archive(path: Path) -> bool:
    """Say whether a path names an archive: ``.tar.gz`` or ``.tgz``."""
    return path.name.endswith(_ARCHIVES)


def stem(path: Path) -> str:
    """Give the name of a path, of an archive without its ending."""
    ending = next((each for each in _ARCHIVES if path.name.endswith(each)), "")
    return path.name.removesuffix(ending)


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """Rego modules and YAML data of a folder."""

    modules: tuple[Module, ...]
    """Without those of tests, ``*_test.rego``."""
    data: Mapping[str, bytes]
    """Contents of other files by path relative to the folder."""
    digest: str
    """Over all but tests: they judge nothing, and are no part of what a pack is."""
    tests: tuple[Module, ...] = ()
    """Modules of tests."""
    cases: Mapping[str, bytes] = field(default_factory=dict)
    """Contents of files with cases, by path as data."""


def read_files(folder: Path, shown: str = "") -> PolicyFiles:
    """Read every Rego and YAML file below a folder, or a single Rego file.

    Args:
        folder: what to read.
        shown: how file names begin in messages.

    Raises:
        PolicyError: a file cannot be read, is too large or is not text.
    """
    return policy_files(folder_contents(folder), shown)


def folder_contents(folder: Path) -> dict[str, bytes]:
    """Give what is read of a folder, or of a single file, by path relative to it.

    Raises:
        PolicyError: a file cannot be read or is too large.
    """
    base, names = str(folder.parent), [folder.name]
    if not folder.is_file():
        base, names = str(folder), list(_names(str(folder)))
    return {name: _read(f"{base}/{name}") for name in names}


def policy_files(contents: Mapping[str, bytes], shown: str = "") -> PolicyFiles:
    """Take from all that a pack or a folder of plain rules holds what counts.

    Args:
        contents: by path; what `policy_folders` would not find in a folder does not count.
        shown: how file names begin in messages.

    Raises:
        PolicyError: a file is too large or is not text.
    """
    names = sorted(_counting(contents), key=lambda name: name.split("/"))
    for name in names:
        _refuse_large(contents[name], f"{shown}{name}")
    modules: list[Module] = []
    tests: list[Module] = []
    for name in names:
        if name.endswith(".rego"):
            beside = tests if _is_test(name) else modules
            beside.append(Module(f"{shown}{name}", decode(contents[name], f"{shown}{name}")))
    judging = {name: contents[name] for name in names if not _is_test(name)}
    data = {name: content for name, content in judging.items() if not name.endswith(".rego")}
    whole = digest({name: address(content) for name, content in judging.items()})
    cases = {name: contents[name] for name in names if name.endswith(CASES)}
    return PolicyFiles(tuple(modules), data, whole, tuple(tests), cases)


def policy_contents(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give of all that a pack holds what judges: no tests, and nothing that is never read."""
    return {
        name: content for name, content in sorted(_counting(contents).items()) if not _is_test(name)
    }


def _is_test(name: str) -> bool:
    return name.endswith(_TESTS)


def _counting(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give what `policy_folders` would find, were it a folder."""
    inside = tuple(n.removesuffix(_ENVIRONMENT) for n in contents if n.endswith(f"/{_ENVIRONMENT}"))
    found = {}
    for path, content in contents.items():
        *folders, name = path.split("/")
        is_foreign = any(map(_is_foreign, folders)) or path.startswith(inside)
        is_seen = not any(map(_is_hidden, folders))
        if not is_foreign and (_counts(name, is_seen=is_seen) or _is_gatekeepers(name, content)):
            found[path] = content
    return found


def _counts(name: str, *, is_seen: bool) -> bool:
    """Say whether a file counts; a tool's own YAML and JSON lies hidden, and Rego is policy."""
    return name.endswith(".rego") or (is_seen and name.endswith(_SUFFIXES) and not _is_hidden(name))


def _is_gatekeepers(name: str, content: bytes) -> bool:
    """Say whether a file counts although it is hidden: gator reads it as it does any other."""
    return name.endswith(_SUFFIXES) and GATEKEEPER_MARK in content[:MAX_FILE]


@cache
def library() -> PolicyFiles:
    """Give the files that every pack may use; they come with eidos and do not change."""
    return read_files(LIBRARY, "lib/")


def policy_folders(base: str) -> Iterator[tuple[str, list[str]]]:
    """Give a folder and each below it, with the names of those of its files that hold policy.

    A rule that is left out is a violation that nobody finds: hidden Rego counts as it does for
    conftest and OPA, hidden files of Gatekeeper do as for gator, and links to folders are
    followed. Not looked into are folders of version
    control, Python's virtual environments, and those that Kubernetes puts beside the files of a
    volume (``..data``), to which these are links.

    Raises:
        PolicyError: a folder cannot be listed, or hidden YAML or JSON cannot be read.
    """
    for root, names in walk_once(base, unlisted, _is_apart):
        is_seen = not any(map(_is_hidden, root[len(base) + 1 :].split("/")))
        yield (
            root,
            [n for n in names if _counts(n, is_seen=is_seen) or _is_hidden_gatekeepers(root, n)],
        )


def _is_hidden_gatekeepers(root: str, name: str) -> bool:
    path = f"{root}/{name}"
    # An editor's lock is a link to nothing, ``.#template.yaml``.
    if not name.endswith(_SUFFIXES) or not os.path.isfile(path):  # noqa: PTH113 -- see `_names`
        return False
    return _is_gatekeepers(name, _start(path))


def holds_rego(path: Path) -> bool:
    """Say whether a path is a Rego file, or a folder that holds one.

    Raises:
        PolicyError: a folder cannot be listed.
    """
    if path.is_file():
        return path.suffix == ".rego"
    return any(n.endswith(".rego") for _, names in policy_folders(str(path)) for n in names)


def _names(base: str) -> Iterator[str]:
    """Give what is read below a folder, as paths relative to it.

    Each command reads two hundred files to know that packs are as it saw them last: these are
    texts, for paths as objects took most of the time.

    Raises:
        PolicyError: a folder cannot be listed, or what is called as a policy file is none.
    """
    for root, names in policy_folders(base):
        for name in names:
            path = f"{root}/{name}"
            if not os.path.isfile(path):  # noqa: PTH113 -- see above
                raise PolicyError(
                    "this is called as a policy file, and is none that can be read",
                    location=Location(path),
                    hint="It may be a link to nothing: mend it, or take it away.",
                )
            yield path[len(base) + 1 :]


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _is_apart(folder: str) -> bool:
    return _is_foreign(folder) or os.path.exists(f"{folder}/{_ENVIRONMENT}")  # noqa: PTH110 -- see `_names`


def _is_foreign(folder: str) -> bool:
    return is_version_control(folder) or folder.rpartition("/")[2].startswith("..")


def unlisted(error: OSError) -> None:
    """Refuse a folder that cannot be listed; called as `os.walk` calls for one.

    Raises:
        PolicyError: in any case.
    """
    raise PolicyError(
        f"the folder cannot be read: {(error.strerror or str(error)).lower()}",
        location=Location(str(error.filename)),
        hint="Check its permissions: rules in it would not be asked.",
    ) from error


def _read(path: str) -> bytes:
    _refuse_unwritable(path)
    content = _start(path)
    _refuse_large(content, path)
    return content


def _start(path: str) -> bytes:
    """Give what a file begins with, one byte more of it than a policy file may have."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- see `_names`
            return file.read(MAX_FILE + 1)
    except OSError as error:
        raise PolicyError(
            f"the policy file cannot be read: {error.strerror}",
            location=Location(path),
            hint="Check the file and its permissions.",
        ) from error


def _refuse_unwritable(path: str) -> None:
    """Refuse a name that is no text: it could stand in no digest and no report."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise PolicyError(
            "the name of the policy file is not UTF-8 text",
            location=Location(ascii(path)),
            hint="Give it another name.",
        ) from error


def _refuse_large(content: bytes, name: str) -> None:
    if len(content) > MAX_FILE:
        raise PolicyError(
            f"the policy file is larger than {MAX_FILE // _MEGABYTE} MiB",
            location=Location(name),
            hint="Split it, or keep data out of the policy folder.",
        )


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
