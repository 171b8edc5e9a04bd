from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import document_facts
from eidos.engine.model.rule import Rule
from eidos.engine.model.snapshot import Collection, CollectorState
from eidos.engine.model.verdict import Lack, Status, Verdict
from eidos.engine.packs.finding import PolicySource
from eidos.engine.packs.index import PackIndex
from eidos.engine.packs.loading import load_pack
from eidos.engine.ports import RegoEngine
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.opa.engine import OpaEngine
from fakes.opa_server import opa_binary
from fakes.policies import DRIVER_RULE, cluster_of, nodes_of, snapshot, write_pack

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
OLD = {"GPU.smi": {"driver": "570.1"}, "OS.grub": {}}
NEW = {"GPU.smi": {"driver": "580.1"}, "OS.grub": {}}


@pytest.fixture(scope="module", params=["light", pytest.param("opa", marks=pytest.mark.real)])
def engine(request: pytest.FixtureRequest) -> Iterator[RegoEngine]:
    opened = OpaEngine(Path(opa_binary())) if request.param == "opa" else LightEngine(workers=1)
    with closing(opened) as engine:
        yield engine


def rules(tmp_path: Path, engine: RegoEngine, **modules: str) -> tuple[Rule, ...]:
    source = PolicySource(write_pack(tmp_path / "t", **modules), is_pack=True)
    return load_pack(source, engine, PackIndex(tmp_path / "index")).rules


class KeptMemo:
    def __init__(self) -> None:
        self.kept: dict[str, Verdict] = {}
        self.hits = 0

    def recall(self, keys: Sequence[str]) -> Mapping[str, Verdict]:
        found = {key: self.kept[key] for key in keys if key in self.kept}
        self.hits += len(found)
        return found

    def remember(self, verdicts: Sequence[Verdict]) -> None:
        self.kept.update({str(verdict.memo): verdict for verdict in verdicts})


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (OLD, Status.FAIL),
        (NEW, Status.PASS),
        ({**NEW, "OS.grub": {"nokaslr": ""}}, Status.WARN),
        ({**OLD, "GPU.smi": {"driver": "999.0"}}, Status.SKIP),
        ({**NEW, "GPU.smi": {}}, Status.UNKNOWN),
        ({"OS.grub": {}}, Status.UNKNOWN),
        ({"GPU.smi": {"driver": "580.1"}}, Status.UNKNOWN),
        ({"GPU.smi": {"driver": "570.1"}}, Status.FAIL),
        ({"GPU.smi": {"driver": "999.0"}}, Status.SKIP),
        ({**OLD, "GPU.smi": {"driver": "N/A"}}, Status.UNKNOWN),
        ({**NEW, "OS.grub": {"console": []}}, Status.UNKNOWN),
        ({**OLD, "OS.grub": {"console": []}}, Status.FAIL),
    ],
)
def test_every_status_has_its_cause(
    tmp_path: Path, engine: RegoEngine, facts: dict[str, dict[str, Any]], status: Status
) -> None:
    judge = Judge(rules(tmp_path, engine), engine, NoMemo(), NOW)
    [[verdict]] = judge.judge(nodes_of(snapshot(("n1", facts))))
    assert verdict.status is status
    is_whole = "OS.grub" in facts and "console" not in facts["OS.grub"]
    assert (verdict.reason is not None) == (
        status in ("unknown", "error", "skip") or (status is Status.FAIL and not is_whole)
    )


def test_a_rule_that_breaks_is_an_error(tmp_path: Path, engine: RegoEngine) -> None:
    broken = DRIVER_RULE.replace('split(input.gpu.smi.driver, ".")[0]', '"what"')
    judge = Judge(rules(tmp_path, engine, driver=broken), engine, NoMemo(), NOW)
    [[verdict]] = judge.judge(nodes_of(snapshot(("n1", OLD))))
    assert verdict.status is Status.ERROR
    assert verdict.reason is not None


