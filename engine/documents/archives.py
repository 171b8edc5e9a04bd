"""Archives, that is gzipped tars: the same bytes for the same files, and safe reading of anybody's.

Only files come out of an archive, one after the other, as values: whoever reads one decides where
they go. What an archive can do harm with (paths that lead out, links, devices, two names of one
case, content without end) is refused by name, before anything of that file is given.
"""

import gzip
import io
import tarfile
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.bundle import File
from eidos.engine.records import dataclass

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 16
_MEGABYTE = 1 << 20
_OF_OPA = "data.json"
_HEADER_AT_MOST = 1 << 16
"""Bytes of an extended header: a path has 4096 at most."""
_PATH_AT_MOST = 4096
_NAME_AT_MOST = 255
"""Bytes of one part of a path; Linux takes no more."""
_ALL = 31
"""Window bits of zlib: a header of gzip, and any window."""
_FOLLOWED = frozenset({b"x", b"L"})
"""Extended headers that may name the next file: of POSIX, and of GNU."""
_REGULAR = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
"""Neither contiguous files, which some readers pass over, nor sparse ones, of whose holes readers
make different files; to `tarfile` both are regular."""
_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"K": "a link",
    b"7": "a contiguous file",
    b"S": "a sparse file",
    b"g": "a header for all that follows",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an archive may hold."""

    files: int = 10_000
    file_bytes: int = 64 << 20
    """Of one file, unpacked: so much is in memory at once."""
    total_bytes: int = 512 << 20
    """Of everything, unpacked, headers and padding with it."""
    times: int | None = None
    """How much larger it may be than it was packed, once it is over a megabyte; None for any."""


def archive(files: Iterable[File]) -> bytes:
    """Pack files into a gzipped tar that says nothing of when, where and by whom it was made.

    Other builds of zlib may compress otherwise; what the archive holds is the same all the same.
    """
    packed = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 9, packed, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for file in sorted(files, key=lambda each: each.path):
            member = tarfile.TarInfo(file.path)
            member.size = len(file.content)
            member.mode = 0o755 if file.is_executable else 0o644
            tar.addfile(member, io.BytesIO(file.content))
    return packed.getvalue()


def read_archive(
    packed: BinaryIO,
    name: str,
    bounds: Bounds | None = None,
    *,
    rooted: bool = False,
    zipped: bool = True,
) -> Iterator[File]:
    """Give the files of a tar as they come, each whole; folders say nothing and are passed.

    Args:
        packed: the archive, read once from where it stands.
        name: what messages call it.
        bounds: how much it may hold.
        rooted: paths may start with ``/``, all or none of them, which means the archive's root,
            as `opa build` has it, which always writes ``/data.json``.
        zipped: it is gzipped.

    Raises:
        DocumentError: it is no archive, is cut off, holds what could do harm, or is over a bound;
            names the file in it. What was given before stands for nothing then.
    """
    bounds = bounds or Bounds()
    unpacked = _Unpacked(packed, name, bounds, zipped=zipped)
    names = Names(name)
    roots: set[bool] = set()
    count = 0
    while (header := _header(unpacked, name)) is not None:
        count += 1
        if count > bounds.files:
            raise _wrong(name, f"it holds more than {bounds.files:,} files")
        path = _path(header.name, name, rooted=rooted)
        roots.add(header.name.startswith("/"))
        if len(roots) > 1:
            raise _wrong(name, f"of its paths some are absolute, and some are not: {path!r}")
        if header.isdir():
            names.take_folder(path)
            continue
        if header.size > bounds.file_bytes:
            raise _wrong(name, f"{path!r} has more than {bounds.file_bytes:,} bytes")
        names.take(path)
        if header.name.endswith("/"):  # some readers go by that
            raise _wrong(name, f"{path!r} is called as a folder, and is a file")
        content = unpacked.read(header.size)
        unpacked.read(-header.size % _BLOCK)
        yield File(path, content, is_executable=bool(header.mode & 0o100))
    if True in roots and not names.has(_OF_OPA):
        raise _wrong(name, "its paths are absolute")
    unpacked.finish()


def _wrong(name: str, what: str) -> DocumentError:
    return DocumentError(
        f"the archive cannot be read: {what}",
        hint="Get it anew from where it was made; nothing of it was kept.",
        location=Location(name),
    )


class _Unpacked:
    """What a stream holds, within bounds.

    Args:
        packed: the stream.
        name: what messages call it.
        bounds: how many bytes may come out of it, of how few.
        zipped: it is one of gzip.
    """

    def __init__(self, packed: BinaryIO, name: str, bounds: Bounds, *, zipped: bool) -> None:
        self._packed = packed
        self._name = name
        self._bounds = bounds
        self._taken = self._given = 0
        self._zipped = zlib.decompressobj(_ALL) if zipped else None
        self._ready = b""

    def read(self, size: int) -> bytes:
        """Give exactly so many bytes.

        Raises:
            DocumentError: there are fewer, or more than the bound in all.
        """
        parts = []
        while size > 0:
            part = (self._ready or self._more())[:size]
            if not part:
                raise _wrong(self._name, "it is cut off")
            self._ready = self._ready[len(part) :]
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def finish(self) -> None:
        """Read to the end, where there may be nothing but zeros.

        Raises:
            DocumentError: there is something.
        """
        while part := self._ready or self._more():
            if part.strip(b"\0"):
                raise _wrong(self._name, "something is hidden behind its end")
            self._ready = b""

    def _more(self) -> bytes:
        """Make the next piece ready; nothing at the end of the stream."""
        if self._zipped is None:
            self._ready = self._take()
        else:
            self._unzip(self._zipped)
        self._given += len(self._ready)
        if self._given > self._bounds.total_bytes:
            raise _wrong(self._name, "it holds more than may be unpacked")
        times = self._bounds.times
        if times and self._given > max(_MEGABYTE, times * self._taken):
            raise _wrong(
                self._name, f"it holds more than {times} times its own size, as a bomb does"
            )
        return self._ready

    def _take(self) -> bytes:
        found = self._packed.read(_CHUNK)
        self._taken += len(found)
        return found

    def _unzip(self, zipped: "zlib._Decompress") -> None:
        while not zipped.eof and not self._ready:
            packed = zipped.unconsumed_tail or self._take()
            if not packed:
                raise _wrong(self._name, "it is cut off")
            try:
                self._ready = zipped.decompress(packed, _CHUNK)
            except zlib.error as error:
                raise _wrong(self._name, "it is not gzip, or damaged") from error
        if zipped.eof and (zipped.unused_data or self._packed.read(1)):
            raise _wrong(self._name, "something is hidden behind its end")


def _header(unpacked: _Unpacked, name: str) -> tarfile.TarInfo | None:
    """Read the next file's header, with the path that an extended one gives it; None at the end."""
    longer: str | None = None
    is_extended = False
    while (block := unpacked.read(_BLOCK)).strip(b"\0"):
        try:
            found = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise _wrong(name, "it is no tar, or damaged") from error
        _refuse_ambiguous(block, found, name)
        if found.type in _FOLLOWED:
            if is_extended:
                raise _wrong(name, "it has two extended headers for one file")
            longer, is_extended = _longer(found, unpacked, name), True
            continue
        found.name = longer or found.name
        if not (found.isdir() or found.type in _REGULAR):
            kind = _KINDS.get(found.type, "something else")
            raise _wrong(name, f"{found.name!r} is {kind} and no file")
        if found.size < 0 or (found.isdir() and found.size):
            raise _wrong(name, f"{found.name!r} has an impossible size")
        return found
    if is_extended:
        raise _wrong(name, "it is cut off")
    return None


