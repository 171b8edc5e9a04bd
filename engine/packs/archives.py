"""Packs in one file: a gzipped tar is read into memory, and nothing of it is ever unpacked.

A stranger may have made it: `eidos.engine.documents.archives` bounds it before it is believed.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from eidos.engine.documents.archives import Bounds, archive
from eidos.engine.documents.archives import read_archive as read_files
from eidos.engine.errors import DocumentError, EidosError, Location, PolicyError
from eidos.engine.filesystem import open_regular
from eidos.engine.model.bundle import File

MOST_BYTES = 64 << 20
"""Of all that an archive holds, headers included; all that is shipped has 1.3 MB."""
MOST_MEMBERS = 10_000
"""Files and folders of an archive."""
LONGEST_NAME = 240
"""Bytes of a member's name: what a file system with names of 255 can hold as one."""
_RATIO = 200
"""How much larger than the archive its contents may be once they are over a megabyte; packs pack
10 to 20 times smaller, a bomb of zeros 1030 times (the most that DEFLATE can)."""


def read_archive(path: Path) -> dict[str, bytes]:
    """Give the files of a gzipped tar by their names: relative, normal, and no two alike.

    Raises:
        EidosError: the file cannot be read.
        PolicyError: it holds what no pack needs: names that lead out of a folder or stand for the
            same file somewhere, links, devices, more than the bounds, or anything after its end.
    """
    bounds = Bounds(MOST_MEMBERS, MOST_BYTES, MOST_BYTES, _RATIO)
    try:
        with open_regular(path) as packed:
            files = list(read_files(packed, str(path), bounds, rooted=True))
    except OSError as error:
        problem = f"the archive cannot be read: {error.strerror}"
        raise EidosError(problem, location=Location(str(path))) from None
    except DocumentError as error:
        raise PolicyError(error.message, hint=error.hint, location=error.location) from None
    for file in files:
        if fault := fault_of(file.path):
            problem = f"the archive's file {file.path!a} {fault}"
            raise PolicyError(problem, location=Location(str(path)))
    return {file.path: file.content for file in files}


def write_archive(contents: Mapping[str, bytes]) -> bytes:
    """Give a gzipped tar that says nothing of when, where and by whom it was made."""
    return archive(File(name, content) for name, content in contents.items())


def fault_of(name: str) -> str | None:
    """Say what is wrong with a name that is to be a path below a folder; None where nothing is."""
    parts = name.removeprefix("./").rstrip("/").split("/")
    faults = {
        "has an absolute path": name.startswith("/"),
        "points outside its folder": ".." in parts,
        "has a name that leads elsewhere on some systems": "\\" in name or ":" in name,
        f"has a name of more than {LONGEST_NAME} bytes": len(os.fsencode(name)) > LONGEST_NAME,
        "has a name with characters that cannot be shown": not name.isprintable(),
        "has an empty part in its name": name not in {".", "./"} and {"", "."} & {*parts},
    }
    return next((fault for fault, found in faults.items() if found), None)
