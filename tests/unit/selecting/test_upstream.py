"""Overlays, registries, criteria and recipes of upstream, of all generations, read and written."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.selecting.conftest import CRITERIA

from eidos.engine.cli import root
from eidos.engine.cli.console import run
from eidos.engine.documents.reading import Document, read_text
from eidos.engine.documents.upstreamkinds import upstream_kind
from eidos.engine.documents.upstreamrecipes import result, upstream_fact
from eidos.engine.errors import DocumentError
from eidos.engine.model.recipe import Catalog, Choice
from eidos.engine.schema import problems
from eidos.engine.selecting.choosing import choose
from eidos.engine.selecting.linting import lint
from eidos.engine.selecting.merging import merge
from eidos.engine.selecting.reading import read_catalog

REGISTRY = """\
apiVersion: aicr.nvidia.com/v1alpha1
kind: ComponentRegistry
components:
  - name: gpu-operator
    displayName: GPU Operator
    valueOverrideKeys: [gpuoperator]
    helm:
      defaultRepository: https://helm.ngc.nvidia.com/nvidia
      defaultChart: nvidia/gpu-operator
      defaultVersion: v26.7.0
      defaultNamespace: gpu-operator
  - name: cert-manager
    helm:
      defaultRepository: https://charts.jetstack.io
      defaultChart: cert-manager
      defaultVersion: v1.20.2
"""
BASE = """\
apiVersion: aicr.nvidia.com/v1alpha1
kind: RecipeMetadata
metadata: {name: base}
spec:
  constraints: [{name: K8s.server.version, value: ">= 1.30"}]
  componentRefs: [{name: cert-manager, type: Helm}]
