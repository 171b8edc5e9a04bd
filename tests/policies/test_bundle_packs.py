"""The packs for bundles: known-good bundles pass, and each fault that was seen is found."""

import copy
import json
import runpy
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.app.bundle import BUNDLE_PACKS
from eidos.engine.app.policies import load_packs
from eidos.engine.bundling.planning import plan
from eidos.engine.bundling.writing import as_input
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import bundle_facts
from eidos.engine.model.bundle import SharedInputs
from eidos.engine.model.recipe import Catalog
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.packs.finding import shipped
from eidos.engine.ports import RegoEngine
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.opa.engine import OpaEngine
from eidos.engine.selecting.reading import read_catalog
from eidos.recipes import FOLDER as CATALOG
from fakes.bundling import bundlers, recipe_for
from fakes.mutations import ODD
from fakes.opa_server import opa_binary

FOLDER = Path(__file__).parents[1] / "fakes" / "bundles"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
EKS, AKS = "eks-gb200-training", "aks-h100-infiniband"
GONE = object()


@pytest.fixture(scope="module")
def light() -> Iterator[RegoEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


@pytest.fixture(scope="module")
def rules(light: RegoEngine) -> list[Rule]:
    return [rule for pack in load_packs(BUNDLE_PACKS, light) for rule in pack.rules]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return read_catalog([CATALOG])


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return found


def judged(engine: RegoEngine, rules: list[Rule], *bundles: dict[str, Any]) -> list[list[Verdict]]:
    subjects = [bundle_facts(each, "recipe", "bundle") for each in bundles]
    return Judge(rules, engine, NoMemo(), NOW).judge(subjects)


def changed(bundle: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Give a bundle with one thing changed; ``/`` parts the keys, since some have dots."""
    found = copy.deepcopy(bundle)
    *keys, last = path.split("/")
    at: Any = found
    for key in keys:
        if isinstance(at, list) and not key.isdigit():
            [at] = [each["object"] for each in at if each["object"]["kind"] == key]
        else:
            at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
    if value is GONE:
        del at[last]
    else:
        at[last] = value
    return found


def values(component: str, path: str) -> str:
    return f"components/{component}/values/{path}"


GPU, NET, DRA = "gpu-operator", "network-operator", "nvidia-dra-driver-gpu"
STACK, SENTINEL, NFD = "kube-prometheus-stack", "nvsentinel", "node-feature-discovery"
SPEC = values(STACK, "prometheus/prometheusSpec")
EVERYTHING = [{"operator": "Exists"}]
FAULTS = [
    # The driver's owner
    (EKS, values(DRA, "nvidiaDriverRoot"), "/", "BOP-001"),
    (EKS, values(GPU, "hostPaths/driverInstallDir"), "/", "BOP-001"),
    (AKS, values(DRA, "nvidiaDriverRoot"), "/run/nvidia/driver", "BOP-001"),
    (AKS, values(GPU, "driver/enabled"), True, "BOP-002"),
    (AKS, values(GPU, "toolkit/enabled"), True, "BOP-002"),
    (AKS, values(GPU, "operator/runtimeClass"), GONE, "BOP-002"),
    # One of each
    (EKS, values(DRA, "resources/gpus/enabled"), True, "BOP-003"),
    (AKS, values(GPU, "devicePlugin/enabled"), False, "BOP-003"),
    (EKS, values(GPU, "nfd/enabled"), True, "BOP-004"),
    (AKS, values(NET, "nfd/enabled"), GONE, "BOP-004"),
    (EKS, values(STACK, "crds/enabled"), True, "BOP-009"),
    (EKS, "components/gpu-operator/dependsOn", ["cert-manager"], "BOP-009"),
    (EKS, "components/dcgm-exporter", {"values": {}}, "BOP-017"),
    # Versions and dead keys
    (EKS, values(GPU, "driver/version"), GONE, "BOP-005"),
    (EKS, values(GPU, "driver/maxParallelUpgrades"), 5, "BOP-006"),
    (EKS, values(GPU, "driver/useOpenKernelModules"), True, "BOP-006"),
    # Order
    (EKS, "objects/1/apply", "after", "BOP-007"),
    (AKS, "objects/1/apply", "before", "BOP-007"),
    (EKS, "components/gpu-monitoring/wave", 0, "BOP-007"),
    (AKS, "objects/NicClusterPolicy/metadata/annotations", {"helm.sh/hook": "x"}, "BOP-008"),
    # Monitoring
    (EKS, f"{SPEC}/storageSpec/emptyDir", {}, "BOP-010"),
    (EKS, f"{SPEC}/storageSpec", GONE, "BOP-010"),
    (
        *(EKS, f"{SPEC}/storageSpec/volumeClaimTemplate/spec/storageClassName", "gp3"),
        "BOP-010",
    ),
    (EKS, f"{SPEC}/serviceMonitorSelectorNilUsesHelmValues", GONE, "BOP-018"),
    (EKS, values(STACK, "kubeEtcd"), GONE, "BOP-019"),
    (EKS, values(GPU, "dcgm/enabled"), False, "BOP-017"),
    (AKS, values(SENTINEL, "labeler/assumeDriverInstalled"), False, "BOP-017"),
    (AKS, values(SENTINEL, "metadata-collector"), GONE, "BOP-017"),
    # The DRA driver
    (EKS, values(DRA, "nameOverride"), GONE, "BOP-011"),
    (EKS, values(DRA, "controller/affinity"), GONE, "BOP-011"),
    (
        *(EKS, "objects/1/object"),
        {
            "apiVersion": "resource.nvidia.com/v1beta1",
            "kind": "ComputeDomain",
            "metadata": {"name": "d"},
            "spec": {"numNodes": 18},
        },
        "BOP-012",
    ),
    (
        *(EKS, "deployment"),
        [{"path": "a", "object": {"kind": "Application", "metadata": {"name": "gpu-operator"}}}],
        "BOP-013",
    ),
    # Isolation, reboots, network
    (EKS, values(GPU, "devicePlugin/env"), [{"name": "A", "value": "b"}], "BOP-014"),
    (EKS, values(GPU, "toolkit/env"), GONE, "BOP-014"),
    (EKS, "objects/NodeWright/spec/interruptionBudget", GONE, "BOP-015"),
    (EKS, "objects/NodeWright/spec/nodeSelectors", GONE, "BOP-015"),
    (
        *(EKS, "objects/NodeWright/spec/nodeSelectors/matchLabels"),
        {"nvidia.com/gpu.present": "true"},
        "BOP-015",
    ),
    (EKS, "objects/NodeWright/spec/additionalTolerations", EVERYTHING, "BOP-015"),
    (AKS, values(GPU, "daemonsets/tolerations"), EVERYTHING, "BOP-015"),
    (AKS, "objects/NicClusterPolicy/spec/ofedDriver/picture", "x", "BOP-016"),
    (AKS, "objects/NicClusterPolicy/spec/ofedDriver/image", GONE, "BOP-016"),
    (EKS, "objects/NodeWright/spec/interruptionBudget/count", "1", "BOP-016"),
    (EKS, "objects/NodeWright/spec/packages/nvidia-tuned/interrupt/type", "restart", "BOP-016"),
    (AKS, values(GPU, "driver/rdma/useHostMofed"), True, "BOP-020"),
    (EKS, values(GPU, "driver/version"), "595.91.07", "BOP-020"),
    (AKS, "objects/NicClusterPolicy/spec/rdmaSharedDevicePlugin/config", "{}", "BOP-020"),
    (EKS, values(GPU, "validator/plugin/env"), [], "BOP-021"),
    (EKS, values(GPU, "operator/resources/limits/memory"), "350Mi", "BOP-021"),
    (EKS, values(GPU, "driver/upgradePolicy/maxParallelUpgrades"), 0, "BOP-023"),
    (EKS, values(GPU, "driver/upgradePolicy/maxUnavailable"), "50%", "BOP-023"),
    # Hygiene
    (EKS, values(STACK, "grafana/adminPassword"), "hunter2", "BHY-001"),
    (EKS, values(SENTINEL, "image/tag"), "latest", "BHY-002"),
    (EKS, "components/gpu-operator/version", "1.0; touch x", "BHY-004"),
    (EKS, "components/gpu-operator/version", "26.x", "BHY-004"),
    (EKS, "components/gpu-operator/repository", "http://charts.example.org", "BHY-004"),
    (EKS, "objects/1/object/metadata/namespace", "elsewhere", "BHY-005"),
    (EKS, "components/gpu-operator/namespaceLabels", {}, "BHY-006"),
    (EKS, "components/nothing", {"chart": None, "namespace": "n", "wave": 0}, "BHY-008"),
    (EKS, "components/gpu-operator/wave", 0, "BHY-008"),
    (EKS, "objects/NodeWright/metadata/name", "$(touch x)", "BHY-009"),
    (EKS, values(NFD, "image/repository"), "CHANGEME", "BHY-010"),
]
TOLD = [
    (EKS, values(GPU, "kataSandboxDevicePlugin"), GONE, "BOP-021"),
    (EKS, values(NFD, "topologyUpdater/enable"), False, "BOP-022"),
    (EKS, values(SENTINEL, "tolerations"), EVERYTHING, "BHY-003"),
    (EKS, "objects/NodeWright/spec/packages/nvidia-tuned/containerSHA", GONE, "BHY-002"),
    (
        *(EKS, "components/gpu-operator/notes"),
        [{"text": "no effect", "path": "driver.version", "unused": True}],
        "BHY-007",
    ),
]


def status(verdicts: list[Verdict], rule: str) -> Status:
    return next(each.status for each in verdicts if each.rule == rule)


@pytest.mark.parametrize("name", [EKS, AKS])
def test_known_good_bundles_pass(light: RegoEngine, rules: list[Rule], name: str) -> None:
    [verdicts] = judged(light, rules, read(name))
    wrong = {
        each.rule: [finding.msg for finding in each.findings] or each.reason
        for each in verdicts
        if each.status not in (Status.PASS, Status.SKIP)
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("name", "path", "value", "rule"),
    FAULTS,
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_each_fault_is_found(
    light: RegoEngine, rules: list[Rule], name: str, path: str, value: object, rule: str
) -> None:
    [verdicts] = judged(light, rules, changed(read(name), path, value))
    assert status(verdicts, rule) is Status.FAIL


@pytest.mark.parametrize(
    ("name", "path", "value", "rule"),
    TOLD,
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_what_is_only_told_warns(
    light: RegoEngine, rules: list[Rule], name: str, path: str, value: object, rule: str
) -> None:
    [verdicts] = judged(light, rules, changed(read(name), path, value))
    assert status(verdicts, rule) is Status.WARN


@pytest.mark.parametrize(
    "words",
    [
        "gke b200 cos training",
        "lke rtx-pro-6000 ubuntu inference",
        "oke gb200 ol training",
    ],
)
def test_what_recipes_make_is_let_through(
    light: RegoEngine, rules: list[Rule], catalog: Catalog, words: str
) -> None:
    """One recipe of each service that no bundle of the folder is for."""
    names = ("service", "accelerator", "os", "intent")
    query = dict(zip(names, words.split(), strict=True))
    recipe = recipe_for(catalog, query)
    made = as_input(plan(recipe, catalog, bundlers(), SharedInputs(), "helm"), recipe, ())
    [verdicts] = judged(light, rules, json.loads(json.dumps(made)))
    wrong = {each.rule: each.findings for each in verdicts if each.status is Status.FAIL}
    assert wrong == {}


def test_every_rule_is_seen_to_find_something(rules: list[Rule]) -> None:
    assert {rule.id for rule in rules} == {rule for *_, rule in (*FAULTS, *TOLD)}
    assert all(rule.scope is Scope.BUNDLE for rule in rules)


def odd_bundles() -> list[dict[str, Any]]:
    """Give bundles with one value turned into an odd one, over all values that rules speak of."""
    paths = sorted({(name, path) for name, path, *_ in (*FAULTS, *TOLD) if "/values/" in path})
    specs = [
        (AKS, "objects/NicClusterPolicy/spec"),
        (AKS, "objects/NicClusterPolicy/spec/ofedDriver"),
        (EKS, "objects/NodeWright/spec"),
        (EKS, "objects/NodeWright/spec/packages"),
        (EKS, "objects/NodeWright/spec/nodeSelectors"),
        (EKS, "objects/NodeWright/spec/nodeSelectors/matchLabels"),
        (EKS, "objects/NodeWright/metadata/name"),
        (EKS, "objects/NodeWright/metadata/annotations"),
    ]
    whole = {name: read(name) for name in (EKS, AKS)}
    return [
        changed(whole[name], path, value)
        for number, (name, path) in enumerate([*paths, *specs])
        for value in ODD[number % 3 :: 3]
    ]


LEFT_TO_OPA = "the light engine does not serve"


def test_no_value_breaks_a_rule(light: RegoEngine, rules: list[Rule]) -> None:
    broken = {
        (each.rule, each.reason)
        for verdicts in judged(light, rules, *odd_bundles())
        for each in verdicts
        if each.status is Status.ERROR and LEFT_TO_OPA not in (each.reason or "")
    }
    assert broken == set()


@pytest.mark.real
def test_both_engines_say_the_same(light: RegoEngine, rules: list[Rule]) -> None:
    faulty = [changed(read(name), path, value) for name, path, value, _ in (*FAULTS, *TOLD)]
    asked = [read(EKS), read(AKS), *faulty, *odd_bundles()]
    with closing(OpaEngine(Path(opa_binary()))) as opa:
        pairs = [
            (one, other)
            for ours, theirs in zip(
                judged(light, rules, *asked), judged(opa, rules, *asked), strict=True
            )
            for one, other in zip(ours, theirs, strict=True)
        ]
    left = [one for one, _ in pairs if LEFT_TO_OPA in (one.reason or "")]
    assert [
        (one, other)
        for one, other in pairs
        if replace(one, memo=None) != replace(other, memo=None)
        and LEFT_TO_OPA not in (one.reason or "")
    ] == []
    assert len(left) < len(pairs) / 20


# Tables -----------------------------------------------------------------------------------------


def table(name: str) -> dict[str, Any]:
    path = shipped()["bundle-operators"] / "tables" / name / "data.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def test_the_table_of_dead_keys_is_the_catalogs(catalog: Catalog) -> None:
    stated = {
        each.name: {key: other or "" for key, other in each.dead_keys.items()}
        for each in catalog.components.values()
        if each.dead_keys
    }
    assert table("dead_keys")["components"] == stated


def test_namespaces_of_privileged_components_are_known_to_all(
    catalog: Catalog, rules: list[Rule], light: RegoEngine
) -> None:
    """A bundle labels them privileged: admission and the check of a cluster may not refuse them."""
    others = [
        rule for pack in load_packs(("admission", "kubernetes"), light) for rule in pack.rules
    ]
    of: dict[str, Any] = {rule.id: rule.params for rule in (*rules, *others)}
    found = {catalog.components[name].namespace for name in of["BHY-006"]["privileged"]}
    for rule in ("ADM-003", "ADM-004", "ADM-005"):
        assert found <= {*of[rule]["privileged_namespaces"]}, rule
    for rule in ("K8S-021", "K8S-022"):
        patterns = of[rule]["exempt"]
        assert [each for each in found if not any(fnmatchcase(each, p) for p in patterns)] == []


def test_the_owners_of_definitions_are_the_catalogs(catalog: Catalog) -> None:
    found = table("custom_resources")["owners"]
    assert set(found.values()) <= set(catalog.components)
    for each in catalog.components.values():
        if each.crd_owner == "chart":
            assert all(name.partition(".")[2] in found for name in each.crds), each.name


def test_the_table_of_fields_is_that_of_the_charts(shared: Path) -> None:
    script = Path(__file__).parents[2] / ".ci" / "bundle-tables"
    tables = runpy.run_path(str(script))
    made = dict(sorted(tables["kinds"](shared / "data" / "charts")))
    assert made == table("custom_resources")["kinds"]


def test_the_table_of_fields_is_small() -> None:
    text = (shipped()["bundle-operators"] / "tables/custom_resources/data.yaml").read_text()
    kinds = table("custom_resources")["kinds"]
    assert "mellanox.com/v1alpha1/NicClusterPolicy" in kinds
    assert len(text) / len(kinds) < 4_000
