"""Shipped rules on small inputs made after public bug reports."""

import json
from pathlib import Path

import pytest

from eidos.engine.cli import root
from eidos.engine.cli.console import run


def test_the_digest_of_what_runs_is_no_pin(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shared / "data/cases/08-latest-with-a-running-digest/snapshot.yaml"
    options = ["--no-record", "-p", "supply-chain", "--rule", "SUP-001", "-o", "json"]
    assert run(root, ["check", str(file), *options]) == 1
    [subject] = json.loads(capsys.readouterr().out)["subjects"]
    [verdict] = subject["verdicts"]
    paths = [finding["path"] for finding in verdict["findings"]]
    assert paths == ["k8s.image.containers[0]", "k8s.image.containers[1]"]


def test_data_that_is_nowhere_is_refused(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = shared / "data/cases/04-data-documents"
    alone = case / "policy" / "a.rego"
    assert run(root, ["check", str(case / "doc.yaml"), "--no-record", "-p", str(alone)]) == 2
    said = capsys.readouterr().err
    assert "a.rego:6: the rule reads data.banned_images, which is not there" in said
