"""The addresses of facts: one spelling, one case rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.model.facts import FactAddress, join_path, split_path

NAMES = st.text('ab./[]"0é ', min_size=1)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("gpu.smi", FactAddress("gpu", "smi")),
        ("GPU.smi.driver", FactAddress("gpu", "smi", "driver")),
        ("gpu.smi.gpu.model", FactAddress("gpu", "smi", "gpu.model")),
        ("nodes.os.grub", FactAddress("os", "grub", every_node=True)),
        (
            'systemd["containerd.service"].ActiveState',
            FactAddress("systemd", "containerd.service", "ActiveState"),
        ),
    ],
)
def test_a_declaration_is_read(text: str, address: FactAddress) -> None:
    assert FactAddress.parse(text) == address


@pytest.mark.parametrize("text", ["", "gpu", "nodes.gpu", "gpu.smi["])
def test_what_names_no_subtype_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"names no type|not a path"):
        FactAddress.parse(text)


@given(NAMES, NAMES, st.none() | NAMES, st.booleans())
def test_what_is_written_is_read_again(
    kind: str, subtype: str, key: str | None, every_node: bool
) -> None:
    address = FactAddress(f"x{kind}", subtype, key, every_node)
    assert FactAddress.parse(str(address)) == address


@given(st.lists(NAMES | st.integers(0, 9), min_size=1))
def test_paths_are_joined_as_they_are_split(segments: list[str | int]) -> None:
    assert list(split_path(join_path(segments))) == segments


def test_the_case_of_a_type_is_no_difference_and_that_of_all_else_is() -> None:
    assert FactAddress("GPU", "smi") == FactAddress("gpu", "smi")
    assert hash(FactAddress("GPU", "smi")) == hash(FactAddress("gpu", "smi"))
    assert FactAddress("gpu", "SMI") != FactAddress("gpu", "smi")
    assert FactAddress("gpu", "smi", "Driver") != FactAddress("gpu", "smi", "driver")


def test_a_fact_is_the_same_on_every_node_but_for_the_node() -> None:
    fact = FactAddress("gpu", "smi", "driver", node="n1")
    assert fact.on("n2") == FactAddress("gpu", "smi", "driver", node="n2")
    assert fact.whole == fact.on(None).whole == FactAddress("gpu", "smi")
    assert fact.whole.at("driver") == fact.on(None)
    assert FactAddress("gpu", "devices-volatile").is_volatile
    assert not fact.is_volatile
