import io
from pathlib import Path

import pytest

from eidos.engine.errors import UsageError
from eidos.engine.ports import Rendering
from eidos.engine.report.outputs import Output, parse_outputs, write
from eidos.engine.report.registry import REPORT
from fakes import reports
from fakes.permissions import binding


def test_without_options_text_goes_to_standard_output() -> None:
    assert parse_outputs([], REPORT) == [Output("text")]


def test_dash_is_standard_output() -> None:
    assert parse_outputs(["json=-"], REPORT) == [Output("json")]


def test_a_path_may_hold_an_equals_sign(tmp_path: Path) -> None:
    assert parse_outputs([f"json={tmp_path}/a=b"], REPORT)[0].path == tmp_path / "a=b"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["jsn"], "no output format 'jsn'"),
        (["r.json"], "a file and no format"),
        (["text", "json"], "standard output"),
        (["json=/dev/null/report.json"], "cannot write"),
        (["json=/"], "directory"),
        (["json="], "names no file"),
        (["json=a.json", "sarif=./a.json"], "two outputs"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_runs(options: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse_outputs(options, REPORT)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("file", "hint"),
    [("r.sarif", "sarif=r.sarif"), ("a/r.xml", "junit=a/r.xml"), ("r.doc", "Known: ")],
)
def test_a_file_in_the_place_of_a_format_is_told_how_it_is_written(file: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_outputs([file], REPORT)
    assert hint in (caught.value.hint or "")


def test_a_folder_that_may_not_be_written_is_found_out_early(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with binding(), pytest.raises(UsageError):
        parse_outputs([f"json={tmp_path}/r.json"], REPORT)


def test_trying_a_path_leaves_nothing_behind(tmp_path: Path) -> None:
    parse_outputs([f"json={tmp_path}/r.json"], REPORT)
    assert not list(tmp_path.iterdir())


def test_every_output_is_written(tmp_path: Path) -> None:
    outputs = parse_outputs(["text", f"json={tmp_path}/r.json"], REPORT)
    screen = io.StringIO()
    write(REPORT, reports.everything(), outputs, Rendering(color=True), screen)
    assert "\x1b[" in screen.getvalue()
    assert (tmp_path / "r.json").read_text().startswith("{")
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_files_are_never_coloured(tmp_path: Path) -> None:
    outputs = parse_outputs([f"text={tmp_path}/r.txt"], REPORT)
    write(REPORT, reports.everything(), outputs, Rendering(color=True), io.StringIO())
    assert "\x1b" not in (tmp_path / "r.txt").read_text()


def test_a_replaced_file_keeps_its_permissions_and_a_link_its_target(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("old")
    real.chmod(0o600)
    link = tmp_path / "link.json"
    link.symlink_to(real)
    write(REPORT, reports.clean(), [Output("json", link)], Rendering(), io.StringIO())
    assert link.is_symlink()
    assert real.read_text() != "old"
    assert real.stat().st_mode & 0o777 == 0o600


def test_a_terminal_that_is_not_utf8_gets_escapes() -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    write(REPORT, reports.clean(), [Output("markdown")], Rendering(), screen)
    screen.seek(0)
    assert screen.read().startswith("## \\u2705 eidos: passed")


def test_one_bad_file_does_not_keep_back_the_others(tmp_path: Path) -> None:
    gone = Output("json", tmp_path / "gone" / "r.json")
    good = Output("json", tmp_path / "r.json")
    screen = io.StringIO()
    with pytest.raises(UsageError):
        write(REPORT, reports.clean(), [gone, good, Output("text")], Rendering(), screen)
    assert good.path
    assert good.path.exists()
    assert screen.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_as_one() -> None:
    full = Output("json", Path("/dev/full"))
    with pytest.raises(UsageError, match="No space left") as caught:
        write(REPORT, reports.clean(), [full], Rendering(), io.StringIO())
    assert "Free some space" in str(caught.value.hint)
