"""``eidos validate`` as its users run it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eidos.engine.cli import console, root

DOCUMENTS = Path(__file__).parents[1] / "documents"
VALID = sorted(path for path in DOCUMENTS.glob("valid/*/*") if path.is_file())
INVALID = sorted(path for path in DOCUMENTS.glob("invalid/*/*") if path.is_file())
SMALL = DOCUMENTS / "valid/snapshot/small.yaml"


def eidos(*arguments: str | Path) -> int:
    return console.run(root, ["validate", *map(str, arguments)])


def names(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", VALID, ids=names)
def test_good_documents_of_every_kind_are_valid(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert eidos(path) == 0
    out = capsys.readouterr().out
    assert out == f"{path}: valid {path.parent.name}/v1\n1 valid, 0 invalid\n"


@pytest.mark.parametrize("path", INVALID, ids=names)
def test_bad_documents_are_told_all_their_problems(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = re.findall(r"^# expect: (.*)$", path.read_text(), re.MULTILINE)
    assert eidos("-o", "json", path) == 1
    (document,) = json.loads(capsys.readouterr().out)["documents"]
    assert sorted(each["location"]["path"] for each in document["problems"]) == sorted(expected)
    places = [each["location"] for each in document["problems"]]
    assert all(place["line"] and place["column"] for place in places)


def test_every_kind_has_a_good_and_a_bad_document() -> None:
    kinds = {path.parent.name for path in VALID}
    assert kinds == {path.parent.name for path in INVALID}
    assert {"snapshot", "upstream-snapshot", "pack", "waivers", "config"} <= kinds


def test_files_folders_and_globs_may_be_named_together(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert eidos(SMALL, DOCUMENTS / "valid/snapshot", DOCUMENTS / "valid/w*/*.yaml") == 0
    assert capsys.readouterr().out.endswith("5 valid, 0 invalid\n")


def test_a_problem_has_file_line_path_sentence_and_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text("apiVersion: eidos.dev/v1\nkind: Snapshot\nnode: []\n")
    assert eidos("s.yaml") == 1
    assert capsys.readouterr().out.splitlines() == [
        "s.yaml:3:1 $.node: 'node' is not known here",
        "  hint: Did you mean 'nodes'?",
        "0 valid, 1 invalid",
    ]


def test_what_cannot_be_read_wins_and_hides_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, binary = tmp_path / "empty.yaml", tmp_path / "binary.yaml"
    empty.touch()
    binary.write_bytes(b"\x00\x01")
    code = eidos(empty, tmp_path / "no.yaml", binary, tmp_path / "no*", INVALID[0], SMALL)
    out = capsys.readouterr().out
    assert code == 2
    assert f"{SMALL}: valid" in out
    assert f"{binary}:1:1: the file is not UTF-8 text" in out
    assert out.endswith("1 valid, 1 invalid, 3 not readable, 1 without a document\n")


def test_nothing_found_is_incomplete(tmp_path: Path) -> None:
    assert eidos(tmp_path) == 3
    assert eidos(tmp_path / "*.yaml", SMALL) == 3


def test_each_document_of_a_file_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(f"{SMALL.read_text()}\n---\nkind: Waivers\n")
    assert eidos("-o", "json", path) == 1
    first, second = json.loads(capsys.readouterr().out)["documents"]
    assert (first["index"], first["valid"]) == (0, True)
    assert (second["index"], second["schema"], second["valid"]) == (1, "waivers/v1", False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Snapshott", "Did you mean 'Snapshot'?"),
        ("kind: Snapshot\napiVersion: aicr.run/v3", "Did you mean 'aicr.run/v1'?"),
        ("kind: 3", "the kind '3' is not known"),
        ("kind: Pod\napiVersion: v1", "eidos admit FILE"),
        ("a: 1", "does not say what it is"),
        ("measurements: []", "--lenient"),
        ("- 1", "is a list, and must be a map"),
        ("null", "is empty, and must be a map"),
    ],
)
def test_documents_of_no_known_kind_are_invalid(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text if text != "null" else "!!null null")
    assert eidos(path) == 1
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("text", ["measurements: []", "nodes: []\nmeasurements: []"])
def test_leniency_does_without_the_header(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    assert eidos(path) == 1
    assert eidos("--lenient", path) == 0


def test_a_schema_may_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("fail-on: high")
    assert eidos("--schema", "config/v1", path) == 0
    assert eidos("--schema", "waivers/v1", path) == 1
    assert eidos("--schema", "v1", SMALL) == 0
    assert eidos("--schema", "confg/v1", path) == 2
    assert eidos("--schema", "v2", path) == 2
    assert "Did you mean 'config/v1'?" in capsys.readouterr().err


def test_limits_come_from_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("eidos.yaml").write_text("limits: {depth: 3, alias-values: 0}")
    assert eidos(SMALL) == 2
    assert "over the limit of 3 levels" in capsys.readouterr().out
    assert console.run(root, ["snapshot", "convert", str(SMALL)]) == 2
    assert "over the limit of 3 levels" in capsys.readouterr().err


def test_a_wrong_configuration_can_be_validated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("eidos.yaml").write_text("fail-in: high")
    assert eidos("eidos.yaml") == 1
    assert "Did you mean 'fail-on'?" in capsys.readouterr().out


def test_github_gets_annotations(capsys: pytest.CaptureFixture[str]) -> None:
    path = DOCUMENTS / "invalid/snapshot/node-twice.yaml"
    assert eidos("-o", "github", path) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"::error file={path},line=6,col=6::$.nodes[1].name: the node 'a'")
    assert last == "0 valid, 1 invalid"


def test_a_real_snapshot_is_valid(shared: Path) -> None:
    assert eidos(shared / "data/snapshots") == 0


def test_standard_input_is_read() -> None:
    command = [sys.executable, "-m", "eidos.engine", "validate", "-"]
    done = subprocess.run(command, input=SMALL.read_bytes(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"<stdin>: valid snapshot/v1\n1 valid, 0 invalid\n"


def test_closed_standard_input_is_told() -> None:
    script = f"{sys.executable} -m eidos.engine validate - <&-"
    done = subprocess.run(script, shell=True, capture_output=True, text=True, check=False)  # noqa: S602 - redirection needs a shell
    assert done.returncode == 2
    assert "standard input is closed" in done.stdout


HEAVY = ("kubernetes", "rich", "sqlite_utils", "jinja2", "cerberus", "jsonpatch", "regorus")


def test_start_up_imports_only_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EIDOS_ENGINE")  # nothing is configured
    script = (
        "import sys\n"
        "from eidos.engine.cli import console, root\n"
        f"console.run(root, ['validate', {str(SMALL)!r}])\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split("\n")[-2].split())
    assert "yaml" in loaded
    assert not loaded & set(HEAVY)


def test_facts_that_cannot_be_read_are_said_with_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(
        """\
