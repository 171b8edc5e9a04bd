"""``eidos snapshot --watch`` as a process: lines, hooks, signals."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.machines import gpu_node

PATIENCE = 250
"""Seconds for a process that may have to share two cores with many."""


class Watching:
    """A watch of a machine made of files."""

    def __init__(self, node: Path, *arguments: str) -> None:
        self.node = node
        self.state = node.parent / "state.yaml"
        command = [sys.executable, "-m", "eidos.engine", "--trust-project", "snapshot", "--watch"]
        command += ["--interval", "50ms"]
        command += ["--root", str(node), "--filter", "os.grub", "-o", str(self.state), *arguments]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=node.parent)

    def boot_with(self, line: str) -> None:
        path = self.node / "proc/cmdline"
        fresh = path.with_name("fresh")
        fresh.write_text(line + "\n")
        fresh.replace(path)

    def wait_for_first_state(self) -> None:
        for _ in range(PATIENCE * 20):
            if self.state.exists():
                return
            select.select([], [], [], 0.05)
        pytest.fail("no first state")

    def line(self) -> dict[str, object]:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert ready, "no line came"
        found: dict[str, object] = json.loads(self.process.stdout.readline())
        return found

    def end(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said.decode()


@pytest.fixture
def node(tmp_path: Path) -> Path:
    return gpu_node(tmp_path / "host")


@pytest.fixture
def started() -> Iterator[list[Watching]]:
    watches: list[Watching] = []
    yield watches
    for one in watches:
        one.process.kill()
        one.process.communicate()


def test_a_change_is_one_line_and_the_hook_gets_the_patch(
    node: Path, tmp_path: Path, started: list[Watching]
) -> None:
    script = tmp_path / "hook.py"
    script.write_text(
        "import os, sys, pathlib\n"
        "pathlib.Path('told').write_text(os.environ['EIDOS_CHANGE_TO'] + sys.stdin.read())\n"
    )
    watching = Watching(node, "--on-change", f"{sys.executable} {script}")
    started.append(watching)
    watching.wait_for_first_state()

    watching.boot_with("quiet splash")
    line = watching.line()
    code, said = watching.end(signal.SIGTERM)

    assert (code, said) == (143, "")
    told = (tmp_path / "told").read_text()
    assert told == str(line["to"]) + json.dumps(line["patch"])
    assert line["from"] != line["to"]
    assert "splash" in watching.state.read_text()


def test_what_is_ignored_is_no_change_and_the_next_patch_brings_it_along(
    node: Path, started: list[Watching]
) -> None:
    (node.parent / "eidos.yaml").write_text("ignore: [os.grub.quiet]\n")
    watching = Watching(node, "--on-change", "cat")
    started.append(watching)
    watching.wait_for_first_state()

    watching.boot_with("iommu=on quiet=ignored")
    first = watching.line()
    watching.boot_with("iommu=on quiet=too")
    select.select([], [], [], 1.0)  # some looks at it, that are told to nobody
    watching.boot_with("iommu=pt quiet=more")
    second = watching.line()
    watching.end(signal.SIGTERM)

    assert second["from"] == first["to"]
    patch = json.dumps(second["patch"])
    assert '/data/quiet", "value": "more"}' in patch
    assert '"too"' not in patch


def test_a_failing_hook_is_reported_and_the_watch_goes_on(
    node: Path, started: list[Watching]
) -> None:
    watching = Watching(node, "--on-change", "sh -c 'echo no luck; exit 3'")
    started.append(watching)
    watching.wait_for_first_state()

    watching.boot_with("one")
    first = watching.line()
    watching.boot_with("two")
    second = watching.line()
    code, said = watching.end(signal.SIGINT)

    assert code == 130
    assert second["from"] == first["to"]
    assert "hook: no luck" in said
    assert "the hook failed: it ended with 3" in said


def test_each_state_is_judged(node: Path, started: list[Watching]) -> None:
    watching = Watching(node, "--check")
    started.append(watching)

    line = watching.line()
    code, _ = watching.end(signal.SIGTERM)

    assert code == 143
    assert line["from"] is None
    check = line["check"]
    assert isinstance(check, dict)
    assert check["decision"] == "incomplete"


def test_a_reader_that_leaves_ends_the_watch_without_noise(
    node: Path, started: list[Watching]
) -> None:
    watching = Watching(node)
    started.append(watching)
    watching.wait_for_first_state()
    assert watching.process.stdout is not None
    os.close(os.dup(watching.process.stdout.fileno()))
    watching.process.stdout.close()

    watching.boot_with("changed")
    assert watching.process.stderr is not None
    assert watching.process.wait(timeout=PATIENCE) == 0
    assert watching.process.stderr.read() == b""
