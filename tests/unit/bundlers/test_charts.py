"""What bundlers render for every recipe, against the real charts and definitions."""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.unit.recipes.test_registry_charts import (
    CHARTED,
    READ_BY_TEMPLATES,
    WITH_SCHEMA,
    folder_of,
    is_value,
    leaves,
    merge,
    values_of,
)

from eidos.engine.model.bundle import Rendered, SharedInputs
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Component, Leaf, WrittenRecipe
from fakes.bundling import every_recipe, recipe_of, rendered, rendered_of, shipped, written
from fakes.charts import held, pruned

BUILT_IN = ("v1", "apps/v1", "rbac.authorization.k8s.io/v1", "resource.k8s.io/v1")
BUILT_IN += ("storage.k8s.io/v1", "scheduling.k8s.io/v1")
NO_DEFINITION = {
    "IPPool": "nv-ipam brings it, and its chart is not in the data",
    "SriovOperatorConfig": "a sub-chart that is not in the data",
}
# What bundlers add, and templates read although values.yaml lacks it.
ADDED = {
    "network-operator": {"imagePullSecrets"},
    "nodewright-operator": {"imagePullSecret"},
}
GPU = {"key": "nvidia.com/gpu", "operator": "Exists"}
SHARED = SharedInputs(
    system_selector={"node-role": "system"},
    system_tolerations=({"key": "dedicated", "operator": "Exists"},),
    accelerated_selector={"node-role": "gpu"},
    accelerated_tolerations=(GPU,),
    node_count=18,
    storage_class="fast",
    registry_mirror="registry.example.com/mirror",
    pull_secrets=("registry",),
    monitoring_labels={"release": "site"},
)
INPUTS = {"nothing": SharedInputs(), "everything": SHARED}
APART = {
    "aws-dranet": "excludes aws-efa",
    "dcgm-exporter": "excludes gpu-operator",
    "rook-ceph-cluster": "has a second default class",
}
"""Components that are alone in their recipe of the registry, with the reason."""


def nested(found: tuple[Leaf, ...]) -> dict[str, Json]:
    """Give leaves as the map that they are the leaves of."""
    values: dict[str, Any] = {}
    for leaf in found:
        at = values
        for key in leaf.path[:-1]:
            at = at.setdefault(key, {})
        at[leaf.path[-1]] = leaf.value
    return values


def of_registry(component: Component) -> Any:
    """Give a component with what the registry says of it and nothing else."""
    return written(component.name, nested(component.values), nested(component.resources))


@functools.cache
def recipes() -> Mapping[str, WrittenRecipe]:
    """Give every recipe there is, and one of everything in the registry."""
    components = shipped().components
    together = [of_registry(each) for name, each in components.items() if name not in APART]
    alone = {f"{name} alone": recipe_of(of_registry(components[name])) for name in APART}
    return {"the registry": recipe_of(*together), **alone, **dict(every_recipe(shipped()))}


@functools.cache
def outputs(inputs: str) -> Mapping[str, Mapping[str, tuple[str, Rendered]]]:
    """Give what is rendered of each component, each once, with the first recipe that has it."""
    found: dict[str, dict[str, tuple[str, Rendered]]] = {}
    for asked, recipe in recipes().items():
        for component in recipe.components:
            there = rendered_of(recipe, component, INPUTS[inputs])
            said = [there.values, [[each.name, each.value] for each in there.resources]]
            text = json.dumps(said, sort_keys=True, default=str)
            found.setdefault(component.name, {}).setdefault(text, (asked, there))
    return found


def each_of(name: str) -> Iterator[tuple[str, Rendered]]:
    for inputs in INPUTS:
        yield from outputs(inputs).get(name, {}).values()


def labels_as_one(path: str) -> str:
    """Cut a path at a selector: its keys are labels, beside those that the chart has."""
    before, selector, _ = path.partition("nodeSelector")
    return before + selector


@pytest.mark.parametrize("name", CHARTED)
def test_every_value_is_one_that_the_chart_knows(name: str, shared: Path) -> None:
    known = values_of(folder_of(name, shared))
    allowed = {*READ_BY_TEMPLATES.get(name, ()), *ADDED.get(name, ())}
    for asked, there in each_of(name):
        paths = {labels_as_one(path) for path, _ in leaves(dict(there.values)) if path}
        assert [path for path in sorted(paths - allowed) if not is_value(known, path)] == [], (
            f"{name} of {asked}"
        )


