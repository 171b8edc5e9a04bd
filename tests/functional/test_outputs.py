"""Every command writes its result in the same way: formats, files, versions, closed pipes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eidos.engine import schema
from eidos.engine.cli import console, root
from eidos.engine.documents.reading import Document
from fakes.drifting import snapshot
from fakes.policies import write_pack

EIDOS = (sys.executable, "-m", "eidos.engine")
NODE: dict[str, Any] = {
    "GPU": {"smi": {"driver": "580.1"}},
    "OS": {"grub": {"quiet": ""}, "sysctl": {"/proc/sys/vm/swappiness": 1}},
}
OLD = {**NODE, "GPU": {"smi": {"driver": "570.1"}}}
RESULTS: dict[str, tuple[str, int]] = {
    "check b.json nothing.json -p t": ("report/v1", 2),
    "history show latest": ("report/v1", 0),
    "history runs": ("runs/v1", 0),
    "history verify": ("verification/v1", 0),
    "diff a.json b.json --no-policy": ("drift/v1", 1),
    "diff --matrix a.json b.json --no-policy": ("drift-matrix/v1", 1),
    "validate a.json bad.json nothing.json": ("validation/v1", 2),
    "config validate": ("validation/v1", 1),
    "config show": ("settings/v1", 2),
    "cache info": ("cache/v1", 0),
    "plugin list": ("plugins/v1", 0),
    "facts gpu.smi.driver a.json -p t": ("fact-list/v1", 0),
}
"""Call to the schema of its JSON, and its exit code."""
DOCUMENTS = (
    "snapshot --filter os.boot --no-cache",
    "snapshot convert a.json",
    "snapshot merge a.json",
)
every_result = pytest.mark.parametrize("call", RESULTS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EIDOS_DB", str(tmp_path / "e.db"))
    write_pack(tmp_path / "t")
    for name, node in (("a", NODE), ("b", OLD)):
        (tmp_path / f"{name}.json").write_text(json.dumps(snapshot({f"n-{name}": node})))
    (tmp_path / "bad.json").write_text('{"apiVersion": "eidos.dev/v1", "kind": "Snapshot"}')
    console.run(root, ["check", "a.json", "-p", "t", "-o", "json=first.json"])
    return tmp_path


def run(call: str, *more: str) -> int:
    if call.startswith("config"):
        Path("eidos.yaml").write_text("fial-on: high\n")
    return console.run(root, [*call.split(), *more])


@every_result
@pytest.mark.usefixtures("folder")
def test_json_is_versioned_and_what_its_schema_says(
    call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, code = RESULTS[call]
    capsys.readouterr()
    assert run(call, "-o", "json") == code
    text = capsys.readouterr().out
    value = json.loads(text)
    assert value["apiVersion"] == "eidos.dev/v1"
    assert schema.kinds()[value["kind"]] == name
    assert schema.problems(Document("x", 0, value), name) == []

    Path("result.json").write_text(text)
    Path("eidos.yaml").unlink(missing_ok=True)
    assert console.run(root, ["validate", "result.json"]) == 0
    assert f"valid {name}" in capsys.readouterr().out


def test_many_comparisons_are_a_document_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = "diff --baseline a.json b.json a.json --no-policy -o json=d.jsonl -o json-patch=p.jsonl"
    assert run(call) == 1
    for file, name in (("d.jsonl", "drift/v1"), ("p.jsonl", "drift-patch/v1")):
        lines = (folder / file).read_text().splitlines()
        assert len(lines) == 2
        for line in lines:
            value = json.loads(line)
            assert schema.kinds()[value["kind"]] == name
            assert schema.problems(Document("x", 0, value), name) == []
    assert capsys.readouterr().err == "relaxed: no-policy: true (--no-policy)\n"


@pytest.mark.parametrize("more", [(), ("--summary",), ("-o", "json")])
def test_a_comparison_tells_once_what_relaxed_it(folder: Path, more: tuple[str, ...]) -> None:
    """Where a person sees both streams: in the report if that tells it, and else beside it."""
    done = subprocess.run(
        [sys.executable, "-m", "eidos.engine", "diff", "a.json", "b.json", "--no-policy", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.stdout.splitlines().count("relaxed: no-policy: true (--no-policy)") == 1


@every_result
def test_a_file_holds_what_standard_output_would(
    call: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = RESULTS[call][1]
    before = {*folder.iterdir()}
    assert run(call, "-o", "text", "-o", "json=out/r.json") == 2, "the folder is not there"
    assert "cannot write" in capsys.readouterr().err
    assert {*folder.iterdir()} - before <= {folder / "eidos.yaml"}
    assert run(call, "-o", "text=r.txt") == code
    assert not capsys.readouterr().out
    assert run(call, "-o", "text") == code
    shown = capsys.readouterr().out
    assert (folder / "r.txt").read_text() == shown


@every_result
@pytest.mark.usefixtures("folder")
def test_an_unknown_format_is_told_alike_with_the_nearest(
    call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(call, "-o", "jsn") == 2
    said = capsys.readouterr().err
    assert "there is no output format 'jsn' for" in said
    assert "hint: Did you mean 'json'?" in said


@pytest.mark.parametrize("call", [*RESULTS, *DOCUMENTS])
@pytest.mark.usefixtures("folder")
def test_a_reader_that_left_changes_nothing_about_the_exit_code(call: str) -> None:
    if call.startswith("config"):
        Path("eidos.yaml").write_text("fial-on: high\n")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [*EIDOS, *call.split()], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writing)
    assert ended.returncode == RESULTS.get(call, ("", 0))[1]
    assert "Broken pipe" not in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("call", DOCUMENTS)
def test_documents_have_the_same_three_formats_and_places(
    call: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form, start in (("yaml", "apiVersion: "), ("json", "{"), ("table", "apiVersion\t")):
        capsys.readouterr()
        assert run(call, "--format", form) == 0
        assert capsys.readouterr().out.startswith(start)
    for place, start in (("s.json", "{"), ("s.yaml", "apiVersion: "), ("s.txt", "apiVersion\t")):
        assert run(call, "-o", place) == 0
        assert (folder / place).read_text().startswith(start)
    assert run(call, "-o", "no/such/folder.yaml") == 2
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize("call", ["check a.json", "diff a.json b.json", "admit a.json"])
def test_no_output_replaces_what_is_looked_at(
    call: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "a.json").read_bytes()
    (folder / "link.json").symlink_to("a.json")
    for place in ("a.json", str(folder / "a.json"), "link.json"):
        assert console.run(root, [*call.split(), "-o", f"json={place}"]) == 2
        assert f"{place} would replace what is looked at" in capsys.readouterr().err
    assert (folder / "a.json").read_bytes() == before


@pytest.mark.parametrize("more", [(), ("--allow-incomplete",)])
def test_a_folder_without_a_document_is_incomplete_whatever_is_beside_it(
    more: tuple[str, ...], folder: Path
) -> None:
    (folder / "empty").mkdir()
    for named in (("empty",), ("a.json", "empty")):
        assert console.run(root, ["check", *named, "-p", "t", *more]) == 3
    assert console.run(root, ["check", "nothing.json", "empty", "-p", "t", *more]) == 2
