"""Bills of materials: what is named is in them, what is no image is not, and gaps are told."""

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import example, given
from hypothesis import strategies as st
from packageurl import PackageURL

from eidos.engine.bundling.images import Image, read_image
from eidos.engine.bundling.inventory import bill_of_materials
from eidos.engine.bundling.trees import sealed, write_tree
from eidos.engine.bundling.verifying import whole
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import File
from fakes.attested import gate, recipe

A, B = "a" * 64, "b" * 128
POD = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "spec": {
        "template": {
            "spec": {
                "initContainers": [{"name": "i", "image": f"r.example.com:5000/init@sha256:{A}"}],
                "containers": [
                    {
                        "name": "c",
                        "image": "busybox",
                        "env": [
                            {"name": "RELATED_IMAGE_X", "value": "quay.io/x/y:1"},
                            {"name": "PULL_IMAGE", "value": "always"},
                        ],
                    }
                ],
            }
        }
    },
}
CLUSTER_POLICY = {
    "apiVersion": "nvidia.com/v1",
    "kind": "ClusterPolicy",
    "spec": {
        "driver": {"repository": "nvcr.io/nvidia", "image": "driver", "version": "580.159.03"},
        "dcgm": {"repository": "nvcr.io/nvidia/cloud-native", "version": "4.4"},
        "package": {"image": "ghcr.io/nvidia/tuning", "version": "1.2.3"},
        "source": {"repository": "https://git.example.org/x.git", "tag": "main", "image": "x"},
    },
}


