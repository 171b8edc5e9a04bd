import os
import stat
from pathlib import Path

import pytest

from eidos.engine.documents.writing import to_yaml, write_atomically
from eidos.engine.errors import DocumentError


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_yaml_keeps_order_and_needs_no_second_look() -> None:
    value = {"z": "1.10", "a": ["no", "0x1", 1.5], "text": "it's", "empty": {}, "none": None}
    assert to_yaml(value) == (
        "z: '1.10'\na:\n- 'no'\n- '0x1'\n- 1.5\ntext: it's\nempty: {}\nnone: null\n"
    )


def test_long_text_stays_on_its_line() -> None:
    assert to_yaml({"a": "word " * 100}).count("\n") == 1


def test_lines_of_a_text_are_lines_of_the_file() -> None:
    assert to_yaml({"a": "x: 1\n\ny\n", "b": ["p\nq"]}) == (
        "a: |\n  x: 1\n\n  y\nb:\n- |-\n  p\n  q\n"
    )


def test_a_line_of_a_text_does_not_end_the_document() -> None:
    assert to_yaml({"a": "x\n...\n"}) == "a: |\n  x\n  ...\n"


def test_equal_parts_are_written_out() -> None:
    part = {"k": [1]}
    assert "&" not in to_yaml({"a": part, "b": part})


def test_a_file_is_replaced_with_the_mode_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("old")
    write_atomically(path, "new é\n", mode=0o600)
    assert path.read_text(encoding="utf-8") == "new é\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["x.yaml"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("old")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    write_atomically(tmp_path / "link.yaml", "new")
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "new"


def test_a_new_file_keeps_to_the_umask_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_atomically(tmp_path / "new", "x")
    finally:
        os.umask(before)
    (tmp_path / "old").write_text("old")
    (tmp_path / "old").chmod(0o640)
    write_atomically(tmp_path / "old", "x")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"new": 0o600, "old": 0o640}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a link of another user")
def test_a_link_that_another_user_left_in_a_shared_folder_is_not_followed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (tmp_path / "mine").write_text("mine")
    (shared / "trap").symlink_to(tmp_path / "mine")
    os.chown(shared / "trap", 12345, 12345, follow_symlinks=False)
    with pytest.raises(DocumentError, match="another user"):
        write_atomically(shared / "trap", "x")
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_atomically(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()


def test_a_pipe_is_written_to() -> None:
    reader, writer = os.pipe()
    write_atomically(Path(f"/dev/fd/{writer}"), "through")
    os.close(writer)
    with os.fdopen(reader) as file:
        assert file.read() == "through"


@pytest.mark.parametrize("name", ["no/such/folder.yaml", "folder"])
def test_what_cannot_be_written_is_told_and_changes_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(DocumentError, match="cannot be written") as caught:
        write_atomically(tmp_path / name, "x")
    assert caught.value.hint
    assert names(tmp_path) == ["folder"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["x.yaml"]
