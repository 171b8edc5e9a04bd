"""A database of any earlier version becomes one of today; a step that fails leaves no trace."""

import gzip
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.model.upkeep import Keep
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import REPORT
from eidos.engine.store.sqlite.migrations import STEPS, VERSION, migrate
from eidos.engine.store.sqlite.store import open_sqlite
from fakes.recorded import report, snapshot
from fakes.stores import record

FOLDER = Path(__file__).parent / "written"
WRITTEN = sorted(file.name.removesuffix(".json") for file in FOLDER.glob("*.json"))


def database(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def layout(path: Path) -> list[tuple[str, str]]:
    with closing(database(path)) as connection:
        return connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '%sqlite_%' ORDER BY name"
        ).fetchall()


@pytest.mark.parametrize("version", range(VERSION + 1))
def test_from_every_earlier_version(tmp_path: Path, version: int) -> None:
    open_sqlite(tmp_path / "new.db").close()
    old = tmp_path / "old.db"
    with closing(database(old)) as connection:
        migrate(connection, STEPS[:version])
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)

    seen = snapshot()
    with open_sqlite(old) as store:
        record(store, report("r1", seen), seen)

    assert layout(old) == layout(tmp_path / "new.db")


def assert_holds(now: Any, then: Any) -> None:
    """See that everything that was said then is said now; formats may say more."""
    if isinstance(then, dict):
        for key, value in then.items():
            assert_holds(now[key], value)
    elif isinstance(then, list):
        for each, value in zip(now, then, strict=True):
            assert_holds(each, value)
    else:
        assert now == then


@pytest.mark.parametrize("version", WRITTEN)
def test_what_an_earlier_eidos_wrote_answers_alike(tmp_path: Path, version: str) -> None:
    """Databases that the code of that version wrote, with what it answered of them."""
    path = tmp_path / "old.db"
    path.write_bytes(gzip.decompress((FOLDER / f"{version}.db.gz").read_bytes()))
    expected = json.loads((FOLDER / f"{version}.json").read_text())

    with open_sqlite(path) as store:
        seen = snapshot()
        record(store, report("new", seen, started="2026-03-10T00:00:00Z"), seen)
        for run in store.runs()[1:]:
            out = io.StringIO()
            REPORT.reporter("json")(store.run(run.run), out, Rendering())
            said = expected["runs"][run.run]
            assert run.link == said["link"]
            assert datetime.fromisoformat(run.recorded) == datetime.fromisoformat(run.started)
            assert_holds(json.loads(out.getvalue()), said["report"])
            digests = [each.digest for each in store.snapshots_of_run(run.run)]
            assert digests == expected["snapshots"][run.run]
        assert list(store.alterations()) == []
        decided = [store.bundling(each.name) for each in store.bundlings()]
        said = {each.name: [each.bundle, document.decode()] for each, document in decided}
        assert said == expected.get("bundles", {})
        seen_then = [each.snapshot for each in store.captures("prod") if each.run != "new"]
        assert sorted(seen_then) == sorted(each for (each,) in expected["snapshots"].values())
        lives = {life.waiver.id: (life.first_used, life.state) for life in store.waivers()}
        assert lives == (
            {"w-1": ("r1", "unused"), "w-2": (None, "unused")} if version > "v1" else {}
        )
        store.vacuum()
        store.prune(Keep(runs=1), datetime(2026, 3, 11, tzinfo=UTC), lambda each: each)
        assert list(store.alterations()) == []


def test_a_failing_step_leaves_the_version_before(tmp_path: Path) -> None:
    def half(db: Any) -> None:
        db.execute("CREATE TABLE half (id)")
        raise RuntimeError("power cut")

    path = tmp_path / "e.db"
    open_sqlite(path).close()
    before = layout(path)

    with closing(database(path)) as connection, pytest.raises(RuntimeError):
        migrate(connection, (*STEPS, half))

    assert layout(path) == before
    open_sqlite(path).close()


def test_every_table_is_strict_and_guarded(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    open_sqlite(path).close()

    tables = {name: sql for name, sql in layout(path) if sql and sql.startswith("CREATE TABLE")}
    names = [name for name, _ in layout(path)]
    assert tables
    unguarded = {"waiver_lives", "pending"}  # one derived, the other holds what is under way
    for name, sql in tables.items():
        assert "STRICT" in sql
        guards = {f"{name}_never_update", f"{name}_never_delete"}
        assert name in unguarded or guards <= set(names)
