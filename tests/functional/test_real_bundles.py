"""What bundles hold, against a real API server and the published schemas of Kubernetes.

Every resource that a bundle of any recipe has, every object for Argo CD and Flux: each is applied
as a dry run, with the definitions of upstream and the namespaces there before.
"""

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from eidos.engine.bundling.planning import plan
from eidos.engine.model.bundle import BundleSource, Plan, SharedInputs
from eidos.engine.model.recipe import Component, Leaf, WrittenRecipe
from eidos.engine.plugins import find_deployers
from eidos.engine.selecting.constraints import Atom, parse
from fakes.bundling import bundlers, every_recipe, recipe_of, shipped, written
from fakes.kube_objects import made
from fakes.real_cluster import Object, RealCluster, definitions

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real cluster")]

Kind = tuple[str, str]
"""apiVersion and kind."""

SOURCE = BundleSource("https://git.example.com/team/clusters", "main", "gpu/prod")
GPU = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
INPUTS = (
    SharedInputs(source=SOURCE),
    SharedInputs(
        system_selector={"node-role": "system"},
        system_tolerations=({"key": "dedicated", "operator": "Exists"},),
        accelerated_selector={"node-role": "gpu"},
        accelerated_tolerations=(GPU,),
        node_count=18,
        storage_class="fast",
        registry_mirror="registry.example.com/mirror",
        pull_secrets=("registry",),
        monitoring_labels={"release": "site"},
        source=SOURCE,
    ),
)
RENAMED: Mapping[Kind, Kind] = {
    ("nodewright.nvidia.com/v1alpha1", "NodeWright"): ("skyhook.nvidia.com/v1alpha1", "Skyhook"),
}
"""What the data still calls otherwise: its definition is served under the new name."""
NO_DEFINITION: Mapping[str, str] = {
    "nv-ipam.nvidia.com": "nv-ipam brings IPPool itself, and is not in the data",
}
"""Groups that nothing in the data defines, with the reason: their objects cannot be asked about."""
WARNINGS: Mapping[str, str] = {
    r'^metadata\.finalizers: "resources-finalizer\.argocd\.argoproj\.io": prefer a domain': """
        the finalizer by which Argo CD removes what an application made, as its manual calls it""",
}
"""What the API server may warn of, and why it stays."""
MINORS = range(30, 38)
"""Minor versions of Kubernetes 1 that a recipe may be for and whose schemas are published."""


class Found(NamedTuple):
    """An object of a bundle."""

    value: Object
    where: str
    """A component and what was asked for; the first of those that have it."""
    minors: set[int]
    """Minor versions of Kubernetes that a recipe with it may be for."""


@functools.cache
def resources() -> Mapping[str, Found]:
    """Give every resource of every bundle, each once."""
    found: dict[str, Found] = {}
    for asked, planned, minors in plans("helm"):
        for release in planned.releases:
            for each in release.rendered.resources:
                key = json.dumps(each.value, sort_keys=True)
                value: Object = json.loads(key)
                entry = found.setdefault(key, Found(value, f"{release.name} of {asked}", set()))
                entry.minors.update(minors)
    return found


@functools.cache
def steps(deployer: str) -> Mapping[str, Found]:
    """Give every object that a deployer writes for some bundle, each once."""
    found: dict[str, Found] = {}
    tool = find_deployers()[0][deployer]
    for asked, planned, minors in plans(deployer):
        for file in tool.files(planned):
            for value in yaml.load_all(file.content, yaml.CSafeLoader):
                key = json.dumps(value, sort_keys=True)
                found.setdefault(key, Found(value, f"{file.path} of {asked}", set(minors)))
    return found


