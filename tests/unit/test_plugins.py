"""What is plugged in, and what is broken."""

from importlib.metadata import EntryPoint

import pytest

from eidos.engine import plugins


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
        EntryPoint("gone", "no.such.module:x", plugins.COLLECTORS),
        EntryPoint("odd", "os:path", plugins.COLLECTORS),
        EntryPoint("os", "eidos.collectors.os_facts:collector", plugins.COLLECTORS),
    ]

    collectors, broken = plugins.find_collectors()

    assert [one.type for one in collectors] == ["OS"]
    assert set(broken) == {"gone", "odd"}
    assert "no.such.module" in broken["gone"]
