"""Each (cluster, subject, rule) held each status for an interval of the facts' own time."""

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eidos.engine.model.verdict import Status
from eidos.engine.store.sqlite.store import SqliteStore, open_sqlite
from fakes.recorded import report, snapshot, verdict
from fakes.stores import record

RUNS = itertools.count()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    with open_sqlite(tmp_path_factory.mktemp("store") / "e.db") as store:
        yield store


def observe(store: SqliteStore, cluster: str, day: int, **said: Status) -> None:
    seen = snapshot(cluster=cluster, timestamp=f"2026-03-{day:02}T00:00:00Z")
    verdicts = tuple(verdict(status, rule) for rule, status in said.items())
    record(store, report(f"r{next(RUNS)}", seen, verdicts), seen)


def intervals(
    store: SqliteStore, cluster: str, rule: str = "A"
) -> list[tuple[int, int | None, str]]:
    with closing(sqlite3.connect(store.place)) as connection:
        found = connection.execute(
            "SELECT since, until, status FROM status_intervals "
            "WHERE cluster = ? AND name = 'n1' AND rule = ? ORDER BY since",
            (cluster, rule),
        ).fetchall()
    return [
        (int(since[8:10]), int(until[8:10]) if until else None, status)
        for since, until, status in found
    ]


def test_an_interval_ends_where_the_status_changes(store: SqliteStore) -> None:
    for day, status in ((1, Status.PASS), (2, Status.PASS), (3, Status.FAIL), (5, Status.PASS)):
        observe(store, "plain", day, A=status)

    assert intervals(store, "plain") == [(1, 3, "pass"), (3, 5, "fail"), (5, None, "pass")]


def test_a_rule_that_was_not_asked_has_not_changed(store: SqliteStore) -> None:
    observe(store, "some", 1, A=Status.PASS, B=Status.FAIL)
    observe(store, "some", 2, B=Status.PASS)
    observe(store, "some", 3, A=Status.PASS, B=Status.PASS)

    assert intervals(store, "some", "A") == [(1, None, "pass")]
    assert intervals(store, "some", "B") == [(1, 2, "fail"), (2, None, "pass")]


def test_the_last_word_about_a_moment_counts(store: SqliteStore) -> None:
    observe(store, "again", 1, A=Status.PASS)
    observe(store, "again", 2, A=Status.FAIL)
    observe(store, "again", 2, A=Status.PASS)

    assert intervals(store, "again") == [(1, None, "pass")]


STATUSES = st.sampled_from([Status.PASS, Status.FAIL, Status.UNKNOWN])


@settings(max_examples=60, deadline=None)
@given(days=st.dictionaries(st.integers(1, 28), STATUSES, min_size=1, max_size=8), data=st.data())
def test_the_order_of_recording_does_not_matter(
    store: SqliteStore, days: dict[int, Status], data: st.DataObject
) -> None:
    cluster = f"c{next(RUNS)}"
    for day in data.draw(st.permutations(sorted(days))):
        observe(store, cluster, day, A=days[day])

    expected: list[tuple[int, int | None, str]] = []
    for day, status in sorted(days.items()):
        if expected and expected[-1][2] == status:
            continue
        if expected:
            expected[-1] = (expected[-1][0], day, expected[-1][2])
        expected.append((day, None, status.value))
    assert intervals(store, cluster) == expected


def test_nothing_new_adds_nothing(tmp_path: Path) -> None:
    with open_sqlite(tmp_path / "e.db") as store:
        for day in range(1, 6):
            observe(store, "still", day, A=Status.PASS)
        with closing(sqlite3.connect(store.place)) as connection:
            assert connection.execute("SELECT count(*) FROM standings").fetchone() == (1,)
