from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import Document, read_documents, read_text
from eidos.engine.documents.snapshots import (
    SnapshotDocument,
    is_snapshot,
    read_snapshot,
    write_snapshot,
)
from eidos.engine.documents.upstreamwriting import losses
from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.errors import DocumentError, UsageError
from eidos.engine.model.snapshot import (
    Collection,
    CollectorState,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)

VALID = Path(__file__).parents[2] / "documents/valid"


def parsed(text: str, *, lenient: bool = False) -> SnapshotDocument:
    return read_snapshot(read_text(text, "s.yaml")[0], lenient=lenient)


def read(path: Path) -> SnapshotDocument:
    return read_snapshot(read_documents(Source(path.name, path))[0])


def line(found: SnapshotDocument, node: str | None, *path: str | int) -> str:
    """Give the text of the line a fact is said to be on."""
    location = found.locate(node, path)
    assert location.line is not None
    return (VALID / "upstream-snapshot" / location.file).read_text().split("\n")[location.line - 1]


def test_the_small_snapshot_is_what_it_says() -> None:
    snapshot = read(VALID / "snapshot/small.yaml").snapshot
    assert snapshot.metadata.cluster == "prod-east-1"
    assert [node.name for node in snapshot.nodes] == ["gpu-node-1"]
    gpu, system = snapshot.nodes[0].measurements
    assert gpu.subtypes[0].data["driver"] == "580.82.07"
    assert system.subtypes[2] == Subtype("kmod", {})
    assert snapshot.collection[2] == Collection(
        "OS", CollectorState.PARTIAL, "sysctl", None, "not readable", ("/proc/sys/kernel/version",)
    )


UPSTREAM = sorted(VALID.glob("upstream-snapshot/*v1*.yaml"))


@pytest.mark.parametrize("path", UPSTREAM, ids=lambda path: path.stem)
def test_every_upstream_dialect_becomes_the_same_model(path: Path) -> None:
    snapshot = read(path).snapshot
    assert [node.name for node in snapshot.nodes] == ["gpu-node-1"]
    assert snapshot.metadata.timestamp is not None
    assert snapshot.metadata.generator is not None
    assert snapshot.metadata.generator.startswith("upstream 0.")
    assert snapshot.metadata.labels == {}
    types = [measurement.type for measurement in snapshot.nodes[0].measurements]
    assert types[-1] == "GPU"


def test_upstream_facts_are_put_where_they_belong() -> None:
    snapshot = read(VALID / "upstream-snapshot/aicr.run-v1.yaml").snapshot
    assert snapshot.measurements == (
        Measurement("K8s", (Subtype("server", {"version": "v1.33.5"}),)),
    )
    kubernetes, systemd, _ = snapshot.nodes[0].measurements
    assert [subtype.name for subtype in kubernetes.subtypes] == ["node"]
    containerd, docker = systemd.subtypes
    assert containerd.data["MainPID"] == 38444
    assert containerd.data["After"] == ["dbus.service", "network.target"]
    assert containerd.data["Environment"] == "[A=b C=d]"
    assert docker.data == {"LoadState": "not-found", "ActiveState": "inactive"}


def test_topology_items_are_facts() -> None:
    snapshot = read(VALID / "upstream-snapshot/topology.yaml").snapshot
    items = snapshot.measurements[0].subtypes[0].data["items"]
    assert items == [
        {
            "key": "nvidia.com/gpu",
            "value": "present",
            "effect": "NoSchedule",
            "nodes": ["gpu-node-1"],
        }
    ]


RECORDS = VALID / "upstream-snapshot/records.yaml"


def facts_of_records(kind: str) -> dict[str, Any]:
    measurements = read(RECORDS).snapshot.measurements
    [found] = [one for one in measurements if one.type == kind]
    return {one.name: one.data for one in found.subtypes}


def test_newer_types_and_groups_are_facts_about_the_cluster() -> None:
    network = facts_of_records("NetworkTopology")
    assert network["identity"]["linkType"] == "Ethernet"
    assert network["identity"]["pf-count"] == 2
    assert network["kernel-modules"] == {
        "storage": ["nvme_rdma"],
        "thirdParty": ["nv_peer_mem", "knem"],
    }
    assert network["pfs"]["items"][1] == {
        "deviceID": "1023",
        "networkInterface": "enp4s0f0np0",
        "numaNode": 1,
        "partNumber": "900-9X81Q",
        "pciAddress": "0000:04:00.0",
        "psid": "MT_0000001244",
        "rail": 1,
        "rdmaDevice": "mlx5_1",
        "traffic": "east-west",
    }
    slurm = facts_of_records("K8s")["slinky-slurm"]
    assert [one["kind"] for one in slurm["items"]] == ["Controller", "LoginSet"]


