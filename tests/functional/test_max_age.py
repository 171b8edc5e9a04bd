"""How old facts may be: ``--max-age`` of check, and what every summary says of their age."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root

CLUSTER = Path(__file__).parents[2] / "ci-examples" / "cluster.yaml"
TEXT = CLUSTER.read_text()
STAMP = '"2026-11-20T09:15:00Z"'


def stamped(folder: Path, when: str | None, name: str = "s.yaml") -> Path:
    """Write the snapshot with another time, or with none."""
    file = folder / name
    line = f"  timestamp: {STAMP}\n"
    assert line in TEXT
    file.write_text(TEXT.replace(line, f'  timestamp: "{when}"\n' if when else ""))
    return file


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def checked(
    capsys: pytest.CaptureFixture[str], *words: str | Path, form: str = "json"
) -> tuple[int, Any]:
    arguments = ["check", *map(str, words), "--rule", "GPU-010", "--no-record", "-o", form]
    code = console.run(root, arguments)
    said = capsys.readouterr().out
    return code, json.loads(said) if form == "json" else said


@pytest.mark.parametrize("allowed", [(), ("--allow-incomplete",)])
@pytest.mark.parametrize("when", ["2019-01-01T00:00:00Z", None, "2199-01-01T00:00:00Z"])
def test_what_is_too_old_or_of_no_known_age_is_no_pass(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    when: str | None,
    allowed: tuple[str, ...],
) -> None:
    file = stamped(tmp_path, when)
    assert checked(capsys, file)[0] == 0
    code, report = checked(capsys, file, "--max-age", "1h", *allowed)
    assert (code, report["decision"]) == (3, "incomplete")
    assert {v["status"] for s in report["subjects"] for v in s["verdicts"]} == {"unknown"}
    assert report["maxAge"] == 3600
    [problem] = report["problems"]
    assert "too old" in problem["message"]


def test_young_facts_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = checked(capsys, stamped(tmp_path, ago(minutes=10)), "--max-age", "1h")
    assert (code, report["problems"]) == (0, [])


def test_one_old_snapshot_among_young_ones_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = stamped(tmp_path, "2019-01-01T00:00:00Z", "old.yaml")
    young = stamped(tmp_path, ago(minutes=10))
    code, report = checked(capsys, young, old, "--max-age", "1h")
    assert code == 3
    [problem] = report["problems"]
    assert problem["location"]["file"] == str(old)
    assert report["facts"]["oldest"] == "2019-01-01T00:00:00Z"


def test_the_setting_holds_like_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eidos.yaml").write_text("max-age: 1h\n")
    assert checked(capsys, stamped(tmp_path, ago(days=3)))[0] == 3


@pytest.mark.parametrize(
    "form",
    ["text", "junit", "sarif", "github", "tap", "markdown", "ctrf", "openreports"],
)
@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2019-01-01T00:00:00Z", "facts of 2019-01-01T00:00:00Z ("),
        (None, "facts of an unknown time"),
        ("2199-01-01T00:00:00Z", "facts dated in the future"),
    ],
)
def test_each_summary_says_when_facts_were_seen(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    form: str,
    when: str | None,
    said: str,
) -> None:
    code, shown = checked(capsys, stamped(tmp_path, when), form=form)
    assert code == 0
    assert said in shown.replace("\\", "")


def test_an_age_is_told_from_a_day_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, shown = checked(capsys, stamped(tmp_path, ago(hours=20)), form="text")
    assert "old)" not in shown
    _, shown = checked(capsys, stamped(tmp_path, ago(hours=50)), form="text")
    assert "(2d old)" in shown
