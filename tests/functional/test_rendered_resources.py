"""An API server takes what bundlers render, with the definitions of the real charts in place."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.model.bundle import SharedInputs
from fakes import real_cluster
from fakes.bundling import every_recipe, rendered_of, shipped
from fakes.charts import RENAMED, crds

SHARED = SharedInputs(
    system_selector={"node-role": "system"},
    accelerated_tolerations=({"key": "nvidia.com/gpu", "operator": "Exists"},),
    registry_mirror="registry.example.com/mirror",
    pull_secrets=("registry",),
    monitoring_labels={"release": "site"},
    storage_class="fast",
)
STRICT = "fieldManager=tests&force=true&dryRun=All&fieldValidation=Strict"
NO_DEFINITION = {"IPPool": "nv-ipam brings it, and its chart is not in the data"}


class Privileging(real_cluster.RealCluster):  # type: ignore[misc,name-defined]
    """An API server that admits privileged pods, as every one that a kubelet asks does."""

    def _server_options(self) -> dict[str, object]:
        return {**super()._server_options(), "allow-privileged": "true"}


def rendered() -> Iterator[dict[str, Any]]:
    """Give every object of every recipe, each once, as the charts of the data call it."""
    seen: set[str] = set()
    for _, recipe in every_recipe(shipped()):
        for component in recipe.components:
            for shared in (SharedInputs(), SHARED):
                for each in rendered_of(recipe, component, shared).resources:
                    text = json.dumps(each.value, sort_keys=True)
                    if text not in seen and each.value["kind"] not in NO_DEFINITION:
                        seen.add(text)
                        yield _as_in_the_data(deepcopy(dict(each.value)))


def _as_in_the_data(value: dict[str, Any]) -> dict[str, Any]:
    kind = value["apiVersion"], value["kind"]
    version, name = RENAMED.get(kind, kind)
    return {**value, "apiVersion": version, "kind": name}


def test_an_api_server_takes_what_is_rendered(shared: Path, tmp_path: Path) -> None:
    objects = list(rendered())
    if not objects:
        pytest.skip("the catalog has no overlay yet")
    cluster = Privileging(tmp_path)
    try:
        cluster.start()
        kinds = {(each["apiVersion"].rpartition("/")[0], each["kind"]) for each in objects}
        wanted = [
            {**each, "metadata": {"name": name}}
            for name, each in crds(shared / "data/charts").items()
            if (each["spec"]["group"], each["spec"]["names"]["kind"]) in kinds
        ]
        assert len(wanted) > 3
        cluster.apply(*wanted)
        names = {each["metadata"].get("namespace", "default") for each in objects}
        spaces = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": each}} for each in names
        ]
        cluster.apply(*spaces)
        for each in objects:  # refused: the answer says which field
            cluster.ask("PATCH", f"{cluster._path(each)}?{STRICT}", each)
        wrong = {**objects[0], "nobody": "knows this field"}
        with pytest.raises(RuntimeError, match="nobody"):
            cluster.ask("PATCH", f"{cluster._path(wrong)}?{STRICT}", wrong)
    finally:
        cluster.close()