"""
EKS = """\
apiVersion: cns.nvidia.com/v1alpha1
kind: recipeMetadata
metadata: {name: eks}
spec:
  criteria: {service: eks, accelerator: any, intent: training, nodes: 0}
  constraints:
    - {name: K8s.server.version, value: ">= 1.32.4", remediation: Upgrade.}
    - {name: OS.sysctl./proc/sys/kernel/osrelease, value: ">= 6.8"}
    - {name: SystemD.containerd.service.LimitSTACK, value: "67108864"}
  componentRefs:
    - name: gpu-operator
      valuesFile: components/gpu-operator/values-eks.yaml
      dependencyRefs: [cert-manager]
      manifestFiles: [components/gpu-operator/manifests/x.yaml]
      overrides: {driver: {version: 580.82.07}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "upstream"
    (made / "overlays").mkdir(parents=True)
    (made / "components/gpu-operator").mkdir(parents=True)
    criteria = {"apiVersion": "eidos.dev/v1", "kind": "Criteria", "spec": {"dimensions": CRITERIA}}
    (made / "criteria.yaml").write_text(yaml.safe_dump(criteria))
    (made / "registry.yaml").write_text(REGISTRY)
    (made / "overlays/base.yaml").write_text(BASE)
    (made / "overlays/eks.yaml").write_text(EKS)
    (made / "components/gpu-operator/values.yaml").write_text("cdi: {enabled: true}\n")
    (made / "components/gpu-operator/values-eks.yaml").write_text(
        "driver: {version: '1', rdma: {enabled: true}}\n"
    )
    return made


def resolved(catalog: Catalog) -> Any:
    choice = choose(catalog, {"service": "eks", "intent": "training"})
    assert isinstance(choice, Choice)
    return merge(catalog, choice, ())


def test_overlays_registry_and_values_make_a_recipe(folder: Path) -> None:
    merged = resolved(read_catalog([folder]))
    operator = next(each for each in merged.components if each.name == "gpu-operator")
    assert operator.version == "v26.7.0"
    assert operator.values == {
        "cdi": {"enabled": True},
        "driver": {"rdma": {"enabled": True}, "version": "580.82.07"},
    }
    assert [each.component for each in operator.dependencies] == ["cert-manager"]


def test_constraints_add_up_where_upstreams_weaken(folder: Path) -> None:
    wanted = {(each.named, each.wanted) for each in resolved(read_catalog([folder])).constraints}
    assert ("k8s.server.version", ">= 1.30") in wanted
    assert ("k8s.server.version", ">= 1.32.4") in wanted
    assert ('os.sysctl["/proc/sys/kernel/osrelease"]', ">= 6.8") in wanted
    assert ('systemd["containerd.service"].LimitSTACK', "67108864") in wanted


def test_places_are_those_of_the_file(folder: Path) -> None:
    catalog = read_catalog([folder])
    places = [each.origin.place for each in catalog.overlays["eks"].constraints]
    assert [place.line for place in places] == [7, 8, 9]
    assert {place.file for place in places} == {"recipes/overlays/eks.yaml"}


def test_what_has_no_counterpart_is_told(folder: Path) -> None:
    [note] = read_catalog([folder]).notes
    assert note.message == "'manifestFiles' has no counterpart here and is left out"
    assert note.location is not None
    assert note.location.line == 14


def test_it_lints(folder: Path) -> None:
    found = [each.message for each in lint(read_catalog([folder]))]
    assert all("leads nowhere" in each for each in found), found  # it has no sources.yaml


def test_values_lead_nowhere_else(folder: Path) -> None:
    text = EKS.replace("components/gpu-operator/values-eks.yaml", "../../secret.yaml")
    (folder / "overlays/eks.yaml").write_text(text)
    (folder.parent.parent / "secret.yaml").write_text("token: x\n")
    with pytest.raises(DocumentError, match="points outside the folder"):
        read_catalog([folder])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("componentRefs:", "componentRefs: 7 #"), "'componentRefs' is"),
        (("name: gpu-operator", "title: x"), "the component has no name"),
        (("K8s.server.version", "nowhere"), "nowhere"),
        (('">= 1.32.4"', '"~> 1.32"'), "the constraint cannot be read"),
    ],
)
def test_what_is_broken_is_refused_with_its_line(
    change: tuple[str, str], said: str, folder: Path
) -> None:
    text = EKS.replace(*change)
    if "7 #" in text:
        text = text[: text.index("    - name: gpu-operator")]
    (folder / "overlays/eks.yaml").write_text(text)
    with pytest.raises(DocumentError) as error:
        read_catalog([folder])
    assert said in str(error.value)
    assert error.value.problem.location is not None
    assert error.value.problem.location.line is not None


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("K8s.server.version", "k8s.server.version"),
        ("GPU.smi.gpu.model", 'gpu.smi["gpu.model"]'),
        ("SystemD.containerd.service.LimitSTACK", 'SystemD["containerd.service"].LimitSTACK'),
        ('SystemD["containerd.service"].LimitSTACK', 'systemd["containerd.service"].LimitSTACK'),
    ],
)
def test_names_split_at_the_first_two_dots_but_for_units(name: str, address: str) -> None:
    assert upstream_fact(name) == address


# Results ----------------------------------------------------------------------------------------

RESULT = """\
kind: RecipeResult
apiVersion: aicr.nvidia.com/v1alpha1
metadata: {version: v0.11.1, appliedOverlays: [base, eks]}
criteria: {service: eks, accelerator: h100, intent: training, os: ubuntu}
constraints: [{name: K8s.server.version, value: ">= 1.32.4"}]
componentRefs:
  - {name: gpu-operator, source: "https://helm.ngc.nvidia.com/nvidia", version: v25.10.1,
     dependencyRefs: [cert-manager], overrides: {driver: {version: 580.105.08}}}
  - {name: cert-manager, type: Helm, source: "https://charts.jetstack.io", version: v1.17.2}
deploymentOrder: [cert-manager, gpu-operator]
validation: {deployment: {checks: [operator-health]}}
"""
LEGACY = """\
apiVersion: recipe.dgxc.io/v1
kind: Recipe
metadata: {recipe-timestamp: "2026-01-07T00:00:00Z", recipe-version: v0.1}
request: {os: ubuntu, service: eks, gpu: gb200, intent: training}
matchedRules: []
measurements:
  - type: K8s
    subtypes:
      - {subtype: server, data: {version: v1.33.3}}
      - {subtype: image, data: {gpu-operator: v25.3.3, driver: 580.82.07}}
  - type: OS
    subtypes:
      - {subtype: grub, data: {BOOT_IMAGE: /boot/vmlinuz, init_on_alloc: "0", nokaslr: ""}}
      - {subtype: sysctl, data: {/proc/sys/kernel/numa_balancing: "0"}}
      - {subtype: kmod, data: {efa: true}}
"""


