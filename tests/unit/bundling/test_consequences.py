"""What a change restarts and reboots."""

from typing import Any

import pytest

from eidos.engine.bundling.comparing import changes
from eidos.engine.bundling.consequences import effects
from eidos.engine.model.recipe import WrittenComponent, WrittenRecipe
from eidos.engine.model.transition import Consequence, PublishedBundle

NODEWRIGHT = {
    "kind": "NodeWright",
    "spec": {
        "interruptionBudget": {"count": 1},
        "packages": {
            "nvidia-tuned": {"version": "0.3.2", "interrupt": {"type": "reboot"}},
            "sysctls": {"version": "1.0", "interrupt": {"type": "service", "services": ["a"]}},
        },
    },
}
NETWORK = {
    "kind": "NicClusterPolicy",
    "spec": {
        "ofedDriver": {"version": "1", "upgradePolicy": {"maxParallelUpgrades": 2}},
        "rdmaSharedDevicePlugin": {"version": "1"},
    },
}


def bundle(
    name: str = "gpu-operator",
    version: str = "v1",
    values: dict[str, Any] | None = None,
    resources: dict[str, Any] | None = None,
    wave: int = 0,
) -> PublishedBundle:
    component = WrittenComponent(
        name=name,
        namespace="ns",
        repository="https://charts.example.org",
        chart=name,
        version=version,
        wave=wave,
        depends_on=(),
        values={},
        resources={},
    )
    recipe = WrittenRecipe("r", "", {}, (component,), (), {}, (), {}, {}, {}, {})
    return PublishedBundle("b", "", recipe, {}, {name: values or {}}, {name: resources or {}})


def said(old: PublishedBundle, new: PublishedBundle) -> list[tuple[str, str]]:
    return [
        (each.consequence.value, each.what)
        for change in changes(old, new)
        for each in effects(change, old, new)
    ]


def changed(value: dict[str, Any], *keys: str, to: object) -> dict[str, Any]:
    """Give a copy with one value changed."""
    first, *rest = keys
    return {**value, first: changed(value[first], *rest, to=to) if rest else to}


def test_nothing_changes() -> None:
    assert said(bundle(), bundle()) == []


@pytest.mark.parametrize(
    ("key", "word"),
    [("driver", "driver pods"), ("toolkit", "containerd"), ("devicePlugin", "device plugin")],
)
def test_a_value_of_the_operator_rolls_its_operand(key: str, word: str) -> None:
    old = bundle(values={key: {"a": 1}, "dcgm": {"enabled": True}})
    new = bundle(values={key: {"a": 2}, "dcgm": {"enabled": True}})
    [(consequence, what)] = said(old, new)
    assert consequence == "restart"
    assert word in what


def test_a_new_version_rolls_all_operands() -> None:
    [(_, what)] = said(bundle(), bundle(version="v2", values={"driver": {"a": 1}}))
    assert what.startswith("all operands")


def test_a_package_that_changes_reboots_and_its_neighbour_does_not() -> None:
    old = bundle("tuning", resources={"after/t.yaml": NODEWRIGHT})
    package = ("spec", "packages", "nvidia-tuned", "version")
    new = bundle("tuning", resources={"after/t.yaml": changed(NODEWRIGHT, *package, to="0.4")})
    [(consequence, what)] = said(old, new)
    assert consequence == Consequence.REBOOT
    assert "nvidia-tuned, 1 at a time" in what


def test_a_new_tuning_interrupts_with_all_its_packages() -> None:
    whole = changed(NODEWRIGHT, "spec", "interruptionBudget", to=None)
    found = said(bundle("tuning"), bundle("tuning", resources={"after/t.yaml": whole}))
    assert {consequence for consequence, _ in found} == {"reboot", "restart"}
    assert any("all at once" in what for _, what in found)


def test_the_network_driver_says_how_many_at_a_time() -> None:
    old = bundle("net", resources={"after/n.yaml": NETWORK})
    driver = changed(NETWORK, "spec", "ofedDriver", "version", to="2")
    [(_, what)] = said(old, bundle("net", resources={"after/n.yaml": driver}))
    assert "2 nodes at a time" in what
    plugin = changed(NETWORK, "spec", "rdmaSharedDevicePlugin", "version", to="2")
    [(_, what)] = said(old, bundle("net", resources={"after/n.yaml": plugin}))
    assert "RDMA device plugin" in what


def test_what_is_removed_comes_last_and_is_torn_down() -> None:
    old = bundle("net", resources={"after/n.yaml": NETWORK})
    new = bundle("other", wave=3)
    assert [each.change for each in changes(old, new)] == ["added", "removed"]
    found = said(old, new)
    assert ("restart", "net is uninstalled with all it runs") in found
    assert any("torn down" in what for _, what in found)


@pytest.mark.parametrize("odd", [None, 3, "x", [], {}, {"packages": 3}, {"packages": {"a": 1}}])
def test_odd_resources_have_no_consequence(odd: object) -> None:
    new = bundle("tuning", resources={"after/t.yaml": {"kind": "NodeWright", "spec": odd}})
    assert said(bundle("tuning"), new) == []
