"""What a run adds to the database, and what it does not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.digest import addressed, digest
from eidos.engine.errors import Location, Problem, StoreError
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.model.upkeep import Keep
from eidos.engine.model.verdict import Status
from eidos.engine.store.sqlite.chain import GENESIS
from eidos.engine.store.sqlite.encoding import decode_problem
from eidos.engine.store.sqlite.store import SqliteStore, open_sqlite
from fakes.recorded import report, snapshot, verdict
from fakes.stores import recall, record, remember

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
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with open_sqlite(tmp_path / "e.db") as store:
        yield store


def rows(store: SqliteStore, table: str) -> int:
    return int(query(store, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own names


def query(store: SqliteStore, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store.place)) as connection:
        return connection.execute(sql).fetchall()


def test_the_same_content_again_adds_only_the_run(store: SqliteStore) -> None:
    seen = snapshot()
    record(store, report("r1", seen), seen)
    before = {table: rows(store, table) for table in SHARED}

    record(store, report("r2", seen), seen)

    assert {table: rows(store, table) for table in SHARED} == before
    assert rows(store, "runs") == rows(store, "captures") == 2


def test_snapshots_kept_ahead_are_recorded_as_others(tmp_path: Path) -> None:
    fleet = [snapshot((f"n{number}",)) for number in range(100)]
    made = report("r1", fleet[0])
    links = set()
    for name, size in (("at-once.db", 100), ("one-by-one.db", 1)):
        with open_sqlite(tmp_path / name) as store, store.recording(made.started) as recording:
            for start in range(0, 100, size):
                recording.keep(fleet[start : start + size])
            recording.record(made)
            links.add(store.runs()[0].link)
            assert list(store.snapshots_of_run("r1")) == fleet

    assert len(links) == 1


def test_alike_nodes_share_everything_but_their_names(store: SqliteStore) -> None:
    seen = snapshot(tuple(f"n{number}" for number in range(500)))

    record(store, report("r1", seen), seen)

    assert rows(store, "trees") == 2  # one for the nodes, one for the cluster
    assert rows(store, "verdict_lists") == 1
    assert rows(store, "subjects") == 500


def test_one_changed_node_of_many_rewrites_one_page(store: SqliteStore) -> None:
    names = tuple(f"n{number}" for number in range(1000))
    whole = snapshot(names)
    record(store, report("r1", whole), whole)
    pages = rows(store, "node_pages"), rows(store, "subject_pages")

    other = snapshot(names, driver="590.1")
    nodes = whole.snapshot.nodes
    nodes = (*nodes[:500], other.snapshot.nodes[500], *nodes[501:])
    mixed = replace(whole.snapshot, nodes=nodes)
    record(store, report("r2", addressed(mixed)), addressed(mixed))

    assert (rows(store, "node_pages"), rows(store, "subject_pages")) == (pages[0] + 1, pages[1] + 1)
    [seen] = store.snapshots_of_run("r2")
    assert seen.snapshot.nodes == tuple(sorted(mixed.nodes, key=lambda node: node.name))


def test_a_changed_value_costs_the_difference(store: SqliteStore) -> None:
    whole = snapshot()
    seen = whole.snapshot
    record(store, report("r1", whole), whole)
    sysctl = seen.nodes[0].measurements[1].subtypes[0]
    changed = replace(sysctl, data={**sysctl.data, "/proc/sys/kernel/key7": 1})
    os_ = replace(seen.nodes[0].measurements[1], subtypes=(changed,))
    node = replace(seen.nodes[0], measurements=(seen.nodes[0].measurements[0], os_))
    later = replace(seen, nodes=(node,))
    record(store, report("r2", whole), addressed(later))

    sizes = query(
        store,
        "SELECT length(body) FROM blobs WHERE kind = 'OS/sysctl' OR form = 'patch' ORDER BY id",
    )
    assert len(sizes) == 2
    assert int(str(sizes[1][0])) * 5 < int(str(sizes[0][0]))
    [stored] = store.snapshots_of_run("r2")
    assert stored.snapshot.nodes == (node,)


@pytest.mark.parametrize("table", [*SHARED, "runs", "run_parts", "captures", "memos", "addresses"])
def test_nothing_stored_is_changed(store: SqliteStore, table: str) -> None:
    seen = snapshot()
    remember(store, verdict())
    record(store, report("r1", seen), seen)

    with closing(sqlite3.connect(store.place)) as connection:
        (column,) = connection.execute(
            "SELECT name FROM pragma_table_info(?) LIMIT 1", (table,)
        ).fetchone()
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):  # noqa: S608
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                connection.execute(change)


def test_runs_form_a_chain(store: SqliteStore) -> None:
    seen = snapshot()
    for number in range(3):
        record(store, report(f"r{number}", seen), seen)

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
        with open_sqlite(tmp_path / f"{name}.db") as store:
            record(store, report("r1", seen, (verdict(status),)), seen)
            links.add(store.runs()[0].link)

    assert len(links) == 2


def test_names_that_are_not_unicode_are_kept_readable(tmp_path: Path) -> None:
    plain = report("r1", snapshot())
    odd = tuple(replace(subject, file="n\udcff.yaml", name="d\udcff") for subject in plain.subjects)
    with open_sqlite(tmp_path / "e.db") as store:
        record(store, replace(plain, subjects=odd))

        (subject,) = store.run("r1").subjects

    assert subject.file == "n\\udcff.yaml"
    assert subject.name == "d\\udcff"


def test_problems_of_the_first_databases_have_no_code() -> None:
    written = ["cannot read it", None, ["a.yaml", 3, None, None]]

    assert decode_problem(written) == Problem("cannot read it", None, Location("a.yaml", 3))


# Stored ahead of the run ------------------------------------------------------------------------


def ahead(count: int = 70) -> list[AddressedSnapshot]:
    """More snapshots than wait for their run."""
    return [snapshot((f"ahead{number}",), driver=str(number)) for number in range(count)]


def pending(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM pending").fetchone()
    return int(count)


def test_who_prunes_spares_what_is_stored_ahead_of_a_run(tmp_path: Path) -> None:
    path, many = tmp_path / "e.db", ahead()
    first, now = snapshot(), datetime(2026, 3, 2, 13, tzinfo=UTC)
    with open_sqlite(path) as store, open_sqlite(path) as other:
        record(store, report("r1", first), first)
        with store.recording("2026-03-02T12:00:00Z") as recording:
            recording.keep(many)
            assert pending(path) == len(many)
            other.prune(Keep(runs=1), now, lambda each: each)
            other.vacuum()
            recording.record(report("r2", many[0]))

        assert list(store.snapshots_of_run("r2")) == many
        assert pending(path) == 0
        assert list(store.alterations()) == []


def test_what_a_killed_run_left_goes_after_a_day(tmp_path: Path) -> None:
    path, many, first = tmp_path / "e.db", ahead(), snapshot()
    with open_sqlite(path) as store:
        record(store, report("r1", first), first)
        with store.recording("2026-03-02T12:00:00Z") as recording:
            recording.keep(many)
        store.prune(Keep(runs=1), datetime(2026, 3, 3, 11, tzinfo=UTC), lambda each: each)
        assert pending(path) == len(many)

        store.prune(Keep(runs=1), datetime(2026, 3, 3, 13, tzinfo=UTC), lambda each: each)

        assert pending(path) == 0
        with pytest.raises(StoreError, match="were pruned before it was recorded"):
            recording.record(report("r2", many[0]))
        assert [run.run for run in store.runs()] == ["r1"]
        assert list(store.alterations()) == []


def test_a_reader_of_a_run_that_is_pruned_meanwhile_is_told(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    with open_sqlite(path) as store, open_sqlite(path, read_only=True) as reader:
        for day in range(1, 5):
            at = f"2026-03-0{day}T10:00:00Z"
            seen = snapshot(timestamp=at, driver=str(day))
            record(store, report(f"r{day}", seen, started=at), seen)
        snapshots = reader.snapshots_of_run("r1")
        store.prune(Keep(runs=1), datetime(2026, 3, 9, tzinfo=UTC), lambda each: each)

        with pytest.raises(StoreError, match="was pruned while its snapshots were read"):
            next(snapshots)


def test_what_another_table_names_is_kept(tmp_path: Path) -> None:
    """A table that pruning does not know yet, as a later eidos may have."""
    path = tmp_path / "e.db"
    with open_sqlite(path) as store:
        for day in range(1, 5):
            at = f"2026-03-0{day}T10:00:00Z"
            seen = snapshot(timestamp=at, driver=str(day))
            record(store, report(f"r{day}", seen, started=at), seen)
        connection = store._database.connection
        connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY REFERENCES blobs) STRICT")
        connection.execute("INSERT INTO kept SELECT min(id) FROM blobs WHERE kind = 'GPU/smi'")

        store.prune(Keep(runs=1), datetime(2026, 3, 9, tzinfo=UTC), lambda each: each)

        left = "SELECT count(*), count(k.id) FROM blobs b LEFT JOIN kept k USING (id) "
        left += "WHERE b.kind = 'GPU/smi'"
        assert connection.execute(left).fetchone() == (3, 1), "two runs stay, and what it names"


def test_what_a_back_test_found_outlives_runs(tmp_path: Path) -> None:
    ran, tried = verdict(salt="ran"), verdict(salt="tried")
    with open_sqlite(tmp_path / "e.db") as store:
        remember(store, ran, tried)
        for day, said in ((1, ran), (2, verdict()), (3, verdict())):
            at = f"2026-03-0{day}T10:00:00Z"
            seen = snapshot(timestamp=at)
            record(store, report(f"r{day}", seen, (said,), at), seen)

        store.prune(Keep(runs=1), datetime(2026, 3, 9, tzinfo=UTC), lambda each: each)

        assert set(recall(store, ran.memo, tried.memo)) == {tried.memo}
