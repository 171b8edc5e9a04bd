"""What a snapshot says of facts that are not there."""

from dataclasses import replace

import pytest

from eidos.engine.model.facts import FactAddress
from eidos.engine.model.snapshot import Collection, CollectorState, Metadata, Snapshot

SMI = FactAddress("gpu", "smi", node="n1")
DRIVER = SMI.at("driver")
WHOLE = Collection("GPU", CollectorState.PARTIAL, node="n1", reason="incomplete: smi")
PART = Collection("GPU", CollectorState.FAILED, "smi", "n1", "nvidia-smi hangs")
KEY = Collection("GPU", CollectorState.REDACTED, "smi", "n1", "secret", ("driver",))


def word(address: FactAddress, *collection: Collection) -> Collection | None:
    return Snapshot(Metadata(), collection=collection).word_on(address)


@pytest.mark.parametrize("order", [(WHOLE, PART, KEY), (KEY, PART, WHOLE)])
def test_the_most_specific_word_counts(order: tuple[Collection, ...]) -> None:
    assert word(DRIVER, *order) == KEY
    assert word(SMI.at("count"), *order) == PART
    assert word(SMI, *order) == KEY
    assert word(FactAddress("gpu", "devices", node="n1"), *order) == WHOLE


def test_of_two_alike_the_first_counts() -> None:
    other = replace(PART, reason="no driver")
    assert word(DRIVER, PART, other) == PART
    assert word(DRIVER, other, PART) == other


@pytest.mark.parametrize(
    "entry",
    [
        replace(PART, status=CollectorState.OK),
        replace(PART, type="OS"),
        replace(PART, subtype="devices"),
        replace(PART, subtype="SMI"),
        replace(PART, node="n2"),
        replace(KEY, keys=("count",)),
    ],
)
def test_what_speaks_of_something_else_is_no_word(entry: Collection) -> None:
    assert word(DRIVER, entry) is None


@pytest.mark.parametrize("kind", ["GPU", "gpu", "Gpu"])
def test_types_are_compared_without_regard_to_case(kind: str) -> None:
    assert word(DRIVER, replace(PART, type=kind)) is not None


def test_a_word_on_the_cluster_speaks_of_its_nodes_and_not_the_other_way() -> None:
    anywhere = replace(PART, node=None)
    assert word(DRIVER, anywhere) == anywhere
    assert word(DRIVER.on(None), PART) is None
    assert word(DRIVER._replace(node=None, every_node=True), PART) == PART


def test_a_word_is_written_with_its_reason_when_it_has_one() -> None:
    assert PART.word == "failed: nvidia-smi hangs"
    assert replace(PART, reason=None).word == "failed"


def test_what_is_broken_in_an_item_of_a_list_is_a_gap_of_the_list() -> None:
    keys = ("devices[1].ecc.current", "devices.recovery-action")
    entry = Collection("GPU", CollectorState.PARTIAL, "devices", "n1", "ERR!", keys)

    def about(fact: str) -> bool:
        return entry.is_about(FactAddress.parse(fact).on("n1"))

    assert about("gpu.devices")
    assert about("gpu.devices.devices")
    assert not about("gpu.devices.device")
    assert not about("gpu.devices.confidential-computing")


def test_what_was_redacted_in_a_value_is_a_gap_of_the_value() -> None:
    """A rule that forbids a password in a map must not pass because we took it out."""
    keys = ("spec.password", "list[0].token")
    entry = Collection("Acme", CollectorState.REDACTED, "thing", None, "secret", keys)

    for fact, is_told in (("spec", True), ("list", True), ("spe", False), ("other", False)):
        assert entry.is_about(FactAddress.parse(f"acme.thing.{fact}")) is is_told
    flat = replace(entry, status=CollectorState.PARTIAL)
    assert not flat.is_about(FactAddress.parse("acme.thing.spec"))
