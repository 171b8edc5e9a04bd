"""``eidos plugin list``."""

import json
from importlib.metadata import EntryPoint

import pytest

from eidos.engine import __version__, plugins
from eidos.engine.cli import console, root


def test_everything_that_comes_with_eidos_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert console.run(root, ["plugin", "list", "--format", "json"]) == 0

    told = json.loads(capsys.readouterr().out)
    found = {one["name"]: one for one in told["collectors"]}
    assert "smi" in found["gpu"]["subtypes"]
    assert found["k8s"]["reads"] == "cluster"
    ours = ("collectors", "bundlers", "deployers", "places")
    origins = {one["origin"] for group in ours for one in told[group]}
    assert origins == {f"eidos-policy {__version__}"}
    assert {one["name"] for one in told["places"]} == {"oci", "oci-layout", "s3", "gs", "az"}
    assert {one["name"] for one in told["deployers"]} >= {"helm", "flux"}
    offers = {one["name"]: one["offers"] for one in told["bundlers"]}
    assert offers["gpu-operator"] == ["gpu-operator"]


def test_one_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert console.run(root, ["plugin", "show", "gpu", "generic"]) == 0
    told = capsys.readouterr().out
    assert "collector: gpu\nbrought by: eidos-policy" in told
    assert "\nreads: local\noffers: pci, driver, " in told
    assert "bundler: generic\n" in told
    assert console.run(root, ["plugin", "show", "gpuu"]) == 2
    assert "Did you mean 'gpu'" in capsys.readouterr().err


def test_a_broken_one_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [
        EntryPoint("gone", "no.such.module:x", plugins.COLLECTORS),
        EntryPoint("network", "eidos.collectors.network:collector", plugins.COLLECTORS),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found if group else [])

    assert console.run(root, ["plugin", "list"]) == 2
    assert "gone\t-\tan unknown package\terror: no.such.module" in capsys.readouterr().out

    assert console.run(root, ["snapshot", "--no-cache"]) == 3
    assert "gone: failed: the plug-in could not be loaded" in capsys.readouterr().err
