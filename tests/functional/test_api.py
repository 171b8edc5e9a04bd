"""The Python API: what the commands give, byte for byte, and what of it is promised."""

import dataclasses
import inspect
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eidos.engine import api
from eidos.engine.api import Decision, Eidos, EidosError, PolicyError, StoreError, UsageError
from eidos.engine.cli import console, root
from eidos.engine.documents.writing import to_json
from fakes.policies import write_pack

ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "ci-examples" / "cluster.yaml"
DAY = datetime(2026, 11, 24, tzinfo=UTC)
PLAIN = 'package main\n\ndeny contains msg if {\n\tinput.a == 1\n\tmsg := "no"\n}\n'


pytestmark = pytest.mark.usefixtures("here")


def cli(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    console.run(root, ["check", *arguments, "--no-record", "--effective-time", "2026-11-24"])
    return capsys.readouterr().out


def alike(text: str) -> str:
    """Take away what differs from run to run, and who chose packs and day."""
    text = re.sub(r"--(effective-time|pack)\b", "Eidos.policy", text)  # who said so
    return re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{8}|2026-11-\d\dT[0-9:.]+Z?", "", text)


@pytest.mark.parametrize("form", ["json", "text", "sarif", "junit", "markdown"])
def test_files_are_judged_as_the_command_does(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Eidos(engine="light") as eidos:  # which the tests' environment says to commands
        policy = eidos.policy(["gpu"], effective_time=DAY)
        report = eidos.check([CLUSTER], policy)
        assert report.exit_code == 1
        said = eidos.render(report, form)
    by_command = cli(capsys, str(CLUSTER), "-p", "gpu", "-o", form)
    assert alike(said) == alike(by_command)


def test_what_is_at_hand_is_judged_as_a_file_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert console.run(root, ["snapshot", "convert", str(CLUSTER), "-o", "s.json"]) == 0
    value = json.loads(Path("s.json").read_text())
    Path("s.json").write_text(to_json(value))
    with Eidos(engine="light") as eidos:
        policy = eidos.policy(["gpu", "os-hardening"], effective_time=DAY)
        of_value = eidos.judge({"s.json": value}, policy)
        of_file = eidos.check(["s.json"], policy)
        first, second = (eidos.render(each) for each in (of_value, of_file))
    assert alike(first) == alike(second)
    assert of_value.exit_code == 1
    command = cli(capsys, "s.json", "-p", "gpu", "-p", "os-hardening", "-o", "json")
    assert alike(first) == alike(command)


def test_documents_of_plain_rules(here: Path) -> None:
    (here / "policy").mkdir()
    (here / "policy" / "p.rego").write_text(PLAIN)
    with Eidos() as eidos:
        policy = eidos.policy(["policy"])
        assert eidos.judge({"x": {"a": 1}}, policy).decision is Decision.FAILED
        assert eidos.judge({"x": {"a": 2}, "y": []}, policy).decision is Decision.PASSED
        for wrong in (float("nan"), {1, 2}, object(), b"x"):
            report = eidos.judge({"x": wrong, "y": {"a": 2}}, policy)
            assert report.decision is Decision.ERROR
            assert "not JSON" in report.problems[0].message
        deep: Any = []
        for _ in range(100_000):
            deep = [deep]
        assert eidos.judge({"x": deep}, policy).decision is Decision.ERROR


def test_history_is_read_back(here: Path) -> None:
    with Eidos(db=here / "e.db", record=True) as eidos:
        policy = eidos.policy(["gpu"], effective_time=DAY)
        report = eidos.check([CLUSTER], policy)
    with Eidos(db=here / "e.db") as eidos:
        [run] = eidos.runs()
        assert run.run == report.run
        assert eidos.run() == eidos.run(report.run) == report
        with pytest.raises(UsageError, match="nothing is recorded about a cluster 'no such'"):
            eidos.runs(cluster="no such")
        later = eidos.as_of(datetime.now(UTC) - timedelta(seconds=0), clusters=["demo-*"])
        assert {s.name for s in later.subjects} == {s.name for s in report.subjects}
        assert eidos.check([f"run:{report.run}"], policy).exit_code == report.exit_code


def test_what_cannot_be_answered_is_an_error_of_ours(here: Path) -> None:
    write_pack(here / "t")
    with Eidos(db=here / "none.db") as eidos:
        with pytest.raises(UsageError, match="no policy pack"):
            eidos.policy(["gpuu"])
        with pytest.raises(StoreError):
            eidos.run()
        with pytest.raises(UsageError, match="no zone"):
            eidos.policy(effective_time=datetime(2026, 1, 1))  # noqa: DTZ001 -- what is refused
        with pytest.raises(UsageError, match="no output format"):
            eidos.render(eidos.judge({"a": {}}, eidos.policy(["gpu"])), "no such")
    with Eidos(lock=here / "eidos.lock") as eidos, pytest.raises(EidosError, match=r"eidos\.lock"):
        eidos.policy(["gpu"])
    from fakes.keys import write_keys

    _, public = write_keys(here)
    with (
        Eidos(verification_keys=[public]) as eidos,
        pytest.raises(PolicyError, match="it is not signed"),
    ):
        eidos.policy(["t"])


def test_what_relaxes_is_told() -> None:
    with Eidos(engine="light") as eidos:
        policy = eidos.policy(
            ["gpu"],
            rules=["GPU-001"],
            enforcement={"GPU-001": "warn", "GPU-002": "deny"},
            fail_on="high",
            allow_incomplete=True,
        )
        report = eidos.judge({"a": {}}, policy)
        said = json.loads(eidos.render(report))["relaxations"]
    assert {each["setting"]: each["value"] for each in said} == {
        "packs": "gpu",
        "rule": "GPU-001",
        "enforcement.GPU-001": "warn",
        "fail-on": "high",
        "allow-incomplete": "true",
    }


def test_no_configuration_is_read(here: Path) -> None:
    (here / "eidos.yaml").write_text("packs: [nowhere]\nfail-on: critical\n")
    with Eidos() as eidos:
        assert eidos.check([CLUSTER], eidos.policy(["gpu"], effective_time=DAY)).exit_code == 1


def test_the_example_runs() -> None:
    command = [sys.executable, str(ROOT / "docs/examples/judge.py"), str(CLUSTER), "e.db"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "GPU-001: Driver 580.82.07" in done.stdout
    assert done.stdout.endswith("True\n")


def test_the_example_is_typed(here: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", str(ROOT / "docs/examples/judge.py")]
    environ = {**os.environ, "MYPYPATH": str(ROOT / ".hatch")}
    command += ["--explicit-package-bases", "--follow-imports=silent", "--cache-dir", str(here)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stdout


def described() -> dict[str, Any]:
    """Give every public name: methods with their signatures, data classes with their fields."""
    found: dict[str, Any] = {}
    for name in api.__all__:
        thing = getattr(api, name)
        if name == "Eidos":
            public = {"__init__", *(each for each in vars(thing) if not each.startswith("_"))}
            found[name] = {m: str(inspect.signature(getattr(thing, m))) for m in sorted(public)}
        elif name == "Policy":
            found[name] = "opaque"
        elif dataclasses.is_dataclass(thing):
            found[name] = [field.name for field in dataclasses.fields(thing)]
        elif issubclass(thing, Exception):
            found[name] = [thing.code, int(thing.exit_code)]
        else:
            found[name] = {member.name: member.value for member in thing}
    return found


def test_public_names_and_signatures_are_frozen() -> None:
    """A change here is one of the promise: docs/python-api.md says what may change, and how."""
    file = Path(__file__).with_name("python_api.json")
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        file.write_text(json.dumps(described(), indent=2) + "\n")
    assert described() == json.loads(file.read_text()), "run again with EIDOS_UPDATE_GOLDEN=1"


def test_every_promised_name_is_on_the_page() -> None:
    page = (ROOT / "docs" / "python-api.md").read_text()
    methods = [each for each in vars(Eidos) if not each.startswith("_")]
    for name in [*api.__all__, *methods]:
        assert f"`{name}" in page or f".{name}(" in page, name
