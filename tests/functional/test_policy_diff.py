"""``eidos policy diff``: what changes, and which step of the version it asks for."""

import json
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from eidos.engine.documents.reading import Document
from eidos.engine.schema import problems

RULE = """# METADATA
# title: The driver is approved
# description: Others were not tested.
# related_resources: [{ref: https://wiki.example.com}]
# custom:
#   id: T-001
#   severity: high
#   scope: node
#   requires: [gpu.smi.driver]
#   reads: [gpu.smi.gpu-count]
#   tags: [drivers]
#   controls: [{framework: nist, id: CM-2}]
#   tables: [floors]
#   params:
#     days: {type: integer, default: 3, minimum: 0, maximum: 9}
#     mode: {default: fail, values: [fail, warn]}
#   remediation: Install it.
package t.driver

import data.eidos.lib.versions

deny contains "old" if {
	versions.older(input.gpu.smi.driver, data.tables.floors.floor)
	input.gpu.smi["gpu-count"] > data.params.days
	data.params.mode == "fail"
}
"""
OTHER = RULE.replace("T-001", "T-002").replace("t.driver", "t.other")


def write(folder: str, source: str = RULE, version: str = "1.2.3", **more: str) -> str:
    Path(folder, "tables/floors").mkdir(parents=True)
    description = more.pop("description", "Test.")
    Path(folder, "pack.yaml").write_text(
        f"name: t\nversion: {version}\ndescription: {description}\nrego: v1\n"
    )
    Path(folder, "driver.rego").write_text(source)
    Path(folder, "tables/floors/data.yaml").write_text(f'floor: "{more.pop("floor", "5")}"\n')
    for name, text in more.items():
        Path(folder, f"{name}.rego").write_text(text)
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("old")


