"""Files of others: nothing that waits is opened, nothing that is there is missed."""

import os
import socket
from pathlib import Path

import pytest

from eidos.engine.filesystem import IrregularFileError, is_version_control, open_regular, walk_once


@pytest.mark.parametrize("follow", [True, False])
def test_a_file_is_opened(tmp_path: Path, follow: bool) -> None:
    (tmp_path / "a").write_text("a")
    with open_regular(tmp_path / "a", follow=follow) as file:
        assert file.read() == b"a"
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "b", follow=follow)


def test_a_link_is_followed_where_that_is_asked(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to("a")
    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"a"
    with pytest.raises(IrregularFileError):
        open_regular(tmp_path / "link", follow=False)


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a socket", "a device"])
@pytest.mark.parametrize("follow", [True, False])
def test_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, follow: bool
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    before = len(list(Path("/proc/self/fd").iterdir()))
    path = Path("/dev/zero") if kind == "a device" else Path("x")
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    with pytest.raises(IrregularFileError, match="not a regular file"):
        open_regular(path, follow=follow)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_every_folder_is_given_once(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a/3", ".git/4"):
        (tmp_path / "top" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "top" / name).touch()
    (tmp_path / "top" / "circle").symlink_to(tmp_path / "top")
    (tmp_path / "top" / "b" / "again").symlink_to(tmp_path / "top" / "a")
    found = list(walk_once(tmp_path / "top", pytest.fail, is_version_control))
    assert [(Path(root).name, names) for root, names in found] == [
        ("top", []),
        ("a", ["3"]),
        ("b", ["1", "2"]),
    ]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path) -> None:
    told: list[OSError] = []
    assert list(walk_once(tmp_path / "none", told.append, is_version_control)) == []
    assert [type(error) for error in told] == [FileNotFoundError]