def read(text: str) -> Document:
    [document] = read_text(text, "r.yaml")
    taken = result(document)
    assert problems(taken.document, "recipe/v1") == []
    return taken.document


def test_a_result_is_a_recipe() -> None:
    said: Any = read(RESULT).value
    assert [each["name"] for each in said["components"]] == ["cert-manager", "gpu-operator"]
    assert said["components"][1]["values"] == {"driver": {"version": "580.105.08"}}
    assert said["criteria"]["accelerator"] == {"value": "h100", "from": "file"}
    assert read(RESULT).location(("components", 1)).line == 7


def test_a_recipe_of_before_is_a_recipe() -> None:
    said: Any = read(LEGACY).value
    [operator] = said["components"]
    assert (operator["version"], operator["values"]) == (
        "v25.3.3",
        {"driver": {"version": "580.82.07"}},
    )
    assert said["constraints"][0]["is"] == ">= v1.33.3"
    assert [each["set"] for each in said["tuning"]["arguments"]] == ["init_on_alloc=0", "nokaslr"]
    assert said["tuning"]["sysctls"][0]["key"] == "kernel.numa_balancing"
    assert said["criteria"]["accelerator"]["value"] == "gb200"


@pytest.mark.parametrize("text", [RESULT, LEGACY])
def test_they_can_be_compared(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r.yaml").write_text(text)
    file = str(tmp_path / "r.yaml")
    assert run(root, ["recipe", "diff", file, file]) == 0
    assert capsys.readouterr().out.startswith("0 differences")


def test_what_we_write_we_read(tmp_path: Path) -> None:
    file = str(tmp_path / "r.yaml")
    words = ["--service", "gke", "--accelerator", "h100", "--os", "cos", "--intent", "training"]
    assert run(root, ["recipe", *words, "-o", f"upstream={file}"]) == 0
    text = Path(file).read_text()
    said = yaml.safe_load(text)
    assert list(said)[:3] == ["kind", "apiVersion", "metadata"]
    assert said["kind"] == "RecipeResult"
    back: Any = read(text).value
    assert [each["name"] for each in back["components"]] == said["deploymentOrder"]


def test_a_file_of_criteria(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "kind: RecipeCriteria\napiVersion: aicr.nvidia.com/v1alpha1\nmetadata: {name: x}\n"
        "spec: {service: gke, accelerator: h100, os: cos, intent: training, platform: any}\n"
    )
    assert run(root, ["recipe", "--criteria", str(file), "-o", "json"]) == 0
    assert '"value": "gke"' in capsys.readouterr().out


@pytest.mark.parametrize("value", [None, [], "x", {"kind": 7}, {"kind": "Recipe"}, {"kind": "Pod"}])
def test_other_documents_are_not_upstreams(value: Any) -> None:
    assert upstream_kind(value) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (RESULT, 0),
        (LEGACY, 0),
        (EKS, 0),
        (BASE, 0),
        (REGISTRY, 0),
        ("kind: RecipeCriteria\nspec: {service: eks}\n", 0),
        ("kind: RecipeCriteria\nspec: all\n", 1),
        (EKS.replace(">= 1.32.4", "~> 1.32"), 1),
        (RESULT.replace("name: gpu-operator", "name: ../up"), 1),
        (REGISTRY.replace("v26.7.0", '"latest and greatest"'), 1),
    ],
)
def test_they_are_validated(text: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "d.yaml").write_text(text)
    assert run(root, ["validate", str(tmp_path / "d.yaml")]) == code
