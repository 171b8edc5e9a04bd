"""What a run adds to the database, and what it does not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.digest import addressed, digest
from eidos.engine.errors import StoreError, UsageError
from eidos.engine.model.verdict import Status
from eidos.engine.store.opening import Store, open_store
from eidos.engine.store.recording import GENESIS
from fakes.recorded import report, snapshot, verdict

SHARED = (
    "blobs",
    "trees",
    "node_pages",
    "snapshots",
    "packs",
    "rules",
    "rule_lists",
    "judgements",
    "verdicts",
    "verdict_lists",
    "subjects",
    "subject_pages",
    "standings",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "e.db") as store:
        yield store


def rows(store: Store, table: str) -> int:
    return int(query(store, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own names


def query(store: Store, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store.path)) as connection:
        return connection.execute(sql).fetchall()


def test_the_same_content_again_adds_only_the_run(store: Store) -> None:
    seen = snapshot()
    store.record_report(report("r1", seen), [seen])
    before = {table: rows(store, table) for table in SHARED}

    store.record_report(report("r2", seen), [seen])

    assert {table: rows(store, table) for table in SHARED} == before
    assert rows(store, "runs") == rows(store, "captures") == 2


def test_snapshots_kept_ahead_are_recorded_as_others(tmp_path: Path) -> None:
    seen = snapshot()
    made = report("r1", seen)
    for name, ahead in (("ahead.db", [seen]), ("at-once.db", [])):
        with open_store(tmp_path / name) as store:
            kept = store.keep(ahead, made.started)
            store.record_report(made, [] if ahead else [seen], kept)
    with open_store(tmp_path / "ahead.db") as one, open_store(tmp_path / "at-once.db") as other:
        assert query(one, "SELECT link FROM runs") == query(other, "SELECT link FROM runs")
        assert one.snapshot_of_run("r1") == other.snapshot_of_run("r1") == seen.snapshot


def test_alike_nodes_share_everything_but_their_names(store: Store) -> None:
    seen = snapshot(tuple(f"n{number}" for number in range(500)))

    store.record_report(report("r1", seen), [seen])

    assert rows(store, "trees") == 2  # one for the nodes, one for the cluster
    assert rows(store, "verdict_lists") == 1
    assert rows(store, "subjects") == 500


def test_one_changed_node_of_many_rewrites_one_page(store: Store) -> None:
    names = tuple(f"n{number}" for number in range(1000))
    whole = snapshot(names)
    store.record_report(report("r1", whole), [whole])
    pages = rows(store, "node_pages"), rows(store, "subject_pages")

    other = snapshot(names, driver="590.1")
    nodes = whole.snapshot.nodes
    nodes = (*nodes[:500], other.snapshot.nodes[500], *nodes[501:])
    mixed = replace(whole.snapshot, nodes=nodes)
    store.record_report(report("r2", addressed(mixed)), [addressed(mixed)])

    assert (rows(store, "node_pages"), rows(store, "subject_pages")) == (pages[0] + 1, pages[1] + 1)
    assert store.snapshot_of_run("r2").nodes == tuple(
        sorted(mixed.nodes, key=lambda node: node.name)
    )


def test_a_changed_value_costs_the_difference(store: Store) -> None:
    whole = snapshot()
    seen = whole.snapshot
    store.record_report(report("r1", whole), [whole])
    sysctl = seen.nodes[0].measurements[1].subtypes[0]
    changed = replace(sysctl, data={**sysctl.data, "/proc/sys/kernel/key7": 1})
    os_ = replace(seen.nodes[0].measurements[1], subtypes=(changed,))
    node = replace(seen.nodes[0], measurements=(seen.nodes[0].measurements[0], os_))
    later = replace(seen, nodes=(node,))
    store.record_report(report("r2", whole), [addressed(later)])

    sizes = query(
        store,
        "SELECT length(body) FROM blobs WHERE kind = 'OS/sysctl' OR form = 'patch' ORDER BY id",
    )
    assert len(sizes) == 2
    assert int(str(sizes[1][0])) * 5 < int(str(sizes[0][0]))
    assert store.snapshot_of_run("r2").nodes == (node,)


def test_a_run_is_recorded_once(store: Store) -> None:
    seen = snapshot()
    store.record_report(report("r1", seen), [seen])

    with pytest.raises(StoreError):
        store.record_report(report("r1", seen), [seen])

    assert [run.run for run in store.runs()] == ["r1"]


@pytest.mark.parametrize("table", [*SHARED, "runs", "run_parts", "captures", "memos", "addresses"])
def test_nothing_stored_is_changed(store: Store, table: str) -> None:
    seen = snapshot()
    store.remember([verdict()])
    store.record_report(report("r1", seen), [seen])

    with closing(sqlite3.connect(store.path)) as connection:
        (column,) = connection.execute(
            "SELECT name FROM pragma_table_info(?) LIMIT 1", (table,)
        ).fetchone()
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):  # noqa: S608
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                connection.execute(change)


def test_runs_form_a_chain(store: Store) -> None:
    seen = snapshot()
    for number in range(3):
        store.record_report(report(f"r{number}", seen), [seen])

    chain = query(store, "SELECT hex(content), hex(link) FROM runs ORDER BY number")
    previous = GENESIS
    for content, link in chain:
        previous = digest([previous, f"sha256:{str(content).lower()}"])
        assert f"sha256:{str(link).lower()}" == previous
    assert store.runs(limit=1)[0].link == previous


def test_the_link_depends_on_what_was_said(tmp_path: Path) -> None:
    seen = snapshot()
    links = set()
    for name, status in (("a", Status.PASS), ("b", Status.FAIL)):
        with open_store(tmp_path / f"{name}.db") as store:
            store.record_report(report("r1", seen, (verdict(status),)), [seen])
            links.add(store.runs()[0].link)

    assert len(links) == 2


def test_runs_are_listed_last_first_and_chosen(store: Store) -> None:
    for number, cluster in enumerate(("prod", "dev", "prod")):
        seen = snapshot(cluster=cluster)
        started = f"2026-03-0{number + 1}T12:00:00Z"
        store.record_report(report(f"r{number}", seen, started=started), [seen])

    since = datetime(2026, 3, 2, tzinfo=UTC)
    assert [run.run for run in store.runs()] == ["r2", "r1", "r0"]
    assert [run.run for run in store.runs(limit=2)] == ["r2", "r1"]
    assert [run.run for run in store.runs(cluster="prod")] == ["r2", "r0"]
    assert [run.run for run in store.runs(since=since)] == ["r2", "r1"]
    assert store.runs()[0].clusters == ("prod",)
    assert store.runs()[0].counts["pass"] == 1


def test_a_run_is_named_by_the_beginning_of_its_id(store: Store) -> None:
    seen = snapshot()
    for run in ("20260302-aa", "20260302-ab", "20260303-c"):
        store.record_report(report(run, seen), [seen])

    assert store.run("20260303").run == store.run("latest").run == "20260303-c"
    with pytest.raises(UsageError, match="begins 2 runs") as ambiguous:
        store.run("20260302")
    assert "20260302-aa" in str(ambiguous.value.hint)
    with pytest.raises(UsageError, match="no run") as unknown:
        store.run("20260302-ax")
    assert "Did you mean 20260302-a" in str(unknown.value.hint)
    with pytest.raises(UsageError):
        store.run("")
