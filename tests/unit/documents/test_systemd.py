import pytest

from eidos.engine.documents.systemd import INFINITY, facts, printed
from eidos.engine.model.jsonvalue import Json


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("MainPID", "38444", 38444),
        ("OOMScoreAdjust", "-999", -999),
        ("After", "[dbus.service network.target]", ["dbus.service", "network.target"]),
        ("After", "[]", []),
        ("Environment", "[]", []),
        ("EffectiveCPUs", "[255 3 0]", [255, 3, 0]),
        ("LimitNOFILE", 18446744073709551615, INFINITY),
        ("LimitNOFILE", 1.8446744073709552e19, INFINITY),
        ("LimitNOFILE", 18446744073709552000, INFINITY),
    ],
)
def test_printed_values_become_what_they_were(key: str, text: Json, value: Json) -> None:
    assert facts({key: text}) == {key: value}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("User", "1000"),
        ("Description", "[a b]"),
        ("Environment", "[A=b C=d e]"),
        ("ExecStart", "[[/usr/bin/x [/usr/bin/x] false 1 2 0 0 3 0 0]]"),
        ("AppArmorProfile", "[false ]"),
        ("SomethingNew", "[a b]"),
        ("MainPID", "unknown"),
        ("InvocationID", "0f3a"),
        ("MemoryMax", 2**70),
        ("CPUQuota", 1e30),
        ("Delegate", True),
    ],
)
def test_what_is_not_beyond_doubt_stays(key: str, value: Json) -> None:
    assert facts({key: value}) == {key: value}


def test_of_an_absent_unit_only_its_absence_is_a_fact() -> None:
    unit: dict[str, Json] = {
        "ActiveState": "inactive",
        "KillMode": "control-group",
        "LimitNOFILE": 524288,
        "LoadState": "not-found",
        "SubState": "dead",
    }
    assert facts(unit) == {
        "LoadState": "not-found",
        "ActiveState": "inactive",
        "SubState": "dead",
    }


def test_lists_are_printed_only_where_they_can_be_read_back() -> None:
    assert printed("After", ["a", "b"]) == "[a b]"
    assert printed("After", ["a b"]) is None
    assert printed("EffectiveCPUs", [1, 2]) == "[1 2]"
    assert printed("Environment", ["A=b"]) is None