def test_records_of_the_topology_are_those_of_our_collector() -> None:
    topology = facts_of_records("NodeTopology")
    assert topology["taint"] == {
        "items": [
            {
                "key": "nvidia.com/gpu",
                "effect": "NoSchedule",
                "value": "present",
                "nodes": ["gpu-node-1"],
            }
        ]
    }
    assert topology["label"]["items"][1] == {
        "key": "tier",
        "value": "",
        "node-count": 8,
        "nodes": ["gpu-node-1", "gpu-node-2"],
    }


def test_a_list_of_nodes_that_was_made_shorter_is_no_whole_one() -> None:
    [gap] = read(RECORDS).snapshot.collection
    assert (gap.type, gap.subtype, gap.keys) == ("NodeTopology", "label", ("items",))
    assert gap.status is CollectorState.PARTIAL


def test_records_come_back_as_they_were() -> None:
    before = read(RECORDS)
    written: Any = write_snapshot(before.snapshot, "aicr.run/v1")
    assert read_snapshot(Document("x", 0, written)).snapshot == before.snapshot
    original: Any = before.document.value
    [network] = [part for part in written["measurements"] if part["type"] == "NetworkTopology"]
    subtypes = {
        part["subtype"]: {"data": {}, **part} for part in original["measurements"][-1]["subtypes"]
    }
    assert {part["subtype"]: part for part in network["subtypes"]} == subtypes


def test_a_record_has_its_line() -> None:
    found = read(RECORDS)
    assert "0000:04:00.0" in line(found, None, "networktopology", "pfs", "items", 1, "rail")


def test_what_upstream_could_not_read_is_no_absence() -> None:
    text = """
apiVersion: aicr.run/v1
kind: Snapshot
metadata: {source-node: n1}
measurements:
  - type: K8s
    subtypes:
      - {subtype: server, data: {version: %s}}
      - {subtype: image, data: {}}
      - {subtype: policy, data: {}}
      - {subtype: node, data: {}}
"""
    reached, blind = parsed(text % "v1.34.2").snapshot, parsed(text % "null").snapshot
    assert [(one.subtype, one.node) for one in reached.collection] == [
        ("image", None),
        ("node", "n1"),
    ]
    kept = [part.name for one in reached.measurements for part in one.subtypes]
    assert kept == ["server", "policy"]  # nothing is installed there, as far as can be told
    assert {one.subtype for one in blind.collection} == {"server", "image", "policy", "node"}
    assert blind.measurements == ()


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("3", "'items' is a whole number, and must be a list"),
        ("[x]", "is text, and must be a map"),
        ("[{context: [a]}]", "'context' is a list, and must be a map"),
        ("[{data: [a]}]", "'data' is a list, and must be a map"),
        ("[{data: {node-list: [a]}}]", "'node-list' is a list, and must be text"),
    ],
)
def test_records_of_the_wrong_shape_are_told(items: str, said: str) -> None:
    text = (
        "apiVersion: aicr.run/v1\nkind: Snapshot\nmeasurements:\n"
        f"  - {{type: NodeTopology, subtypes: [{{subtype: taint, items: {items}}}]}}\n"
    )
    with pytest.raises(DocumentError, match=said):
        parsed(text)


def test_every_fact_has_its_line_in_the_document() -> None:
    found = read(VALID / "upstream-snapshot/aicr.run-v1.yaml")
    node = "gpu-node-1"
    assert "driver: 580.82.07" in line(found, node, "gpu", "smi", "driver")
    assert "gpu.model: NVIDIA" in line(found, node, "gpu", "smi", "gpu.model")
    assert "gpu.model: NVIDIA" in line(found, node, "gpu", "smi", "gpu", "model")
    assert "version: v1.33.5" in line(found, node, "k8s", "server", "version")
    assert "version: v1.33.5" in line(found, None, "k8s", "server", "version")
    assert "After:" in line(found, node, "systemd", "containerd.service", "After", 1)
    assert "source-node: gpu-node-1" in line(found, node, "node", "name")
    assert "driver:" in line(found, None, "nodes", node, "gpu", "smi", "driver")


def test_what_is_not_there_has_the_place_it_would_be_at() -> None:
    found = read(VALID / "upstream-snapshot/aicr.run-v1.yaml")
    assert "data:" in line(found, "gpu-node-1", "gpu", "smi", "nope")
    assert "source-node" in line(found, "gpu-node-1", "os", "grub", "ro")
    assert found.locate("no-such-node", ("os",)).path == "$"
    assert found.locate(None, ()).path == "$"


