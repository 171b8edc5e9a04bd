"""Archives: what is written is read again, and what could do harm is not."""

import gzip
import io
import subprocess
import tarfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.documents.archives import Bounds, archive, read_archive
from eidos.engine.errors import DocumentError
from eidos.engine.model.bundle import File

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=60)
PATHS = st.lists(
    NAMES.filter(lambda n: not set(n) & {"/", "\\"} and n not in {".", ".."}), max_size=6
)
FILES = st.lists(
    st.builds(
        File,
        PATHS.filter(bool).map("/".join),
        st.binary(max_size=2000),
        is_executable=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda file: file.path,
)


def entry(name: str, content: bytes = b"x", **header: object) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in header.items():
        setattr(member, key, value)
    return member, content


def packed(
    *members: tuple[tarfile.TarInfo, bytes], format_: int = tarfile.PAX_FORMAT, tail: bytes = b""
) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format_) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(out.getvalue() + tail)


def read(content: bytes, *, rooted: bool = False, bounds: Bounds | None = None) -> list[File]:
    return list(read_archive(io.BytesIO(content), "b.tgz", bounds, rooted=rooted))


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


@given(FILES)
def test_what_is_written_is_read_again(files: list[File]) -> None:
    folders = {parent for file in files for parent in parents(file.path)}
    taken = [folded(name) for name in {*folders, *(file.path for file in files)}]
    if len(set(taken)) < len(taken) or any(file.path in folders for file in files):
        with pytest.raises(DocumentError, match="two files"):
            read(archive(files))
        return
    found = read(archive(files))
    assert found == sorted(files, key=lambda file: file.path)


def test_order_does_not_matter() -> None:
    files = [File("b/c", b"1", is_executable=True), File("a", b"2")]
    assert archive(files) == archive(reversed(files))
    assert archive(files)[4:8] == b"\0\0\0\0"  # no time


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_of_tar(format_: int) -> None:
    deep = "/".join(["f" * 40] * (5 if format_ == tarfile.USTAR_FORMAT else 20))
    made = packed(
        entry(deep), entry("./a/", b"", type=tarfile.DIRTYPE), entry("./a/b"), format_=format_
    )
    assert [file.path for file in read(made)] == [deep, "a/b"]


def test_what_the_tar_of_this_machine_writes(tmp_path: Path) -> None:
    (tmp_path / "t" / "ä").mkdir(parents=True)
    (tmp_path / "t" / "ä" / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "t" / "ä" / "run.sh").chmod(0o755)
    subprocess.run(["tar", "-czf", "../out.tgz", "."], cwd=tmp_path / "t", check=True)
    found = read((tmp_path / "out.tgz").read_bytes())
    assert found == [File("ä/run.sh", b"#!/bin/sh\n", is_executable=True)]


