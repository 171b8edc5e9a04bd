"""Custom resources against the definitions of real charts."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

Kind = tuple[str, str]
"""apiVersion and kind."""

RENAMED: Mapping[Kind, Kind] = {
    ("nodewright.nvidia.com/v1alpha1", "NodeWright"): ("skyhook.nvidia.com/v1alpha1", "Skyhook")
}
"""What the charts of the data still call otherwise; only names changed since."""
_LARGEST = 1 << 20
"""Bytes of a file that is read; larger ones define kinds that no recipe uses."""


class Loader(yaml.CSafeLoader):
    """Reads the Prometheus operator's definitions: YAML 1.1 has a type for their bare =."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)


@functools.cache
def crds(charts: Path) -> Mapping[str, dict[str, Any]]:
    """Give every definition of the charts by its name; of two, that of the later folder."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(charts.rglob("*.yaml")):
        text = path.read_text() if path.stat().st_size < _LARGEST else ""
        if "kind: CustomResourceDefinition" in text:
            for each in yaml.load_all(text, Loader=Loader):  # a safe loader with one more type
                # beside whole ones there are patches of them, without names
                if each and "names" in (each.get("spec") or {}):
                    found[each["metadata"]["name"]] = each
    return found


@functools.cache
def definitions(charts: Path) -> Mapping[Kind, tuple[str, Mapping[str, Any]]]:
    """Give scope and schema of each version of each kind that charts define."""
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): (
            spec["scope"],
            version["schema"]["openAPIV3Schema"],
        )
        for spec in (each["spec"] for each in crds(charts).values())
        for version in spec["versions"]
    }


def held(value: Mapping[str, Any], charts: Path) -> bool:
    """Hold an object against the definition of its kind: schema, scope, and unknown fields.

    Returns:
        Whether there is a definition in the data.
    """
    kind = value["apiVersion"], value["kind"]
    there = definitions(charts).get(RENAMED.get(kind, kind))
    if there is None:
        return False
    scope, schema = there
    said = {key: each for key, each in value.items() if key != "metadata"}
    jsonschema.Draft202012Validator(schema).validate(said)
    lost = list(pruned(said, schema))
    assert not lost, f"fields that no definition has: {lost}"
    assert ("namespace" in value["metadata"]) == (scope == "Namespaced"), kind
    return True


def pruned(value: Any, schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Give the fields that an API server would drop without a word."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from pruned(each, schema.get("items", {}), f"{path}[{number}]")
    elif isinstance(value, dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        more = schema.get("additionalProperties")
        for key, each in value.items():
            below = schema.get("properties", {}).get(key, more)
            if not below:
                yield f"{path}.{key}"
            elif isinstance(below, dict):
                yield from pruned(each, below, f"{path}.{key}")
