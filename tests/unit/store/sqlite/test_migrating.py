"""A database of any earlier version becomes one of today; a step that fails leaves no trace."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.store.sqlite.migrations import STEPS, VERSION, migrate
from eidos.engine.store.sqlite.store import open_sqlite
from fakes.recorded import report, snapshot
from fakes.stores import record


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
    for name, sql in tables.items():
        assert "STRICT" in sql
        assert {f"{name}_never_update", f"{name}_never_delete"} <= set(names)
