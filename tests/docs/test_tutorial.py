"""The tutorial can be typed: each file is written, each command run, each answer compared."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from docs.test_docs import resolve
from eidos import schemas

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial-policy.md"
EDITORS = ROOT / "docs" / "editors.md"
STEP = re.compile(
    r"(?ms)(?:<!-- file: (?P<file>\S+) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$"
)


def steps(page: Path) -> Iterator[tuple[str, str, str]]:
    """Give what a page does: ``write FILE text``, ``run "" commands``, ``expect "" output``."""
    for found in STEP.finditer(page.read_text()):
        if found["file"]:
            yield "write", found["file"], found["text"]
        else:
            yield {"sh": "run", "text": "expect"}[found["language"]], "", found["text"]


def is_like(said: str, shown: str) -> bool:
    """Say whether an output is what a page shows, where ``...`` stands for anything."""
    pattern = ".*".join(map(re.escape, shown.strip().split("...")))
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


@pytest.mark.real
def test_the_tutorial_goes_as_it_says(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for needed in ("openssl", "opa"):
        if shutil.which(needed, path=path) is None:
            pytest.skip(f"no {needed} on PATH")
    home = tmp_path / "home"
    environ = {"PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    environ["XDG_CACHE_HOME"] = os.environ["XDG_CACHE_HOME"]  # the shipped packs, read already
    folder = tmp_path / "work"
    folder.mkdir()
    said = ""
    for action, file, text in steps(TUTORIAL):
        if action == "write":
            (folder / file).write_text(text)
        elif action == "run":
            command = ["sh", "-c", f"set -e\n{text}"]
            done = subprocess.run(
                command,
                cwd=folder,
                env=environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            said = done.stdout
            assert done.returncode == 0, f"{text}\n{said}"
        else:
            assert is_like(said, text), f"shown:\n{text}\nsaid:\n{said}"


def marked(name: str) -> str:
    """Give the block of the page on editors with a mark."""
    found = re.search(rf"(?ms)<!-- {name} -->\n```\w+\n(.*?)^```$", EDITORS.read_text())
    assert found is not None
    return found[1]


def test_schemas_for_editors_are_there() -> None:
    named = json.loads(marked("schemas"))["yaml.schemas"]
    files = [path.partition("/eidos/schemas/")[2] for path in named]
    assert files
    assert [name for name in files if not (schemas.FOLDER / name).is_file()] == []


def test_hooks_for_editors_are_commands() -> None:
    [repo] = yaml.safe_load(marked("hooks"))["repos"]
    for hook in repo["hooks"]:
        program, *arguments = shlex.split(hook["entry"])
        assert program == "eidos"
        assert arguments.pop(0) == "--no-config"
        assert arguments[0] == "policy"
        resolve(arguments)  # refuses what there is not


def test_the_problem_matcher_reads_what_lint_says() -> None:
    [task] = json.loads(marked("tasks"))["tasks"]
    pattern = re.compile(task["problemMatcher"]["pattern"]["regexp"])
    shown = [
        line for line in TUTORIAL.read_text().splitlines() if line.endswith("[version-as-text]")
    ]
    for line in shown:  # the test of the tutorial holds that lint says so
        found = pattern.match(line)
        assert found is not None
        assert found.group(1, 2, 3, 4) == ("acme-gpu/driver_floor.rego", "19", "2", "error")
    assert shown