def diff(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = console.run(root, ["policy", "diff", *arguments, "-o", "json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else said.err


def changes(document: Any) -> list[tuple[str, str]]:
    return [
        (each["what"], each["step"])
        for part in (document, *document["rules"])
        for each in part["changes"]
    ]


EDITS: dict[str, tuple[str, str, str, str, str]] = {
    "severity": ("severity: high", "severity: low", "severity", "minor", "1.3.0"),
    "scope": (
        "scope: node\n#   requires: [gpu.smi.driver]\n#   reads: [gpu",
        "scope: cluster\n#   requires: [gpu.smi.driver]\n#   reads: [gpu",
        "scope",
        "major",
        "2.0.0",
    ),
    "text": ("if {\n", 'if {\n\tinput.gpu.smi.driver != "7"\n', "text", "minor", "1.3.0"),
    "title": ("is approved", "is one we know", "title", "patch", "1.2.4"),
    "description": ("Others were", "They were", "description", "patch", "1.2.4"),
    "remediation": ("Install it", "Do it", "remediation", "patch", "1.2.4"),
    "reference": ("wiki.example", "docs.example", "references", "patch", "1.2.4"),
    "tag gone": ("tags: [drivers]", "tags: []", "tags drivers", "minor", "1.3.0"),
    "tag new": ("[drivers]", "[drivers, new]", "tags new", "patch", "1.2.4"),
    "control gone": ("[{framework: nist, id: CM-2}]", "[]", "controls nist/CM-2", "minor", "1.3.0"),
    "default": ("default: 3", "default: 4", "parameter days default", "minor", "1.3.0"),
    "narrower": ("maximum: 9", "maximum: 8", "parameter days maximum", "major", "2.0.0"),
    "wider": ("maximum: 9", "maximum: 10", "parameter days maximum", "minor", "1.3.0"),
    "no bound": (", minimum: 0,", ",", "parameter days minimum", "minor", "1.3.0"),
    "a bound": (
        "default: fail,",
        "type: string, default: fail,",
        "",
        "",
        "",
    ),
    "value gone": ("[fail, warn]", "[fail]", "parameter mode values", "major", "2.0.0"),
    "value new": ("[fail, warn]", "[fail, warn, no]", "parameter mode values", "minor", "1.3.0"),
    "type": ("type: integer,", "type: number,", "parameter days type", "minor", "1.3.0"),
    "package": ("package t.driver", "package t.pinned", "package", "major", "2.0.0"),
    "level": ('deny contains "old"', 'warn contains "old"', "entrypoints deny", "minor", "1.3.0"),
    "more facts": (
        "[gpu.smi.driver]",
        "[gpu.smi.driver, os.release.ID]",
        "requires os.release.ID",
        "minor",
        "1.3.0",
    ),
    "param new": ("#     mode:", "#     more: 1\n#     mode:", "parameter more", "minor", "1.3.0"),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_change_asks_for_its_step(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, what, step, proposed = EDITS[name]
    assert before in RULE
    write("new", RULE.replace(before, after))
    code, document = diff(capsys, "old", "new")
    assert problems(Document("x", 0, document), "pack-diff/v1") == []
    if not what:  # it says the same in other words
        assert [each for each in changes(document) if each[1] != "patch"] == []
        return
    assert (code, document["proposed"], document["tooLow"]) == (1, proposed, True)
    assert (what, step) in changes(document)


def test_the_same_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    write("new", RULE.replace("deny contains", "# a remark\ndeny contains"), version="1.2.4")
    code, document = diff(capsys, "old", "new")
    assert (code, changes(document), document["step"]) == (0, [], "none")
    write("back", version="1.0.0")
    code, document = diff(capsys, "old", "back")
    assert (code, document["tooLow"]) == (1, True)


def test_rules_come_and_go(capsys: pytest.CaptureFixture[str]) -> None:
    write("new", other=OTHER, version="1.3.0")
    code, document = diff(capsys, "old", "new")
    assert (code, changes(document)) == (1, [("added", "minor")])
    assert (document["proposed"], document["tooLow"]) == ("1.3.0", False)
    code, document = diff(capsys, "new", "old")
    assert changes(document) == [("removed", "major")]
    assert (document["proposed"], document["tooLow"]) == ("2.0.0", True)


def test_a_parameter_that_is_gone_breaks_who_sets_it(capsys: pytest.CaptureFixture[str]) -> None:
    line = "#     mode: {default: fail, values: [fail, warn]}\n"
    source = RULE.replace(line, "").replace('\tdata.params.mode == "fail"\n', "")
    write("new", source)
    _, document = diff(capsys, "old", "new")
    assert ("parameter mode", "major") in changes(document)


def test_a_table_is_part_of_what_a_rule_says(capsys: pytest.CaptureFixture[str]) -> None:
    write("new", floor="6", version="1.3.0")
    code, document = diff(capsys, "old", "new")
    assert (code, changes(document)) == (1, [("table floors", "minor")])


@pytest.mark.parametrize(
    ("version", "proposed"), [("0.4.1", "0.5.0"), ("1.0.0", "2.0.0"), ("1.0.0-rc1", None)]
)
def test_below_one_what_breaks_raises_the_second_number(
    version: str, proposed: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    write("from", other=OTHER, version=version)
    write("to", version=version)
    _, document = diff(capsys, "from", "to")
    assert document["proposed"] == proposed


def test_names_of_shipped_packs_may_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    """A copy that is changed has taken names, and judges nobody here."""
    assert diff(capsys, "gpu", "gpu")[0] == 0
    code, said = diff(capsys, "gpu", "gpu@9.9.9")
    assert (code, "has version" in said) == (2, True)


def test_folders_of_plain_rules_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    for folder, text in (("a", "one"), ("b", "two")):
        Path(folder).mkdir()
        Path(folder, "main.rego").write_text(f'package main\n\ndeny contains "{text}"\n')
    code, document = diff(capsys, "a", "b")
    assert (code, changes(document), document["proposed"]) == (1, [("text", "minor")], None)
    code, said = diff(capsys, "a", "old")
    assert (code, "folder of plain rules" in said) == (2, True)


def test_people_are_told_why_and_what_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        "new", RULE.replace("severity: high", "severity: low").replace("is approved", "::error::x")
    )
    assert console.run(root, ["policy", "diff", "old", "new", "-v"]) == 1
    told = capsys.readouterr().out
    assert "minor severity high -> low: gates let it pass that closed" in told
    assert "version: minor step, 1.3.0 or higher, since T-001: severity high -> low" in told
    assert "write 'version: 1.3.0' in pack.yaml" in told
    assert "-#   severity: high" in told
    assert "\n::error" not in told
    assert console.run(root, ["policy", "diff", "old", "new", "-o", "markdown"]) == 1
    assert "severity high -&#62; low | minor |" in capsys.readouterr().out


@pytest.mark.parametrize("names", [["old"], ["old", "nowhere"], ["", "old"]])
def test_what_cannot_be_read_is_no_answer(
    names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = diff(capsys, *names)
    assert code == 2
