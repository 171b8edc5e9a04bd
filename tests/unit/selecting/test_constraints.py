"""The language of constraints, by the vectors that upstream answers wrongly or not at all."""

from datetime import UTC, datetime

import pytest

from eidos.engine.digest import addressed
from eidos.engine.errors import Location
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import cluster_facts, node_facts
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Constraint, Of, Origin, Outcome, Reason
from eidos.engine.model.rule import Scope
from eidos.engine.model.snapshot import Measurement, Metadata, Node, Snapshot, Subtype
from eidos.engine.model.verdict import Status
from eidos.engine.ports import RegoEngine
from eidos.engine.rego.light import LightEngine
from eidos.engine.selecting.constraints import parse
from eidos.engine.selecting.rules import constraint_rule, outcome

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> RegoEngine:
    return LightEngine(1)


def constraint(fact: str, wanted: str, **more: object) -> Constraint:
    origin = Origin("overlay", "eks", Location("eks.yaml", 3))
    return Constraint(FactAddress.parse(fact), wanted, Reason("so", "here"), origin, **more)  # type: ignore[arg-type]


def measured(**data: dict[str, Json]) -> tuple[Measurement, ...]:
    found = []
    for name, values in data.items():
        type_, _, subtype = name.partition("_")
        found.append(Measurement(type_, (Subtype(subtype, values),)))
    return tuple(found)


def judged(engine: RegoEngine, asked: Constraint, snapshot: Snapshot) -> Outcome:
    rule = constraint_rule(asked)
    seen = addressed(snapshot)
    subjects = [cluster_facts(seen, "s")] if rule.scope is Scope.CLUSTER else node_facts(seen, "s")
    verdicts = Judge([rule], engine, NoMemo(), NOW).judge(subjects)
    return outcome(asked, [(s.name, v[0]) for s, v in zip(subjects, verdicts, strict=True)])


# Actual value, expression, and what is right.
VECTORS = [
    ("v1.33.5-eks-3025e55", ">= 1.32.4", Status.PASS),
    ("v1.33.5-eks-3025e55", ">= 1.33", Status.PASS),
    ("v1.33.2", "> 1.33", Status.PASS),
    ("v1.33.2", ">= 1.33.10", Status.FAIL),
    ("v1.33.2", "<= 1.33", Status.FAIL),
    ("v1.33.2", "< 1.33", Status.FAIL),
    ("v1.33.2", "== 1.33", Status.FAIL),
    ("v1.33.2", "== 1.33.2", Status.PASS),
    ("v1.33.2", "!= 1.33", Status.PASS),
    ("v1.33.2", "1.33.2", Status.PASS),
    ("v1.33.2", "v1.33.2", Status.PASS),
    ("v1.33.2", ">=1.33", Status.PASS),
    ("v1.33.2", ">= 1.30, < 1.40", Status.PASS),
    ("v1.33.2", ">= 1.30, < 1.33", Status.FAIL),
    ("v1.33.2", "in [1.33.2]", Status.PASS),
    ("v1.33.2", "= 1.33.2", Status.PASS),
    ("v1.33.2", "1.32.1 || >= 1.33", Status.PASS),
]


@pytest.mark.parametrize(("actual", "wanted", "right"), VECTORS)
def test_versions(engine: RegoEngine, actual: str, wanted: str, right: Status) -> None:
    snapshot = Snapshot(Metadata(), measured(K8s_server={"version": actual}))
    assert judged(engine, constraint("K8s.server.version", wanted), snapshot).status is right


