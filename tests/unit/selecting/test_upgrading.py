"""Which row of an upgrade table a move falls under."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.errors import Location
from eidos.engine.model.recipe import Component, Origin, Reason, Upgrade
from eidos.engine.selecting.reading import read_catalog
from eidos.engine.selecting.upgrading import is_within, row_of, version_key
from eidos.recipes import FOLDER

REASON = Reason("it is so", "https://example.org")
VERSIONS = st.lists(st.integers(0, 40), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)


def component(*rows: tuple[str, str, str]) -> Component:
    return Component(
        "c",
        "C",
        "something",
        "ns",
        Origin("component", "c", Location("c.yaml")),
        upgrades=tuple(Upgrade(since, to, verdict, REASON) for since, to, verdict in rows),
    )


@pytest.mark.parametrize(
    ("version", "wanted", "holds"),
    [
        ("v26.7.0", ">= 26.7, < 26.7.1", True),
        ("26.7.1", ">= 26.7, < 26.7.1", False),
        ("26.7.1", "26.7.1", True),
        ("1.10.0", "< 1.9", False),
        ("0.18.0-rc1", ">= 0.18", False),
        ("0.18.0~rc.1", ">= 0.18", False),
        ("0.18.0_rc1", ">= 0.18", False),
        ("v0.18.0-rc.1+build", ">= 0.18", False),
        ("0.18.0-0.1.rc1.el9", ">= 0.18", False),
        ("0.18.0-1~ubuntu22.04", ">= 0.18", True),
        ("0.18.0rc1", "!= 1", False),
        ("0.17.9", "< 0.18 || >= 2", True),
        ("1.30.4-eks-1", "in [1.30.4, 1.31]", True),
        ("1.31", "!= 1.31.0", False),
        ("latest", "!= 1", False),
    ],
)
def test_ranges(version: str, wanted: str, holds: bool) -> None:
    assert is_within(version, wanted) is holds


@given(VERSIONS, VERSIONS)
def test_versions_are_in_one_order(one: str, other: str) -> None:
    assert is_within(one, f">= {other}") is (not is_within(one, f"< {other}"))
    assert is_within(one, f"== {other}") is (version_key(one) == version_key(other))


@given(VERSIONS)
def test_what_is_before_a_release_is_older(version: str) -> None:
    assert is_within(f"{version}-rc.1", f"< {version}")
    assert version_key(f"v{version}") == version_key(f"{version}.0") == version_key(version)


def test_the_first_row_that_fits_counts() -> None:
    found = component(("< 1", "1.0", "safe"), ("< 2", "< 3", "manual"))
    assert [
        row.verdict if (row := row_of(found, before, after)) else None
        for before, after in (("0.9", "1.0"), ("0.9", "1.1"), ("2.0", "2.1"), ("x", "1.0"))
    ] == ["safe", "manual", None, None]


@pytest.mark.parametrize("wanted", ["exists", "contains 1", "< latest"])
def test_what_is_no_range_is_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match=r"not a range|not a version"):
        is_within("1.0", wanted)


def test_every_row_that_ships_can_be_read() -> None:
    rows = [row for each in read_catalog([FOLDER]).components.values() for row in each.upgrades]
    assert len(rows) >= 5
    for row in rows:
        is_within("1.0", row.since)
        is_within("1.0", row.to)
