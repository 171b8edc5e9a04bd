"""What is compared, what is matched, what cannot be compared."""

from typing import Any

import pytest

from eidos.engine.comparing.snapshots import Comparison, compare
from eidos.engine.comparing.values import differences
from eidos.engine.comparing.versions import version_note
from eidos.engine.model.drift import ChangeKind, NodeFate
from eidos.engine.model.facts import FactAddress
from fakes.drifting import snapshot, taken


def between(before: Any, after: Any, *labels: str) -> Comparison:
    return compare(taken(before), taken(after), labels)


def smi(**data: Any) -> Any:
    return {"GPU": {"smi": data}}


def gpus(*devices: Any) -> Any:
    return {"GPU": {"devices": {"devices": list(devices)}}}


def role(name: str) -> Any:
    return {"K8s": {"node": {"labels": {"rack/slot": name}}}}


SMI = FactAddress("GPU", "smi", node="n1")


def test_a_change_has_both_values() -> None:
    found = between(snapshot({"n1": smi(driver="1")}), snapshot({"n1": smi(driver="2")}))
    [change] = found.changes
    assert (change.address, change.path) == (SMI, ("driver",))
    assert change.fact == "gpu.smi.driver"
    assert (change.kind, change.before, change.after) == (ChangeKind.CHANGED, "1", "2")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("1", 1, "retyped"),
        ("true", True, "retyped"),
        (1, True, "changed"),
        (0, False, "changed"),
        (None, "null", "retyped"),
        (None, 0, "changed"),
        ("1", 2, "changed"),
        ({}, [], "changed"),
        ([], "[]", "changed"),
    ],
)
def test_types_are_told_apart(before: Any, after: Any, kind: str) -> None:
    for one, other in ((before, after), (after, before)):
        [(_, found, *_)] = differences({"a": one}, {"a": other})
        assert found == kind


def test_nested_maps_are_compared_key_by_key() -> None:
    before = {"a": {"b": {"c": 1, "d": 2}}}
    after = {"a": {"b": {"c": 1, "d": 3, "e": 4}}}
    paths = [path for path, *_ in differences(before, after)]
    assert paths == [("a", "b", "d"), ("a", "b", "e")]


def test_lists_of_text_are_compared_as_a_whole() -> None:
    [found] = differences({"a": ["x", "y"]}, {"a": ["x", "z"]})
    assert (found.path, found.before, found.after) == (("a",), ["x", "y"], ["x", "z"])


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), ([1], [1.0]), ({"b": [{"c": 2.0}]},) * 2])
def test_one_number_is_one_however_it_is_written(one: Any, other: Any) -> None:
    assert list(differences({"a": one}, {"a": other})) == []


@pytest.mark.parametrize(("one", "other"), [([1], [True]), ({"b": 0.0}, {"b": False})])
def test_no_number_is_a_truth(one: Any, other: Any) -> None:
    assert list(differences({"a": one}, {"a": other}))


def places(before: Any, after: Any) -> Any:
    found = differences({"a": before}, {"a": after})
    return [
        (each.kind.value, each.path[1:], each.before_at[1:], each.after_at[1:]) for each in found
    ]


def test_entries_are_told_by_name_and_found_by_index() -> None:
    before = [{"name": "x", "v": 1}, {"name": "y", "v": 1}, {"name": "z", "v": 1}]
    after = [{"name": "new"}, {"name": "z", "v": 2}, {"name": "x", "v": 1}]
    assert places(before, after) == [
        ("added", ("new",), (3,), (0,)),
        ("removed", ("y",), (1,), (3,)),
        ("changed", ("z", "v"), (2, "v"), (1, "v")),
    ]


def test_an_entry_without_a_name_that_came_or_went_is_told_alone() -> None:
    one, two, three = ({"v": number} for number in (1, 2, 3))
    assert places([one, three], [one, two, three]) == [("added", (1,), (1,), (1,))]
    assert places([one, two, three], [one, two]) == [("removed", (2,), (2,), (2,))]
    assert places([one, two, three], [three, one]) == [("changed", (), (), ())]


