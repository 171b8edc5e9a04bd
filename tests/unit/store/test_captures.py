"""Stored snapshots are found by address, by run, by cluster and time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.errors import UsageError
from eidos.engine.store.opening import Store, open_store
from fakes.recorded import report, snapshot

MONDAY = snapshot(timestamp="2026-03-02T10:00:00Z", driver="570.1")
TUESDAY = snapshot(timestamp="2026-03-03T11:00:00+01:00", driver="580.1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "e.db") as store:
        store.record_report(report("tue", TUESDAY), [TUESDAY])
        store.record_report(report("mon", MONDAY), [MONDAY])
        store.record_report(report("both", MONDAY), [MONDAY, TUESDAY])
        store.record_report(report("none", MONDAY), [])
        yield store


@pytest.mark.parametrize("length", [19, 20, 71])
def test_by_the_beginning_of_the_address(store: Store, length: int) -> None:
    address = MONDAY.digests.snapshot

    assert store.snapshot(address[:length]) == MONDAY.snapshot
    assert store.snapshot(address[:length].removeprefix("sha256:")) == MONDAY.snapshot


@pytest.mark.parametrize("name", ["", "sha256:", "zz", "0" * 65, "' OR 1=1"])
def test_what_is_no_address(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        store.snapshot(name)


def test_an_unknown_address(store: Store) -> None:
    with pytest.raises(UsageError, match="no snapshot"):
        store.snapshot("f" * 64)


def test_by_cluster_and_time(store: Store) -> None:
    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 3, day, hour, tzinfo=UTC)

    assert store.snapshot_of("prod", at(2, 10)) == MONDAY.snapshot
    assert store.snapshot_of("prod", at(3, 9)) == MONDAY.snapshot
    assert store.snapshot_of("prod", at(3, 10)) == TUESDAY.snapshot
    with pytest.raises(UsageError) as early:
        store.snapshot_of("prod", at(2, 9))
    assert "2026-03-02T10:00" in str(early.value.hint)
    with pytest.raises(UsageError) as unknown:
        store.snapshot_of("prud", at(3, 9))
    assert "Did you mean prod" in str(unknown.value.hint)


def test_by_run(store: Store) -> None:
    assert store.snapshot_of_run("tue") == TUESDAY.snapshot
    with pytest.raises(UsageError, match="no snapshot"):
        store.snapshot_of_run("none")
    with pytest.raises(UsageError, match="2 snapshots") as several:
        store.snapshot_of_run("both")
    assert MONDAY.digests.snapshot[7:19] in str(several.value.hint)
