"""What a gate wants to have been collected."""

import pytest

from eidos.engine.gating.deciding import uncovered
from eidos.engine.model.gate import NamedGate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Measurement, Metadata, Node, Snapshot, Subtype

KEY = "gpu.smi.driver"


@pytest.mark.parametrize(
    ("wanted", "data", "said"),
    [
        ("gpu.smi", {"driver": "580.159.03"}, ""),
        ("gpu.smi", {"gpu-count": 8}, ""),
        ("gpu.smi", {"driver": "N/A"}, f"{KEY} of node b is unreadable"),
        ("gpu.smi", None, "gpu.smi of node b was not collected"),
        (KEY, {"driver": "580.159.03"}, ""),
        (KEY, {"driver": "N/A"}, f"{KEY} of node b is unreadable"),
        (KEY, {"driver": None}, f"{KEY} of node b was not collected"),
        (KEY, {"gpu-count": 8}, f"{KEY} of node b was not collected"),
        (f"nodes.{KEY}", {"gpu-count": 8}, f"nodes.{KEY} of node b was not collected"),
    ],
)
def test_a_fact_is_wanted_of_every_node_and_readable(
    wanted: str, data: dict[str, Json] | None, said: str
) -> None:
    whole = Node("a", (Measurement("GPU", (Subtype("smi", {"driver": "580.159.03"}),)),))
    other = Node("b", (Measurement("GPU", (Subtype("smi", data),)),) if data else ())
    snapshot = Snapshot(Metadata(cluster="c"), (), (whole, other))
    found = list(uncovered(NamedGate("prod", requires=(wanted,)), snapshot))
    assert len(found) == bool(said)
    assert "".join(found).startswith(said)
