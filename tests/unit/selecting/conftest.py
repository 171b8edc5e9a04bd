"""A small catalog of folders and YAML, as a site would write one."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from eidos.engine.model.recipe import Catalog
from eidos.engine.selecting.reading import read_catalog

REASON = {"because": "it is so", "source": "https://example.org/why"}
CRITERIA = {
    "service": {"title": "service", "values": {"eks": {}, "gke": {}}},
    "accelerator": {
        "title": "accelerator",
        "values": {"h100": {}, "gb200": {"aliases": ["NVL72"]}},
    },
    "os": {"title": "operating system", "strict": True, "values": {"ubuntu": {}, "cos": {}}},
    "intent": {"title": "intent", "values": {"training": {}, "inference": {}}},
    "nodes": {"title": "nodes", "type": "count", "refines": True},
}
Write = Callable[[Mapping[str, object]], Path]


def obj(kind: str, name: str, **spec: object) -> dict[str, object]:
    """Give one object of a kind."""
    return {"apiVersion": "eidos.dev/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def overlay(name: str, **spec: object) -> dict[str, object]:
    """Give an overlay."""
    return obj("Overlay", name, **spec)


def component(name: str, **spec: object) -> dict[str, object]:
    """Give a component with a chart."""
    chart = {
        "repository": "https://charts.example.org",
        "name": name,
        "version": "1.0.0",
        "source": REASON["source"],
    }
    said = {"description": "something", "namespace": name, "chart": chart, **spec}
    return obj("Component", name, **said)


def setting(values: Mapping[str, object], **more: object) -> dict[str, object]:
    """Give a setting with a reason."""
    return {"values": values, **REASON, **more}


FOLDERS = {
    "Overlay": "overlays",
    "Component": "components",
    "Profile": "profiles",
    "TuningProfile": "tuning",
    "Platform": "platforms",
}


def write(folder: Path, *objects: Mapping[str, object]) -> Path:
    """Write a catalog of these objects and the criteria of this file."""
    folder.mkdir(parents=True, exist_ok=True)
    criteria = {"apiVersion": "eidos.dev/v1", "kind": "Criteria", "spec": {"dimensions": CRITERIA}}
    (folder / "criteria.yaml").write_text(yaml.safe_dump(criteria))
    for each in objects:
        place = folder / FOLDERS[str(each["kind"])]
        place.mkdir(exist_ok=True)
        name = each["metadata"]["name"]  # type: ignore[index]
        (place / f"{name}.yaml").write_text(yaml.safe_dump(dict(each), sort_keys=False))
    return folder


@pytest.fixture
def catalog_of(tmp_path: Path) -> Callable[..., Catalog]:
    """Read a catalog of some objects."""

    def read(*objects: Mapping[str, object]) -> Catalog:
        return read_catalog([write(tmp_path / "recipes", *objects)])

    return read
