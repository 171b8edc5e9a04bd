"""``eidos plugin list``."""

import json
from importlib.metadata import EntryPoint

import pytest

from eidos.engine import plugins
from eidos.engine.cli import console, root


def test_every_collector_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert console.run(root, ["plugin", "list", "--format", "json"]) == 0

    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)["collectors"]}
    assert "smi" in found["gpu"]["subtypes"]
    assert found["k8s"]["reads"] == "cluster"


def test_a_broken_one_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [
        EntryPoint("gone", "no.such.module:x", plugins.COLLECTORS),
        EntryPoint("network", "eidos.collectors.network:collector", plugins.COLLECTORS),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found if group else [])

    assert console.run(root, ["plugin", "list"]) == 2
    assert "no.such.module" in capsys.readouterr().out

    assert console.run(root, ["snapshot", "--no-cache"]) == 3
    assert "gone: failed: the plug-in could not be loaded" in capsys.readouterr().err
