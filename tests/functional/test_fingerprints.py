"""Findings keep their identity when siblings, or whole documents, come and go."""

import json
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root

WORDS = """\
package main

deny contains msg if {
	some c in input.spec.containers
	not c.memory
	msg := sprintf("container %s has no memory limit", [c.name])
}
"""
PATHS = """\
package main

deny contains {"msg": "no memory limit", "path": sprintf("spec.containers[%d]", [i])} if {
	some i, c in input.spec.containers
	not c.memory
}
"""
KEYS = """\
package main

deny contains {"msg": "no memory limit", "key": c.name} if {
	some c in input.spec.containers
	not c.memory
}
"""
pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pod(name: str, *containers: str) -> str:
    listed = [{"name": each} for each in containers]
    document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": listed},
    }
    return json.dumps(document)


def prints(form: str, capsys: pytest.CaptureFixture[str], *documents: str) -> set[str]:
    Path("pods.yaml").write_text("\n---\n".join(documents))
    capsys.readouterr()
    assert console.run(root, ["check", "pods.yaml", "-p", "policy", "--no-record", "-o", form]) == 1
    told: Any = json.loads(capsys.readouterr().out)
    if form == "gitlab":
        return {each["fingerprint"] for each in told if each["check_name"] != "eidos"}
    return {each["partialFingerprints"]["eidos/v1"] for each in told["runs"][0]["results"]}


@pytest.mark.parametrize("form", ["gitlab", "sarif"])
@pytest.mark.parametrize("rule", [WORDS, PATHS, KEYS], ids=["words", "paths", "keys"])
def test_what_stays_keeps_its_fingerprint(
    capsys: pytest.CaptureFixture[str], rule: str, form: str
) -> None:
    Path("policy").mkdir()
    Path("policy/memory.rego").write_text(rule)

    all_three = prints(form, capsys, pod("a", "one", "three", "two"))
    without_one = prints(form, capsys, pod("a", "three", "two"))
    turned_around = prints(form, capsys, pod("a", "two", "three", "one"))
    inserted_above = prints(form, capsys, pod("new", "x"), pod("a", "one", "three", "two"))

    assert len(all_three) == 3
    assert without_one < all_three
    assert turned_around == all_three
    assert all_three < inserted_above
    assert len(inserted_above) == 4


@pytest.mark.parametrize("form", ["gitlab", "sarif"])
def test_a_recorded_run_has_the_same(capsys: pytest.CaptureFixture[str], form: str) -> None:
    Path("policy").mkdir()
    Path("policy/memory.rego").write_text(PATHS)
    Path("pods.yaml").write_text(pod("new", "x") + "\n---\n" + pod("a", "one"))
    console.run(root, ["check", "pods.yaml", "-p", "policy", "-o", form])
    told = capsys.readouterr().out

    assert console.run(root, ["history", "show", "latest", "-o", form]) == 0
    assert capsys.readouterr().out == told