def _refuse_ambiguous(block: bytes, header: tarfile.TarInfo, name: str) -> None:
    """Refuse a header whose path readers make up in different ways: they would deploy another file.

    Only POSIX' has a beginning of the path in the field for it; others have times there, or nothing
    that is looked at. Of star's it is shorter, which its end says.
    """
    prefix, end = block[345:500].strip(b"\0"), block[500:].strip(b"\0")
    if end or (prefix and block[257:265] != tarfile.POSIX_MAGIC):
        raise _wrong(name, f"the path of {header.name!r} can be read in two ways")


def _longer(header: tarfile.TarInfo, unpacked: _Unpacked, name: str) -> str | None:
    """Read the path out of an extended header; times and owners are passed.

    A size that overrules the next header's, a link's target or a map of holes is how two readers
    are made to see two archives, so none of them is taken.
    """
    if not 0 <= header.size <= _HEADER_AT_MOST:
        raise _wrong(name, "it has an extended header that is too large")
    said = unpacked.read(header.size)
    unpacked.read(-header.size % _BLOCK)
    if header.type == b"L":
        return said.rstrip(b"\0").decode("utf-8", "surrogateescape")
    path = None
    while said:
        length, _, _ = said.partition(b" ")
        if not length.isdigit() or not len(length) + 3 <= int(length) <= len(said):
            raise _wrong(name, "it has a damaged extended header")
        record, said = said[len(length) + 1 : int(length)], said[int(length) :]
        key, _, value = record.partition(b"=")
        if key == b"path":
            path = value.removesuffix(b"\n").decode("utf-8", "surrogateescape")
        elif key in {b"size", b"linkpath"} or key.startswith(b"GNU.sparse"):
            raise _wrong(name, f"it has an extended header with {key.decode()!r}")
    return path


def _path(said: str, name: str, *, rooted: bool) -> str:
    """Give a path below where the archive is unpacked, of which nothing leads out."""
    inside = said.removeprefix("/") if rooted else said
    parts = [part for part in inside.split("/") if part not in {"", "."}]
    is_plain = said.isprintable() and "\\" not in said and not inside.startswith("/")
    is_short = len(said) <= _PATH_AT_MOST and all(
        len(part.encode(errors="replace")) <= _NAME_AT_MOST for part in parts
    )
    if not is_plain or ".." in parts or not is_short:
        shown = said if len(said) <= _NAME_AT_MOST else f"{said[:_NAME_AT_MOST]}…"
        raise _wrong(name, f"no file can be called {shown!r}")
    return "/".join(parts)


class Names:
    """The paths of a tree, no two of which may be one for a file system.

    Some count neither case nor which of its forms Unicode text has.

    Args:
        name: what messages call the tree.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def has(self, path: str) -> bool:
        """Say whether there is a file of this path."""
        return self._files.get(_folded(path)) == path

    def take(self, path: str) -> None:
        """Take the path of a file.

        Raises:
            DocumentError: there is one like it, or it is a folder.
        """
        key = _folded(path)
        other = self._files.get(key) or self._folders.get(key)
        if not path or other is not None:
            raise _wrong(self._name, f"two files are called {other!r} and {path!r}")
        self._files[key] = path
        self.take_folder(path.rpartition("/")[0])

    def take_folder(self, path: str) -> None:
        """Take the path of a folder, and of those above it.

        Raises:
            DocumentError: there is a file of that name, or a folder that differs in case only.
        """
        while path:
            key = _folded(path)
            other = self._files.get(key) or self._folders.setdefault(key, path)
            if key in self._files or other != path:
                raise _wrong(self._name, f"two files are called {other!r} and {path!r}")
            path = path.rpartition("/")[0]


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", path).casefold())
