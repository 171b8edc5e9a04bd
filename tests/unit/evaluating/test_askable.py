"""What a dialect cannot say is told as that; what was only not collected stays unknown."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.model.gate import Decision, Gate
from eidos.engine.model.snapshot import Collection, CollectorState, Metadata, Snapshot
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.rego.light import LightEngine
from fakes import reports
from fakes.policies import cluster_of, nodes_of, snapshot, write_pack

NOW = datetime(2026, 11, 24, tzinfo=UTC)
UPSTREAM, OURS = "upstream 0.8.12", "eidos 0.1.0"
RULE = """\
# METADATA
# title: T
# custom:
#   id: T-001
#   severity: high
#   scope: {scope}
#   requires: [{requires}]
#   reads: [{reads}]
package eidos.t.rule

deny contains "never" if input.node.name == "never"
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


class Asking:
    def __init__(self, engine: LightEngine, folder: Path) -> None:
        self.engine, self.folder = engine, folder

    def __call__(
        self, taken: Snapshot, requires: str, reads: str = "", scope: str = "node"
    ) -> list[Verdict]:
        rule = RULE.format(scope=scope, requires=f"node.name, {requires}", reads=reads)
        if scope == "cluster":
            rule = rule.replace("node.name, ", "").replace('input.node.name == "never"', "1 == 2")
        pack = write_pack(self.folder / "t", rule=rule)
        [loaded] = load_packs([str(pack)], self.engine)
        subjects = [cluster_of(taken)] if scope == "cluster" else nodes_of(taken)
        judged = Judge(loaded.rules, self.engine, NoMemo(), NOW).judge(subjects)
        return [verdict for [verdict] in judged]


@pytest.fixture
def ask(engine: LightEngine, tmp_path: Path) -> Asking:
    return Asking(engine, tmp_path)


def taken(
    generator: str | None, *nodes: tuple[str, dict[str, dict[str, object]]], **rest: object
) -> Snapshot:
    whole = snapshot(*nodes, **rest)  # type: ignore[arg-type]
    return replace(whole, metadata=Metadata(cluster="c1", generator=generator))


NODE = ("a", {"OS.sysctl": {"/proc/sys/kernel/panic": "1"}, "K8s.node": {"provider": "eks"}})


@pytest.mark.parametrize(
    ("generator", "requires", "status"),
    [
        (UPSTREAM, "k8s.kubelet.authentication", Status.NOT_ASKABLE),
        (UPSTREAM, "k8s.kubelet", Status.NOT_ASKABLE),
        (UPSTREAM, """'os.sysctl["/proc/sys/net/ipv4/tcp_syncookies"]'""", Status.NOT_ASKABLE),
        (UPSTREAM, "k8s.helm", Status.NOT_ASKABLE),
        ("upstream v0.22.0", "k8s.helm", Status.UNKNOWN),
        ("upstream v0.22.0-next", "k8s.kubelet", Status.NOT_ASKABLE),
        (UPSTREAM, """'os.sysctl["/proc/sys/kernel/sysrq"]'""", Status.UNKNOWN),
        (UPSTREAM, "gpu.smi.driver", Status.UNKNOWN),
        (UPSTREAM, "acme.thing", Status.UNKNOWN),
        (OURS, "k8s.kubelet", Status.UNKNOWN),
        ("eidos 0.0.9", "k8s.kubelet", Status.UNKNOWN),  # there never was such a version
        ("eidos 0.1", "k8s.kubelet", Status.UNKNOWN),
        ("upstream 0.12", "k8s.helm", Status.UNKNOWN),
        ("upstream 0.11.9", "k8s.helm", Status.NOT_ASKABLE),
        ("upstream 0", "k8s.helm", Status.UNKNOWN),
        ("upstream " + "9" * 5000, "k8s.helm", Status.UNKNOWN),
        ("upstream eidos 0.1.0", "k8s.kubelet", Status.UNKNOWN),
        ("upstream", "k8s.kubelet", Status.UNKNOWN),
        ("another 1.0", "k8s.kubelet", Status.UNKNOWN),
        (None, "k8s.kubelet", Status.UNKNOWN),
    ],
)
def test_only_what_a_known_tool_never_has_is_not_askable(
    generator: str | None, requires: str, status: Status, ask: Asking
) -> None:
    [verdict] = ask(taken(generator, NODE), requires)
    assert verdict.status is status
    assert verdict.reason is not None
    assert ("is no fact that" in verdict.reason) is (status is Status.NOT_ASKABLE)


