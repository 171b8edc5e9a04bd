"""What the packs say of a real node: nothing is unknown, and what is wrong there is found."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import SnapshotDocument, read_snapshot
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.model.facts import split_path
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.rego.light import LightEngine
from fakes.policies import cluster_of, nodes_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
WRONG = {
    "GPU-001": "Driver 580.82.07 is below 580.159.03, the security floor of branch R580.",
    "GPU-024": "nvidia-smi shows CUDA 13.1, but driver branch R580 brings CUDA 13.0.",
    "K8S-001": "Support of Kubernetes 1.33 by EKS ended on 2026-07-29",
    "K8S-002": "is below 1.33.6, which fixes CVE-2025-13281.",
    "K8S-005": "containerd 1.7.27 is below 1.7.33, the security floor of 1.7.",
    "K8S-007": "Container Toolkit v1.17.8-ubuntu20.04 is below 1.19.1",
    "OS-002": "Ubuntu 24.04.3",
    "OS-005": "nokaslr",
}
RIGHT = {"GPU-002", "GPU-007", "GPU-012", "GPU-018", "K8S-004", "K8S-025", "K8S-027"}


@pytest.fixture(scope="module")
def document(shared: Path) -> SnapshotDocument:
    path = shared / "data" / "snapshots" / "gb200.yaml"
    [document] = read_documents(Source(path.name, path))
    return read_snapshot(document)


@pytest.fixture(scope="module")
def verdicts(document: SnapshotDocument) -> dict[str, Verdict]:
    taken = document.snapshot
    with closing(LightEngine()) as engine:
        rules = [rule for pack in load_packs((), engine) for rule in pack.rules]
        judge = Judge(rules, engine, NoMemo(), NOW)
        judged = judge.judge([cluster_of(taken), *nodes_of(taken)])
    return {verdict.rule: verdict for verdicts in judged for verdict in verdicts}


def test_every_rule_has_an_answer(verdicts: dict[str, Verdict]) -> None:
    without = {Status.UNKNOWN, Status.ERROR}
    assert [verdict for verdict in verdicts.values() if verdict.status in without] == []


@pytest.mark.parametrize("rule", WRONG)
def test_finds_what_is_wrong(rule: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[rule].status is Status.FAIL
    assert WRONG[rule] in " ".join(finding.msg for finding in verdicts[rule].findings)


@pytest.mark.parametrize("rule", sorted(RIGHT))
def test_passes_what_is_right(rule: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[rule].status is Status.PASS


def test_every_finding_leads_to_a_line(
    document: SnapshotDocument, verdicts: dict[str, Verdict]
) -> None:
    [node] = document.snapshot.nodes
    for verdict in verdicts.values():
        for finding in verdict.findings:
            assert finding.path, (verdict.rule, finding)
            assert document.locate(node.name, split_path(finding.path)).line, finding
