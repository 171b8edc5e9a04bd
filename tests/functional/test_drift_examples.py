"""The drift workflow and the page on drift: what they say is what happens."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from eidos.engine import __version__
from eidos.engine.comparing.ignoring import default_ignores
from eidos.engine.comparing.levels import DEFAULT_LEVELS

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "ci-examples" / "github-actions" / "drift.yml"
SHIMS = {
    "eidos": """\
#!{python}
import os, shutil, sys
if "snapshot" in sys.argv[1:3]:
    shutil.copy(os.environ["TAKEN"], sys.argv[sys.argv.index("-o") + 1])
    sys.exit(int(os.environ["TAKEN_CODE"]))
sys.argv += ["--effective-time", "2026-11-24"]
from eidos.engine.__main__ import main
main()
""",
    "git": '#!/bin/sh\ntest "$*" = \'show HEAD^1:cluster.yaml\' && cat "$TAKEN"\n',
    "gh": '#!/bin/sh\necho "$@" >> calls\n',
    "pip": '#!/bin/sh\necho "$@" >> calls\n',
}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "shims").mkdir()
    for name, text in SHIMS.items():
        shim = tmp_path / "shims" / name
        shim.write_text(text.replace("{python}", sys.executable))
        shim.chmod(stat.S_IRWXU)
    text = (ROOT / "ci-examples" / "cluster.yaml").read_text()
    (tmp_path / "cluster.yaml").write_text(text)
    (tmp_path / "same.yaml").write_text(text)
    (tmp_path / "other.yaml").write_text(re.sub(r"(?m)^( +driver: ).*", r"\g<1>570.1.1", text))
    (tmp_path / "broken.yaml").write_text("[")
    return tmp_path


def parsed() -> Any:
    return yaml.safe_load(WORKFLOW.read_text())


def run_job(machine: Path, job: str, taken: str, code: int = 0) -> tuple[int, str]:
    """Run the scripts of a job one after the other, until one fails."""
    env = {
        **os.environ,
        "PATH": f"{machine / 'shims'}:{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": "summary.md",
        "RUNNER_TEMP": str(machine),
        "KUBECONFIG_TEXT": "a secret",
        "PULL_REQUEST": "pr-7",
        "TAKEN": taken,
        "EIDOS_INDEX": "https://pypi.example.com/simple",
        "TAKEN_CODE": str(code),
    }
    said = ""
    for step in parsed()["jobs"][job]["steps"]:
        if "run" in step:
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            ran = subprocess.run(
                shell, cwd=machine, env=env, capture_output=True, text=True, check=False
            )
            said += ran.stdout + ran.stderr
            if ran.returncode:
                return ran.returncode, said
    return 0, said


@pytest.mark.parametrize(
    ("taken", "code", "said"),
    [
        ("same.yaml", 0, "identical"),
        ("other.yaml", 1, "has drifted from its baseline"),
        ("broken.yaml", 2, "could not compare"),
    ],
)
def test_the_nightly_job_ends_as_the_comparison(
    machine: Path, taken: str, code: int, said: str
) -> None:
    ended, told = run_job(machine, "nightly", taken)
    assert ended == code
    assert said in told
    assert not (machine / "kubeconfig").exists()
    if code < 2:
        assert "eidos diff" in (machine / "summary.md").read_text()


def test_a_collector_that_could_not_see_all_does_not_stop_the_night(machine: Path) -> None:
    assert run_job(machine, "nightly", "other.yaml", code=3)[0] == 1
    assert run_job(machine, "nightly", "other.yaml", code=2)[0] == 2


@pytest.mark.parametrize("taken", ["same.yaml", "other.yaml"])
def test_drift_is_commented_on_the_pull_request(machine: Path, taken: str) -> None:
    ended, told = run_job(machine, "comment", taken)
    assert ended == 0
    assert "::" in told
    calls = (machine / "calls").read_text()
    assert "pr comment pr-7 --body-file drift.md" in calls
    assert ("gpu.smi.driver" in (machine / "drift.md").read_text()) is (taken == "other.yaml")


def test_a_baseline_that_cannot_be_read_is_no_comment(machine: Path) -> None:
    assert run_job(machine, "comment", "broken.yaml")[0] == 2
    assert "pr comment" not in (machine / "calls").read_text()


def test_the_workflow_is_careful_and_keeps_the_published_schema() -> None:
    workflow = parsed()
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", step.get("uses", "a/b@" + "0" * 40))
            assert "${{" not in step.get("run", "")
    assert set(re.findall(r"eidos-policy(?:\[k8s\])?==([\w.]+)", WORKFLOW.read_text())) == {
        __version__
    }
    workflow["on"] = workflow.pop(True)  # YAML 1.1 takes `on` for a boolean
    schema = json.loads((ROOT / "tests/schemas/github-workflow.json").read_text())
    jsonschema.validators.validator_for(schema)(schema).validate(workflow)


def test_the_page_has_every_row_of_both_tables() -> None:
    page = (ROOT / "docs" / "drift.md").read_text()
    for row in DEFAULT_LEVELS:
        assert re.search(rf"^\| {row.level} \|.*`{re.escape(row.pattern)}`", page, re.MULTILINE)
    for rule in default_ignores():
        assert re.search(
            rf"^\| {re.escape(rule.reason)} \|.*`{re.escape(rule.pattern)}`", page, re.MULTILINE
        )
