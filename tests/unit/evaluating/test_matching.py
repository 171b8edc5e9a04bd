"""What a constraint is about, as Gatekeeper reads spec.match, and what nobody can tell."""

from typing import Any

import pytest

from eidos.engine.evaluating.matching import UnknownMatchError, fits, mismatch
from eidos.engine.model.admission import Namespace, Review
from eidos.engine.model.match import Kinds, Match, Requirement

SHOP = Namespace("shop", {"team": "a"})


def object_(kind: str = "Pod", api: str = "v1", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "web", **metadata}}


def matches(match: Match, thing: dict[str, Any], namespace: Namespace | None = SHOP) -> bool:
    return mismatch(match, Review({"object": thing}, namespace)) is None


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (Kinds(), True),
        (Kinds(("",), ("Pod",)), True),
        (Kinds(("*",), ("*",)), True),
        (Kinds((), ("Pod", "Job")), True),
        (Kinds(("apps",), ("Pod",)), False),
        (Kinds(("",), ("Service",)), False),
    ],
)
def test_kinds(kinds: Kinds, expected: bool) -> None:
    assert matches(Match(kinds=(kinds,)), object_()) is expected


def test_one_of_several_kinds_is_enough() -> None:
    kinds = (Kinds(("apps",), ("Deployment",)), Kinds(("batch",), ("Job",)))
    assert matches(Match(kinds=kinds), object_("Job", "batch/v1"))
    assert not matches(Match(kinds=kinds), object_("Job", "apps/v1"))


@pytest.mark.parametrize(
    ("glob", "name", "expected"),
    [
        ("kube-system", "kube-system", True),
        ("kube-*", "kube-system", True),
        ("*-system", "kube-system", True),
        ("*-sys*", "kube-system", True),
        ("*", "anything", True),
        ("kube-*", "my-kube-system", False),
        ("kube", "kube-system", False),
        ("", "", True),
    ],
)
def test_globs(glob: str, name: str, expected: bool) -> None:
    assert fits(name, glob) is expected


def test_namespaces_and_those_left_out() -> None:
    assert matches(Match(namespaces=("sh*",)), object_())
    assert not matches(Match(namespaces=("prod",)), object_())
    assert not matches(Match(excluded=("sh*",)), object_())
    assert matches(Match(excluded=("prod",)), object_())


def test_a_namespace_is_known_by_its_own_name() -> None:
    thing = object_("Namespace", name="prod")
    assert matches(Match(namespaces=("prod",)), thing, None)
    assert not matches(Match(excluded=("prod",)), thing, None)


def test_what_lies_in_no_namespace_is_not_left_out() -> None:
    node = object_("Node")
    assert matches(Match(namespaces=("prod",)), node, None)
    assert matches(Match(excluded=("prod",)), node, None)
    assert matches(Match(namespace_labels=(Requirement("team", "Exists"),)), node, None)


@pytest.mark.parametrize(
    ("scope", "kind", "namespace", "expected"),
    [
        ("Cluster", "Node", None, True),
        ("Cluster", "Pod", SHOP, False),
        ("Cluster", "Namespace", None, True),
        ("Namespaced", "Pod", SHOP, True),
        ("Namespaced", "Pod", None, True),  # wherever it will lie, it will lie in one
        ("Namespaced", "Node", None, False),
        ("Namespaced", "Namespace", None, False),
        ("*", "Node", None, True),
        ("namespaced", "Node", None, True),  # a slip is no scope, for Gatekeeper neither
    ],
)
def test_scope(scope: str, kind: str, namespace: Namespace | None, expected: bool) -> None:
    assert matches(Match(scope=scope), object_(kind), namespace) is expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Requirement("app", "In", ("web", "db")), True),
        (Requirement("app", "In", ("db",)), False),
        (Requirement("tier", "In", ("db",)), False),
        (Requirement("app", "NotIn", ("db",)), True),
        (Requirement("tier", "NotIn", ("db",)), True),
        (Requirement("app", "NotIn", ("web",)), False),
        (Requirement("app", "Exists"), True),
        (Requirement("tier", "Exists"), False),
        (Requirement("tier", "DoesNotExist"), True),
        (Requirement("app", "DoesNotExist"), False),
    ],
)
def test_labels(wanted: Requirement, expected: bool) -> None:
    thing = object_(labels={"app": "web"})
    assert matches(Match(labels=(wanted,)), thing) is expected
    labelled = Namespace("shop", {"app": "web"})
    assert matches(Match(namespace_labels=(wanted,)), object_(), labelled) is expected


def test_labels_of_a_namespace_are_its_own() -> None:
    thing = object_("Namespace", name="prod", labels={"team": "b"})
    assert matches(Match(namespace_labels=(Requirement("team", "In", ("b",)),)), thing, None)


def test_the_name_of_a_namespace_is_a_label() -> None:
    wanted = (Requirement("kubernetes.io/metadata.name", "In", ("shop",)),)
    assert matches(Match(namespace_labels=wanted), object_(), Namespace("shop", known=()))
    assert not matches(Match(namespace_labels=wanted), object_(), Namespace("prod", known=()))


def test_labels_that_nobody_knows_are_no_mismatch() -> None:
    unknown = Namespace("shop", known=())
    with pytest.raises(UnknownMatchError, match="by team, and the labels of namespace shop"):
        matches(Match(namespace_labels=(Requirement("team", "DoesNotExist"),)), object_(), unknown)


def test_what_is_known_may_decide_alone() -> None:
    seen = Namespace(
        "shop", {"pod-security.kubernetes.io/enforce": "baseline"}, ("pod-security.kubernetes.io/",)
    )
    level = Requirement("pod-security.kubernetes.io/enforce", "In", ("privileged",))
    assert not matches(
        Match(namespace_labels=(Requirement("team", "Exists"), level)), object_(), seen
    )
    warned = Requirement("pod-security.kubernetes.io/warn", "DoesNotExist")
    assert matches(Match(namespace_labels=(warned,)), object_(), seen)


def test_other_conditions_go_before_labels_that_nobody_knows() -> None:
    match = Match(kinds=(Kinds((), ("Job",)),), namespace_labels=(Requirement("team", "Exists"),))
    assert not matches(match, object_(), Namespace("shop", known=()))


def test_name_and_generated_name() -> None:
    assert matches(Match(name="web"), object_())
    assert matches(Match(name="web-*"), object_(name="", generateName="web-"))
    assert not matches(Match(name="web"), object_(name="", generateName="web"))
    assert matches(Match(name="*eb*"), object_(name="", generateName="web-"))
    assert not matches(Match(name="db*"), object_())


def test_nothing_is_generated() -> None:
    assert matches(Match(source="Original"), object_())
    assert not matches(Match(source="Generated"), object_())


def test_an_update_matches_by_what_there_was() -> None:
    match = Match(labels=(Requirement("app", "Exists"),))
    request = {"object": object_(), "oldObject": object_(labels={"app": "web"})}
    assert mismatch(match, Review(request, SHOP)) is None
    assert mismatch(match, Review({"object": None, "oldObject": None})) == "it holds no object"


@pytest.mark.parametrize(
    "metadata", [None, 7, [], {"labels": []}, {"name": 7, "labels": {"app": 1}}]
)
def test_odd_metadata_is_no_crash(metadata: Any) -> None:
    thing = {"apiVersion": 7, "kind": ["Pod"], "metadata": metadata}
    match = Match(labels=(Requirement("app", "In", ("1",)),), name="x", namespaces=("a",))
    assert not matches(match, thing, None)