def test_a_document_that_names_no_node_has_one_all_the_same() -> None:
    found = parsed("measurements: []", lenient=True)
    assert [node.name for node in found.snapshot.nodes] == ["node"]


@pytest.mark.parametrize("key", ["source", "source-node"])
def test_the_node_is_named_by_either_spelling(key: str) -> None:
    text = f"apiVersion: aicr.run/v1\nkind: Snapshot\nmetadata: {{{key}: n1}}\nmeasurements: []"
    assert parsed(text).snapshot.nodes[0].name == "n1"


def test_headerless_documents_need_leniency() -> None:
    text = "nodes: [{name: a, measurements: []}]"
    with pytest.raises(DocumentError, match="no apiVersion") as caught:
        parsed(text)
    assert "--lenient" in (caught.value.hint or "")
    assert parsed(text, lenient=True).snapshot.nodes == (Node("a", ()),)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("kind: Pod\napiVersion: v1", "eidos admit FILE"),
        ("kind: Snapshot\napiVersion: longhorn.io/v1", "Known: eidos.dev/v1"),
        ("kind: Recipe\napiVersion: eidos.dev/v1", "A snapshot starts with"),
        ("a: 1", "eidos check -p DIR FILE"),
    ],
)
def test_what_is_no_snapshot_is_told_where_it_belongs(text: str, hint: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parsed(text)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "said", "where"),
    [
        ("- 1", "a list, not a snapshot", "$"),
        ("a: 1", "no snapshot", "$"),
        ("kind: Snapshot", "no apiVersion", "$"),
        ("kind: Pod\napiVersion: v1", "the kind is 'Pod'", "$.kind"),
        ("kind: [Snapshot]", "the kind is", "$.kind"),
        ("apiVersion: aicr.run/v1\nmeasurements: []", "no kind", "$"),
        ("kind: Snapshot\napiVersion: aicr.run/v2", "'aicr.run/v2' is not known", "$.apiVersion"),
        ("kind: Snapshot\napiVersion: 1", "no apiVersion", "$.apiVersion"),
        ("kind: Snapshot\napiVersion: eidos.dev/v1\nnodes: 3", "must be a list", "$.nodes"),
        (
            "kind: Snapshot\napiVersion: eidos.dev/v1\nmeasurements: [{subtypes: []}]",
            "'type' is missing",
            "$.measurements[0]",
        ),
        (
            (
                "kind: Snapshot\napiVersion: aicr.run/v1\n"
                "measurements: [{type: GPU, subtypes: [{subtype: smi, data: [1]}]}]"
            ),
            "'data' is a list, and must be a map",
            "$.measurements[0].subtypes[0].data",
        ),
        (
            "kind: Snapshot\napiVersion: eidos.dev/v1\ncollection: [{type: GPU, status: okay}]",
            "'okay' is not known",
            "$.collection[0].status",
        ),
    ],
)
def test_what_is_no_good_snapshot_is_told_with_its_place(text: str, said: str, where: str) -> None:
    with pytest.raises(DocumentError, match=said.replace("[", r"\[")) as caught:
        parsed(text)
    assert caught.value.location is not None
    assert caught.value.location.path == where


