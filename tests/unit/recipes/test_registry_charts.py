"""The registry against itself, and against the real charts that it names."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from fakes.charts import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator

RECIPES = Path(__file__).parents[3] / "recipes"
COMPONENTS = sorted(path.stem for path in (RECIPES / "components").glob("*.yaml"))

# Data of a chart is that of the very version the registry pins, except here.
CHART_DATA = {
    "dcgm-exporter": ("dcgm-exporter/4.5.3-4.8.2", "the folder names the exporter and the chart"),
    "k8s-nim-operator": ("k8s-nim-operator/v3.1.2", "the folder names the tag"),
    "kai-scheduler": (
        "kai-scheduler/v0.13.0",
        "no newer data; the paths used were seen in v0.16.8 too",
    ),
    "kueue": ("kueue/v0.19.2", "no newer data"),
    "network-operator": ("network-operator/v26.4.1", "the folder names the tag"),
    "node-feature-discovery": ("node-feature-discovery/v0.19.0", "the folder names the tag"),
    "nodewright-operator": (
        "nodewright/v0.15.1",
        "no newer data; the paths used were seen in v0.20.0 too",
    ),
    "nvidia-dra-driver-gpu": ("dra-driver-nvidia-gpu/main-20260807", "the commit nearest to 0.5.0"),
    "prometheus-adapter": ("prometheus-adapter/HEAD-20260822", "the folder names the day"),
    "prometheus-operator-crds": (
        "prometheus-operator-crds/HEAD-20260822",
        "the folder names the day",
    ),
}
NO_CHART_DATA = {
    "agentgateway": "not read",
    "agentgateway-crds": "not read",
    "aws-dranet": "read upstream, no data beside",
    "aws-efa": "read upstream, no data beside",
    "dynamo-platform": "not read",
    "grove": "not read",
    "k8s-ephemeral-storage-metrics": "not read",
    "kubeflow-trainer": "read upstream, no data beside",
    "nsight-operator": "not read",
    "nvsentinel": "not read",
}
# What templates read and values.yaml lacks, so that a missing key is no mistake there.
READ_BY_TEMPLATES = {
    "gpu-operator": {
        "dcgmExporter.config.name": "a comment in values.yaml, read by dcgm_exporter_config.yaml",
        "dcgmExporter.config.create": "likewise",
        "dcgmExporter.config.data": "likewise",
        "dcgm.imagePullSecrets": "absent from values.yaml, read by clusterpolicy.yaml",
        "dcgmExporter.imagePullSecrets": "likewise",
    },
    "kube-prometheus-stack": {
        "grafana.nodeSelector": "a value of the sub-chart grafana",
        "grafana.tolerations": "likewise",
        "kube-state-metrics.nodeSelector": "a value of the sub-chart kube-state-metrics",
        "kube-state-metrics.tolerations": "likewise",
    },
}
# Dead keys that values.yaml has all the same: the operator itself ignores what they say.
DEAD_YET_THERE = {"gpu-operator": {"kataManager.enabled"}}
# Definitions that the data leaves out, and those that nobody here uses.
CRDS_WITHOUT_DATA: dict[str, set[str]] = {
    "kueue": {
        "admissionchecks",
        "cohorts",
        "multikueueclusters",
        "multikueueconfigs",
        "provisioningrequestconfigs",
    }
    | {"workloadpriorityclasses", "workloads"},
    "nodewright-operator": {"nodewrights", "deploymentpolicies"},
    "prometheus-operator-crds": {"prometheusagents", "thanosrulers"},
}
CRDS_NOT_INSTALLED = {"logicalvolumes.topolvm.cybozu.com": "only with useLegacy"}
WITH_SCHEMA = (
    "aws-ebs-csi-driver",
    "cert-manager",
    "kserve-llmisvc-resources",
    "node-feature-discovery",
)
CRD_FOLDERS = {
    "kserve-crd": "kserve-crds-minimal/v0.20.0",
    "kserve-llmisvc-crd": "kserve-crds-minimal/v0.20.0",
    "kserve-localmodel-crd": "kserve-crds-minimal/v0.20.0",
    "prometheus-operator-crds": "kube-prometheus-stack/88.5.3/charts/crds",
}


@functools.cache
def component(name: str) -> dict[str, Any]:
    """Give one component as it is written."""
    document = yaml.safe_load((RECIPES / "components" / f"{name}.yaml").read_text())
    assert isinstance(document, dict)
    return document


def every_document() -> dict[str, str]:
    """Give the text of every document of recipes, by path."""
    return {
        str(path.relative_to(RECIPES)): path.read_text() for path in sorted(RECIPES.rglob("*.yaml"))
    }


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Give the paths of values: a list is one value, since charts replace lists whole."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from leaves(below, f"{path}.{key}" if path else str(key))
    else:
        yield path, value


def paths_of(name: str) -> set[str]:
    """Give every path of a value that a component names."""
    spec = component(name)["spec"]
    paths = {
        path
        for setting in spec.get("settings", [])
        for path, _ in leaves(setting.get("values", {}))
        if path
    }
    scheduling = spec.get("scheduling", {})
    for nodes in ("system", "accelerated"):
        for written in scheduling.get(nodes, {}).values():
            paths |= set(written)
    paths |= set(scheduling.get("nodeCount", []))
    for given, written in spec.get("sharedInputs", {}).items():
        paths |= set(written) if given != "source" else set()
    return paths


def sources_in(value: object) -> Iterator[str]:
    """Give everything that stands as a source."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "source":
                yield str(below)
            yield from sources_in(below)
    elif isinstance(value, list):
        for below in value:
            yield from sources_in(below)


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Give values as Helm coalesces them."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def test_every_file_is_named_as_what_it_holds() -> None:
    for folder in ("components", "platforms"):
        for path in (RECIPES / folder).glob("*.yaml"):
            assert yaml.safe_load(path.read_text())["metadata"]["name"] == path.stem