def bill(
    place: Path, files: dict[str, Any], components: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Give the bill of a bundle with these files."""
    its_recipe = recipe()
    its_recipe["components"] += components or []
    every = [
        File("gate.json", json.dumps(gate(its_recipe)).encode()),
        File("recipe.yaml", json.dumps(its_recipe).encode()),
    ]
    for name, value in files.items():
        every.append(File(name, value if isinstance(value, bytes) else json.dumps(value).encode()))
    write_tree(place, sealed(every))
    found: dict[str, Any] = bill_of_materials(whole(place))
    written = json.dumps(found)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written) is None
    read = Bom.from_json(json.loads(written))  # type: ignore[attr-defined]
    refs = {str(each.bom_ref) for each in read.components} | {"bundle"}
    assert {each["ref"] for each in found["dependencies"]} == refs
    for each in read.components:
        assert each.purl is None or PackageURL.from_string(str(each.purl)) == each.purl
    return found


def extra(name: str, **more: Any) -> dict[str, Any]:
    """Give a component of resources only, unless a chart is said."""
    return {"name": name, "namespace": name, "wave": 0, "values": {}, **more}


def images(found: dict[str, Any]) -> list[str]:
    return [
        each["bom-ref"].removeprefix("image/")
        for each in found["components"]
        if each["type"] == "container"
    ]


def completeness(found: dict[str, Any]) -> dict[str, str]:
    return {
        ref: each["aggregate"]
        for each in found["compositions"]
        for ref in each.get("dependencies", ())
    }


def test_images_of_workloads_and_custom_resources(tmp_path: Path) -> None:
    files = {
        "020-plain/before/pod.yaml": POD,
        "030-policy/after/policy.yaml": CLUSTER_POLICY,
    }
    found = bill(tmp_path / "b", files, [extra("plain"), extra("policy", dependsOn=["plain"])])
    assert images(found) == [
        "busybox",
        "ghcr.io/nvidia/tuning:1.2.3",
        "nvcr.io/nvidia/driver:580.159.03",
        "quay.io/x/y:1",
        f"r.example.com:5000/init@sha256:{A}",
    ]
    needs = {each["ref"]: each.get("dependsOn") for each in found["dependencies"]}
    assert needs["bundle"] == ["component/demo", "component/plain", "component/policy"]
    assert needs["component/policy"] == [
        "component/plain",
        "image/ghcr.io/nvidia/tuning:1.2.3",
        "image/nvcr.io/nvidia/driver:580.159.03",
    ]
    assert found["metadata"]["timestamp"] == "2026-11-24T00:00:00Z"  # the day of the gate


def test_what_may_be_missing_is_told(tmp_path: Path) -> None:
    files = {
        "020-plain/before/pod.yaml": POD,
        "030-policy/after/policy.yaml": CLUSTER_POLICY,
        "040-odd/after/pod.yaml": {"apiVersion": "v1", "spec": {"image": "{{ .Values.image }}"}},
        "050-other/after/thing.yaml": {"spec": {"image": "a:1"}},
    }
    names = ("plain", "policy", "odd", "other", "empty")
    found = bill(tmp_path / "b", files, [extra(name) for name in names])
    assert completeness(found) == {
        "bundle": "complete",
        "component/demo": "incomplete",  # charts bring images of their own
        "component/plain": "complete",
        "component/policy": "unknown",  # an operator may start anything
        "component/odd": "incomplete",
        "component/other": "unknown",
        "component/empty": "complete",
    }
    [inside] = [each for each in found["compositions"] if "assemblies" in each]
    assert inside["aggregate"] == "unknown"
    assert inside["assemblies"] == [f"image/{each}" for each in images(found)]


def test_charts_by_where_they_are(tmp_path: Path) -> None:
    registry = {"name": "op", "repository": "oci://r.example.com:5000/charts/"}
    found = bill(tmp_path / "b", {}, [extra("op", chart=registry, version="v1.2.3+build")])
    [http, oci] = found["components"]
    assert http["purl"] == "pkg:helm/demo-chart@1.2.3?repository_url=https:%2F%2Fcharts.example.org"
    assert http["externalReferences"] == [
        {"type": "distribution", "url": "https://charts.example.org"}
    ]
    purl = PackageURL.from_string(oci["purl"])
    assert (purl.type, purl.name, purl.version) == ("oci", "op", None)
    assert purl.qualifiers == {
        "repository_url": "r.example.com:5000/charts/op",
        "tag": "v1.2.3_build",
    }
    assert oci["version"] == "v1.2.3+build"


@pytest.mark.parametrize(
    "repository",
    [
        "file://../charts",
        "../charts",
        "https://a b/\u001b[31m",
        "@alias",
        "https://u:p@h/x",
        "oci://",
    ],
)
def test_repositories_of_any_kind(tmp_path: Path, repository: str) -> None:
    odd = extra("op", chart={"name": "op", "repository": repository}, version="1")
    found = bill(tmp_path / "b", {}, [odd])["components"][1]
    assert "externalReferences" not in found
    assert "\x1b" not in found["purl"]


def test_names_that_could_be_mistaken_for_others(tmp_path: Path) -> None:
    values = {"a": {"image": "bundle"}, "b": {"image": "component/demo"}, "c": {"image": "image/a"}}
    found = bill(tmp_path / "b", {"010-demo/values.yaml": values})
    refs = [each["bom-ref"] for each in found["components"]]
    assert refs == ["component/demo", "image/bundle", "image/component/demo", "image/image/a"]


def test_the_same_bundle_gives_the_same_bill(tmp_path: Path) -> None:
    files = {"010-demo/values.yaml": {"image": "a:1"}}
    assert bill(tmp_path / "a", files) == bill(tmp_path / "b", files)


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    for number, content in enumerate((b"\xff\xfe", b"a: [", b"{a: 1}\n---\nb: *x\n")):
        with pytest.raises(BundleError, match="no YAML"):
            bill(tmp_path / str(number), {"010-demo/values.yaml": content})


TAG: dict[str, Any] = {"tag": 580}
READ: list[tuple[str, dict[str, Any] | None, Image | None]] = [
    ("nginx", None, Image("nginx")),
    ("localhost:5000/a/b:1", None, Image("localhost:5000/a/b", "1")),
    ("[::1]:5000/a:1", None, Image("[::1]:5000/a", "1")),
    (f"a:1@sha256:{A}", None, Image("a", "1", f"sha256:{A}")),
    (f"a@sha512:{B}", None, Image("a", "", f"sha512:{B}")),
    ("a", TAG, Image("a", "580")),
    ("a:1", TAG, Image("a", "1")),
    ("a", {"tag": 1.5, "version": "2"}, Image("a", "1.5")),
    ("a", {"tag": f"sha256:{A}"}, Image("a", "", f"sha256:{A}")),
    ("a", {"digest": f"sha256:{A}"}, Image("a", "", f"sha256:{A}")),
    ("a", {"tag": ""}, Image("a")),
    ("a", {"tag": None, "digest": None}, Image("a")),
    ("a", {"tag": True}, None),
    ("a", {"tag": 10**400}, None),
    ("a", {"tag": 1e300}, None),
    ("a", {"tag": float("nan")}, None),
    ("a", {"tag": float("inf")}, None),
    ("a", {"tag": ["1"]}, None),
    ("a", {"tag": "x" * 129}, None),
    ("a", {"digest": "sha256:0"}, None),
    ("a@", None, None),
    ("a@sha256:xyz", None, None),
    ("A/b:1", None, Image("A/b", "1")),  # a host may be called so
    ("a/B:1", None, None),
    ("a b", None, None),
    ("a\n", None, None),
    ("https://r.example.com/a:1", None, None),
    ("{{ .Values.image }}", None, None),
    ("../a:1", None, None),
    ("a//b", None, None),
    ("a:1:2", None, None),
    ("", None, None),
    ("a" * 256, None, None),
    ("r.example.com:999999/a", None, None),
]


@pytest.mark.parametrize(("text", "beside", "image"), READ)
def test_what_is_an_image(text: str, beside: dict[str, Any] | None, image: Image | None) -> None:
    assert read_image(text, beside) == image


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_KEYS = st.sampled_from(["image", "repository", "registry", "tag", "version", "digest", "xImage"])


@given(
    value=st.dictionaries(_KEYS, _SCALARS | st.from_regex(r"[a-z./:@0-9]{1,15}", fullmatch=True))
)
@example(value={"repository": "a", "tag": 10**5000})
def test_whatever_is_read_is_written_as_it_would_be_read_again(value: dict[str, Any]) -> None:
    found = read_image(str(value.get("image")), value)
    if found is not None:
        assert read_image(str(found)) == found
