"""Laws of looking after a store: what is kept answers as before, and a copy answers alike."""

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.upkeep import take
from eidos.engine.errors import UsageError
from eidos.engine.model.upkeep import Keep
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Store
from eidos.engine.store.opening import open_store
from fakes.recorded import report, snapshot, verdict
from fakes.stores import record

START = datetime(2026, 3, 1, tzinfo=UTC)
CLUSTERS = ("prod", "dev")
HELD = """SELECT cluster, name, rule, status FROM status_intervals
WHERE since <= :at AND (until IS NULL OR until > :at) ORDER BY cluster, name, rule"""


@dataclass(frozen=True)
class Event:
    """A run: when it was recorded, when its facts were seen, and what they were."""

    recorded: int
    """Hours after the start."""
    seen: int
    cluster: str
    nodes: tuple[str, ...]
    driver: int
    status: Status
    rule: str


EVENTS = st.lists(
    st.builds(
        Event,
        recorded=st.integers(0, 40),
        seen=st.integers(0, 40),
        cluster=st.sampled_from(CLUSTERS),
        nodes=st.sampled_from([("a",), ("a", "b"), ("b",), ()]),
        driver=st.integers(0, 3),
        status=st.sampled_from([Status.PASS, Status.FAIL, Status.WARN]),
        rule=st.sampled_from(["R-1", "R-2"]),
    ),
    min_size=1,
    max_size=12,
)
KEEPS = st.builds(
    Keep,
    since=st.none() | st.integers(0, 45).map(lambda hours: START + timedelta(hours=hours)),
    runs=st.none() | st.integers(1, 13),
)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def fill(path: Path, events: list[Event], *, in_order: bool) -> None:
    """Record the events; a wall clock that never goes back unless told so."""
    moments = [hour(event.recorded) for event in events]
    clock = iter(sorted(moments) if in_order else moments)
    with open_store(path, now=lambda: next(clock)) as store:
        for number, event in enumerate(events):
            seen = snapshot(
                event.nodes, event.cluster, written(hour(event.seen)), f"{event.driver}.0"
            )
            said = (verdict(event.status, event.rule, str(event.driver)),)
            record(store, report(f"r{number:02}", seen, said), seen)


def seen_at(store: Store, cluster: str, at: datetime, known: datetime | None) -> Any:
    try:
        return store.snapshot_of(cluster, at, known)
    except UsageError:
        return None


def answers(path: Path, begin: datetime) -> list[Any]:
    """What is said of every hour since the begin of the kept time, as known at any of them."""
    hours = [hour(number) for number in range(42) if hour(number) >= begin]
    with open_store(path, read_only=True) as store, closing(sqlite3.connect(path)) as connection:
        return [
            *(
                seen_at(store, cluster, at, known)
                for cluster in CLUSTERS
                for at in hours[::3]
                for known in (None, *hours[::7])
            ),
            *(
                connection.execute(HELD, {"at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z")}).fetchall()
                for at in hours
            ),
        ]


@given(events=EVENTS, keep=KEEPS)
@settings(max_examples=60)
def test_prune_changes_no_answer_about_the_time_that_is_kept(
    events: list[Event], keep: Keep
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.db"
        fill(path, events, in_order=True)
        with open_store(path) as store:
            runs = {run.run: run for run in store.runs()}
            times = [datetime.fromisoformat(run.recorded) for run in runs.values()]
            kept = sorted(times)[-max(keep.runs or 1, 1) :][0]
            begin = min(kept, keep.since or kept)
        before = answers(path, begin)

        with open_store(path) as store:
            would = store.prunable(keep)
            assert answers(path, begin) == before
            did = store.prune(keep, hour(99), lambda each: each)

            assert (would.runs, would.kept, would.older) == (did.runs, did.kept, did.older)
            assert answers(path, begin) == before
            assert list(store.alterations()) == []
            left = store.runs()
            assert left == [runs[run.run] for run in left], "links and all"
            wanted = [run for run, each in runs.items() if each.recorded >= written(begin)]
            assert set(wanted) <= {run.run for run in left}
            for run in left:
                store.run(run.run)
                list(store.snapshots_of_run(run.run))


@given(events=EVENTS, keep=KEEPS, also=EVENTS)
@settings(max_examples=25)
def test_after_a_clock_that_went_back_a_pruned_store_is_whole_still(
    events: list[Event], keep: Keep, also: list[Event]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.db"
        fill(path, events, in_order=False)
        with open_store(path) as store:
            last = store.run("latest")
            store.prune(keep, hour(99), lambda each: each)
            for number, event in enumerate(also):
                seen = snapshot(event.nodes, event.cluster, written(hour(event.seen)))
                record(store, report(f"s{number:02}", seen), seen)
            store.prune(keep, hour(99), lambda each: each)

            assert list(store.alterations()) == []
            assert len(store.runs()) >= 1
            assert last.run.startswith("r")


@given(events=EVENTS, keep=st.none() | KEEPS)
@settings(max_examples=25)
def test_an_imported_export_answers_alike(events: list[Event], keep: Keep | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, file, copy = (Path(folder) / name for name in ("e.db", "export.db", "copy.db"))
        fill(path, events, in_order=False)
        with open_store(path) as store:
            if keep is not None:
                store.prune(keep, hour(99), lambda each: each)
            store.export(file)
            with Context(Opening(db=copy, record=True), {"XDG_CONFIG_HOME": folder}) as context:
                take(file, context)
                taken = context.store

                assert taken.runs() == store.runs()
                assert list(taken.chain()) == list(store.chain())
                for cluster in store.clusters():
                    assert taken.captures(cluster) == store.captures(cluster)
                assert taken.checkpoints() == store.checkpoints()
                assert list(taken.alterations()) == []
                assert [taken.run(run.run) for run in taken.runs()] == [
                    store.run(run.run) for run in store.runs()
                ]
        assert answers(copy, START) == answers(path, START)


@given(events=EVENTS, also=EVENTS)
@settings(max_examples=15)
def test_an_import_into_another_history_takes_what_is_not_there(
    events: list[Event], also: list[Event]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, file, other = (Path(folder) / name for name in ("e.db", "export.db", "other.db"))
        fill(path, events, in_order=False)
        with open_store(path) as store:
            store.export(file)
            runs = [store.run(run.run) for run in store.runs()]
        with open_store(other) as store:
            for number, event in enumerate(also):
                seen = snapshot(event.nodes, event.cluster, written(hour(event.seen)))
                record(store, report(f"s{number:02}", seen), seen)
        with Context(Opening(db=other, record=True), {"XDG_CONFIG_HOME": folder}) as context:
            first, again = (take(file, context) for _ in range(2))

            assert (first.runs, first.known) == (len(runs), 0)
            assert (again.runs, again.known) == (0, len(runs))
            assert [context.store.run(run.run) for run in runs] == runs
            assert list(context.store.alterations()) == []
