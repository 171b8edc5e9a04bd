"""A bundle on its whole way: recipe, gate, files, Helm itself, a real API server and back.

The chart is a small one of ours that needs no kubelet; ``.ci/render-charts`` renders those of
upstream.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.cli import console, root
from fakes.chart_server import serving
from fakes.real_cluster import Object, RealCluster

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("real cluster")]

HERE = Path(__file__).parent / "bundles"
EXAMPLE = Path(__file__).parents[2] / "ci-examples" / "cluster.yaml"
TEXT = "it's a {{ brace }} & a $(touch x)"
SMALL = [("v1", "ConfigMap", name, "small") for name in ("early", "small-settings", "beside")]
WIDGETS = [("small.example.com/v1", "Widget", *w) for w in (("widget", "small"),)]
NOTES = [("small.example.com/v1", "Widget", "note", "small-notes")]


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    for name in ("helm", "kubectl"):
        if not shutil.which(name):
            pytest.skip(f"no {name} on PATH (.ci/helm-parts gets it)")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealCluster]:
    started = RealCluster(tmp_path_factory.mktemp("cluster"))
    try:
        started.start()
        yield started
    finally:
        started.close()


def bundled(folder: Path, repository: str = "https://charts.example.org") -> Path:
    """Make a bundle of the recipe of the test catalog, as a user does.

    Args:
        folder: an empty one, for catalog, snapshot, recipe and bundle.
        repository: where the chart is.
    """
    shutil.copytree(HERE / "recipes", folder / "recipes")
    component = folder / "recipes" / "components" / "small-settings.yaml"
    said = component.read_text().replace("https://charts.example.org", repository, 1)
    component.write_text(said)
    taken = yaml.safe_load(EXAMPLE.read_text())
    del taken["nodes"][1], taken["collection"][5:]  # the node that the gate would not let through
    (folder / "cluster.yaml").write_text(json.dumps(taken))
    recipe, bundle = folder / "recipe.yaml", folder / "bundle"
    data = ["--data", str(folder / "recipes")]
    command = ["recipe", "--platform", "slurm", *data, "-o", f"yaml={recipe}"]
    assert console.run(root, ["--no-config", *command]) == 0
    of_ours = yaml.safe_load(recipe.read_text())
    # What every cluster gets needs nodes, and comes from elsewhere.
    kept = [each for each in of_ours["components"] if each["name"].startswith("small-")]
    recipe.write_text(json.dumps({**of_ours, "components": kept}))
    command = ["bundle", "-r", str(recipe), "-s", str(folder / "cluster.yaml"), *data]
    command += ["--deployer", "helm", "--deployer", "helmfile"]
    command += ["--to", str(bundle), "--no-record", "--effective-time", "2026-11-24"]
    assert console.run(root, ["--no-config", *command]) == 0
    assert console.run(root, ["--no-config", "bundle", "verify", str(bundle)]) == 0
    return bundle


# Rendering --------------------------------------------------------------------------------------


def templated(bundle: Path, *more: str) -> list[Object]:
    values = next(bundle.glob("*-small-settings/values.yaml"))
    command = ["helm", "template", "small-settings", str(HERE / "chart"), "--namespace", "small"]
    done = subprocess.run(
        [*command, "--values", str(values), "--kube-version", "1.36.3", *more],
        capture_output=True,
        text=True,
        check=True,
    )
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def test_values_of_a_bundle_take_effect(tmp_path: Path) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate")
    [settings] = templated(bundled(tmp_path))
    assert settings["data"] == {
        "greeting": TEXT,
        "cpu": "1",
        "memory": "2Gi",
        "nodeSelector": "{}",
    }
    kubernetes.validate(settings, "1.36", strict=True)


def test_a_chart_refuses_a_value_that_it_does_not_know(tmp_path: Path) -> None:
    """Its schema speaks, so a key that does nothing is found by whoever renders it."""
    with pytest.raises(subprocess.CalledProcessError) as refused:
        templated(bundled(tmp_path), "--set", "limits.memroy=1Gi")
    assert "memroy" in refused.value.stderr


def rendering(bundle: Path, charts: Path) -> "subprocess.CompletedProcess[str]":
    """Run the script that holds bundles against the charts of upstream, on ours."""
    script = Path(__file__).parents[2] / ".ci" / "render-charts"
    return subprocess.run(
        [sys.executable, str(script), "--charts", str(charts), str(bundle)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"greeting": "hi"}, 0, "small-settings: 1 sets of values rendered"),
        ({"gretting": "hi"}, 1, "small-settings: gretting is dead"),
        ({"quiet": {"enabled": True}}, 0, "quiet.enabled has no effect here"),
        ({"limits": "none"}, 1, "FAULT small-settings"),
    ],
)
def test_a_value_without_effect_is_found(
    values: dict[str, Any], code: int, said: str, tmp_path: Path
) -> None:
    pytest.importorskip("kubernetes_validate")
    bundle, charts = tmp_path / "bundle", tmp_path / "charts"
    (bundle / "010-small-settings").mkdir(parents=True)
    (bundle / "010-small-settings" / "values.yaml").write_text(json.dumps(values))
    component = {"name": "small-settings", "namespace": "small", "version": "1.2.3"}
    recipe = {"components": [{**component, "chart": {"name": "small-settings"}}]}
    (bundle / "recipe.yaml").write_text(json.dumps(recipe))
    chart = charts / "small-settings"
    shutil.copytree(HERE / "chart", chart)
    (chart / "values.schema.json").unlink()  # as most charts of upstream have none
    with (chart / "values.yaml").open("a") as file:
        file.write("quiet: {enabled: false}\n")
    found = rendering(bundle, charts)
    assert found.returncode == code, found.stdout + found.stderr
    assert said in found.stdout


# Installing -------------------------------------------------------------------------------------


class Installing:
    """A bundle, and an API server that it is installed to."""

    def __init__(self, bundle: Path, cluster: RealCluster, home: Path) -> None:
        self.bundle, self._cluster = bundle, cluster
        self._environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "KUBECONFIG": str(cluster.kubeconfig()),
            "SSL_CERT_FILE": str(cluster.certificate[0]),
            "RETRIES": "1",
        }

    def run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(self.bundle / script), *arguments],
            env=self._environ,
            cwd=self.bundle.parent,
            capture_output=True,
            text=True,
            check=False,
        )

    def helmfile(self, *arguments: str) -> str:
        """Run helmfile on the bundle, and give what it wrote."""
        if not shutil.which("helmfile"):
            pytest.skip("no helmfile on PATH (.ci/helmfile-part builds it)")
        home = Path(self._environ["HOME"])
        folders = {f"HELM_{name}_HOME": str(home / name) for name in ("CACHE", "CONFIG", "DATA")}
        done = subprocess.run(
            ["helmfile", "--file", str(self.bundle / "helmfile.yaml"), *arguments],
            env={**self._environ, **folders, "HELMFILE_UPGRADE_NOTICE_DISABLED": "true"},
            cwd=self.bundle.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def done(self, script: str) -> None:
        found = self.run(script)
        assert found.returncode == 0, found.stdout + found.stderr

    def there(self) -> dict[str, Any]:
        """Give what each object of the bundle says, where it is."""
        found = {}
        for version, kind, name, namespace in (*SMALL, *WIDGETS, *NOTES):
            value = self._cluster.get(version, kind, name, namespace)
            if value is not None:
                found[name] = value.get("data", value.get("spec"))
        return found

    def revisions(self) -> list[int]:
        """Give the revisions of the release that Helm remembers."""
        secrets = self._cluster.ask("GET", "/api/v1/namespaces/small/secrets")["items"]
        return sorted(int(each["metadata"]["labels"]["version"]) for each in secrets)


@pytest.fixture
def installing(cluster: RealCluster, tmp_path: Path) -> Iterator[Installing]:
    for name in ("repository", "home", "work"):
        (tmp_path / name).mkdir()
    chart = (HERE / "chart", tmp_path / "repository", cluster.certificate)
    with serving(*chart) as address:
        yield Installing(bundled(tmp_path / "work", address), cluster, tmp_path / "home")


WHOLE = {
    "early": {"when": "before"},
    "small-settings": {"greeting": TEXT, "cpu": "1", "memory": "2Gi", "nodeSelector": "{}"},
    "beside": {"when": "with"},
    "widget": {"size": 3},
    "note": {"size": 1},
}


def test_scripts_install_twice_and_take_everything_away(installing: Installing) -> None:
    installing.done("install.sh")
    assert installing.there() == WHOLE
    assert installing.revisions() == [1]

    installing.done("install.sh")
    assert installing.there() == WHOLE
    assert installing.revisions() == [1, 2]

    found = installing.run("uninstall.sh", "--dry-run")
    assert found.returncode == 0, found.stderr
    assert "helm uninstall small-settings" in found.stdout
    assert installing.there() == WHOLE

    installing.done("uninstall.sh")
    assert installing.there() == {}
    assert installing.revisions() == []
    installing.done("uninstall.sh")
    assert not list(installing.bundle.parent.rglob("x"))


def test_a_dry_run_does_nothing(installing: Installing) -> None:
    found = installing.run("install.sh", "--dry-run")
    assert found.returncode == 0, found.stderr
    assert "helm upgrade small-settings" in found.stdout
    assert installing.there() == {}


def test_an_altered_bundle_installs_nothing(installing: Installing) -> None:
    [values] = installing.bundle.glob("*-small-settings/values.yaml")
    values.write_text(values.read_text().replace("2Gi", "3Gi"))
    found = installing.run("install.sh")
    assert found.returncode == 2
    assert "altered" in found.stderr
    assert installing.there() == {}


def test_what_failed_is_told_and_can_be_run_again(installing: Installing) -> None:
    """The API server refuses the resource after the chart; mended, the same command ends it."""
    [note] = installing.bundle.glob("*-small-notes/after/note.yaml")
    good = note.read_text()
    sums = installing.bundle / "checksums.txt"
    kept = sums.read_text()
    note.write_text(good.replace("size: 1", "size: 0"))
    sums.write_text("".join(line for line in kept.splitlines(True) if "note.yaml" not in line))
    found = installing.run("install.sh")
    assert found.returncode == 2
    assert "note.yaml failed" in found.stderr
    assert installing.there() == {name: said for name, said in WHOLE.items() if name != "note"}

    note.write_text(good)
    sums.write_text(kept)
    installing.done("install.sh")
    assert installing.there() == WHOLE
    installing.done("uninstall.sh")


# Helmfile ---------------------------------------------------------------------------------------


def test_helmfile_renders_and_lints_what_was_written(installing: Installing) -> None:
    found = [each for each in yaml.safe_load_all(installing.helmfile("template")) if each]
    assert [each["metadata"]["name"] for each in found] == ["small-settings", "note"]
    assert found[0]["data"]["greeting"] == TEXT, "no template in a text is run"
    installing.helmfile("lint")
    listed = json.loads(installing.helmfile("list", "--output", "json"))
    assert {(each["name"], each["namespace"], each["version"]) for each in listed} == {
        ("small-settings", "small", "1.2.3"),
        ("small-notes", "small-notes", ""),
    }
    assert installing.there() == {}, "nothing is applied by who only looks"


def test_helmfile_installs_and_takes_away(installing: Installing) -> None:
    installing.helmfile("sync")
    assert installing.there() == WHOLE
    installing.helmfile("sync")
    installing.helmfile("destroy")
    assert installing.revisions() == []
    assert not {"small-settings", "note"} & set(installing.there())