def test_what_cannot_be_read_is_said(tmp_path: Path, engine: RegoEngine) -> None:
    facts = {"GPU.smi": {"driver": "N/A"}, "OS.grub": {"console": ["ttyS0", []]}}
    [[verdict]] = Judge(rules(tmp_path, engine), engine, NoMemo(), NOW).judge(
        nodes_of(snapshot(("n1", facts)))
    )
    assert verdict.reason == "gpu.smi.driver is unreadable: 'N/A' is no version"
    facts = {**facts, "GPU.smi": {"driver": "580.1"}}
    [[verdict]] = Judge(rules(tmp_path, engine), engine, NoMemo(), NOW).judge(
        nodes_of(snapshot(("n1", facts)))
    )
    assert verdict.reason == "os.grub.console[1] is unreadable: an empty list is no value"


def test_a_node_that_only_the_collectors_name_is_unknown(
    tmp_path: Path, engine: RegoEngine
) -> None:
    entry = Collection("GPU", CollectorState.OK, node="n2")
    one, other = nodes_of(snapshot(("n1", NEW), collection=(entry,)))
    [[passed], [verdict]] = Judge(rules(tmp_path, engine), engine, NoMemo(), NOW).judge(
        [one, other]
    )
    assert (one.name, passed.status) == ("n1", Status.PASS)
    assert (other.name, verdict.status) == ("n2", Status.UNKNOWN)
    assert verdict.reason == "gpu.smi.driver is not in the snapshot"


def test_unknown_repeats_what_the_collector_said(tmp_path: Path, engine: RegoEngine) -> None:
    gone = Collection("GPU", CollectorState.UNAVAILABLE, node="n1", reason="no NVML library")
    taken = snapshot(("n1", {"OS.grub": {}}), collection=(gone,))
    [[verdict]] = Judge(rules(tmp_path, engine), engine, NoMemo(), NOW).judge(nodes_of(taken))
    assert verdict.reason == "gpu.smi.driver was not collected (unavailable: no NVML library)"
    why = "not collected (unavailable: no NVML library)"
    assert verdict.lacks == (Lack(why, "gpu.smi.driver", "was"),)


@pytest.mark.parametrize("keys", [(), ("nokaslr",)])
def test_a_partly_collected_subtype_forbids_pass(
    tmp_path: Path, engine: RegoEngine, keys: tuple[str, ...]
) -> None:
    part = Collection("OS", CollectorState.PARTIAL, "grub", "n1", "cut short", keys)
    taken = snapshot(("n1", NEW), collection=(part,))
    [[verdict]] = Judge(rules(tmp_path, engine), engine, NoMemo(), NOW).judge(nodes_of(taken))
    assert (verdict.status, verdict.reason) == (
        Status.UNKNOWN,
        "os.grub is not complete (partial: cut short)",
    )


def test_another_nodes_trouble_is_not_ours(tmp_path: Path, engine: RegoEngine) -> None:
    gone = Collection("OS", CollectorState.FAILED, node="n2")
    taken = snapshot(("n1", NEW), collection=(gone,))
    [[verdict], _] = Judge(rules(tmp_path, engine), engine, NoMemo(), NOW).judge(nodes_of(taken))
    assert verdict.status is Status.PASS


def test_a_rule_sees_nothing_it_does_not_declare(tmp_path: Path, engine: RegoEngine) -> None:
    source = """\
# METADATA
# title: See
# custom:
#   id: T-002
#   severity: low
#   scope: node
#   requires: [gpu.smi.driver, node.name]
#   reads: [os.grub.a]
package eidos.t.see
deny contains json.marshal(input)
"""
    facts = {"GPU.smi": {"driver": "580.1", "uuid": "x"}, "OS.grub": {"a": "1", "b": "2"}}
    judge = Judge(rules(tmp_path, engine, see=source), engine, NoMemo(), NOW)
    [[verdict]] = judge.judge(nodes_of(snapshot(("n1", facts))))
    assert verdict.findings[0].msg == (
        '{"gpu":{"smi":{"driver":"580.1"}},"node":{"name":"n1"},"os":{"grub":{"a":"1"}}}'
    )