def container(name: str, tag: str, **more: Any) -> Any:
    return {
        "namespace": "default",
        "controller": f"Deployment/{name}",
        "container": name,
        "registry": "docker.io",
        "repository": f"library/{name}",
        "tag": tag,
        **more,
    }


def running(*containers: Any) -> Any:
    return snapshot(cluster={"K8s": {"image": {"containers": list(containers)}}})


def test_a_container_is_one_thing_and_what_it_runs_is_one_change() -> None:
    old = container("web", "1.27", digest="sha256:aa", image="web:1.27", count=2)
    new = container("web", "1.28", digest="sha256:bb", image="library/web:1.28", count=3)
    other = container("db", "1")
    changes = between(running(other, old), running(new, other)).changes
    assert [(each.path[2:], each.kind) for each in changes] == [
        ((), ChangeKind.CHANGED),
        (("count",), ChangeKind.CHANGED),
    ]
    assert [(each.before_at[1], each.after_at[1]) for each in changes] == [(1, 0), (1, 0)]


def test_two_versions_of_a_container_run_side_by_side_while_it_is_rolled_out() -> None:
    old, new = container("web", "1.27"), container("web", "1.28")
    [change] = between(running(old), running(old, new)).changes
    assert (change.kind, change.after_at) == (ChangeKind.ADDED, ("containers", 1))
    assert between(running(old, new), running(new, old)).changes == ()


def test_two_ways_to_write_images_are_said_once_not_compared() -> None:
    tags = snapshot(cluster={"K8s": {"image": {f"i{number}": "1" for number in range(90)}}})
    found = between(tags, running(container("web", "1")))
    assert found.changes == ()
    [gap] = found.not_comparable
    assert (gap.fact, gap.side) == ("k8s.image", "baseline")


def test_gpus_of_one_machine_are_told_apart_by_uuid() -> None:
    before = gpus({"uuid": "A", "name": "H100", "vbios": 1}, {"uuid": "B", "name": "H100"})
    after = gpus({"uuid": "B", "name": "H100"}, {"uuid": "A", "name": "H100", "vbios": 2})
    [change] = between(snapshot({"n1": before}), snapshot({"n1": after})).changes
    assert change.path == ("devices", "A", "vbios")


def test_a_gpu_that_was_swapped_is_seen() -> None:
    before, after = gpus({"uuid": "A", "serial": "1"}), gpus({"uuid": "B", "serial": "2"})
    found = between(snapshot({"n1": before}), snapshot({"n1": after}))
    assert {change.kind.value for change in found.changes} == {"added", "removed"}


def test_gpus_of_two_machines_are_compared_slot_by_slot() -> None:
    before = gpus({"uuid": "A", "serial": "1", "vbios": 1}, {"uuid": "B", "vbios": 1})
    after = gpus({"uuid": "C", "serial": "2", "vbios": 1}, {"uuid": "D", "vbios": 2})
    found = between(snapshot({"n1": before}, name=None), snapshot({"n2": after}, name=None))
    [change] = found.changes
    assert change.path == ("devices", 1, "vbios")


@pytest.mark.parametrize("kind", ["SystemD", "K8s"])
def test_sets_have_no_order(kind: str) -> None:
    key = {"SystemD": "Wants", "K8s": "taints"}[kind]
    before, after = {kind: {"s": {key: ["a", "b"]}}}, {kind: {"s": {key: ["b", "a"]}}}
    assert between(snapshot({"n1": before}), snapshot({"n1": after})).changes == ()


def test_lists_that_have_an_order_keep_it() -> None:
    before = {"SystemD": {"s": {"DropInPaths": ["a", "b"]}}}
    after = {"SystemD": {"s": {"DropInPaths": ["b", "a"]}}}
    assert between(snapshot({"n1": before}), snapshot({"n1": after})).changes


@pytest.mark.parametrize("side", ["baseline", "current"])
def test_a_subtype_that_one_side_did_not_collect_is_not_comparable(side: str) -> None:
    full = snapshot({"n1": {"GPU": {"smi": {"driver": "1"}}, "OS": {"grub": {}}}})
    failed = {"type": "GPU", "node": "n1", "status": "failed", "reason": "nvidia-smi hangs"}
    empty = snapshot({"n1": {"OS": {"grub": {}}}}, collection=[failed])
    found = between(empty, full) if side == "baseline" else between(full, empty)
    [gap] = found.not_comparable
    assert (gap.address, gap.side) == (SMI, side)
    assert gap.reason == "failed: nvidia-smi hangs"
    assert found.changes == ()


