"""``eidos snapshot`` on this very machine, and on machines made of files."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from eidos.engine.app.snapshot import is_incomplete
from eidos.engine.cli import console, root
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.model.snapshot import (
    Collection,
    CollectorState,
    Metadata,
    Node,
    Snapshot,
    subtypes,
)
from eidos.engine.plugins import find_collectors
from fakes.machines import gpu_node

Eidos = Callable[..., int]


@pytest.fixture
def eidos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Eidos:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KUBECONFIG", raising=False)

    def run(*arguments: str | Path) -> int:
        return console.run(root, ["--trust-project", "snapshot", *map(str, arguments)])

    return run


def read(path: Path) -> Snapshot:
    return read_snapshot(read_documents(Source(str(path), path))[0]).snapshot


def test_this_machine_gives_a_valid_snapshot_with_everything_accounted_for(
    eidos: Eidos, tmp_path: Path
) -> None:
    code = eidos("--no-cluster", "--no-cache", "-o", tmp_path / "s.yaml", "--cluster", "c")

    assert code in {0, 3}
    assert console.run(root, ["validate", str(tmp_path / "s.yaml")]) == 0
    snapshot = read(tmp_path / "s.yaml")
    assert snapshot.metadata.cluster == "c"
    facts = {(t, s.name) for node in snapshot.nodes for t, s in subtypes(node.measurements)}
    whole = {one.type for one in snapshot.gaps if one.subtype is None}
    parts = {(one.type, one.subtype) for one in snapshot.gaps}
    for collector in find_collectors()[0]:
        for name in collector.subtypes:
            assert (collector.type, name) in facts | parts or collector.type in whole


def test_planted_secrets_are_in_no_output(
    eidos: Eidos, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = gpu_node(tmp_path / "host")
    (node / "proc/cmdline").write_text(
        "ro rd.token=hunter2hunter2 ds=nocloud;s=http://a:hunter2@b/\n"
    )
    (tmp_path / "eidos.yaml").write_text("redact: [os.release.NAME]\nredact-text: ['24\\.04']\n")

    code = eidos("--root", node, "--no-cluster", "-o", tmp_path / "s.json")

    text = (tmp_path / "s.json").read_text() + "".join(capsys.readouterr())
    kept = "".join(path.read_text() for path in Path(os.environ["XDG_CACHE_HOME"]).rglob("*.entry"))
    assert "hunter2" not in text + kept
    assert "11111111-22222222" not in text + kept
    snapshot = json.loads((tmp_path / "s.json").read_text())
    redacted = {
        (one["type"], one.get("subtype")): one["keys"]
        for one in snapshot["collection"]
        if one["status"] == "redacted"
    }
    assert redacted["OS", "grub"] == ["ds", "rd.token"]
    assert redacted["OS", "release"] == ["NAME", "VERSION_ID"]
    assert redacted["SystemD", "containerd.service"] == ["Environment[0]"]
    assert code == 3  # unit files cannot tell what runs


def test_formats(eidos: Eidos, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos("--filter", "os.release,os.boot", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "Snapshot"
    assert eidos("--filter", "os.boot", "--format", "table") == 0
    assert re.search(r"^kind\tSnapshot$", capsys.readouterr().out, re.MULTILINE)


def test_an_older_dialect(eidos: Eidos, capsys: pytest.CaptureFixture[str]) -> None:
    code = eidos("--filter", "os.boot,os.grub", "--dialect", "aicr.run/v1", "--format", "json")

    assert code == 0
    assert json.loads(capsys.readouterr().out)["apiVersion"] == "aicr.run/v1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--filter", "gpus"], "Did you mean 'gpu'?"),
        (["--exclude", "os.sysctll"], "Did you mean 'os.sysctl'?"),
        (["--label", "x"], "not KEY=VALUE"),
        (["--label", "x=\udcff"], "not text in UTF-8"),
        (["--root", "/no/such/folder"], "not a folder"),
        (["--timeout", "soon"], "not a duration"),
        (["--check"], "for --watch"),
        (["--no-cluster", "--no-local"], "nothing is left to collect"),
        (["--filter", "gpu", "--exclude", "gpu"], "nothing is left to collect"),
        (["--filter", "os.boot", "-o", "/no/such/folder/s.yaml"], "cannot write"),
        (["-o", "json"], "--format json"),
    ],
)
def test_bad_usage(
    eidos: Eidos, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert eidos(*arguments) == 2
    assert said in capsys.readouterr().err


def test_a_snapshot_without_a_fact_is_incomplete_whatever_the_reason() -> None:
    """``--no-local`` without a cluster: every collector is excused, and nothing is known."""
    excused = (
        Collection("K8s", CollectorState.UNAVAILABLE),
        Collection("OS", CollectorState.EXCLUDED),
    )
    assert is_incomplete(Snapshot(Metadata("prod"), (), (Node("n1", ()),), excused))


def test_merge_tells_conflicts_and_writes_all_the_same(
    eidos: Eidos, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = gpu_node(tmp_path / "host")
    take = ("--root", node, "--filter", "os.grub", "--no-cache", "--node")
    assert eidos(*take, "n1", "-o", tmp_path / "1.yaml") == 0
    assert eidos(*take, "n2", "-o", tmp_path / "2.yaml") == 0

    assert eidos("merge", tmp_path / "1.yaml", tmp_path / "2.yaml", "-o", tmp_path / "m.yaml") == 0
    assert [one.name for one in read(tmp_path / "m.yaml").nodes] == ["n1", "n2"]

    (node / "proc/cmdline").write_text("other\n")
    assert eidos(*take, "n1", "-o", tmp_path / "3.yaml") == 0
    assert eidos("merge", tmp_path / "1.yaml", tmp_path / "3.yaml", "-o", tmp_path / "m.yaml") == 1
    assert "conflict: node n1: os.grub" in capsys.readouterr().err
    assert len(read(tmp_path / "m.yaml").nodes) == 1


def test_a_collector_has_its_time_and_no_more(eidos: Eidos) -> None:
    late = ("--no-cluster", "--no-cache", "--collector-timeout", "1ms", "-o", "s.json")
    assert eidos(*late, "--format", "json") == 3
    collection = json.loads(Path("s.json").read_text())["collection"]
    assert {"failed"} == {each["status"] for each in collection if each["type"] == "OS"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--filter", ""], "--filter '' names nothing"),
        (["--exclude", " , "], "--exclude ' , ' names nothing"),
        (["--node", "a/b"], "'a/b' cannot be the name of a node"),
        (["--node", ""], "'' cannot be the name of a node"),
        (["--watch", "--interval", "0"], "--interval 0 would collect without a pause"),
    ],
)
def test_what_means_nothing_is_refused(
    eidos: Eidos, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert eidos("--no-cluster", *arguments) == 2
    assert sentence in capsys.readouterr().err
