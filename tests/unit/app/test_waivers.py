"""Waivers as files say them: to which instant they hold, and what is none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.app.waivers import read_waivers
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import DocumentError
from eidos.engine.model.times import instant
from eidos.engine.model.waiver import Waiver, WaiverState

Read = Callable[..., Waiver]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a file with a waiver of these fields."""

    def made(**fields: Any) -> Waiver:
        waiver = {
            "id": "W-1",
            "rule": "T-001",
            "owner": "platform",
            "approver": "security",
            "reason": "the fix breaks training",
            "until": "2026-12-01",
            **{name.rstrip("_"): value for name, value in fields.items()},
        }
        document = {"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": [waiver]}
        (tmp_path / "w.yaml").write_text(yaml.safe_dump(document))
        [found] = read_waivers([str(tmp_path / "w.yaml")], Limits())
        return found

    return made


# Whole days, zones, and the calendar --------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "at", "holds"),
    [
        # A date is that whole day, UTC.
        ({"until": "2026-12-01"}, "2026-12-01T23:59:59Z", True),
        ({"until": "2026-12-01"}, "2026-12-01T23:59:59.999999Z", True),
        ({"until": "2026-12-01"}, "2026-12-02T00:00:00Z", False),
        ({"until": "2026-12-01"}, "2026-12-02T00:59:59+01:00", True),
        ({"until": "2026-12-01"}, "2026-12-01T16:00:00-08:00", False),
        ({"from_": "2026-12-01", "until": "2026-12-05"}, "2026-11-30T23:59:59.999999Z", False),
        ({"from_": "2026-12-01", "until": "2026-12-05"}, "2026-12-01T00:00:00Z", True),
        ({"from_": "2026-12-01", "until": "2026-12-05"}, "2026-12-01T00:30:00+01:00", False),
        # From and until on one day: that day.
        ({"from_": "2026-12-01", "until": "2026-12-01"}, "2026-12-01T12:00:00Z", True),
        # An instant is included, and nothing after it.
        ({"until": "2026-12-01T12:00:00+01:00"}, "2026-12-01T11:00:00Z", True),
        ({"until": "2026-12-01T12:00:00+01:00"}, "2026-12-01T11:00:00.000001Z", False),
        ({"until": "2026-12-01t11:00:00z"}, "2026-12-01T11:00:00Z", True),
        (
            {"from_": "2026-12-01T11:00:00Z", "until": "2026-12-01T11:00:00Z"},
            "2026-12-01T11:00Z",
            True,
        ),
        # The hour that clocks in Berlin show twice, and the one that they skip.
        ({"until": "2026-10-25T02:30:00+02:00"}, "2026-10-25T00:30:00Z", True),
        ({"until": "2026-10-25T02:30:00+02:00"}, "2026-10-25T02:30:00+01:00", False),
        ({"until": "2026-10-25"}, "2026-10-26T00:30:00+01:00", True),
        ({"until": "2027-03-28T02:30:00+01:00"}, "2027-03-28T01:30:00Z", True),
        ({"until": "2027-03-28"}, "2027-03-29T01:30:00+02:00", True),
        # Leap days and the ends of years.
        ({"until": "2028-02-29"}, "2028-02-29T23:59:59Z", True),
        ({"until": "2028-02-29"}, "2028-03-01T00:00:00Z", False),
        ({"until": "2028-02-28"}, "2028-02-29T00:00:00Z", False),
        ({"until": "2026-12-31"}, "2026-12-31T23:59:59Z", True),
        ({"until": "2026-12-31"}, "2027-01-01T00:00:00Z", False),
        ({"until": "2026-12-31"}, "2027-01-01T00:00:00+14:00", True),
        # From its revocation on it does not hold; a date is its start.
        ({"revoked": {"at": "2026-11-25"}}, "2026-11-24T23:59:59Z", True),
        ({"revoked": {"at": "2026-11-25"}}, "2026-11-25T00:00:00Z", False),
        ({"revoked": {"at": "2026-11-25T10:00:00+01:00"}}, "2026-11-25T08:59:59Z", True),
        ({"revoked": {"at": "2026-11-25T10:00:00+01:00"}}, "2026-11-25T09:00:00Z", False),
    ],
)
def test_it_holds_to_the_instant_that_it_says(
    read: Read, fields: dict[str, Any], at: str, holds: bool
) -> None:
    for revoked in [fields["revoked"]] if "revoked" in fields else []:
        fields = {**fields, "revoked": {"by": "chief", "reason": "fixed", **revoked}}
    state = read(**fields).state(instant(at))
    assert (state is WaiverState.ACTIVE) is holds


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": "2027-02-29"}, "day is out of range for month"),
        ({"until": "2026-12-01T24:00:00Z"}, "does not fit"),
        ({"until": "2026-12-01T23:59:60Z"}, "does not fit"),
        ({"until": "2026-12-01T10:00:00"}, "does not fit"),
        ({"until": "next week"}, "does not fit"),
        ({"until": ""}, "$.waivers[0].until"),
        ({"until": 20261201}, "$.waivers[0].until"),
        ({"until": None}, "$.waivers[0].until"),
        ({"until": "9999-12-31T23:00:00-02:00"}, "before the first or after the last year"),
        ({"owner": None}, "$.waivers[0].owner"),
        ({"labels": {"env": "prod"}}, "'labels' is not known here"),
        ({"subjects": {"cluster": ["c1"]}}, "Did you mean 'clusters'?"),
        ({"subjects": {}}, "$.waivers[0].subjects"),
        ({"subjects": {"nodes": []}}, "$.waivers[0].subjects.nodes"),
        ({"tag": "gpu"}, "has both 'rule' and 'tag'"),
        ({"value": 1, "range": {"min": 1}}, "has both 'value' and 'range'"),
        ({"range": {"min": "abc"}}, "$.waivers[0].range.min"),
        ({"range": {}}, "$.waivers[0].range"),
        ({"id": "W 1"}, "letters, digits"),
        ({"id": "W-1\u200b"}, "letters, digits"),
        ({"revoked": {"at": "2026-11-01", "by": "-", "reason": "x"}}, "revoked.by"),
        ({"revoked": True}, "$.waivers[0].revoked"),
    ],
)
def test_what_is_no_waiver_is_refused_with_its_place(
    read: Read, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read(**fields)
    told = [str(each) for each in (caught.value.problem, *caught.value.others)]
    assert all("w.yaml:" in each for each in told)
    assert said in "\n".join([*told, *filter(None, [caught.value.hint])])