def test_the_same_question_is_asked_once(tmp_path: Path, engine: RegoEngine) -> None:
    memo = KeptMemo()
    made = rules(tmp_path, engine)
    alike = nodes_of(snapshot(("n1", OLD), ("n2", OLD), ("n3", NEW)))
    first = Judge(made, engine, memo, NOW).judge(alike)
    assert (len(memo.kept), memo.hits) == (2, 0)
    later = NOW.replace(year=2027)
    assert Judge(made, engine, memo, later).judge(alike) == first
    assert memo.hits == 2
    assert first[0] is first[1]


def test_parameters_and_rule_text_are_part_of_the_question(
    tmp_path: Path, engine: RegoEngine
) -> None:
    memo = KeptMemo()
    node = nodes_of(snapshot(("n1", OLD)))
    made = rules(tmp_path / "a", engine)
    Judge(made, engine, memo, NOW).judge(node)
    lower = [replace(rule, params={"floor": 500}) for rule in made]
    [[verdict]] = Judge(lower, engine, memo, NOW).judge(node)
    assert (verdict.status, memo.hits) == (Status.PASS, 0)


def test_rules_that_read_the_time_are_asked_again_the_next_day(
    tmp_path: Path, engine: RegoEngine
) -> None:
    source = """\
# METADATA
# title: Time
# custom: {id: T-003, severity: low, scope: node, requires: [gpu.smi]}
package eidos.t.when
deny contains sprintf("%d", [time.now_ns()])
"""
    made = rules(tmp_path, engine, when=source)
    memo = KeptMemo()
    node = nodes_of(snapshot(("n1", OLD)))
    [[morning]] = Judge(made, engine, memo, NOW.replace(hour=1)).judge(node)
    [[evening]] = Judge(made, engine, memo, NOW.replace(hour=23)).judge(node)
    [[tomorrow]] = Judge(made, engine, memo, NOW.replace(day=25)).judge(node)
    midnight = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp()) * 10**9
    assert morning.findings[0].msg == str(midnight)
    assert evening == morning
    assert tomorrow.findings[0].msg == str(midnight + 86400 * 10**9)


CLUSTER_RULE = """\
# METADATA
# title: One driver
# custom: {id: T-004, severity: low, scope: cluster, requires: [nodes.gpu.smi.driver]}
package eidos.t.one
drivers := {driver | driver := input.nodes[_].gpu.smi.driver}
deny contains sprintf("%d drivers", [count(drivers)]) if count(drivers) > 1
"""


@pytest.mark.parametrize(
    ("nodes", "status"),
    [
        ([OLD, OLD], Status.PASS),
        ([OLD, NEW], Status.FAIL),
        ([OLD, NEW, {}], Status.FAIL),
        ([OLD, {}], Status.UNKNOWN),
        ([{}, {}], Status.UNKNOWN),
        ([], Status.UNKNOWN),
    ],
)
def test_a_cluster_rule_sees_every_node_and_knows_who_is_missing(
    tmp_path: Path, engine: RegoEngine, nodes: list[Any], status: Status
) -> None:
    taken = snapshot(*((f"n{i}", facts) for i, facts in enumerate(nodes)))
    judge = Judge(rules(tmp_path, engine, one=CLUSTER_RULE), engine, NoMemo(), NOW)
    [[verdict]] = judge.judge([cluster_of(taken)])
    assert verdict.status is status


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("deny := true", Status.FAIL, ["Odd"]),
        ("deny := false", Status.PASS, []),
        ("deny := null", Status.ERROR, []),
        ("deny := 5", Status.ERROR, []),
        ("deny := {}", Status.ERROR, []),
        ("deny contains null", Status.ERROR, []),
        ('deny := "one"', Status.FAIL, ["one"]),
        ('deny := " "', Status.FAIL, ["Odd"]),
        ('deny contains {"msg": ""}', Status.FAIL, ["Odd"]),
        ("applicable := false\ndeny := true", Status.SKIP, []),
        ("applicable := 0\ndeny := true", Status.FAIL, ["Odd"]),
        ("applicable := null\ndeny := true", Status.FAIL, ["Odd"]),
        ('deny := ["one", {"msg": "two"}]', Status.FAIL, ["one", "two"]),
        ("deny contains 7", Status.ERROR, []),
        ('deny contains {"message": "x"}', Status.ERROR, []),
        ('violation_x contains {"msg": "v"}', Status.FAIL, ["v"]),
        ('warn_x contains "w"', Status.WARN, ["w"]),
        ('deny contains "x" if 1 / 0', Status.ERROR, []),
    ],
)
def test_a_finding_in_any_shape_is_a_finding_and_never_silence(
    tmp_path: Path, engine: RegoEngine, body: str, status: Status, said: list[str]
) -> None:
    source = f"""\
# METADATA
# title: Odd
# custom: {{id: T-005, severity: low, scope: node, requires: [gpu.smi]}}
package eidos.t.odd
{body}
"""
    judge = Judge(rules(tmp_path, engine, odd=source), engine, NoMemo(), NOW)
    [[verdict]] = judge.judge(nodes_of(snapshot(("n1", OLD))))
    assert verdict.status is status
    assert [finding.msg for finding in verdict.findings] == said


