"""Times as users write them."""

from datetime import UTC, datetime

import pytest

from eidos.engine.model.times import instant


def test_a_date_is_a_day_in_utc_and_a_time_says_its_zone() -> None:
    assert instant("2026-11-01") == datetime(2026, 11, 1, tzinfo=UTC)
    assert instant("2026-11-01T01:00:00+02:00") == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert instant("2026-11-01", end_of_day=True) < datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "2026-11-01T00:00:00", "0001-01-01T00:00:00+10:00"],
)
def test_what_is_no_moment_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        instant(text)
