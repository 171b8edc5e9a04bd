"""Archives of strangers: read whole, or refused with what and where; nothing is unpacked."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.errors import PolicyError
from eidos.engine.packs.archives import fault_of, read_archive, write_archive

GOOD = {"pack.yaml": b"name: x", "a/b.rego": b"package b", "a/tables/t/data.yaml": b"x: 1"}


def _member(name: str, content: bytes = b"x", **more: object) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in more.items():
        setattr(member, key, value)
    return member, content


def _tar(members: Sequence[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def _refused(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(PolicyError) as caught:
        read_archive(path)
    assert sorted(tmp_path.iterdir()) == before
    assert caught.value.location is not None
    return caught.value.message


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.tgz"
    path.write_bytes(write_archive(GOOD))
    assert read_archive(path) == GOOD
    assert write_archive(GOOD) == write_archive(dict(reversed(GOOD.items())))


def test_what_tar_writes_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    for name, content in GOOD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    with tarfile.open(tmp_path / "x.tgz", "w:gz") as archive:
        archive.add(folder, ".")
    assert read_archive(tmp_path / "x.tgz") == GOOD


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../x", "'../x'"),
        ("a/../../x", "'a/../../x'"),
        ("a/..", "'a/..'"),
        ("/etc/x", "some are absolute"),
        ("//x", "'//x'"),
        ("a\\..\\x", "no file can be called"),
        ("C:/x", "elsewhere"),
        ("a\x1b[2Jb", "no file can be called"),
        ("a\u202eb", "no file can be called"),
        ("a\nb", "no file can be called"),
        ("a\udcffb", "no file can be called"),
        ("", "two files are called"),
        ("a" * 241, "240 bytes"),
    ],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str, said: str) -> None:
    message = _refused(tmp_path, gzip.compress(_tar([_member("good"), _member(name)])))
    assert said in message
    assert message.isascii()
    assert message.isprintable()


def test_the_root_of_what_opa_builds_is_the_root(tmp_path: Path) -> None:
    path = tmp_path / "x.tgz"
    path.write_bytes(gzip.compress(_tar([_member("/data.json"), _member("/a/b.rego")])))
    assert read_archive(path).keys() == {"data.json", "a/b.rego"}
    for other in ("data.json", "//x", "/../x", "/a/../../x", "/data.json"):
        members = [_member("/data.json"), _member(other)]
        assert _refused(tmp_path, gzip.compress(_tar(members)))


def test_bombs(tmp_path: Path) -> None:
    deflate = zlib.compressobj(9, wbits=31)
    header = tarfile.TarInfo("zeros")
    header.size = 200 << 20
    zeros = [header.tobuf(), *[bytes(1 << 20)] * 200]
    bomb = b"".join(map(deflate.compress, zeros)) + deflate.flush()
    assert "has more than 67,108,864 bytes" in _refused(tmp_path, bomb)
    header.size = 60 << 20
    deflate = zlib.compressobj(9, wbits=31)
    bomb = b"".join(map(deflate.compress, [header.tobuf(), *zeros[1:]])) + deflate.flush()
    assert "as a bomb does" in _refused(tmp_path, bomb)


def test_a_size_in_a_header_takes_no_memory(tmp_path: Path) -> None:
    member = tarfile.TarInfo("x")
    member.size = 10 << 30
    assert "more than" in _refused(
        tmp_path, gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    )


def _extended(key: str, value: str) -> bytes:
    """Give a tar of one file whose extended header says more of it (POSIX.1-2001, pax)."""
    text = f" {key}={value}\n"
    length = next(n for n in range(len(text), len(text) + 9) if len(f"{n}{text}") == n)
    record = f"{length}{text}".encode()
    header = tarfile.TarInfo("header")
    header.type, header.size = tarfile.XHDTYPE, len(record)
    file = tarfile.TarInfo("f")
    file.size = 3
    parts = header.tobuf(), record.ljust(512, b"\0"), file.tobuf(), b"abc".ljust(512, b"\0")
    return b"".join(parts) + bytes(1024)


@pytest.mark.parametrize("value", ["-512", "-1024", "-1536", "-99999", "9" * 20])
def test_sizes_that_lead_back_or_away(tmp_path: Path, value: str) -> None:
    """Of CVE-2025-8194: a reader that follows them never ends."""
    _refused(tmp_path, gzip.compress(_extended("size", value)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("path", "../e"),
        ("path", "/e"),
        ("GNU.sparse.map", "0,10,99999999999,10"),
        ("GNU.sparse.realsize", "10000000000"),
    ],
)
def test_extended_headers_hide_nothing(tmp_path: Path, key: str, value: str) -> None:
    _refused(tmp_path, gzip.compress(_extended(key, value)))


def test_a_negative_size_in_a_header(tmp_path: Path) -> None:
    header = bytearray(tarfile.TarInfo("f").tobuf())
    header[124:136] = b"\xff" * 11 + b"\x00"  # in base 256
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    _refused(tmp_path, gzip.compress(bytes(header) + bytes(1024)))


@given(st.data())
def test_a_changed_byte_is_seen_or_means_nothing(data: st.DataObject) -> None:
    import tempfile

    tar = bytearray(gzip.decompress(write_archive(GOOD)))
    place = data.draw(st.integers(0, len(tar) - 1))
    tar[place] = data.draw(st.integers(0, 255))
    with tempfile.NamedTemporaryFile(suffix=".tgz") as file:
        file.write(gzip.compress(bytes(tar), 1))
        file.flush()
        try:
            found = read_archive(Path(file.name))
        except PolicyError:
            return
    assert len(found) == len(GOOD)
    assert sum(map(len, found.values())) == sum(map(len, GOOD.values()))


def test_what_comes_after_the_end(tmp_path: Path) -> None:
    good = write_archive(GOOD)
    for tail in (b"x", gzip.compress(b"more"), bytes(70_000)):
        assert "hidden behind its end" in _refused(tmp_path, good + tail)
    hidden = gzip.compress(gzip.decompress(good) + _tar([_member("evil.rego")]))
    assert "hidden behind its end" in _refused(tmp_path, hidden)


def test_a_checksum_that_is_wrong(tmp_path: Path) -> None:
    good = bytearray(write_archive(GOOD))
    good[-6] ^= 1
    assert "damaged" in _refused(tmp_path, bytes(good))


@given(st.text(max_size=30))
def test_a_name_without_fault_stays_below(name: str) -> None:
    if fault_of(name) is None and name not in {".", "./"}:
        where = Path("/base") / name
        assert Path("/base") in Path(*where.parts).parents
        assert ".." not in where.parts


@given(st.binary(max_size=3000))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".tgz") as file:
        file.write(gzip.compress(content))
        file.flush()
        try:
            read_archive(Path(file.name))
        except PolicyError:
            return