@pytest.mark.parametrize(
    ("value", "strictly", "leniently"),
    [
        ({"kind": "Snapshot"}, True, True),
        ({"kind": "Snapshot", "apiVersion": "x/v9"}, True, True),
        ({"apiVersion": "aicr.run/v1", "measurements": []}, True, True),
        ({"measurements": []}, False, True),
        ({"kind": "Pod", "measurements": []}, False, False),
        ({"nodes": []}, False, False),
        ([], False, False),
        ("Snapshot", False, False),
    ],
)
def test_what_means_to_be_a_snapshot(value: object, *, strictly: bool, leniently: bool) -> None:
    assert is_snapshot(value) is strictly  # type: ignore[arg-type]
    assert is_snapshot(value, lenient=True) is leniently  # type: ignore[arg-type]


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
plain = st.booleans() | st.integers() | names | st.just("") | st.floats(-1e6, 1e6)
jsons = st.recursive(
    st.none() | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
types = st.sampled_from(["GPU", "OS", "Other"])


def measurements(
    kinds: st.SearchStrategy[str], groups: st.SearchStrategy[str], facts: st.SearchStrategy[object]
) -> st.SearchStrategy[tuple[Measurement, ...]]:
    data = st.dictionaries(names, facts, max_size=4)
    subtypes = st.dictionaries(groups, data, min_size=1, max_size=3)
    return st.dictionaries(kinds, subtypes, max_size=3).map(
        lambda found: tuple(
            Measurement(kind, tuple(Subtype(name, facts) for name, facts in groups.items()))  # type: ignore[arg-type]
            for kind, groups in found.items()
        )
    )


collections = st.builds(
    Collection,
    names,
    st.sampled_from(CollectorState),
    st.none() | names,
    st.none() | names,
    st.none() | names,
    st.lists(names, max_size=2).map(tuple),
    st.none() | st.floats(0, 1e6),
)
metadata = st.builds(
    Metadata, st.none() | names, st.none() | names, st.none() | names, st.dictionaries(names, names)
)
nodes = st.lists(
    st.builds(Node, names, measurements(types, names, jsons)),
    max_size=3,
    unique_by=lambda node: node.name,
).map(tuple)
snapshots = st.builds(
    Snapshot,
    metadata,
    measurements(types, names, jsons),
    nodes,
    st.lists(collections, max_size=2).map(tuple),
)


@given(snapshots, st.booleans())
def test_v1_says_everything(snapshot: Snapshot, as_json: bool) -> None:
    value = write_snapshot(snapshot)
    text = to_json(value) if as_json else to_yaml(value)
    assert read_snapshot(read_text(text, "s.json" if as_json else "s.yaml")[0]).snapshot == snapshot


one_node = st.builds(
    Snapshot,
    st.builds(
        Metadata, st.none() | names, st.none() | names, st.none() | names.map("upstream {}".format)
    ),
    measurements(st.just("NodeTopology"), names, plain),
    st.builds(Node, names, measurements(types, names, plain)).map(lambda node: (node,)),
)


@given(one_node)
def test_upstream_says_what_it_can(snapshot: Snapshot) -> None:
    value = write_snapshot(snapshot, "aicr.run/v1")
    assert losses(snapshot) == []
    assert read_snapshot(read_text(to_yaml(value), "s.yaml")[0]).snapshot == snapshot


@pytest.mark.parametrize(
    "path", sorted(VALID.glob("upstream-snapshot/*.yaml")), ids=lambda path: path.stem
)
def test_upstream_documents_survive_every_dialect(path: Path) -> None:
    snapshot = read(path).snapshot
    for dialect in ("eidos.dev/v1", "aicr.run/v1"):
        text = to_yaml(write_snapshot(snapshot, dialect))
        assert parsed(text).snapshot == snapshot


def test_what_upstream_cannot_say_is_named() -> None:
    part = Subtype("server", {"deep": {"a": 1}, "list": [1], "none": None})
    snapshot = Snapshot(
        Metadata(),
        (Measurement("GPU", (Subtype("smi", {}), part)),),
        (Node("n", (Measurement("GPU", (Subtype("smi", {}),)),)),),
        (Collection("GPU", CollectorState.OK),),
    )
    said = " / ".join(losses(snapshot))
    assert "1 collection" in said
    assert "GPU.smi: the node has its own" in said
    assert "GPU.server will be read as a fact about the node" in said
    assert "3 lists, maps and empty values" in said


def test_upstream_holds_one_node() -> None:
    snapshot = Snapshot(Metadata(), nodes=(Node("a", ()), Node("b", ())))
    with pytest.raises(UsageError, match="2") as caught:
        write_snapshot(snapshot, "aicr.run/v1")
    assert "--node" in (caught.value.hint or "")
    with pytest.raises(UsageError, match="0"):
        write_snapshot(replace(snapshot, nodes=()), "aicr.run/v1")


def test_only_v1_and_the_newest_dialect_are_written() -> None:
    with pytest.raises(UsageError, match="cns") as caught:
        write_snapshot(Snapshot(Metadata()), "cns.nvidia.com/v1alpha1")
    assert "eidos.dev/v1" in (caught.value.hint or "")


def test_a_real_snapshot_is_read_with_its_lines(shared: Path) -> None:
    path = shared / "data/snapshots/gb200.yaml"
    found = read_snapshot(read_documents(Source("gb200.yaml", path))[0])
    (node,) = found.snapshot.nodes
    assert node.name == "ip-10-0-160-248.ec2.internal"
    assert found.locate(node.name, ("gpu", "smi", "driver")).line == 1812
    systemd = next(part for part in node.measurements if part.type == "SystemD")
    assert {unit.name: len(unit.data) for unit in systemd.subtypes} == {
        "containerd.service": 372,
        "docker.service": 5,
        "kubelet.service": 5,
    }
