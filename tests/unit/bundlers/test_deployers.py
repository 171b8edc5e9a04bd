"""What each tool gets: valid for it, in order, and nothing that a recipe says is ever run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.bundlers.deployers.argocd import deployer as argocd
from eidos.bundlers.deployers.flux import deployer as flux
from eidos.bundlers.deployers.helm import deployer as helm
from eidos.bundlers.deployers.helmfile import deployer as helmfile
from eidos.engine.bundling.trees import sealed, write_tree
from eidos.engine.bundling.writing import common_files, readme
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import (
    BundleSource,
    Plan,
    Release,
    Rendered,
    Resource,
    SharedInputs,
    When,
    namespaces,
)
from eidos.engine.model.recipe import WrittenRecipe

HOSTILE = """1.0; touch x $(touch x) `touch x` ' " {{ x }} \\ \n touch x"""
SOURCE = BundleSource("https://git.example.com/team/clusters", "main", "gpu/prod")
CHARTS = Path(__file__).parents[3].parent / "shared" / "data" / "charts"
CRDS = {
    "Application": "argo-cd-crds/*/crds/application-crd.yaml",
    "GitRepository": "flux-source-controller-crds/*/crds/*gitrepositories.yaml",
    "HelmRepository": "flux-source-controller-crds/*/crds/*helmrepositories.yaml",
    "OCIRepository": "flux-source-controller-crds/*/crds/*ocirepositories.yaml",
    "HelmRelease": "flux-helm-controller-crds/*/crds/*helmreleases.yaml",
    "Kustomization": "flux-kustomize-controller-crds/*/crds/*kustomizations.yaml",
}


def resource(name: str, when: When) -> Resource:
    value = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    return Resource(name, when, value)


def release(name: str, wave: int, *needed: str, **more: Any) -> Release:
    given = {
        "repository": "https://charts.example.org",
        "chart": name,
        "version": "1.2.3",
        "rendered": Rendered({"a": 1}),
        **more,
    }
    return Release(name, f"{name}-ns", wave, needed, **given)


def plan(deployer: str, *more: Release, source: BundleSource | None = SOURCE) -> Plan:
    resources = tuple(resource(f"cm-{when.value}", when) for when in When)
    operator = Rendered(
        {"driver": {"version": "580"}},
        resources,
        {"pod-security.kubernetes.io/enforce": "privileged"},
    )
    releases = (
        release("cert-manager", 0),
        release("dra", 0, repository="oci://registry.example.org/charts"),
        release("gpu-operator", 1, "cert-manager", rendered=operator),
        Release("tuning", "tuning-ns", 2, ("gpu-operator",), Rendered({}, resources[-1:])),
        *more,
    )
    shared = SharedInputs(source=source)
    return Plan("eks h100", {"service": "eks"}, releases, deployer, shared)


RECIPE = WrittenRecipe("r", "sha256:0", {}, (), (), {}, (), {}, {}, {}, {"kind": "Recipe"})
EVERY = {"helm": helm, "helmfile": helmfile, "argocd": argocd, "flux": flux}


def objects(deployer: str, planned: Plan) -> list[Mapping[str, Any]]:
    found = []
    for file in EVERY[deployer].files(planned):
        if "/templates/" in file.path:  # of a chart: no YAML before Helm has rendered it
            continue
        found += [each for each in yaml.safe_load_all(file.content) if each]
    return found


# Helm -------------------------------------------------------------------------------------------

