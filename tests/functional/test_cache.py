"""The cache as the command line shows it."""

import json
import os
from pathlib import Path

import pytest

from eidos.engine.cli import console, root
from fakes.machines import gpu_node


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return gpu_node(tmp_path / "host")


def take(node: Path, *arguments: str) -> int:
    return console.run(root, ["snapshot", "--root", str(node), "--filter", "os.grub", *arguments])


def entries(capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    assert console.run(root, ["cache", "info", "--format", "json"]) == 0
    count: int = json.loads(capsys.readouterr().out)["entries"]
    return count


def test_a_second_call_gives_the_same_and_says_so(
    node: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(node) == 0
    first = capsys.readouterr()
    (node / "proc/cmdline").write_text("changed\n")
    assert take(node) == 0
    second = capsys.readouterr()

    assert second.out == first.out
    assert "from the cache: collected" not in first.err
    assert "from the cache: collected" in second.err
    assert take(node, "--no-cache") == 0
    assert "changed" in capsys.readouterr().out


def test_other_parameters_are_another_entry(node: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--cluster", "c"], ["--node", "n9"], ["--exclude", "gpu"]):
        assert take(node, *arguments) == 0

    assert entries(capsys) == 4
    assert console.run(root, ["cache", "clear"]) == 0
    assert entries(capsys) == 0


def test_what_is_incomplete_is_not_kept(node: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (node / "proc/cmdline").unlink()

    assert take(node) == 3
    assert entries(capsys) == 0


def test_a_damaged_entry_is_noted_and_replaced(
    node: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(node) == 0
    (path,) = Path(os.environ["XDG_CACHE_HOME"]).rglob("*.entry")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:100])
    path.chmod(0o400)
    capsys.readouterr()

    assert take(node) == 0
    said = capsys.readouterr()
    assert "damaged" in said.err
    assert "Snapshot" in said.out
    assert take(node) == 0
    assert "from the cache" in capsys.readouterr().err
