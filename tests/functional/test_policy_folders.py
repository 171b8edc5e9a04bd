"""Which files a folder of policy has: whoever reads it finds the same ones."""

import json
from pathlib import Path

import pytest

from eidos.engine.cli import root
from eidos.engine.cli.console import run

RULE = 'package main\n\n{word} contains "{said}" if input.a == 1\n'
TEST = "package main_test\n\nimport data.main\n\n{name} if count(main.deny) > 0 with input.a as 1\n"
SEEN = ("plain", "hidden", "in a hidden folder", "linked")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files can be missed, beside what is of nobody's policy."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    names = ["policy/a.rego", "policy/.b.rego", "policy/.c/c.rego", "../elsewhere/d.rego"]
    for name, said in zip(names, SEEN, strict=True):
        write(name, RULE.format(word="deny", said=said))
    write("policy/.c/a_test.rego", TEST.format(name="test_hidden"))
    write("../elsewhere/b_test.rego", TEST.format(name="test_linked"))
    Path("policy/linked").symlink_to("../../elsewhere")
    for name in ("policy/.git/x.rego", "policy/.venv/x.rego", "policy/..data/x.rego"):
        write(name, RULE.format(word="deny", said="of nobody"))
    write("policy/.venv/pyvenv.cfg", "home = /usr/bin\n")
    write("a.yaml", "a: 1\n")
    return Path.cwd()


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


def test_every_rule_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, ["check", "-p", "policy", "a.yaml", "--no-record", "-o", "json"]) == 1
    said = capsys.readouterr().out
    assert [text for text in (*SEEN, "of nobody") if f'"{text}"' in said] == list(SEEN)


def test_every_module_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    run(root, ["policy", "lint", "--no-regal", "-o", "json", "policy"])
    assert json.loads(capsys.readouterr().out)["files"] == 4
    run(root, ["policy", "lint", "--no-regal", "-o", "json", "."])
    assert json.loads(capsys.readouterr().out)["files"] == 4


def test_every_test_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, ["policy", "test", "policy", "-o", "json"]) == 0
    said = capsys.readouterr().out
    assert ("test_hidden" in said, "test_linked" in said) == (True, True)