FAKE = """#!PYTHON -SI
import json, os, sys
with open(os.environ["LOG"], "a") as log:
    log.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
if "--filename=-" in sys.argv:
    sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Run a script of a bundle where helm and kubectl only write down what they are asked."""
    fakes = tmp_path / "bin"
    fakes.mkdir()
    for name in ("helm", "kubectl"):
        (fakes / name).write_text(FAKE.replace("PYTHON", sys.executable))
        (fakes / name).chmod(0o755)

    def start(planned: Plan, script: str, *arguments: str, code: int = 0) -> list[list[str]]:
        bundle = tmp_path / "bundle"
        files = [*common_files(planned, RECIPE), readme(planned, RECIPE), *helm.files(planned)]
        bundle.mkdir()
        write_tree(bundle, sealed(files))
        log = tmp_path / "log"
        log.write_text("")
        environ = {"PATH": f"{fakes}:{os.environ['PATH']}", "LOG": str(log), "RETRIES": "1"}
        done = subprocess.run(
            [str(bundle / script), *arguments],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert not list(tmp_path.rglob("x"))
        return [json.loads(line) for line in log.read_text().splitlines()]

    return start


def test_helm_installs_in_order(run: Any) -> None:
    calls = run(plan("helm"), "install.sh")
    steps = [
        call[-1] if call[0] == "kubectl" else call[2]
        for call in calls
        if call[:2] == ["helm", "upgrade"] or any("--filename=0" in each for each in call)
    ]
    assert steps == [
        "cert-manager",
        "dra",
        "--filename=030-gpu-operator/before/cm-before.yaml",
        "gpu-operator",
        "--filename=030-gpu-operator/with/cm-with.yaml",
        "--filename=030-gpu-operator/after/cm-after.yaml",
        "--filename=040-tuning/after/cm-after.yaml",
    ]
    label = next(call for call in calls if "label" in call)
    assert label[-1] == "pod-security.kubernetes.io/enforce=privileged"
    assert all("--server-side" in call for call in calls if "apply" in call)


def test_helm_takes_away_in_the_other_order(run: Any) -> None:
    calls = run(plan("helm"), "uninstall.sh")
    assert [c[2] for c in calls if c[:2] == ["helm", "uninstall"]] == [
        "gpu-operator",
        "dra",
        "cert-manager",
    ]


@pytest.mark.parametrize(
    "words", ["install.sh --dry-run", "uninstall.sh --dry-run", "uninstall.sh --dry-run --purge"]
)
def test_helm_says_what_it_would_do_and_does_nothing(words: str, run: Any) -> None:
    assert run(plan("helm"), *words.split()) == []


@pytest.mark.parametrize("words", ["install.sh --dryrun", "uninstall.sh --help", "uninstall.sh -n"])
def test_a_word_that_scripts_do_not_know_does_nothing(words: str, run: Any) -> None:
    assert run(plan("helm"), *words.split(), code=2) == []


def test_hostile_words_stay_words(run: Any) -> None:
    calls = run(plan("helm", release("evil", 3, version=HOSTILE, chart=HOSTILE)), "install.sh")
    call = next(each for each in calls if each[:3] == ["helm", "upgrade", "evil"])
    assert call[call.index("--version") + 1] == HOSTILE
    assert call[3] == HOSTILE


@pytest.mark.parametrize("version", ["1.2.3", HOSTILE])
def test_scripts_are_clean(tmp_path: Path, version: str) -> None:
    for file in helm.files(plan("helm", release("more", 3, version=version))):
        path = tmp_path / file.path
        path.write_bytes(file.content)
        # SC2016 is about the very quotes that keep a hostile text from being run.
        done = subprocess.run(
            [
                Path(sys.executable).with_name("shellcheck"),
                "--severity=style",
                "--exclude=SC2016",
                path,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


# Argo CD, Flux, Helmfile ------------------------------------------------------------------------


@pytest.mark.parametrize("deployer", ["argocd", "flux", "helmfile"])
def test_hostile_texts_are_data(deployer: str) -> None:
    version = HOSTILE.replace("{{", "{") if deployer == "helmfile" else HOSTILE
    hostile = release("evil", 3, version=version, rendered=Rendered({"a": HOSTILE}))
    found = json.dumps(objects(deployer, plan(deployer, hostile)))
    assert json.dumps(version)[1:-1] in found


@pytest.mark.parametrize("deployer", ["argocd", "flux"])
def test_where_the_bundle_will_lie_must_be_said(deployer: str) -> None:
    with pytest.raises(BundleError, match="but its source is not given"):
        list(EVERY[deployer].files(plan(deployer, source=None)))


def test_argo_cd_syncs_in_waves_and_on_the_server() -> None:
    found = objects("argocd", plan("argocd"))
    assert all("ServerSideApply=true" in e["spec"]["syncPolicy"]["syncOptions"] for e in found)
    waves = {
        e["metadata"]["name"]: int(e["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])
        for e in found
    }
    order = ["cert-manager", "gpu-operator-pre", "gpu-operator", "gpu-operator-with"]
    order += ["gpu-operator-post", "tuning-post"]
    assert [waves[name] for name in order] == sorted(waves[name] for name in order)
    assert len({waves[name] for name in order}) == len(order)
    chart = next(e for e in found if e["metadata"]["name"] == "gpu-operator")
    assert chart["spec"]["sources"][0]["helm"]["valueFiles"] == [
        "$values/gpu/prod/030-gpu-operator/values.yaml"
    ]
    oci = next(e for e in found if e["metadata"]["name"] == "dra")
    assert oci["spec"]["sources"][0]["repoURL"] == "registry.example.org/charts"


def test_argo_cd_keeps_two_owners_of_one_definition_apart() -> None:
    both = (
        release("gpu-operator", 0, version="v26.7.0"),
        release("nvidia-dra-driver-gpu", 1),
    )
    planned = Plan("r", {}, both, "argocd", SharedInputs(source=SOURCE))
    operator = next(e for e in objects("argocd", planned) if e["metadata"]["name"] == both[0].name)
    assert operator["spec"]["ignoreDifferences"][0]["kind"] == "CustomResourceDefinition"
    assert "RespectIgnoreDifferences=true" in operator["spec"]["syncPolicy"]["syncOptions"]


def test_flux_waits_for_what_it_depends_on() -> None:
    found = [e for e in objects("flux", plan("flux")) if e["kind"] == "Kustomization"]
    needs = {
        e["metadata"]["name"]: [d["name"] for d in e["spec"].get("dependsOn", [])] for e in found
    }
    assert needs == {
        "eidos-namespaces": [],
        "cert-manager": ["eidos-namespaces"],
        "dra": ["eidos-namespaces"],
        "gpu-operator-before": ["cert-manager"],
        "gpu-operator": ["gpu-operator-before"],
        "gpu-operator-with": ["gpu-operator"],
        "gpu-operator-after": ["gpu-operator-with"],
        "tuning-after": ["gpu-operator-after"],
    }
    assert all(e["spec"]["wait"] for e in found)


def test_flux_makes_each_namespace_once_and_first() -> None:
    """Two Kustomizations with one namespace take its labels away in turns, and delete it."""
    more = replace(release("exporter", 3), namespace="gpu-operator-ns")
    planned = plan("flux", more)
    found = [e["metadata"] for e in objects("flux", planned) if e["kind"] == "Namespace"]
    assert [each["name"] for each in found] == [*namespaces(planned)]
    [operator] = [each for each in found if each["name"] == "gpu-operator-ns"]
    assert operator["labels"] == {"pod-security.kubernetes.io/enforce": "privileged"}
    assert operator["annotations"] == {"kustomize.toolkit.fluxcd.io/prune": "disabled"}


@pytest.mark.parametrize(
    ("revision", "kind"),
    [
        ("main", "branch"),
        ("prod-2026", "branch"),
        ("v1.4.0", "tag"),
        ("2026.11", "tag"),
        ("refs/tags/x", "name"),
        ("0" * 40, "commit"),
    ],
)
def test_flux_is_told_what_a_revision_is(revision: str, kind: str) -> None:
    planned = plan("flux", source=BundleSource("https://git.example.org/b.git", revision))
    [git] = [each for each in objects("flux", planned) if each["kind"] == "GitRepository"]
    assert git["spec"]["ref"] == {kind: revision}


def test_helmfile_needs() -> None:
    file = objects("helmfile", plan("helmfile"))[0]
    operator = next(e for e in file["releases"] if e["name"] == "gpu-operator")
    assert operator["needs"] == ["cert-manager-ns/cert-manager"]
    assert [hook["events"] for hook in operator["hooks"]] == [
        ["presync"],  # its namespace
        ["presync"],
        ["postsync"],
        ["postsync"],
    ]
    assert "hooks" not in file, "global hooks run on every command, template and lint included"
    tuning = next(e for e in file["releases"] if e["name"] == "tuning")
    assert tuning["chart"].startswith("./helmfile/")
    paths = [each.path for each in helmfile.files(plan("helmfile"))]
    assert any(path.endswith("-tuning/chart/Chart.yaml") for path in paths)


@pytest.mark.parametrize("field", ["version", "chart", "repository", "namespace"])
def test_helmfile_runs_no_template_of_a_recipe(field: str) -> None:
    """In fields of releases it would, with `exec` among the functions."""
    hostile = replace(release("evil", 3), **{field: '{{ exec "touch" (list "x") }}'})
    with pytest.raises(BundleError, match=r"evil holds '\{\{', which helmfile would run"):
        objects("helmfile", plan("helmfile", hostile))


@pytest.mark.parametrize("deployer", ["argocd", "flux"])
def test_valid_for_the_definitions_of_the_tool(deployer: str) -> None:
    if not CHARTS.is_dir():
        pytest.skip("the definitions are not beside the project")
    hostile = release("evil", 3, rendered=Rendered({"a": HOSTILE}))
    for each in objects(deployer, plan(deployer, hostile)):
        if each["kind"] in CRDS:
            assert not list(faults(each)), each["metadata"]["name"]


def faults(value: Mapping[str, Any]) -> Iterator[str]:
    """Give what the definition of a kind does not allow, unknown fields too."""
    import jsonschema

    schema = definition(value["kind"], value["apiVersion"].split("/")[1])
    for error in jsonschema.Draft7Validator(schema).iter_errors(value):
        yield error.message
    yield from pruned(value, schema, "")


def definition(kind: str, version: str) -> dict[str, Any]:
    file = next(CHARTS.glob(CRDS[kind]))
    versions = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["spec"]["versions"]
    found = next(each for each in versions if each["name"] == version)
    schema: dict[str, Any] = found["schema"]["openAPIV3Schema"]
    return schema


def pruned(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    if schema.get("x-kubernetes-preserve-unknown-fields") or path.endswith(".metadata"):
        return
    if isinstance(value, list):
        for each in value:
            yield from pruned(each, schema.get("items", {}), path)
    if not isinstance(value, dict):
        return
    known, more = schema.get("properties", {}), schema.get("additionalProperties")
    for key, child in value.items():
        inner = known.get(key, more if isinstance(more, dict) else None)
        if inner is not None:
            yield from pruned(child, inner, f"{path}.{key}")
        elif not more and (known or path):
            yield f"{path}.{key} is not known"
