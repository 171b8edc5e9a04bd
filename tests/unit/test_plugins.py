"""What is plugged in, and what is broken."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from eidos.engine import plugins
from eidos.engine.distributing.places import BUILT_IN


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    found: list[EntryPoint] = []
    monkeypatch.setattr(
        plugins, "entry_points", lambda group: [e for e in found if e.group == group]
    )
    return found


def test_the_built_in_collectors_come_through_the_same_door() -> None:
    collectors, broken = plugins.find_collectors()

    assert {"OS", "GPU", "SystemD", "Network"} <= {one.type for one in collectors}
    assert broken == {}


def test_a_broken_plugin_is_named_and_stops_nobody(entries: list[EntryPoint]) -> None:
    entries += [
        EntryPoint("bye", "fakes.leaving:x", plugins.COLLECTORS),
        EntryPoint("gone", "no.such.module:x", plugins.COLLECTORS),
        EntryPoint("odd", "os:path", plugins.COLLECTORS),
        EntryPoint("os", "eidos.collectors.os_facts:collector", plugins.COLLECTORS),
    ]

    collectors, broken = plugins.find_collectors()

    assert [one.type for one in collectors] == ["OS"]
    assert set(broken) == {"bye", "gone", "odd"}
    assert "SystemExit" in broken["bye"]
    assert "no.such.module" in broken["gone"]


def test_nobody_stands_in_for_ours_or_goes_in_silence(entries: list[EntryPoint]) -> None:
    entries += [
        EntryPoint("os", "acme.os:collector", plugins.COLLECTORS),
        EntryPoint("os", "eidos.collectors.os_facts:collector", plugins.COLLECTORS),
        EntryPoint("path", "os:path", plugins.BUNDLERS),
    ]

    collectors, broken = plugins.find_collectors()

    assert [one.type for one in collectors] == ["OS"]
    assert broken == {"os of an unknown package": "the name is taken by an unknown package"}
    assert plugins.find_bundlers() == ({}, {"path": "it does not offer components and render"})


def test_what_an_installation_left_behind_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "left-1.0.dist-info").mkdir()
    (tmp_path / "left-1.0.dist-info" / "entry_points.txt").write_text("[eidos.places]\nx = a:b\n")
    monkeypatch.syspath_prepend(tmp_path)

    found = {each.name: each for each in plugins.find_packaged(plugins.PLACES)}

    assert found["x"].origin == "an unknown package"
    assert found["s3"].origin.startswith("eidos-policy ")


def test_places_that_are_ours_are_named_by_entry_points() -> None:
    found = {each.name: each.value for each in plugins.find_packaged(plugins.PLACES)}
    ours = {name: f"{each.__module__}:{each.__name__}" for name, each in BUILT_IN.items()}  # type: ignore[attr-defined]
    assert ours.items() <= found.items()
    assert plugins.loading_error(plugins.PLACES, ours["oci"]) is None
    assert "SystemExit" in str(plugins.loading_error(plugins.PLACES, "fakes.leaving:x"))
    assert plugins.loading_error(plugins.PLACES, "os:sep") == "os:sep cannot be called"
