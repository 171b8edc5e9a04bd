"""``eidos policy fmt`` does what ``opa fmt`` does, and nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest

from eidos.engine.cli import console, root

UGLY = {
    "policy/a.rego": 'package a\n# why\nx   :=1\ndeny contains "b"   if {input.x==1\n  x == 1}\n',
    "policy/deep/b.rego": "package b\n\n\n\nimport data.a as a\np if { a.x }",
    "policy/crlf.rego": "package c\r\n\r\nx := 1\r\n",
    "policy/good.rego": "package d\n\nx := 1\n",
    "policy/data.json": "{}",
}


pytestmark = pytest.mark.usefixtures("here")


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(text.encode())


def contents(folder: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def fmt(*arguments: str) -> int:
    return console.run(root, ["policy", "fmt", *arguments])


@pytest.mark.real
def test_the_same_bytes_as_opa(opa: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(UGLY)
    shutil.copytree("policy", "theirs")
    done = subprocess.run([opa, "fmt", "-l", "theirs"], capture_output=True, text=True, check=True)
    listed = {line.replace("theirs", "policy") for line in done.stdout.split()}
    subprocess.run([opa, "fmt", "-w", "theirs"], check=True)
    assert fmt("policy") == 0
    assert set(capsys.readouterr().out.split()) == listed
    assert contents("policy") == contents("theirs")
    assert fmt("policy", "--check") == 0
    assert not capsys.readouterr().out


@pytest.mark.real
@pytest.mark.parametrize("option", ["--check", "--diff"])
@pytest.mark.usefixtures("opa")
def test_looking_changes_nothing(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(UGLY)
    before = contents("policy")
    assert fmt("policy", option) == (1 if option == "--check" else 0)
    assert "policy/a.rego" in (said := capsys.readouterr().out)
    assert ("+x := 1" in said) == (option == "--diff")
    assert contents("policy") == before


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_files_that_do_not_parse_are_told_and_hide_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write({**UGLY, "policy/x.rego": "package x\n\np if {\n", "policy/b.rego": "package\n"})
    assert fmt("policy") == 2
    out, err = capsys.readouterr()
    assert "policy/x.rego:4" in err
    assert "policy/b.rego:" in err
    assert "eidos-opa-" not in err
    assert "policy/a.rego" in out
    assert Path("policy/x.rego").read_text() == "package x\n\np if {\n"
    assert Path("policy/a.rego").read_text().startswith("package a\n\n# why\nx := 1\n")


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_v0(capsys: pytest.CaptureFixture[str]) -> None:
    write({"a.rego": 'package a\ndeny[x]{ x:="b" }\n'})
    assert fmt("a.rego") == 2
    capsys.readouterr()
    assert fmt("a.rego", "--v0") == 0
    assert Path("a.rego").read_text() == 'package a\n\ndeny[x] {\n\tx := "b"\n}\n'


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_links_are_not_followed(capsys: pytest.CaptureFixture[str]) -> None:
    write({"outside/a.rego": UGLY["policy/a.rego"], "policy/good.rego": UGLY["policy/good.rego"]})
    Path("policy/link.rego").symlink_to("../outside/a.rego")
    Path("policy/folder").symlink_to("../outside")
    before = contents("outside")
    assert fmt("policy") == 0
    said = capsys.readouterr().err
    assert "policy/link.rego is a link" in said
    assert "policy/folder/a.rego is a link" in said
    assert fmt("policy/link.rego") == 2
    assert contents("outside") == before


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_permissions_stay() -> None:
    write({"a.rego": UGLY["policy/a.rego"]})
    Path("a.rego").chmod(0o640)
    assert fmt("a.rego") == 0
    assert Path("a.rego").stat().st_mode & 0o777 == 0o640
    assert [*Path().iterdir()] == [Path("a.rego")]


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_what_is_no_text_and_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.rego").write_bytes(b"package a\xff\n")
    assert fmt("a.rego") == 2
    assert "a.rego: the policy file is not UTF-8 text" in capsys.readouterr().err
    assert fmt("nope") == 2
    Path("empty").mkdir()
    assert fmt("empty") == 2


def test_the_light_engine_does_not_format(capsys: pytest.CaptureFixture[str]) -> None:
    write(UGLY)
    assert fmt("policy") == 2
    assert "formatting is done by OPA" in capsys.readouterr().err
