"""Packs that come as Python packages: really installed, found, listed, judged by, pinned."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from fakes.packages import installed_example
from fakes.policies import DRIVER_RULE, write_pack

CLUSTER = str(Path(__file__).parents[2] / "ci-examples" / "cluster.yaml")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_example("acme-policies", tmp_path_factory.mktemp("site"))


@pytest.fixture
def installed(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    copy = shutil.copytree(site, tmp_path / "installed")
    monkeypatch.syspath_prepend(copy)
    return copy


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    capsys.readouterr()
    code = console.run(root, [*arguments])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out.startswith("{") else said.out, said.err


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    return run(capsys, "check", CLUSTER, "-o", "json", *arguments)


@pytest.mark.usefixtures("installed")
def test_it_is_found_listed_and_judged_by(capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = run(capsys, "plugin", "list", "-o", "json")
    assert code == 0
    [pack] = found["packs"]
    assert (pack["name"], pack["origin"]) == ("acme", "acme-policies 1.2.0")
    assert "acme\tpack\tacme-policies 1.2.0" in run(capsys, "plugin", "list")[1]

    code, report, _ = check(capsys, "-p", "acme@2.0.0")
    assert code == 1
    assert report["packs"][0]["origin"] == "acme-policies 1.2.0"
    assert {each["rule"] for s in report["subjects"] for each in s["verdicts"]} == {"ACME-001"}
    shown = run(capsys, "history", "show", "latest", "-o", "json")[1]
    assert shown["packs"] == report["packs"]
    assert "acme_policies" not in sys.modules
    assert "acme" not in {each["name"] for each in check(capsys, "--no-record")[1]["packs"]}
    assert "Did you mean 'acme'" in check(capsys, "-p", "acmee")[2]
    assert "has version 2.0.0, not 1.0.0" in check(capsys, "-p", "acme@1.0.0")[2]


def test_it_is_pinned(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "policy", "lock", "acme")[0] == 0
    assert "source: package acme-policies 1.2.0" in Path("eidos.lock").read_text()
    assert check(capsys, "-p", "acme", "--locked")[0] == 1
    rule = installed / "acme_policies" / "acme" / "driver_of_the_fleet.rego"
    rule.write_text(rule.read_text().replace("!=", "=="))
    code, _, said = check(capsys, "-p", "acme", "--locked")
    assert code == 2
    assert "the pack 'acme' has the digest" in said


def test_a_package_takes_nothing_that_is_shipped(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = installed / "acme_policies" / "acme"
    (folder / "taken.rego").write_text(DRIVER_RULE.replace("T-001", "GPU-001"))
    code, _, said = check(capsys, "-p", "acme")
    assert code == 2
    assert "the id GPU-001 is of the shipped pack 'gpu'" in said
    manifest = folder / "pack.yaml"
    manifest.write_text(manifest.read_text() + "replaces: [gpu]\n")
    code, report, _ = check(capsys, "-p", "acme")
    assert code == 1
    assert report["packs"][0]["replaces"] == ["gpu"]


@pytest.mark.usefixtures("installed")
def test_a_broken_one_hides_no_other(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = tmp_path / "other" / "evil-1.0.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (other / "entry_points.txt").write_text(
        "[eidos.validators]\ngpu = evil.gpu\nempty = evil\nup = evil.../..\nbad = 1:2\n"
    )
    (tmp_path / "other" / "evil").mkdir()
    (tmp_path / "other" / "evil" / "__init__.py").write_text("raise SystemExit('it ran')\n")
    monkeypatch.syspath_prepend(tmp_path / "other")
    code, found, _ = run(capsys, "plugin", "list", "-o", "json")
    assert code == 2
    errors = {each["name"]: each["error"] for each in found["packs"]}
    assert errors["acme"] is None
    assert "a shipped pack has this name" in errors["gpu"]
    assert "no folder of the package with a pack.yaml" in errors["empty"]
    assert "no folder of the package" in errors["up"]
    assert "no folder of the package" in errors["bad"]
    code, _, said = check(capsys, "-p", "empty")
    assert code == 2
    assert "the pack 'empty' of evil 1.0" in said
    assert check(capsys, "-p", "gpu", "--no-record")[0] == 1
    assert check(capsys, "-p", "acme", "--no-record")[0] == 1

    double = tmp_path / "other" / "twin-1.0.dist-info"
    double.mkdir()
    (double / "METADATA").write_text("Metadata-Version: 2.1\nName: twin\nVersion: 1.0\n")
    (double / "entry_points.txt").write_text("[eidos.validators]\nacme = evil\n")
    assert "acme" in check(capsys, "-p", "acme")[2]


def test_the_entry_has_the_name_of_the_pack(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = installed / "acme_policies" / "acme" / "pack.yaml"
    manifest.write_text(manifest.read_text().replace("name: acme", "name: other"))
    code, _, said = check(capsys, "-p", "acme")
    assert code == 2
    assert "offers 'acme', and its pack is 'other'" in said


@pytest.mark.usefixtures("installed")
def test_a_folder_never_stands_in_for_an_installed_pack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("acme", "acme@2.0.0"):
        write_pack(tmp_path / name)
        code, _, said = check(capsys, "-p", name)
        assert code == 2
        assert f"'{name}' is a pack of acme-policies 1.2.0, and also lies here" in said
        assert check(capsys, "-p", f"./{name}")[0] == 0
