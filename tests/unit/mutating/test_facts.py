"""Facts with one thing changed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.digest import canonical
from eidos.engine.model.facts import FactAddress
from eidos.engine.mutating.facts import is_asked, variations

DRIVER = FactAddress.parse("gpu.smi.driver")
COUNT = FactAddress.parse("gpu.smi.gpu-count")
MODE = FactAddress.parse("gpu.smi.gpu.persistence-mode")
WHOLE = FactAddress.parse("gpu.smi")
OF_NODES = FactAddress.parse("nodes.gpu.smi.driver")


def smi(**facts: Any) -> dict[str, Any]:
    return {"gpu": {"smi": {key.replace("_", "-"): value for key, value in facts.items()}}}


def values(fact: FactAddress, current: Any) -> list[Any]:
    key = str(fact.key)
    found = variations([fact], {"gpu": {"smi": {key: current}}})
    return [each.input["gpu"]["smi"].get(key, "gone") for each in found]  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("fact", "current", "wanted"),
    [
        (DRIVER, "580.82.07", ["581.82.07", "579.82.07", "580.82.8", "580.82.6"]),
        (COUNT, 8, [7, 9, 0, 1024]),
        (MODE, "Enabled", ["Disabled"]),
        (FactAddress.parse("acme.thing.on"), True, [False]),
    ],
)
def test_each_type_has_its_neighbours(fact: FactAddress, current: Any, wanted: list[Any]) -> None:
    if fact.type == "acme":
        changed = variations([fact], {"acme": {"thing": {"on": current}}})
        found = [each.input["acme"]["thing"].get("on", "gone") for each in changed]  # type: ignore[index, call-overload]
    else:
        found = values(fact, current)
    assert found == ["gone", "N/A", *wanted]


def test_facts_of_every_node_are_changed_one_by_one() -> None:
    cluster: Any = {"nodes": {"a": smi(driver="1"), "b": smi(driver="1")}}
    for each in variations([OF_NODES], cluster):
        left: Any = each.input
        assert [name for name in "ab" if left["nodes"][name] != cluster["nodes"][name]] in (
            ["a"],
            ["b"],
        )


def test_a_whole_subtype_is_named_as_it_is_declared() -> None:
    assert {each.fact for each in variations([WHOLE], smi(driver="1", gpu_count=2))} == {"gpu.smi"}


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (smi(driver="580.1"), True),
        (smi(driver="N/A"), False),
        (smi(), False),
        ({}, False),
        (None, False),
    ],
)
def test_what_is_missing_or_unreadable_is_not_asked(given: Any, asked: bool) -> None:
    assert is_asked([DRIVER], given) is asked
    assert is_asked([OF_NODES], {"nodes": {"a": given}}) is asked
    assert is_asked([], given) is True


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=3), below),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["driver", "gpu-count", "x"]), JSON))
def test_every_variation_is_another_input_and_leaves_the_first_alone(data: dict[str, Any]) -> None:
    before = {"gpu": {"smi": data}, "os": {"release": {"ID": "x"}}}
    kept = canonical(before)
    found = [canonical(each.input) for each in variations([DRIVER, COUNT, WHOLE], before)]
    assert canonical(before) == kept
    assert len({kept, *found}) == len(found) + 1