def test_no_name_means_two_components() -> None:
    names = [
        word for name in COMPONENTS for word in (name, *component(name)["spec"].get("aliases", []))
    ]
    assert sorted(names) == sorted(set(names))


def test_every_source_can_be_followed() -> None:
    prefixes = yaml.safe_load((RECIPES / "sources.yaml").read_text())["spec"]["prefixes"]
    for path, text in every_document().items():
        for source in sources_in(yaml.safe_load(text)):
            known = re.match(r"([a-z][a-z0-9-]*):(?!//)\S+@\S+$", source)
            assert (known and known[1] in prefixes) or re.match(r"https://|\[run\] ", source), (
                f"{path}: {source}"
            )


def test_no_document_names_notes_that_nobody_outside_has() -> None:
    assert [
        path
        for path, text in every_document().items()
        if re.search(r"\bKG-\d|facts/|shared/", text)
    ] == []


@pytest.mark.parametrize("name", COMPONENTS)
def test_what_a_component_needs_is_in_the_registry(name: str) -> None:
    spec = component(name)["spec"]
    for other in (*spec.get("dependsOn", []), *spec.get("conflictsWith", [])):
        assert other["component"] in COMPONENTS
        assert other["component"] != name


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_conflict_is_said_by_both(name: str) -> None:
    for other in component(name)["spec"].get("conflictsWith", []):
        back = [one["component"] for one in component(other["component"])["spec"]["conflictsWith"]]
        assert name in back


def test_components_can_be_put_in_order() -> None:
    needs = {
        name: {one["component"] for one in component(name)["spec"].get("dependsOn", [])}
        for name in COMPONENTS
    }
    placed: set[str] = set()
    while ready := {
        name for name, before in needs.items() if name not in placed and before <= placed
    }:
        placed |= ready
    assert placed == set(COMPONENTS)


def test_every_definition_has_one_owner() -> None:
    owned = [
        crd
        for name in COMPONENTS
        for crd in component(name)["spec"].get("crds", {}).get("names", [])
    ]
    assert sorted(owned) == sorted(set(owned))


def test_a_release_of_kubernetes_is_supported_by_everything() -> None:
    supported = set(range(20, 60))
    for name in COMPONENTS:
        said = component(name)["spec"].get("kubernetes", {}).get("is", "")
        for operator, minor in re.findall(r"(>=|<) 1\.(\d+)", said):
            kept = range(int(minor), 60) if operator == ">=" else range(int(minor))
            supported &= set(kept)
    # The Network Operator's matrix ends first.
    assert supported == {32, 33, 34, 35}


def test_no_word_means_two_values_of_a_dimension() -> None:
    dimensions = yaml.safe_load((RECIPES / "criteria.yaml").read_text())["spec"]["dimensions"]
    for dimension in dimensions.values():
        values = dimension.get("values", {})
        words = [
            word for value, said in values.items() for word in (value, *said.get("aliases", []))
        ]
        assert sorted(words) == sorted(set(words))


def test_provider_ids_tell_one_platform() -> None:
    platforms = [
        yaml.safe_load(path.read_text())["spec"] for path in (RECIPES / "platforms").glob("*.yaml")
    ]
    schemes = [scheme for platform in platforms for scheme in platform.get("providerIdSchemes", [])]
    assert sorted(schemes) == sorted(set(schemes))


@pytest.mark.parametrize("name", COMPONENTS)
def test_no_path_is_a_dead_key(name: str) -> None:
    dead = {key["path"] for key in component(name)["spec"].get("deadKeys", [])}
    assert not {
        path
        for path in paths_of(name)
        if any(path == key or path.startswith(f"{key}.") for key in dead)
    }


def test_alerts_and_dashboards_ask_for_counters_that_are_exported() -> None:
    config = next(
        setting["values"]["dcgmExporter"]["config"]
        for setting in component("gpu-operator")["spec"]["settings"]
        if "config" in setting.get("values", {}).get("dcgmExporter", {})
    )
    exported = re.findall(r"(?m)^(DCGM_\w+),", config["data"])
    assert len(exported) == len(set(exported))
    for name in ("gpu-monitoring", "prometheus-adapter"):
        asked = set(re.findall(r"DCGM_\w+", yaml.safe_dump(component(name))))
        assert asked
        assert asked <= set(exported)