@pytest.mark.parametrize(
    "text",
    [
        "~> 1.33",
        "!= 1.33.x",
        "not in [580.X, 595]",
        ">= 1.30 < 1.40",
        r"=~ 1\.33.*",
        "",
        ">=",
        "in [1",
        ">= 1.3, ",
        "1.33.*",
        "exists, >= 1",
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


@pytest.mark.parametrize(
    ("actual", "wanted", "right"),
    [
        ("24.04", "== 24.4", Status.FAIL),
        ("24.04", "24.04", Status.PASS),
        ("24.04", ">= 24.04", Status.PASS),
        ("24.10", ">= 24.04", Status.PASS),
    ],
)
def test_a_release_of_a_distribution(
    engine: RegoEngine, actual: str, wanted: str, right: Status
) -> None:
    snapshot = Snapshot(Metadata(), nodes=(Node("a", measured(OS_release={"VERSION_ID": actual})),))
    asked = constraint("OS.release.VERSION_ID", wanted, of=Of.EVERY_NODE)
    assert judged(engine, asked, snapshot).status is right


@pytest.mark.parametrize(
    "data", [None, {}, {"version": None}, {"version": ""}, {"version": "N/A"}, {"version": "abc"}]
)
@pytest.mark.parametrize("wanted", [">= 1.0", "!= 1.0", "not in [1.0]"])
def test_missing_and_unreadable_is_unknown_and_never_skipped(
    engine: RegoEngine, data: dict[str, Json] | None, wanted: str
) -> None:
    there = () if data is None else measured(K8s_server=data)
    found = judged(engine, constraint("K8s.server.version", wanted), Snapshot(Metadata(), there))
    assert found.status is Status.UNKNOWN
    assert "k8s.server.version" in found.said


def test_units_of_systemd_can_be_named(engine: RegoEngine) -> None:
    """Their names have a dot, which upstream splits at."""
    unit = Measurement("SystemD", (Subtype("containerd.service", {"LimitSTACK": "67108864"}),))
    snapshot = Snapshot(Metadata(), nodes=(Node("a", (unit,)),))
    asked = constraint('SystemD["containerd.service"].LimitSTACK', ">= 67108864", of=Of.EVERY_NODE)
    assert judged(engine, asked, snapshot).status is Status.PASS


def labelled(name: str, labels: dict[str, Json]) -> Node:
    return Node(
        name,
        measured(
            K8s_node={
                "labels": {"kubernetes.io/hostname": name, **labels},
                "capacity": {"cpu": "8"},
            }
        ),
    )


GPU = {"cloud.google.com/gke-accelerator": "nvidia-h100-mega-80gb"}
LABEL = "gke-no-default-nvidia-gpu-device-plugin"


@pytest.mark.parametrize(
    ("of", "nodes", "right"),
    [
        (
            Of.EVERY_GPU_NODE,
            [labelled("a", {**GPU, LABEL: "true"}), labelled("cpu", {})],
            Status.PASS,
        ),
        (
            Of.EVERY_GPU_NODE,
            [labelled("a", {**GPU, LABEL: "true"}), labelled("b", GPU)],
            Status.FAIL,
        ),
        (Of.EVERY_GPU_NODE, [labelled("cpu", {})], Status.UNKNOWN),
        (Of.EVERY_GPU_NODE, [Node("a", ())], Status.UNKNOWN),
        (Of.NO_GPU_NODE, [labelled("a", GPU), labelled("cpu", {LABEL: "true"})], Status.PASS),
        (Of.NO_GPU_NODE, [labelled("a", {**GPU, LABEL: "true"})], Status.FAIL),
        (Of.SOME_NODE, [labelled("a", {LABEL: "true"}), labelled("b", {})], Status.PASS),
        (Of.SOME_NODE, [labelled("b", {})], Status.FAIL),
        (Of.EVERY_NODE, [labelled("a", {LABEL: "true"}), labelled("b", {})], Status.FAIL),
    ],
)
def test_labels_of_nodes(engine: RegoEngine, of: Of, nodes: list[Node], right: Status) -> None:
    asked = constraint("K8s.node.labels", "== true", entry=LABEL, of=of)
    found = judged(engine, asked, Snapshot(Metadata(), nodes=tuple(nodes)))
    assert found.status is right, found


@pytest.mark.parametrize("of", Of)
@pytest.mark.parametrize("wanted", ["exists", "absent", ">= 8"])
def test_what_a_tool_cannot_tell_is_unknown(engine: RegoEngine, of: Of, wanted: str) -> None:
    node = Node("a", measured(k8s_node={"labels": GPU, "capacity": {"nvidia.com/gpu": "8"}}))
    seen = Snapshot(Metadata(cluster="c", generator="upstream 0.8.12"), (), (node,))
    found = judged(engine, constraint("gpu.pci.gpu-count", wanted, of=of), seen)
    assert found.status is Status.UNKNOWN
    assert "no fact that upstream 0.8.12 collects" in found.said


@pytest.mark.parametrize(
    ("value", "right"),
    [("2.0.1", Status.FAIL), ("1.0", Status.PASS), ("abc", Status.FAIL), ("", Status.FAIL)],
)
def test_what_cannot_be_compared_is_not_what_must_not_be(
    engine: RegoEngine, value: str, right: Status
) -> None:
    about = {"labels": {"kubernetes.io/hostname": "a", **GPU}, "capacity": {"cpu": "8"}}
    node = Node("a", measured(k8s_node={**about, "free": value}))
    asked = constraint("k8s.node.free", ">= 2.0", of=Of.NO_GPU_NODE)
    assert judged(engine, asked, Snapshot(Metadata(cluster="c"), (), (node,))).status is right


def test_a_warning_refuses_nothing(engine: RegoEngine) -> None:
    snapshot = Snapshot(Metadata(), measured(K8s_server={"version": "v1.30.0"}))
    asked = constraint("K8s.server.version", ">= 1.33", is_warning=True)
    assert judged(engine, asked, snapshot).status is Status.WARN
