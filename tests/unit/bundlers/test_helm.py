"""What bundlers render, through Helm and the charts themselves: it takes effect as it was meant.

EIDOS_TEST_CHARTS names a folder with charts by their names (``gpu-operator/Chart.yaml``, with
templates), of the versions that the registry has; docs/bundlers/README.md says how to get them.
"""

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.documents.writing import to_yaml
from eidos.engine.model.bundle import Rendered, SharedInputs
from fakes.bundling import every_recipe, recipe_of, rendered_of, shipped, written
from fakes.charts import Loader, held

COMPONENTS = (
    "gpu-operator",
    "network-operator",
    "node-feature-discovery",
    "nvidia-dra-driver-gpu",
    "prometheus-adapter",
)
NEEDED: dict[str, Any] = {"nvidia-dra-driver-gpu": {"resources": {"gpus": {"enabled": False}}}}
"""Values without which a chart refuses to be rendered."""
OPTIONS = {"nvidia-dra-driver-gpu": ["--api-versions", "resource.k8s.io/v1"]}
EFFECTIVE = (
    "ccManager.enabled",
    "cdi.enabled",
    "dcgm.enabled",
    "devicePlugin.enabled",
    "devicePlugin.env",
    "driver.enabled",
    "driver.kernelModuleConfig.name",
    "driver.rdma.enabled",
    "driver.version",
    "gdrcopy.enabled",
    "hostPaths.driverInstallDir",
    "operator.runtimeClass",
    "toolkit.enabled",
    "toolkit.env",
    "toolkit.installDir",
)
"""Values of the GPU Operator that are fields of its ClusterPolicy, by the same path."""
SHARED = SharedInputs(
    system_selector={"role": "system"},
    accelerated_tolerations=({"key": "nvidia.com/gpu", "operator": "Exists"},),
    pull_secrets=("ngc",),
    monitoring_labels={"release": "site"},
)


@pytest.fixture(scope="module")
def charts() -> Path:
    if not shutil.which("helm"):
        pytest.skip("helm is not on the PATH")
    folder = os.environ.get("EIDOS_TEST_CHARTS")
    if not folder:
        pytest.skip("EIDOS_TEST_CHARTS names no folder of charts")
    return Path(folder)


@functools.cache
def each_of(name: str) -> dict[str, Rendered]:
    """Give every set of values of a component, each once."""
    alone = recipe_of(written(name, NEEDED.get(name, {})))
    found: dict[str, Rendered] = {}
    for recipe in [alone, *(each for _, each in every_recipe(shipped()))]:
        for component in recipe.components:
            for shared in (SharedInputs(), SHARED) if component.name == name else ():
                there = rendered_of(recipe, component, shared)
                found.setdefault(json.dumps(there.values, sort_keys=True), there)
    return found


def objects(name: str, there: Rendered, charts: Path, folder: Path) -> Iterator[dict[str, Any]]:
    chart = shipped().components[name].chart
    assert chart
    (folder / "values.yaml").write_text(to_yaml(dict(there.values)))
    command = ["helm", "template", name, str(charts / chart.name), "--namespace", "some-namespace"]
    command += ["--values", str(folder / "values.yaml"), "--kube-version", "1.34.2"]
    done = subprocess.run(
        [*command, *OPTIONS.get(name, [])], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for each in yaml.load_all(done.stdout, Loader=Loader):  # a safe loader with one more type
        if each:
            yield each


@pytest.mark.parametrize("name", COMPONENTS)
def test_charts_take_the_values(name: str, charts: Path, shared: Path, tmp_path: Path) -> None:
    chart = shipped().components[name].chart
    if not chart or not (charts / chart.name).is_dir():
        pytest.skip(f"there is no chart of {name} in EIDOS_TEST_CHARTS")
    for there in each_of(name).values():
        for each in objects(name, there, charts, tmp_path):
            assert secrets(each) in ([], [{"name": "ngc"}]), each["metadata"]["name"]
            if each["kind"] == "ClusterPolicy":
                assert held(each, shared / "data/charts")
                effective(each["spec"], dict(there.values))


def secrets(each: Any) -> list[Any]:
    """Give the pull secrets of the pods of a workload."""
    return at(each, "spec.template.spec.imagePullSecrets") or []


def effective(spec: Any, values: Any) -> None:
    for path in EFFECTIVE:
        wanted, there = at(values, path), at(spec, path)
        assert wanted is None or there == wanted, f"{path} is {there} instead of {wanted}"


def at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