CHARTED = [
    name for name in COMPONENTS if "chart" in component(name)["spec"] and name not in NO_CHART_DATA
]
# No definitions of Rook are in the data: its one file is too large.
DEFINING = [
    name
    for name in CHARTED
    if component(name)["spec"].get("crds", {}).get("names") and name != "rook-ceph"
]


def folder_of(name: str, shared: Path) -> Path:
    """Give the folder of a component's chart data."""
    version = component(name)["spec"]["chart"]["version"]
    folder = shared / "data/charts" / CHART_DATA.get(name, (f"{name}/{version}", ""))[0]
    assert folder.is_dir(), (
        f"no data of {name} {version}: say which stands in, or why there is none"
    )
    return folder


@functools.cache
def values_of(folder: Path) -> dict[str, Any]:
    """Give the values of a chart with those of the sub-charts it carries below their names."""
    values: dict[str, Any] = {}
    for part in sorted(folder.glob("charts/*/values.yaml")):
        values[part.parent.name] = yaml.safe_load(part.read_text()) or {}
    return merge(values, yaml.safe_load((folder / "values.yaml").read_text()) or {})


def is_value(values: object, path: str) -> bool:
    """Tell whether a chart knows a path; the keys of an empty map are the user's to choose."""
    for key in path.split("."):
        if values is None or values == {}:
            return True
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


@pytest.mark.parametrize("name", CHARTED)
def test_every_path_is_a_value_of_the_chart(name: str, shared: Path) -> None:
    values = values_of(folder_of(name, shared))
    allowed = READ_BY_TEMPLATES.get(name, {})
    assert [
        path
        for path in sorted(paths_of(name))
        if path not in allowed and not is_value(values, path)
    ] == []


@pytest.mark.parametrize("name", sorted(READ_BY_TEMPLATES))
def test_every_exception_is_used(name: str) -> None:
    assert set(READ_BY_TEMPLATES[name]) <= paths_of(name)


@pytest.mark.parametrize("name", CHARTED)
def test_dead_keys_are_dead_and_what_to_write_instead_is_not(name: str, shared: Path) -> None:
    values = values_of(folder_of(name, shared))
    for key in component(name)["spec"].get("deadKeys", []):
        there = key["path"] in DEAD_YET_THERE.get(name, ())
        assert is_value(values, key["path"]) == there
        assert "instead" not in key or is_value(values, key["instead"])


@pytest.mark.parametrize("name", WITH_SCHEMA)
def test_settings_keep_the_schema_of_the_chart(name: str, shared: Path) -> None:
    folder = folder_of(name, shared)
    values = values_of(folder)
    for setting in component(name)["spec"].get("settings", []):
        values = merge(values, setting.get("values", {}))
    schema = json.loads((folder / "values.schema.json").read_text())
    # One chart names a dialect that only its makers know; what it uses is JSON Schema.
    schema.pop("$schema", None)
    jsonschema.Draft7Validator(schema).validate(values)


def crds_in(folder: Path) -> set[str]:
    """Give the names of the definitions below a folder, sub-charts left out."""
    texts = [path.read_text() for path in (folder / "crds").glob("*.yaml")]
    return {
        name
        for text in texts
        for name in re.findall(r"(?m)^  name: [\"']?([a-z0-9.-]+\.[a-z0-9.-]+)", text)
    }


@pytest.mark.parametrize("name", DEFINING)
def test_definitions_are_those_of_the_chart(name: str, shared: Path) -> None:
    folder = (
        shared / "data/charts" / CRD_FOLDERS[name]
        if name in CRD_FOLDERS
        else folder_of(name, shared)
    )
    unseen = set(component(name)["spec"]["crds"]["names"]) - crds_in(folder)
    assert {crd.split(".")[0] for crd in unseen} == CRDS_WITHOUT_DATA.get(name, set())


def test_no_definition_of_a_chart_is_without_owner(shared: Path) -> None:
    owned = {
        crd
        for name in COMPONENTS
        for crd in component(name)["spec"].get("crds", {}).get("names", [])
    }
    folders = [shared / "data/charts" / folder for folder in CRD_FOLDERS.values()]
    folders += [folder_of(name, shared) for name in CHARTED if name not in CRD_FOLDERS]
    assert set().union(*map(crds_in, folders)) - owned == set(CRDS_NOT_INSTALLED)


def test_alert_rules_keep_their_definition(shared: Path) -> None:
    path = (
        shared
        / "data/charts/kube-prometheus-stack/88.5.3/charts/crds/crds/crd-prometheusrules.yaml"
    )
    definition = yaml.load(path.read_text(), Loader=Loader)  # noqa: S506  a safe loader with one more type
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    rules = [
        resource
        for setting in component("gpu-monitoring")["spec"]["settings"]
        for resource in setting.get("resources", {}).values()
        if resource["kind"] == "PrometheusRule"
    ]
    assert rules
    for rule in rules:
        jsonschema.Draft202012Validator(schema).validate({"spec": rule["spec"]})
