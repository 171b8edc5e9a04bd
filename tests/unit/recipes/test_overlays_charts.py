"""Overlays and profiles against the real charts and definitions."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from tests.unit.recipes.conftest import catalog, covered, shapes
from tests.unit.recipes.test_registry_charts import (
    CHARTED,
    READ_BY_TEMPLATES,
    folder_of,
    is_value,
    values_of,
)

from eidos.engine.selecting.merging import merge
from fakes.charts import RENAMED, Loader, pruned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from eidos.engine.model.recipe import Leaf

DEFINITIONS = (
    "network-operator/v26.4.1",
    "node-feature-discovery/v0.19.0",
    "nodewright/v0.15.1",
)
BUILT_IN = {
    ("v1", "ConfigMap"),
    ("v1", "ResourceQuota"),
    ("v1", "ServiceAccount"),
    ("apps/v1", "DaemonSet"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("resource.k8s.io/v1", "DeviceClass"),
}
NO_DEFINITION = {
    (
        "nv-ipam.nvidia.com/v1alpha1",
        "IPPool",
    ): "nv-ipam brings it, and its chart is not in the data",
    ("monitoring.coreos.com/v1", "PrometheusRule"): "held against its definition with the registry",
}


def leaves(component: str) -> Iterator[Leaf]:
    """Give every value that an overlay or a profile sets of a component."""
    uses = [each.uses.get(component) for each in catalog().overlays.values()]
    for profile in catalog().profiles.values():
        uses += [each.uses.get(component) for each in profile.choices.values()]
    for use in uses:
        yield from use.values if use else ()


@pytest.mark.parametrize("name", CHARTED)
def test_every_path_is_a_value_of_the_chart(name: str, shared: Path) -> None:
    values = values_of(folder_of(name, shared))
    paths = {".".join(leaf.path) for leaf in leaves(name)}
    allowed = READ_BY_TEMPLATES.get(name, {})
    assert [
        each for each in sorted(paths) if each not in allowed and not is_value(values, each)
    ] == []


def test_no_path_is_a_dead_key() -> None:
    for component in catalog().components.values():
        for leaf in leaves(component.name):
            path = ".".join(leaf.path)
            assert not any(
                path == dead or path.startswith(f"{dead}.") for dead in component.dead_keys
            )


@functools.cache
def definitions(shared: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the schema of each version of each kind that the charts define."""
    found = {}
    for folder in DEFINITIONS:
        for path in (shared / "data/charts" / folder).rglob("crds/*.yaml"):
            # A safe loader with one more type.
            for crd in yaml.load_all(path.read_text(), Loader=Loader):
                if not crd or crd["kind"] != "CustomResourceDefinition":
                    continue
                for version in crd["spec"]["versions"]:
                    key = f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]
                    found[key] = version["schema"]["openAPIV3Schema"]
    return found


def resources() -> dict[str, dict[str, Any]]:
    """Give every custom resource of every recipe, each once."""
    found = {}
    for choice in covered().values():
        for chosen in shapes(choice):
            for component in merge(catalog(), choice, chosen).components:
                for name, resource in component.resources.items():
                    assert isinstance(resource, dict)
                    found[f"{name} {yaml.safe_dump(resource)}"] = dict(resource)
    return found


def test_resources_keep_their_definitions(shared: Path) -> None:
    seen = set()
    for text, resource in resources().items():
        kind = resource["apiVersion"], resource["kind"]
        seen.add(kind)
        if kind in BUILT_IN or kind in NO_DEFINITION:
            continue
        schema = definitions(shared)[RENAMED.get(kind, kind)]
        said = {key: value for key, value in resource.items() if key not in {"apply", "metadata"}}
        jsonschema.Draft202012Validator(schema).validate(said)
        assert list(pruned(said, schema)) == [], text
    assert seen >= set(NO_DEFINITION) | set(RENAMED)


def test_a_key_that_no_definition_has_is_found(shared: Path) -> None:
    schema = definitions(shared)["mellanox.com/v1alpha1", "NicClusterPolicy"]
    wrong = {"spec": {"ofedDriver": {"image": "doca-driver", "imagge": "x"}}}
    assert list(pruned(wrong, schema)) == [".spec.ofedDriver.imagge"]
