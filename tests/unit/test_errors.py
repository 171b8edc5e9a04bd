"""Places in messages: a name without end does not push its sentence out."""

import json
from pathlib import Path

import pytest

from eidos.engine.cli import console, root
from eidos.engine.errors import EidosError, Location, without_middle

LONG = "$." + "k" * 5000 + ".end"


def test_a_short_place_is_shown_whole() -> None:
    assert str(Location("a.yaml", 3, 5, "$.a.b")) == "a.yaml:3:5 $.a.b"
    assert str(Location("a.yaml")) == "a.yaml"


def test_a_long_path_keeps_its_beginning_and_its_end() -> None:
    shown = str(Location("a.yaml", 3, 5, LONG))
    assert shown.startswith("a.yaml:3:5 $.kkk")
    assert shown.endswith("kkk.end")
    assert len(shown) < 500
    assert Location("a", path=LONG).path == LONG  # what programs read is whole


def test_a_long_file_keeps_its_line() -> None:
    shown = str(Location("d/" * 2000 + "a.yaml", 7))
    assert shown.endswith("/a.yaml:7")
    assert len(shown) < 1100


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 100])
def test_the_middle_goes_and_the_length_holds(length: int) -> None:
    text = "0123456789"
    shown = without_middle(text, length)
    assert len(shown) == min(length, len(text))
    assert shown == text or "…" in shown


def test_the_sentence_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    console.complain(EidosError("it is wrong", location=Location("a", 1, 1, LONG), hint="h" * 9999))
    error, hint = capsys.readouterr().err.splitlines()
    assert error.endswith(": it is wrong")
    assert len(hint) < 4100


@pytest.mark.parametrize(
    "text",
    [
        "{" + f'"{LONG}": 1, "{LONG}": 2' + "}",
        json.dumps(
            {
                "apiVersion": "eidos.dev/v1",
                "kind": "Snapshot",
                "metadata": {"cluster": "a"},
                "nodes": [{"name": LONG, "measurements": []}] * 2,
            }
        ),
    ],
)
def test_what_is_there_twice_is_told_however_long_its_name(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.json"
    file.write_text(text)
    assert console.run(root, ["validate", str(file)]) in (1, 2)
    line = capsys.readouterr().out.splitlines()[0]
    assert "is there twice" in line
    assert len(line) < 1500


@pytest.mark.parametrize("form", ["text", "github"])
def test_what_is_wrong_below_a_long_key_is_told(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.json"
    case = {"name": "x", "expect": [{"rule": "A", "status": "pass"}]}
    kind = {"apiVersion": "eidos.dev/v1", "kind": "PolicyCases"}
    file.write_text(json.dumps({**kind, "params": {"k" * 5000: 5}, "cases": [case]}))
    assert console.run(root, ["validate", str(file), "-o", form]) == 1
    line = capsys.readouterr().out.splitlines()[0]
    assert "number" in line
    assert len(line) < 1500
