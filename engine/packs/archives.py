"""Packs in one file: a gzipped tar is read into memory, and nothing of it is ever unpacked.

A stranger may have made it, so it is bounded before it is believed: how much comes out of how
little, how many members, of which kinds, under which names. Each refusal names member and reason.
"""

import gzip
import io
import os
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from eidos.engine.errors import EidosError, Location, PolicyError

_MEGABYTE = 1024 * 1024
MOST_BYTES = 64 * _MEGABYTE
"""Of all that an archive holds, headers included; all that is shipped has 1.3 MB."""
MOST_MEMBERS = 10_000
"""Files and folders of an archive."""
LONGEST_NAME = 240
"""Bytes of a member's name: what a file system with names of 255 can hold as one."""
_RATIO = 200
"""How much larger than the archive its contents may be once they are over a megabyte; packs pack
10 to 20 times smaller, a bomb of zeros 1030 times (the most that DEFLATE can)."""
_CHUNK = 4096
"""Bytes; what comes out of one at most, 4 MB, is held before it is measured."""
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}
_HINT = "Nothing of it was unpacked. Get the archive again from whom you trust."


def read_archive(path: Path) -> dict[str, bytes]:
    """Give the files of a gzipped tar by their names: relative, normal, and no two alike.

    Raises:
        EidosError: the file cannot be read.
        PolicyError: it holds what no pack needs: names that lead out of a
            folder or stand for the same file somewhere, links, devices, more than the bounds, or
            anything after its end.
    """
    tar = _decompressed(path)
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
            found = dict(_files(archive, path))
            if any(tar[archive.offset :]):
                raise _refused(path, "has something after its end, or a damaged member")
    except (tarfile.TarError, ValueError, OverflowError, RecursionError, OSError):
        raise _refused(path, "is a damaged tar") from None
    return found


def write_archive(contents: Mapping[str, bytes]) -> bytes:
    """Give a gzipped tar that says nothing of when, where and by whom it was made."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 9, packed, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, content in sorted(contents.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _decompressed(path: Path) -> bytes:
    """Give what the one gzip stream of a file holds, as long as that is within bounds."""
    stream = zlib.decompressobj(wbits=31)  # gzip, and nothing else
    found = bytearray()
    taken = 0
    try:
        with path.open("rb") as file:
            while not stream.eof and (chunk := file.read(_CHUNK)):
                taken += len(chunk)
                found += stream.decompress(chunk, MOST_BYTES + 1 - len(found))
                _refuse_bomb(path, len(found), taken)
            trailing = stream.unused_data or file.read(1)
    except OSError as error:
        problem = f"the archive cannot be read: {error.strerror}"
        raise EidosError(problem, location=Location(str(path))) from None
    except zlib.error:
        raise _refused(path, "is no gzip file, or is damaged") from None
    if not stream.eof:
        raise _refused(path, "is cut off: its gzip stream has no end")
    if trailing:
        raise _refused(path, "has something after the end of its gzip stream")
    return bytes(found)


def _refuse_bomb(path: Path, size: int, taken: int) -> None:
    if size > MOST_BYTES:
        raise _refused(path, f"holds more than {MOST_BYTES // _MEGABYTE} MiB")
    if size > _MEGABYTE and size > _RATIO * taken:
        raise _refused(path, f"holds more than {_RATIO} times its own size, as a bomb does")


def _files(archive: tarfile.TarFile, path: Path) -> Iterator[tuple[str, bytes]]:
    members = list(islice(archive, MOST_MEMBERS + 1))
    if len(members) > MOST_MEMBERS:
        raise _refused(path, f"has more than {MOST_MEMBERS} members")
    names = _Names(path, _root(members))
    for member in members:
        name = names.take(member)
        if member.size < 0:
            raise _refused(path, "says that it has less than no bytes", name)
        content = archive.extractfile(member)
        if content is not None:  # a folder has none
            yield name, content.read()


def _root(members: Sequence[tarfile.TarInfo]) -> str:
    """Give how every name begins: ``opa build`` writes ``/data.json`` for what is its root."""
    names = {member.name for member in members}
    return "/" if "/data.json" in names and all(name.startswith("/") for name in names) else ""


class _Names:
    """The names of an archive, as they come; each is refused that could mean another's place."""

    def __init__(self, path: Path, root: str) -> None:
        self._path = path
        self._root = root
        self._owners: dict[str, tuple[str, bool]] = {}
        """Each name and each folder on its way, folded, to how it is written and whether it is a
        folder."""

    def take(self, member: tarfile.TarInfo) -> str:
        """Give a member's name in normal form."""
        name, is_folder = member.name.removeprefix(self._root), member.isdir()
        if not (is_folder or member.isreg()) or member.issparse():
            kind = _KINDS.get(member.type, "of a kind that no pack needs")
            raise _refused(self._path, f"is {kind}", name)
        if fault := fault_of(name):
            raise _refused(self._path, fault, name)
        name = str(PurePosixPath(name))
        if name == ".":
            return name
        for folder in PurePosixPath(name).parents:
            if str(folder) != ".":
                self._claim(str(folder), is_folder=True)
        if self._folded(name) in self._owners and not is_folder:
            self._refuse_second(name)
        self._claim(name, is_folder=is_folder)
        return name

    def _claim(self, name: str, *, is_folder: bool) -> None:
        owner = self._owners.setdefault(self._folded(name), (name, is_folder))
        if owner != (name, is_folder):
            self._refuse_second(name)

    def _refuse_second(self, name: str) -> None:
        other, _ = self._owners[self._folded(name)]
        same = "is there twice" if other == name else f"is also there as {other!r}"
        raise _refused(self._path, same, name)

    @staticmethod
    def _folded(name: str) -> str:
        return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def fault_of(name: str) -> str | None:
    """Say what is wrong with a name that is to be a path below a folder; None where nothing is."""
    parts = name.removeprefix("./").rstrip("/").split("/")
    faults = {
        "has an absolute path": name.startswith("/"),
        "leads out of its folder": ".." in parts,
        "has a name that leads elsewhere on some systems": "\\" in name or ":" in name,
        f"has a name of more than {LONGEST_NAME} bytes": len(os.fsencode(name)) > LONGEST_NAME,
        "has a name with characters that cannot be shown": not name.isprintable(),
        "has an empty part in its name": name not in {".", "./"} and {"", "."} & {*parts},
    }
    return next((fault for fault, found in faults.items() if found), None)


def _refused(path: Path, problem: str, member: str = "") -> PolicyError:
    if member:
        shown = ascii(member if len(member) <= LONGEST_NAME else f"{member[:LONGEST_NAME]}…")
        return PolicyError(
            f"the archive's member {shown} {problem}", location=Location(str(path)), hint=_HINT
        )
    return PolicyError(f"the archive {problem}", location=Location(str(path)), hint=_HINT)