def test_a_missing_subtype_without_a_word_is_not_removed_either() -> None:
    found = between(snapshot({"n1": smi(driver="1")}), snapshot({"n1": {}}))
    assert found.changes == ()
    assert [gap.reason for gap in found.not_comparable] == ["not in the snapshot"]


@pytest.mark.parametrize(
    "entry",
    [
        {"status": "redacted", "keys": ["password"]},
        {"status": "partial", "keys": ["password"], "reason": "no access"},
        {"status": "partial"},
    ],
)
def test_a_key_that_was_not_collected_is_not_removed(entry: Any) -> None:
    before = snapshot({"n1": smi(driver="1", password="x", gone=1)})  # noqa: S106 -- no password
    about = {"type": "GPU", "subtype": "smi", "node": "n1", **entry}
    after = snapshot({"n1": smi(driver="1")}, collection=[about])
    found = between(before, after)
    assert SMI.at("password") in [gap.address for gap in found.not_comparable]
    removed = [change.path for change in found.changes]
    assert removed == ([("gone",)] if "keys" in entry else [])


def test_the_most_specific_word_says_why_a_fact_is_not_there() -> None:
    of_all = {"type": "GPU", "node": "n1", "status": "partial", "reason": "incomplete: smi"}
    of_smi = {**of_all, "subtype": "smi", "status": "failed", "reason": "nvidia-smi hangs"}
    of_key = {**of_smi, "status": "partial", "keys": ["driver"], "reason": "no such field"}
    before = snapshot({"n1": smi(driver="1", count=1)})
    after = snapshot({"n1": smi()}, collection=[of_all, of_smi, of_key])
    assert {gap.fact: gap.reason for gap in between(before, after).not_comparable} == {
        "gpu.smi.driver": "partial: no such field",
        "gpu.smi.count": "failed: nvidia-smi hangs",
    }


def test_the_case_of_a_type_makes_no_difference() -> None:
    lower = {"gpu": {"smi": {"driver": "1"}}, "k8s": {"node": {"taints": ["a", "b"]}}}
    upper = {"GPU": {"smi": {"driver": "2"}}, "K8s": {"node": {"taints": ["b", "a"]}}}
    found = between(snapshot({"n1": lower}), snapshot({"n1": upper}))
    assert [change.fact for change in found.changes] == ["gpu.smi.driver"]
    assert found.not_comparable == ()


def test_what_failed_on_both_sides_is_no_silent_agreement() -> None:
    failed = [{"type": "GPU", "subtype": "smi", "status": "failed", "reason": "hangs"}]
    blind = snapshot({"n1": {"OS": {"grub": {}}}}, collection=failed)
    [gap] = between(blind, blind).not_comparable
    assert (gap.address, gap.side) == (SMI.on(None), "both")


def test_a_snapshot_without_nodes_has_not_lost_them() -> None:
    found = between(snapshot({"n1": smi(driver="1")}), snapshot({}))
    assert found.pairing.changes == ()
    assert [(gap.node, gap.side) for gap in found.not_comparable] == [("n1", "current")]


def test_a_node_whose_collector_failed_has_not_gone() -> None:
    failed = {"type": "GPU", "node": "n2", "status": "failed", "reason": "timeout"}
    before = snapshot({"n1": smi(driver="1"), "n2": smi(driver="1"), "n3": smi()})
    found = between(before, snapshot({"n1": smi(driver="1")}, collection=[failed]))
    assert [gap.node for gap in found.not_comparable] == ["n2"]
    assert [(node.fate, node.before) for node in found.pairing.changes] == [
        (NodeFate.REMOVED, "n3")
    ]