def test_what_is_said_of_other_keys_is_no_reason(tmp_path: Path, engine: RegoEngine) -> None:
    other = Collection("GPU", CollectorState.REDACTED, "smi", "n1", "a secret", ("serial",))
    facts: dict[str, dict[str, Any]] = {"GPU.smi": {}, "OS.grub": {}}
    taken = snapshot(("n1", facts), collection=(other,))
    [[verdict]] = Judge(rules(tmp_path, engine), engine, NoMemo(), NOW).judge(nodes_of(taken))
    assert verdict.reason == "gpu.smi.driver is not in the snapshot"


@pytest.mark.real
def test_a_builtin_that_fails_in_a_plain_rule_is_noted(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    folder.mkdir()
    text = (
        'package main\n\ndeny contains "low" if to_number(input.port) < 1024\n\ndeny contains "b"\n'
    )
    (folder / "a.rego").write_text(text)
    with closing(OpaEngine(Path(opa_binary()))) as engine:
        pack = load_pack(PolicySource(folder, is_pack=False), engine, PackIndex(tmp_path / "i"))
        judge = Judge(pack.rules, engine, NoMemo(), NOW)
        judge.prepare()
        [[verdict]] = judge.judge([document_facts({"port": "http"}, "doc.yaml")])
    assert [finding.msg for finding in verdict.findings] == ["b"]
    [note] = judge.notes
    assert note.startswith("policy/a.rego:3:24: to_number: ")


DEVICES_RULE = """\
# METADATA
# title: No GPU asks
# custom: {id: T-006, severity: high, scope: node, requires: [gpu.devices.devices]}
package eidos.t.asks
deny contains {"msg": sprintf("GPU %v asks", [place]), "path": path} if {
	some place, device in input.gpu.devices.devices
	device["recovery-action"] != "None"
	path := sprintf("gpu.devices.devices[%v].recovery-action", [place])
}
"""
STRICT_RULE = """\
# METADATA
# title: Every GPU has lanes
# custom: {id: T-007, severity: high, scope: node, requires: [gpu.devices.devices]}
package eidos.t.lanes
deny contains sprintf("GPU %v has not 16 lanes", [place]) if {
	some place, device in input.gpu.devices.devices
	not sixteen(device)
}
deny contains {"msg": "no GPU is a Rubin", "path": "gpu.devices.devices"} if {
	every device in input.gpu.devices.devices { object.get(device, "model", "") != "NVIDIA R100" }
}
sixteen(device) if device.pcie.width == 16
"""
GPU = {"uuid": "GPU-1", "model": "NVIDIA B200", "pcie": {"width": 16, "width-max": 16}}
SICK = {**GPU, "uuid": "GPU-2", "recovery-action": "Reset"}


def asked_of(tmp_path: Path, engine: RegoEngine, source: str, devices: list[Any]) -> Verdict:
    taken = snapshot(("n1", {"GPU.devices": {"devices": devices}}))
    judge = Judge(rules(tmp_path, engine, one=source), engine, NoMemo(), NOW)
    [[verdict]] = judge.judge(nodes_of(taken))
    assert Judge(judge.rules, engine, NoMemo(), NOW).judge(nodes_of(taken)) == [(verdict,)]
    return verdict


@pytest.mark.parametrize(
    "masking",
    [
        {**GPU, "pcie": {"width": 16}},
        {**GPU, "pcie": {"width": "N/A", "width-max": 16}},
        {**GPU, "recovery-action": "[Unknown Error]"},
        {**GPU, "pcie": None},
        {"index": 0},
        "N/A",
        None,
    ],
    ids=str,
)
def test_what_cannot_be_read_of_one_gpu_hides_nothing_of_another(
    tmp_path: Path, engine: RegoEngine, masking: Any
) -> None:
    verdict = asked_of(tmp_path, engine, DEVICES_RULE, [masking, SICK])
    assert [each.msg for each in verdict.findings] == ["GPU 1 asks"]
    assert verdict.status is Status.FAIL
    assert verdict.reason is not None
    assert "gpu.devices.devices[0]" in verdict.reason
    healthy = asked_of(tmp_path / "2", engine, DEVICES_RULE, [masking, GPU])
    assert (healthy.status, healthy.findings) == (Status.UNKNOWN, ())


def test_nor_of_the_same_gpu(tmp_path: Path, engine: RegoEngine) -> None:
    for masking in ({"pcie": {"width": 16}}, {"uuid": "N/A"}, {"index": "ERR!"}):
        verdict = asked_of(
            tmp_path / str(len(masking)), engine, DEVICES_RULE, [{**SICK, **masking}]
        )
        assert [each.msg for each in verdict.findings] == ["GPU 0 asks"]


@pytest.mark.parametrize("masking", [{"width": "N/A", "width-max": 16}, {"width-max": 16}, None])
def test_what_cannot_be_read_is_no_failure(
    tmp_path: Path, engine: RegoEngine, masking: Any
) -> None:
    rubin = {**GPU, "model": "NVIDIA R100"}
    verdict = asked_of(tmp_path, engine, STRICT_RULE, [{**rubin, "pcie": masking}, GPU])
    assert (verdict.status, verdict.findings) == (
        (Status.UNKNOWN, ()) if masking != {"width-max": 16} else (Status.FAIL, verdict.findings)
    )


def test_nor_is_what_may_be_what_a_rule_looks_for(tmp_path: Path, engine: RegoEngine) -> None:
    verdict = asked_of(tmp_path, engine, STRICT_RULE, [{**GPU, "model": "N/A"}, GPU])
    assert (verdict.status, verdict.findings) == (Status.UNKNOWN, ())
    assert verdict.reason == (
        "gpu.devices.devices[0].model is unreadable: 'N/A' is no text of the right form"
    )


def test_a_key_of_a_subtype_and_a_node_of_a_cluster_hide_nothing_either(
    tmp_path: Path, engine: RegoEngine
) -> None:
    source = """\
# METADATA
# title: No nouveau
# custom: {id: T-008, severity: high, scope: node, requires: [os.kmod]}
package eidos.t.nouveau
deny contains "nouveau" if input.os.kmod.nouveau
"""
    taken = snapshot(("n1", {"OS.kmod": {"nouveau": True, "other": "N/A"}}))
    made = rules(tmp_path / "1", engine, nouveau=source)
    [[verdict]] = Judge(made, engine, NoMemo(), NOW).judge(nodes_of(taken))
    assert (verdict.status, len(verdict.findings)) == (Status.FAIL, 1)
    blind = {"GPU.smi": {"driver": "N/A"}}
    taken = snapshot(("n0", blind), ("n1", OLD), ("n2", NEW))
    made = rules(tmp_path / "2", engine, one=CLUSTER_RULE)
    [[verdict]] = Judge(made, engine, NoMemo(), NOW).judge([cluster_of(taken)])
    assert (verdict.status, verdict.reason) == (
        Status.UNKNOWN,  # its sentence counts the drivers, and one is not known
        "gpu.smi.driver on node n0 is unreadable: 'N/A' is no version",
    )


def test_what_is_asked_in_doubt_is_remembered_by_what_was_shown(
    tmp_path: Path, engine: RegoEngine
) -> None:
    memo = KeptMemo()
    made = rules(tmp_path, engine, one=DEVICES_RULE)
    masked = {**GPU, "pcie": {"width": 16}}
    said = {}
    for name, devices in {"whole": [GPU, SICK], "masked": [masked, SICK], "well": [masked]}.items():
        taken = snapshot(("n1", {"GPU.devices": {"devices": devices}}))
        for _ in range(2):
            [[said[name]]] = Judge(made, engine, memo, NOW).judge(nodes_of(taken))
    assert len({verdict.memo for verdict in said.values()}) == len(said)
    assert [each.status.value for each in said.values()] == ["fail", "fail", "unknown"]


@pytest.mark.parametrize(
    ("topology", "reason"),
    [
        ({"summary": {"node-count": 2}}, None),
        ({"summary": {"node-count": "3"}}, "1 of the cluster's 3 nodes is not in the snapshot"),
        (
            {"label": {"items": [{"key": "a", "value": "", "nodes": ["n1", "n3", "n2"]}]}},
            "1 of the cluster's 3 nodes is not in the snapshot: n3",
        ),
        (
            {
                "summary": {"node-count": 120},
                "taint": {"nvidia.com/gpu": "NoSchedule|present|n1,n4,n3 (+2 more)"},
            },
            "118 of the cluster's 120 nodes are not in the snapshot: n3, n4 and others",
        ),
        (
            {"summary": {"node-count": "N/A"}},
            (
                "which nodes are not in the snapshot is not known: "
                "nodetopology.summary.node-count is unreadable: 'N/A' is no whole number"
            ),
        ),
        ({"label": {"items": ["what", {"nodes": 7}, {"nodes": [None]}]}}, None),
    ],
)
def test_a_cluster_rule_knows_which_nodes_nobody_looked_at(
    tmp_path: Path, engine: RegoEngine, topology: dict[str, Any], reason: str | None
) -> None:
    cluster = {f"NodeTopology.{subtype}": data for subtype, data in topology.items()}
    made = rules(tmp_path, engine, one=CLUSTER_RULE)
    for nodes, status in (([NEW, NEW], Status.PASS), ([NEW, OLD], Status.FAIL)):
        named = [(f"n{number}", facts) for number, facts in enumerate(nodes, 1)]
        alone = cluster_of(snapshot(*named))
        taken = cluster_of(snapshot(*named, cluster=cluster))
        [[first], [verdict]] = Judge(made, engine, NoMemo(), NOW).judge([alone, taken])
        assert (first.status, first.reason) == (status, None)
        is_unknown = status is Status.PASS and reason is not None
        assert verdict.status is (Status.UNKNOWN if is_unknown else status)
        assert verdict.reason == reason


def test_what_looks_at_its_own_node_cannot_be_asked_about_others(
    tmp_path: Path, engine: RegoEngine
) -> None:
    cluster = {"NodeTopology.summary": {"node-count": 3}}
    made = rules(tmp_path, engine, one=CLUSTER_RULE)
    for nodes, status in ((["n1"], Status.NOT_ASKABLE), (["n1", "n2"], Status.UNKNOWN)):
        taken = snapshot(*((name, NEW) for name in nodes), cluster=cluster)
        subject = replace(cluster_of(taken), generator="upstream 0.12.0")
        [[verdict]] = Judge(made, engine, NoMemo(), NOW).judge([subject])
        assert verdict.status is status
    excluded = Collection("GPU", CollectorState.EXCLUDED, "smi", "n1")
    taken = snapshot(("n1", {}), cluster=cluster, collection=(excluded,))
    subject = replace(cluster_of(taken), generator="upstream 0.12.0")
    [[verdict]] = Judge(made, engine, NoMemo(), NOW).judge([subject])
    assert verdict.status is Status.UNKNOWN
