"""What holds of every bundler."""

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from eidos.bundlers import _drafting
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import Rendered, SharedInputs, ToRender, When
from eidos.engine.ports import Bundler
from fakes.bundling import bundler_of, bundlers, recipe_of, rendered, shipped, written
from fakes.charts import crds

GENERIC = "kueue"
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap"}


def test_every_bundler_is_one() -> None:
    assert {"generic", "gpu-operator", "nodewright"} <= bundlers().keys()
    for bundler in bundlers().values():
        assert isinstance(bundler.components, tuple)
        wanted = list(inspect.signature(Bundler.render).parameters)[1:]
        assert list(inspect.signature(bundler.render).parameters) == wanted


def test_what_bundlers_claim_is_in_the_registry_and_claimed_once() -> None:
    claimed = [name for bundler in bundlers().values() for name in bundler.components]
    assert sorted(claimed) == sorted(set(claimed))
    assert set(claimed) <= shipped().components.keys()


@pytest.mark.parametrize("name", sorted(shipped().components))
def test_the_same_input_gives_the_same_output_and_is_left_as_it_was(name: str) -> None:
    values = {"a": {"b": [1, {"c": None}]}, "kserve": {}}
    resources = {"thing": {**CONFIG, "data": {"x": "1"}}}
    component = written(name, values, resources)
    others = [written("gpu-operator", {"dcgm": {"enabled": True}, "toolkit": {"enabled": True}})]
    others = [each for each in others if each.name != name]
    shared = SharedInputs(accelerated_selector={"pool": "gpu"})
    try:
        one = rendered(component, *others, shared=shared)
    except BundleError as error:
        assert error.hint  # noqa: PT017 -- which components refuse it is theirs to test
        return
    assert one == rendered(component, *others, shared=shared)
    assert values == {"a": {"b": [1, {"c": None}]}, "kserve": {}}
    assert resources == {"thing": {**CONFIG, "data": {"x": "1"}}}
    assert isinstance(one, Rendered)


def test_a_value_of_null_stays() -> None:
    assert rendered(written(GENERIC, {"a": {"b": None}})).values == {"a": {"b": None}}


def test_resources_are_in_the_namespace_unless_their_kind_has_none() -> None:
    there = rendered(
        written(
            GENERIC,
            resources={
                "config": {**CONFIG, "apply": "before", "data": {}},
                "elsewhere": {**CONFIG, "metadata": {"namespace": "kube-system", "name": "other"}},
                "class": {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"},
                "role": {
                    "apiVersion": "rbac.authorization.k8s.io/v1",
                    "kind": "ClusterRole",
                    "metadata": {"namespace": "kube-system"},
                },
                "own": {**CONFIG, "metadata": {"namespace": None}},
            },
        )
    ).resources
    metadata = {each.name: each.value["metadata"] for each in there}
    assert metadata == {
        "class": {"name": "class"},
        "config": {"name": "config", "namespace": "kueue-system"},
        "elsewhere": {"name": "other", "namespace": "kube-system"},
        "own": {"name": "own"},
        "role": {"name": "role"},
    }
    assert {each.name: each.when for each in there}["config"] is When.BEFORE
    assert all("apply" not in each.value for each in there)


@pytest.mark.parametrize("name", ["../up", "Upper", "a/b", "", "a b", "x" * 254, "-a"])
def test_a_resource_with_no_name_of_an_object_is_refused(name: str) -> None:
    with pytest.raises(BundleError, match="name"):
        rendered(written(GENERIC, resources={name: CONFIG}))


def test_a_resource_without_a_kind_is_refused() -> None:
    with pytest.raises(BundleError, match="kind"):
        rendered(written(GENERIC, resources={"a": {"apiVersion": "v1"}}))


@pytest.mark.parametrize(
    ("component", "version", "kind"),
    [
        ("network-operator", "mellanox.com/v1alpha1", "NicClusterPolicy"),
        ("kueue", "kueue.x-k8s.io/v1beta2", "ClusterQueue"),
    ],
)
def test_what_a_chart_defines_cannot_come_before_it(
    component: str, version: str, kind: str
) -> None:
    early = {"apiVersion": version, "kind": kind, "apply": "before", "spec": {}}
    with pytest.raises(BundleError, match="before the chart that defines"):
        rendered(written(component, resources={"early": early}))


def test_dead_keys_are_left_out_and_named_with_what_to_write() -> None:
    there = rendered(written("gpu-operator", {"driver": {"maxParallelUpgrades": 5, "env": []}}))
    assert there.values == {"driver": {"env": []}}
    (note,) = [each for each in there.notes if each.is_unused]
    assert note.path == "driver.maxParallelUpgrades"
    assert "driver.upgradePolicy.maxParallelUpgrades" in note.text


def test_values_without_a_chart_are_left_out_and_named() -> None:
    there = rendered(written("gke-critical-pods", {"a": 1, "b": {"c": 2}}))
    assert there.values == {}
    assert [each.path for each in there.notes if each.is_unused] == ["a", "b"]


def test_the_users_own_values_go_before_the_recipes() -> None:
    shared = SharedInputs(extra_values={GENERIC: {"a": {"b": 2}, "list": ["mine"]}})
    there = rendered(written(GENERIC, {"a": {"b": 1, "c": 3}, "list": ["its"]}), shared=shared)
    assert there.values == {"a": {"b": 2, "c": 3}, "list": ["mine"]}


def test_what_a_bundler_adds_is_in_the_provenance() -> None:
    there = rendered(written("cert-manager", {}))
    assert there.values == {"crds": {"enabled": True}}
    assert there.provenance["crds.enabled"].startswith("bundler: ")


def test_a_bundler_does_not_write_through_a_value_that_is_no_map() -> None:
    with pytest.raises(BundleError, match="crds is no map"):
        rendered(written("cert-manager", {"crds": True}))


def test_components_nobody_claims_are_the_generic_ones() -> None:
    component = written(GENERIC, {"a": 1})
    wanted = ToRender(
        component, shipped().components[GENERIC], recipe_of(component), SharedInputs()
    )
    assert bundler_of(GENERIC) is bundlers()["generic"]
    other = replace(wanted, component=replace(component, values={"a": 2}))
    assert bundlers()["generic"].render(other).values == {"a": 2}


def test_scopes_are_those_of_the_definitions(shared: Path) -> None:
    for each in crds(shared / "data/charts").values():
        spec = each["spec"]
        kind = spec["group"], spec["names"]["kind"]
        assert (kind in _drafting.CLUSTER_WIDE) == (spec["scope"] == "Cluster"), kind


@pytest.mark.parametrize(
    ("name", "path", "form"),
    [
        ("aws-ebs-csi-driver", "imagePullSecrets", ["one", "two"]),
        ("prometheus-adapter", "image.pullSecrets", ["one", "two"]),
        ("k8s-nim-operator", "operator.image.pullSecrets", ["one", "two"]),
        ("cert-manager", "global.imagePullSecrets", [{"name": "one"}, {"name": "two"}]),
        ("nodewright-operator", "imagePullSecret", "one"),
    ],
)
def test_pull_secrets_have_the_form_of_the_chart(name: str, path: str, form: object) -> None:
    there = rendered(written(name), shared=SharedInputs(pull_secrets=("one", "two")))
    assert _drafting.value_at(there.values, path) == form