@pytest.mark.parametrize(
    ("facts", "how"),
    [
        ({"K8s": {"node": {"provider-id": "aws:///i-1"}}}, "provider-id"),
        (gpus({"serial": "7"}, {"serial": "8"}), "serial"),
    ],
)
def test_a_machine_under_another_name_is_recognised(facts: Any, how: str) -> None:
    before = snapshot({"old": {**facts, "OS": {"s": {"a": 1}}}, "n1": {}})
    after = snapshot({"new": {**facts, "OS": {"s": {"a": 2}}}, "n1": {}})
    found = between(before, after)
    [node] = found.pairing.changes
    assert (node.fate, node.before, node.after, node.matched_by) == (
        NodeFate.REPLACED,
        "old",
        "new",
        how,
    )
    assert [change.path for change in found.changes] == [("a",)]


def test_roles_match_only_when_asked_and_beyond_doubt() -> None:
    before = snapshot({"a": role("1"), "b": role("2"), "c": role("3"), "d": role("3")})
    after = snapshot({"w": role("1"), "x": role("2"), "y": role("3"), "z": role("9")})
    fates = [each.fate for each in between(before, after).pairing.changes]
    assert NodeFate.REPLACED not in fates
    asked = between(before, after, "rack/slot").pairing.changes
    pairs = {(each.before, each.after) for each in asked if each.fate is NodeFate.REPLACED}
    assert pairs == {("a", "w"), ("b", "x")}


@pytest.mark.parametrize(("cluster", "fate"), [(None, "counterpart"), ("c1", "replaced")])
def test_the_only_nodes_are_compared(cluster: str | None, fate: str) -> None:
    before = snapshot({"a": smi(driver="1")}, name=cluster)
    after = snapshot({"b": smi(driver="2")}, name=cluster)
    found = between(before, after)
    assert [node.fate.value for node in found.pairing.changes] == [fate]
    assert [change.path for change in found.changes] == [("driver",)]


def test_order_of_measurements_means_nothing() -> None:
    one = {"OS": {"s": {"a": 1}}, "GPU": {"smi": {}}}
    other = {"GPU": {"smi": {}}, "OS": {"s": {"a": 1}}}
    assert between(snapshot({"n1": one}), snapshot({"n1": other})).changes == ()


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        ("580.95.05", "580.126.20", "minor upgrade"),
        ("v1.33.5-eks-1", "v1.32.9-eks-7", "minor downgrade"),
        ("1.7.24", "1.7.27", "patch upgrade"),
        ("1.9", "2", None),
        ("6.8.0-1024-aws", "6.8.0-1028-aws", "patch upgrade"),
        ("6.8.0-1024-aws", "6.14.0-1007-aws", "minor upgrade"),
        ("6.8.0-1024-aws", "6.8.0", None),
        ("containerd://1.7.27", "containerd://1.7.24", "patch downgrade"),
        ("580.82.07-ubuntu22.04", "580.95.05-ubuntu22.04", "minor upgrade"),
        ("192.168.0.1/24", "192.168.0.2/24", None),
        ("570.133.20", "580.82.07", "major upgrade"),
        ("v1.33.5-eks-1", "v1.33.5-eks-2", None),
        ("1.2.3", "latest", None),
        (1, 2, None),
    ],
)
def test_versions_say_which_way_they_went(before: Any, after: Any, note: str | None) -> None:
    assert version_note(before, after) == note


def test_keys_that_another_program_does_not_ask_for_are_not_removed() -> None:
    ours = snapshot({"n1": {"GPU": {"smi": {"driver": "1", "own": 1}}, "OS": {"sysctl": {}}}})
    theirs = snapshot({"n1": {"GPU": {"smi": {"driver": "2"}}, "OS": {"sysctl": {"/a": 1}}}})
    ours["metadata"]["generator"] = "eidos 0.1.0"
    theirs["metadata"]["generator"] = "aicr 0.8.12"
    found = between(ours, theirs)
    assert [change.path for change in found.changes] == [("driver",), ("/a",)]
    [gap] = found.not_comparable
    assert (gap.address, gap.side) == (SMI, "current")
    assert "own" in gap.reason
    [sentence] = found.unlike
    assert "aicr 0.8.12" in sentence
    theirs["metadata"]["generator"] = "eidos 0.2.0"
    assert ("own",) in [change.path for change in between(ours, theirs).changes]