@pytest.mark.parametrize(
    "state", [each for each in CollectorState if each is not CollectorState.OK]
)
def test_any_word_of_a_collector_makes_it_unknown(state: CollectorState, ask: Asking) -> None:
    word = (Collection("K8s", state, "kubelet"),)
    [verdict] = ask(taken(UPSTREAM, NODE, collection=word), "k8s.kubelet")
    assert verdict.status is Status.UNKNOWN


@pytest.mark.parametrize("owner", ["a", "b"])
def test_a_tool_that_cannot_have_taken_what_is_there_is_not_believed(
    owner: str, ask: Asking
) -> None:
    """Somebody wrote another name over ours: what is missing was lost, on every node."""
    ours = {"OS.modules": {"nvidia": ""}}
    facts = [("a", {**NODE[1], **(ours if owner == "a" else {})}), ("b", ours)]
    verdicts = ask(taken(UPSTREAM, *facts), "k8s.kubelet")
    assert {verdict.status for verdict in verdicts} == {Status.UNKNOWN}


def test_one_fact_that_was_only_lost_makes_it_unknown(ask: Asking) -> None:
    [verdict] = ask(taken(UPSTREAM, NODE), "k8s.kubelet, gpu.smi")
    assert verdict.status is Status.UNKNOWN


def test_a_fact_that_a_rule_may_look_at_forbids_the_pass_alone(ask: Asking) -> None:
    reads = """'os.sysctl["/proc/sys/net/core/bpf_jit_harden"]'"""
    [verdict] = ask(taken(UPSTREAM, NODE), "os.sysctl", reads)
    assert verdict.status is Status.NOT_ASKABLE
    [failed] = ask(taken(UPSTREAM, ("never", NODE[1])), "os.sysctl", reads)
    assert failed.status is Status.FAIL
    assert ask(taken(OURS, NODE), "os.sysctl", reads)[0].status is Status.PASS


def test_facts_of_every_node(ask: Asking) -> None:
    assert ask(taken(UPSTREAM, NODE), "nodes.k8s.kubelet", scope="cluster")[0].status is (
        Status.NOT_ASKABLE
    )
    [nobody] = ask(taken(UPSTREAM), "nodes.k8s.kubelet, nodes.k8s.node", scope="cluster")
    assert nobody.status is Status.UNKNOWN
    assert {each.why for each in nobody.lacks} == {"not in the snapshot, which has no nodes"}
    assert [each.fact for each in nobody.lacks] == ["nodes.k8s.kubelet", "nodes.k8s.node"]


BARE = {"GPU.pci": {"gpu-count": 0, "devices": []}}
UNAVAILABLE = (Collection("GPU", CollectorState.UNAVAILABLE, "smi", "a", "no NVML"),)