def plans(deployer: str) -> Iterator[tuple[str, Plan, list[int]]]:
    """Plan every recipe that resolves, and one of each component of the registry for itself."""
    for shared in INPUTS:
        for asked, recipe in every_recipe(shipped()):
            planned = plan(recipe, shipped(), bundlers(), shared, deployer)
            yield asked, planned, minors_of(recipe)
        for name, component in shipped().components.items():
            alone = recipe_of(of_registry(component))
            planned = plan(alone, shipped(), bundlers(), shared, deployer)
            yield f"{name} alone", planned, []


def of_registry(component: Component) -> Any:
    """Give a component with what the registry says of it and nothing else."""
    return written(component.name, nested(component.values), nested(component.resources))


def nested(leaves: Iterable[Leaf]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for leaf in leaves:
        at = values
        for key in leaf.path[:-1]:
            at = at.setdefault(key, {})
        at[leaf.path[-1]] = leaf.value
    return values


def minors_of(recipe: WrittenRecipe) -> list[int]:
    """Give the versions of Kubernetes that the constraints of a recipe allow."""
    wanted = [
        parse(str(each["is"]))
        for each in recipe.constraints
        if each["fact"] == "k8s.server.version"
    ]
    return [
        minor
        for minor in MINORS
        if all(
            any(all(holds(atom, minor) for atom in atoms) for atoms in alternatives)
            for alternatives in wanted
        )
    ]


def holds(atom: Atom, minor: int) -> bool:
    """Compare the last patch of a minor version; a lower bound may be in the middle of it."""
    version = (1, minor, 99)
    bound = tuple(map(int, atom.operands[0].lstrip("v").split(".")))
    return {
        ">=": version >= bound,
        ">": version > bound,
        "<": (1, minor) < bound,
        "<=": version[: len(bound)] <= bound,
        "==": version[: len(bound)] == bound,
        "!=": version[: len(bound)] != bound,
    }[atom.operator]


def kind_of(value: Object) -> Kind:
    return value["apiVersion"], value["kind"]


def group_of(version: str) -> str:
    return version.partition("/")[0]


def is_built_in(value: Object) -> bool:
    group, slash, _ = value["apiVersion"].partition("/")
    return not slash or "." not in group or group.endswith(".k8s.io")


# The API server ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    started = RealCluster(tmp_path_factory.mktemp("cluster"))
    try:
        started.start()
        started.apply(*namespaces())
        yield started
    finally:
        started.close()


def namespaces() -> Iterator[Object]:
    """Give the namespaces of every bundle as its scripts make them, labels included."""
    labels: dict[str, dict[str, str]] = {"argocd": {}, "flux-system": {}}
    for _, planned, _ in plans("helm"):
        for release in planned.releases:
            labels.setdefault(release.namespace, {}).update(release.rendered.namespace_labels)
    for found in resources().values():
        labels.setdefault(found.value["metadata"].get("namespace", "default"), {})
    for name, said in labels.items():
        yield made("v1", "Namespace", name, metadata={"labels": said})


@pytest.fixture(scope="module")
def undefined(cluster: RealCluster, shared: Path) -> set[str]:
    """Serve the definitions of every kind that bundles hold; give the groups that have none."""
    kinds = {
        kind_of(each.value)
        for every in (resources(), steps("argocd"), steps("flux"))
        for each in every.values()
        if not is_built_in(each.value)
    }
    there = defined(shared / "data" / "charts", {group_of(version) for version, _ in kinds})
    found = {kind: definition for kind in kinds if (definition := there.get(kind))}
    cluster.apply(*found.values())
    return {group_of(version) for version, _ in kinds - found.keys()}


def defined(charts: Path, groups: set[str]) -> Mapping[Kind, Object]:
    """Give the definition of each version of a kind of these groups; that of the newest folder."""
    named = groups | {group_of(old) for old, _ in RENAMED.values()}
    files = (path for each in sorted(charts.rglob("crds")) for path in sorted(each.glob("*.yaml")))
    found: dict[Kind, Object] = {}
    for definition in definitions(path for path in files if speaks_of(path, named)):
        spec = definition["spec"]
        for version in spec.get("versions", ()):
            found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = definition
    for new, old in RENAMED.items():
        if new not in found:
            found[new] = renamed(found[old], *new)
    return found


def speaks_of(file: Path, groups: set[str]) -> bool:
    """Look whether it is worth the seconds that parsing takes."""
    text = file.read_text()
    return any(f"group: {group}\n" in text for group in groups)


def renamed(definition: Object, version: str, kind: str) -> Object:
    """Give a definition under another group and kind."""
    moved = deepcopy(definition)
    group, plural = group_of(version), f"{kind.lower()}s"
    moved["metadata"]["name"] = f"{plural}.{group}"
    moved["spec"] |= {"group": group, "names": {"kind": kind, "plural": plural}}
    return moved


def refused(cluster: RealCluster, found: Iterable[Found]) -> list[str]:
    """Apply objects as a dry run; give what is refused, or warned of and not explained."""
    wrong = []
    for each in found:
        try:
            warnings = cluster.dry_run(each.value)
        except RuntimeError as error:
            wrong.append(f"{each.where}: {error}")
        else:
            wrong += [f"{each.where}: {text}" for text in warnings if not is_explained(text)]
    return wrong


def is_explained(warning: str) -> bool:
    return any(re.search(pattern, warning) for pattern in WARNINGS)


def test_an_api_server_takes_every_object_of_its_own(cluster: RealCluster) -> None:
    found = [each for each in resources().values() if is_built_in(each.value)]
    assert found
    assert refused(cluster, found) == []


def test_an_api_server_takes_every_custom_resource(
    cluster: RealCluster, undefined: set[str]
) -> None:
    found = [each for each in resources().values() if not is_built_in(each.value)]
    asked = [each for each in found if group_of(each.value["apiVersion"]) not in undefined]
    assert asked
    assert undefined <= NO_DEFINITION.keys()
    assert refused(cluster, asked) == []


@pytest.mark.parametrize("deployer", ["argocd", "flux"])
def test_an_api_server_takes_what_deployers_write(
    cluster: RealCluster, undefined: set[str], deployer: str
) -> None:
    found = [*steps(deployer).values()]
    assert not undefined & {group_of(each.value["apiVersion"]) for each in found}
    assert refused(cluster, found) == []


def test_what_has_a_namespace_says_which(cluster: RealCluster, undefined: set[str]) -> None:
    """The API server takes an object without one into the namespace of whoever applies it."""
    for every in (resources(), steps("argocd"), steps("flux")):
        for each in every.values():
            if group_of(each.value["apiVersion"]) not in undefined:
                says = "namespace" in each.value["metadata"]
                assert says == cluster.is_namespaced(each.value), each.where


def test_a_field_that_nobody_defines_is_refused(cluster: RealCluster) -> None:
    wrong = made("v1", "ConfigMap", "wrong", "default", dataa={"a": "b"})
    [said] = refused(cluster, [Found(wrong, "a test", set())])
    assert "dataa" in said


# Schemas of Kubernetes --------------------------------------------------------------------------


def test_objects_keep_the_schemas_of_each_version_that_their_recipes_are_for() -> None:
    kubernetes = pytest.importorskip("kubernetes_validate")
    asked = 0
    for each in resources().values():
        for minor in sorted(each.minors) if is_built_in(each.value) else ():
            kubernetes.validate(each.value, f"1.{minor}", strict=True)
            asked += 1
    assert asked


def test_every_recipe_is_for_some_release() -> None:
    for asked, recipe in every_recipe(shipped()):
        assert minors_of(recipe), asked


def test_a_schema_refuses_a_field_that_it_does_not_have() -> None:
    kubernetes = pytest.importorskip("kubernetes_validate")
    wrong = made("v1", "ConfigMap", "wrong", "default", dataa={"a": "b"})
    with pytest.raises(kubernetes.ValidationError, match="dataa"):
        kubernetes.validate(wrong, "1.36", strict=True)
