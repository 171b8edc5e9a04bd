"""``eidos snapshot convert`` as its users run it."""

import json
from pathlib import Path

import pytest

from eidos.engine.cli import console, root
from eidos.engine.digest import addressed
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.redacting import Sweep

DOCUMENTS = Path(__file__).parents[1] / "documents/valid"
SMALL = DOCUMENTS / "snapshot/small.yaml"
UPSTREAM = sorted(DOCUMENTS.glob("upstream-snapshot/*.yaml"))


def eidos(*arguments: str | Path) -> int:
    return console.run(root, ["snapshot", "convert", *map(str, arguments)])


@pytest.mark.parametrize("path", UPSTREAM, ids=lambda path: path.stem)
def test_every_dialect_becomes_version_1(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos(path) == 0
    captured = capsys.readouterr()
    document = read_text(captured.out, "out.yaml")[0]
    before = read_snapshot(read_text(path.read_text(), "in.yaml")[0])
    expected, taken = Sweep().swept(addressed(before.snapshot))
    assert read_snapshot(document).snapshot == expected.snapshot
    assert set(taken) <= {'systemd["containerd.service"].Environment'}
    assert len(captured.err.splitlines()) == len(taken)


def test_what_is_lost_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.json"
    assert eidos(SMALL, "--to", "aicr.run/v1", "-o", output) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "lost in aicr.run/v1: 3 collection entries" in captured.err
    assert json.loads(output.read_text())["apiVersion"] == "aicr.run/v1"
    assert console.run(root, ["validate", str(output)]) == 0


def test_the_format_is_what_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert eidos(SMALL, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "Snapshot"
    assert eidos(SMALL, "--format", "yaml", "-o", tmp_path / "x.json") == 0
    assert (tmp_path / "x.json").read_text().startswith("apiVersion:")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "many.yaml"
    path.write_text(
        "apiVersion: eidos.dev/v1\nkind: Snapshot\nnodes:\n"
        "  - {name: node-a, measurements: []}\n  - {name: node-b, measurements: []}\n"
        "collection:\n  - {type: GPU, node: node-a, status: ok}\n"
        "  - {type: GPU, node: node-b, status: ok}\n"
    )
    return path


def test_one_node_is_chosen_by_name(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos(many, "--to", "aicr.run/v1") == 2
    assert "--node" in capsys.readouterr().err
    assert eidos(many, "--to", "aicr.run/v1", "--node", "node-b") == 0
    assert "source-node: node-b" in capsys.readouterr().out
    assert eidos(many, "--node", "node-b", "--format", "json") == 0
    value = json.loads(capsys.readouterr().out)
    assert [node["name"] for node in value["nodes"]] == ["node-b"]
    assert [entry["node"] for entry in value["collection"]] == ["node-b"]
    assert eidos(many, "--node", "node-z") == 2
    assert "Did you mean 'node-" in capsys.readouterr().err


def test_headerless_documents_need_leniency(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("measurements: []")
    assert eidos(path) == 2
    assert "--lenient" in capsys.readouterr().err
    assert eidos(path, "--lenient") == 0


@pytest.mark.parametrize("text", ["kind: Pod", "a: 1\n---\nb: 1", "", "a: ["])
def test_what_cannot_be_converted_leaves_the_output_alone(tmp_path: Path, text: str) -> None:
    source, output = tmp_path / "x.yaml", tmp_path / "out.yaml"
    source.write_text(text)
    output.write_text("before")
    assert eidos(source, "-o", output) == 2
    assert output.read_text() == "before"


def test_one_file_is_converted(tmp_path: Path) -> None:
    assert eidos(DOCUMENTS / "upstream-snapshot") == 2
    assert eidos(tmp_path / "no.yaml") == 2
    assert eidos(SMALL, "-o", tmp_path / "no/such/folder.yaml") == 2


def test_a_real_snapshot_keeps_its_facts_through_both_dialects(
    shared: Path, tmp_path: Path
) -> None:
    source = shared / "data/snapshots/gb200.yaml"
    first, second = tmp_path / "1.yaml", tmp_path / "2.yaml"
    assert eidos(source, "-o", first) == 0
    assert eidos(first, "--to", "aicr.run/v1", "-o", second) == 0
    found = [
        read_snapshot(read_text(path.read_text(), "x.yaml")[0]).snapshot
        for path in (source, first, second)
    ]
    assert found[0] == found[1] == found[2]


def test_the_snapshot_in_the_documentation_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/snapshot.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "example.yaml").write_text(example)
    assert console.run(root, ["validate", str(tmp_path)]) == 0
