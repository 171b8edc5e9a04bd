"""Definitions of custom resources are found in folders of anything; hostile ones are refused."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.bundling import definitions
from eidos.engine.bundling.definitions import Definition, held, read_definitions
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import DocumentError, EidosError

SPEC = {"type": "object", "properties": {"size": {"type": "integer"}}}
ROOT = {"type": "object", "properties": {"spec": SPEC}}


def crd(schema: object = ROOT, kind: str = "Thing", **version: Any) -> dict[str, Any]:
    served = {"name": "v1", "served": True, "storage": True, **version}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}s.x.io"},
        "spec": {
            "group": "x.io",
            "names": {"kind": kind, "plural": f"{kind.lower()}s"},
            "scope": "Namespaced",
            "versions": [{**served, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def thing(spec: object, api: str = "x.io/v1", kind: str = "Thing") -> dict[str, Any]:
    return {"object": {"apiVersion": api, "kind": kind, "metadata": {"name": "t"}, "spec": spec}}


def asked(folder: Path, *objects: Mapping[str, Any]) -> Any:
    found = read_definitions([str(folder)], Limits())
    return held(found, {"objects": objects, "deployment": [thing({"odd": 1})]})


def test_objects_are_held_against_their_definitions(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    documents = [{"kind": "ConfigMap"}, None, crd(), crd(kind="Other")]
    (tmp_path / "sub" / "crds.yaml").write_text(yaml.safe_dump_all(documents))
    (tmp_path / "notes.txt").write_text("CustomResourceDefinition")
    (tmp_path / "chart.yaml").write_text("a: {{ .Values.template }}")  # speaks of no definition
    said = asked(tmp_path, thing({"size": 1}), thing({"size": "x"}), thing({}, "y.io/v1"))
    assert said["checked"] == ["objects/0", "objects/1", "deployment/0"]
    assert [(each["entry"], each["path"]) for each in said["problems"]] == [
        ("objects/1", "spec.size"),
        ("deployment/0", "spec.odd"),
    ]
    assert said["rules"] == []


def test_a_list_as_kubectl_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [crd(), crd()]}))
    assert asked(tmp_path, thing({}))["checked"] == ["objects/0", "deployment/0"]


def test_a_version_that_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(json.dumps(crd(served=False)))
    first, second, _ = asked(tmp_path, thing({}), thing({}, "x.io/v2"))["problems"]
    assert first["said"] == "Thing has no version 'v1' that is served"
    assert (second["said"], second["path"]) == (
        "Thing has no version 'v2' that is served",
        "apiVersion",
    )


def test_rules_in_cel_are_counted_and_not_asked(tmp_path: Path) -> None:
    rule = {"rule": "self.size > 3", "message": "too small"}
    schema = {
        "type": "object",
        "properties": {"spec": {**SPEC, "x-kubernetes-validations": [rule]}},
    }
    (tmp_path / "a.yaml").write_text(json.dumps(crd(schema)))
    said = asked(tmp_path, thing({"size": 1}))
    assert said["rules"] == ["objects/0", "deployment/0"]


DEEP: Any = {}
for _ in range(80):
    DEEP = {"type": "object", "properties": {"a": DEEP}}
REFERRING = {"type": "object", "properties": {"spec": {"$ref": "#/properties/spec"}}}
CYCLE = "kind: CustomResourceDefinition\nspec: &a {versions: [*a]}\n"
BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no CustomResourceDefinition in"),
        (
            "kind: CustomResourceDefinition",
            "this CustomResourceDefinition cannot be used: it lacks",
        ),
        (json.dumps(crd() | {"apiVersion": "apiextensions.k8s.io/v1beta1"}), "its apiVersion is"),
        (json.dumps(crd() | {"spec": 1}), "this CustomResourceDefinition cannot be used"),
        (json.dumps(crd() | {"spec": {"versions": 1}}), "this CustomResourceDefinition cannot"),
        ("# CustomResourceDefinition\n{{ if }}: {{", ""),
        (json.dumps(crd(DEEP)), "over the limit of 64 levels"),
        (CYCLE, ""),
        (f"{BOMB}kind: CustomResourceDefinition", "limit"),
        (json.dumps(crd(REFERRING)), "Thing v1 cannot be used: spec refers to another schema"),
        (json.dumps(crd(None)), "Thing v1 cannot be used: the schema is no schema"),
        (json.dumps(crd({"properties": {"spec": {"pattern": "(?!a)"}}})), "cannot be used"),
    ],
)
def test_odd_and_hostile_definitions_are_refused_with_the_file(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(EidosError) as error:
        asked(tmp_path, thing({}))
    assert said in error.value.message
    assert "odd.yaml" in f"{error.value.location}{error.value.message}" or not text


def test_two_that_differ_about_one_kind(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(json.dumps(crd()))
    (tmp_path / "b.yaml").write_text(json.dumps(crd({"type": "object"})))
    with pytest.raises(DocumentError, match=r"two definitions of x.io/Thing that differ.*a\.yaml"):
        read_definitions([str(tmp_path)], Limits())


def test_what_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "_FILES", 2)
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text(json.dumps(crd(kind=name)))
    with pytest.raises(DocumentError, match="over the limit of 2 files"):
        read_definitions([str(tmp_path)], Limits())
    monkeypatch.setattr(definitions, "_FILES", 9)
    monkeypatch.setattr(definitions, "_FILE_BYTES", 10)
    with pytest.raises(DocumentError, match="over the limit of 0 MiB"):
        read_definitions([str(tmp_path)], Limits())


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(DocumentError, match="not a regular file"):
        read_definitions([str(tmp_path)], Limits())


def test_the_real_ones_can_be_used(shared: Path) -> None:
    found: dict[tuple[str, str], Definition] = {}
    for file in sorted((shared / "data" / "charts").rglob("*.yaml")):
        if b"kind: CustomResourceDefinition" in file.read_bytes() and "patch" not in file.name:
            found |= read_definitions([str(file)], Limits())
    assert len(found) > 60
    for (group, kind), each in found.items():
        for version, said in each.versions.items():
            if said["served"]:
                list(each.problems({"apiVersion": f"{group}/{version}", "kind": kind}))