def linked(type_: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return entry("in", b"", type=type_, linkname="/etc/passwd")


def extended(type_: bytes, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Make a header that gives the next file another path."""
    return entry("more", content, type=type_)


PAX, GNU = extended(b"x", b"10 path=b\n"), extended(b"L", b"c\0")


def headed(**fields: tuple[int, bytes]) -> bytes:
    """Pack a file ``a`` whose header has something else at some places."""
    tar = bytearray(gzip.decompress(packed(entry("a"))))
    for at, value in fields.values():
        tar[at : at + len(value)] = value
    tar[148:156] = b" " * 8
    tar[148:156] = b"%06o\0 " % sum(tar[:512])
    return gzip.compress(bytes(tar))


TWO_WAYS = "can be read in two ways"
HOSTILE: dict[str, tuple[bytes, str]] = {
    # Each of these has another path, or is none, for what is written in Go: Flux, Argo CD, OPA.
    "two paths, GNU's last": (packed(PAX, GNU, entry("a")), "two extended headers"),
    "two paths, POSIX' last": (packed(GNU, PAX, entry("a")), "two extended headers"),
    "two headers of POSIX": (
        packed(PAX, extended(b"x", b"11 mtime=1\n"), entry("a")),
        "two extended headers",
    ),
    "a folder before the path of no POSIX": (
        headed(magic=(257, bytes(8)), prefix=(345, b"dir")),
        TWO_WAYS,
    ),
    "a time of GNU for a folder": (
        headed(magic=(257, b"ustar  \0"), prefix=(345, b"00000000123")),
        TWO_WAYS,
    ),
    "a time of star for a folder": (
        headed(prefix=(345, b"d" * 131 + b"1"), end=(508, b"tar\0")),
        TWO_WAYS,
    ),
    "contiguous": (packed(linked(tarfile.CONTTYPE)), "'in' is a contiguous file"),
    "a file called as a folder": (packed(entry("a/")), "'a' is called as a folder"),
    "an old file called as a folder": (
        packed(extended(b"x", b"11 path=b/\n"), entry("a", type=tarfile.AREGTYPE)),
        "'b' is called as a folder",
    ),
    "up": (packed(entry("../x")), "no file can be called '../x'"),
    "up later": (packed(entry("a/../../x")), "no file can be called"),
    "absolute": (packed(entry("/etc/x")), "no file can be called '/etc/x'"),
    "backslash": (packed(entry("..\\x")), "no file can be called"),
    "escape": (packed(entry("\x1b[2Jx")), "no file can be called"),
    "line end": (packed(entry("a\nb")), "no file can be called"),
    "turned": (packed(entry("a\u202eb")), "no file can be called"),
    "long": (packed(entry("n" * 300)), "no file can be called"),
    "nothing": (packed(entry("./")), "two files are called"),
    "symbolic link": (packed(linked(tarfile.SYMTYPE)), "'in' is a symbolic link"),
    "hard link": (packed(linked(tarfile.LNKTYPE)), "'in' is a hard link"),
    "device": (packed(linked(tarfile.CHRTYPE)), "'in' is a device"),
    "pipe": (packed(linked(tarfile.FIFOTYPE)), "'in' is a pipe"),
    "sparse": (packed(linked(tarfile.GNUTYPE_SPARSE)), "'in' is a sparse file"),
    "unknown": (packed(linked(b"V")), "'in' is something else"),
    "long link": (packed(entry("l", b"", type=b"2", linkname="x" * 200)), "'linkpath'"),
    "size twice": (packed(entry("s", pax_headers={"size": "9"})), "'size'"),
    "holes": (packed(entry("s", pax_headers={"GNU.sparse.name": "t"})), "GNU.sparse"),
    "one name": (packed(entry("a"), entry("a")), "two files are called 'a' and 'a'"),
    "one case": (packed(entry("Straße"), entry("STRASSE")), "two files are called"),
    "one accent": (packed(entry("é"), entry("e\u0301")), "two files are called"),
    "one ligature": (packed(entry("\ufb01le"), entry("file")), "two files are called"),
    "folder and file": (packed(entry("a/b"), entry("A")), "two files are called 'a' and 'A'"),
    "file and folder": (packed(entry("a"), entry("a/b")), "two files are called"),
    "folders of one case": (packed(entry("a/b"), entry("A/c")), "two files are called 'a' and 'A'"),
    "behind the end": (packed(entry("a"), tail=b"more"), "hidden behind its end"),
    "behind the stream": (packed(entry("a")) + b"more", "hidden behind its end"),
    "two streams": (packed(entry("a")) + packed(entry("b")), "hidden behind its end"),
    "half": (packed(entry("a", b"x" * 9999))[:-40], "cut off"),
    "half a tar": (gzip.compress(b"\0" * 100), "cut off"),
    "no gzip": (b"hello", "not gzip"),
    "nothing at all": (b"", "cut off"),
    "no tar": (gzip.compress(b"hello" * 1000), "no tar"),
    "damaged": (packed(entry("a"))[:-8] + b"12345678", "not gzip, or damaged"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_could_do_harm_is_refused(case: str) -> None:
    content, said = HOSTILE[case]
    with pytest.raises(DocumentError) as refused:
        read(content)
    assert said in refused.value.message
    assert str(refused.value).startswith("b.tgz: ")


def test_a_leading_slash_is_the_root_where_opa_wrote_it() -> None:
    made = packed(entry("/data.json"), entry("/a/b.rego"))
    assert [file.path for file in read(made, rooted=True)] == ["data.json", "a/b.rego"]
    with pytest.raises(DocumentError, match="no file can be called"):
        read(packed(entry("/../x")), rooted=True)


def zeros(count: int) -> Iterable[bytes]:
    member = tarfile.TarInfo("zeros")
    member.size = count << 20
    yield member.tobuf(tarfile.GNU_FORMAT)
    for _ in range(count):
        yield bytes(1 << 20)


class Endless(io.RawIOBase):
    """A gzip stream that is never whole in memory."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        import zlib

        self._zip = zlib.compressobj(9, wbits=31)
        self._parts = iter(parts)
        self.taken = 0

    def read(self, _size: int = -1) -> bytes:
        for part in self._parts:
            self.taken += len(part)
            if found := self._zip.compress(part):
                return found
        return self._zip.flush()


@pytest.mark.parametrize("bounds", [Bounds(), Bounds(file_bytes=1 << 40, total_bytes=32 << 20)])
def test_ten_gigabytes_of_zeros_are_not_unpacked(bounds: Bounds) -> None:
    bomb = Endless(zeros(10_000))
    with pytest.raises(DocumentError, match="more than"):
        list(read_archive(bomb, "bomb", bounds))  # type: ignore[arg-type] -- all it does is read
    assert bomb.taken < 200 << 20


def test_zeros_behind_the_end_have_an_end() -> None:
    bomb = Endless([b"\0" * (1 << 20)] * 10_000)
    with pytest.raises(DocumentError, match="more than may be unpacked"):
        list(read_archive(bomb, "bomb", Bounds(total_bytes=8 << 20)))  # type: ignore[arg-type]


def test_too_many_files() -> None:
    with pytest.raises(DocumentError, match="more than 3 files"):
        read(packed(*(entry(str(number)) for number in range(4))), bounds=Bounds(files=3))


def test_a_header_without_end() -> None:
    huge = packed(entry("a", pax_headers={"comment": "c" * 100_000}))
    with pytest.raises(DocumentError, match="too large"):
        read(huge)


@given(st.binary(max_size=3000))
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    for tar in (content, gzip.compress(content)):
        try:
            read(tar)
        except DocumentError:
            continue


@given(st.integers(0, 1023), st.integers(0, 255))
def test_any_damage_of_a_header_is_refused_or_reads_within(place: int, value: int) -> None:
    plain = bytearray(gzip.decompress(packed(entry("a/b", b"content"))))
    plain[place] = value
    try:
        found = read(gzip.compress(bytes(plain)))
    except DocumentError:
        return
    assert all(".." not in file.path.split("/") and file.path[0] != "/" for file in found)