def test_a_node_without_a_gpu_is_not_asked_about_it(ask: Asking) -> None:
    [verdict] = ask(taken(OURS, ("a", BARE), collection=UNAVAILABLE), "gpu.smi.driver, k8s.policy")
    assert (verdict.status, verdict.reason) == (Status.SKIP, "the node has no GPU")


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (BARE, ()),
        (BARE, (Collection("GPU", CollectorState.FAILED, "smi", "a", "killed"),)),
        (BARE, (Collection("GPU", CollectorState.EXCLUDED, "smi", "a"),)),
        (BARE, (*UNAVAILABLE, Collection("GPU", CollectorState.PARTIAL, "pci", "a", "denied"))),
        (BARE, (Collection("GPU", CollectorState.UNAVAILABLE, "smi", "b"),)),
        ({}, UNAVAILABLE),
        ({"GPU.pci": {"gpu-count": 0}}, UNAVAILABLE),
        ({"GPU.pci": {"gpu-count": False, "devices": []}}, UNAVAILABLE),
        ({"GPU.pci": {"gpu-count": "0", "devices": []}}, UNAVAILABLE),
        ({"GPU.pci": {"gpu-count": 0, "devices": [{"bus-id": "0000:01:00.0"}]}}, UNAVAILABLE),
        ({"GPU.pci": {"gpu-count": 1, "devices": []}}, UNAVAILABLE),
    ],
)
def test_anything_less_leaves_it_unknown(
    facts: dict[str, dict[str, object]], word: tuple[Collection, ...], ask: Asking
) -> None:
    verdict, *_ = ask(taken(OURS, ("a", facts), collection=word), "gpu.smi.driver")
    assert verdict.status is Status.UNKNOWN


def test_nodes_without_a_gpu_spoil_no_rule_about_the_cluster(ask: Asking) -> None:
    gpu = ("b", {"GPU.smi": {"driver": "580.82.07"}})
    both = taken(OURS, ("a", BARE), gpu, collection=UNAVAILABLE)
    asked = "nodes.gpu.smi.driver"
    assert ask(both, asked, scope="cluster")[0].status is Status.PASS
    lost = taken(OURS, ("a", {}), gpu, collection=UNAVAILABLE)
    assert ask(lost, asked, scope="cluster")[0].status is Status.UNKNOWN
    none = taken(OURS, ("a", BARE), collection=UNAVAILABLE)
    assert ask(none, asked, scope="cluster")[0].status is Status.SKIP


@pytest.mark.parametrize(
    ("gate", "decision"),
    [
        (Gate(), Decision.PASSED),
        (Gate(require_askable=True), Decision.INCOMPLETE),
        (Gate(require_askable=True, allow_incomplete=True), Decision.PASSED),
    ],
)
def test_a_gate_may_require_that_rules_can_be_asked(gate: Gate, decision: Decision) -> None:
    whole = reports.everything()
    verdicts = (Verdict("GPU-001", Status.PASS), Verdict("OS-001", Status.NOT_ASKABLE))
    subject = replace(whole.subjects[0], verdicts=verdicts)
    report = replace(whole, subjects=(subject,), problems=(), gate=gate)
    assert report.decision is decision


def test_rules_that_cannot_be_asked_alone_are_no_pass() -> None:
    whole = reports.everything()
    subject = replace(whole.subjects[0], verdicts=(Verdict("GPU-001", Status.NOT_ASKABLE),))
    report = replace(whole, subjects=(subject,), problems=())
    assert report.decision is Decision.INCOMPLETE


def test_a_node_whose_gpu_is_silent_is_not_like_one_without(
    engine: LightEngine, tmp_path: Path
) -> None:
    """Their gaps are the same, and the rule looks at nothing else; their bus tells them apart."""
    rule = RULE.format(scope="node", requires="gpu.smi.driver", reads="")
    rule = rule.replace('input.node.name == "never"', "1 == 2")
    [loaded] = load_packs([str(write_pack(tmp_path / "t", rule=rule))], engine)
    word = (Collection("GPU", CollectorState.UNAVAILABLE, "smi", None, "no NVML"),)
    silent = {"GPU.pci": {"gpu-count": 2, "devices": [{"bus-id": "0000:01:00.0"}]}}
    nodes = nodes_of(taken(OURS, ("a", BARE), ("b", silent), collection=word))
    judged = Judge(loaded.rules, engine, NoMemo(), NOW).judge(nodes)
    assert [verdict.status for [verdict] in judged] == [Status.SKIP, Status.UNKNOWN]