apiVersion: eidos.dev/v1
kind: Snapshot
measurements:
  - type: K8s
    subtypes:
      - subtype: image
        data:
          containers:
            - {registry: nvcr.io, repository: nvidia/driver, tag: N/A}
nodes:
  - name: a
    measurements:
      - {type: GPU, subtypes: [{subtype: smi, data: {driver: N/A, gpu-count: 8}}]}
"""
    )
    assert eidos("s.yaml") == 0
    said = capsys.readouterr().out
    assert "s.yaml:9:62" in said
    assert "k8s.image.containers[0].tag is unreadable: 'N/A' is no image tag" in said
    assert "s.yaml:13" in said
    assert "gpu.smi.driver is unreadable: 'N/A' is no version" in said
    assert said.endswith("1 valid, 0 invalid, 2 facts unreadable\n")


def test_a_subtype_in_the_wrong_case_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(
        "apiVersion: eidos.dev/v1\nkind: Snapshot\n"
        "collection:\n  - {type: OS, subtype: Sysctl, node: a, status: failed}\n"
    )
    assert eidos("s.yaml") == 1
    said = capsys.readouterr().out
    assert "s.yaml:4" in said
    assert "the subtype 'Sysctl' of OS is not known" in said
    assert "Write 'sysctl'." in said