@pytest.mark.parametrize("name", WITH_SCHEMA)
def test_values_keep_the_schema_of_the_chart(name: str, shared: Path) -> None:
    folder = folder_of(name, shared)
    schema = json.loads((folder / "values.schema.json").read_text())
    schema.pop("$schema", None)  # one chart names a dialect that only its makers know
    validator = jsonschema.Draft7Validator(schema)
    for _, there in each_of(name):
        validator.validate(merge(values_of(folder), dict(there.values)))


def test_resources_keep_their_definitions(shared: Path) -> None:
    seen: set[str] = set()
    for name in shipped().components:
        for asked, there in each_of(name):
            for each in there.resources:
                kind = str(each.value["kind"])
                seen.add(kind)
                if each.value["apiVersion"] not in BUILT_IN and kind not in NO_DEFINITION:
                    assert held(each.value, shared / "data/charts"), f"{kind} of {asked}"
    assert {"PrometheusRule", "StorageClass"} <= seen


def test_a_field_that_no_definition_has_is_found(shared: Path) -> None:
    part = {"image": "a", "repository": "b", "version": "1"}
    nics = {"apiVersion": "mellanox.com/v1alpha1", "kind": "NicClusterPolicy"}
    wrong = {**nics, "spec": {"nvIpam": {**part, "imagge": "x"}}}
    there = rendered(written("network-operator", {}, {"nics": wrong}))
    with pytest.raises(AssertionError, match="imagge"):
        held(there.resources[0].value, shared / "data/charts")
    assert list(pruned({"a": [{"b": 1}]}, {"properties": {"a": {"items": {}}}})) == [".a[0].b"]


def test_what_is_generated_keeps_its_definition(shared: Path) -> None:
    """Of each kind that bundlers add to, one with everything that they add."""
    tuning = {
        "arguments": [{"set": "nosmt"}],
        "sysctls": [{"key": "vm.max_map_count", "value": 262144}],
        "packages": [],
    }
    domain = {
        "apiVersion": "resource.nvidia.com/v1beta1",
        "kind": "ComputeDomain",
        "spec": {"channel": {"resourceClaimTemplate": {"name": "channel"}}},
    }
    part = {"image": "a", "repository": "b", "version": "1"}
    plugin = {**part, "config": '{"configList": [{"resourceName": "ib"}]}'}
    nics = {
        "apiVersion": "mellanox.com/v1alpha1",
        "kind": "NicClusterPolicy",
        "spec": {
            "ofedDriver": part,
            "rdmaSharedDevicePlugin": plugin,
            "nvIpam": part,
            "secondaryNetwork": {"multus": part, "cniPlugins": part, "ipoib": part},
            "nicConfigurationOperator": {"operator": part, "configurationDaemon": part},
        },
    }
    dra = {"nvidiaDriverRoot": "/", "resources": {"gpus": {"enabled": False}}}
    for component, said in (
        (written("nodewright-customizations"), tuning),
        (written("nvidia-dra-driver-gpu", dra, {"domain": domain}), {}),
        (written("network-operator", {}, {"nics": nics}), {}),
    ):
        old = written("nodewright-operator", version="v0.15.1")
        for each in rendered(component, old, shared=SHARED, tuning=said).resources:
            assert held(each.value, shared / "data/charts")


def test_nothing_of_a_recipe_is_lost() -> None:
    """Each value is in the output, or a note says what became of it."""
    for recipe in recipes().values():
        for component in recipe.components:
            there = rendered_of(recipe, component, SharedInputs())
            unused = {each.path for each in there.notes if each.is_unused}
            kept = dict(leaves(dict(there.values)))
            for path, value in leaves(dict(component.values)):
                is_named = any(path == each or path.startswith(f"{each}.") for each in unused)
                is_changed = any(path in each for each in there.provenance)
                assert not path or is_named or is_changed or kept.get(path, "gone") == value, path
            assert {each.name for each in there.resources} >= component.resources.keys()


def test_whatever_is_added_says_why() -> None:
    for recipe in recipes().values():
        for component in recipe.components:
            there = rendered_of(recipe, component, SHARED)
            said = {path for path, _ in leaves(dict(component.values)) if path}
            for path, _ in leaves(dict(there.values)):
                traced = any(path.startswith(each.split("[")[0]) for each in there.provenance)
                assert not path or path in said or traced, f"{component.name}: {path}"
