"""Whatever is changed in a database file is found, whoever drops the triggers that guard it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.history import VerifyRequest, verify
from eidos.engine.digest import addressed, digest
from eidos.engine.errors import Location, Problem, StoreError
from eidos.engine.model.report import RecipeRef, Report, WaiverNote
from eidos.engine.model.rule import Enforcement
from eidos.engine.model.snapshot import Measurement, Subtype
from eidos.engine.model.upkeep import Keep
from eidos.engine.model.verdict import Lack, Status, Verdict
from eidos.engine.model.verification import Verification
from eidos.engine.model.waiver import Waiver
from eidos.engine.ports import Rendering
from eidos.engine.report.verification import text
from eidos.engine.store.sealing import Seal, SealedMemo
from eidos.engine.store.sqlite.store import open_sqlite
from eidos.engine.store.sqlite.tables import DERIVED, IMMUTABLE
from fakes.recorded import RECIPE, bundling, report, snapshot, verdict
from fakes.stores import record

KEY = "0123456789abcdef" * 4
CHECKED = (*IMMUTABLE, *set(DERIVED).difference(IMMUTABLE))
HARMLESS = {
    ("blobs", "kind"): "says only what content is likely to resemble; nothing reads it",
    ("blobs", "base"): "a difference in content alone has the same base all along its chain",
    ("captures", "id"): "only the order of captures means something",
}
"""Changes that lose nothing, as long as what is read is the same; verify may be silent."""


@dataclass(frozen=True)
class Cell:
    """One value of one row."""

    table: str
    column: str
    where: str
    key: tuple[Any, ...]
    value: Any


def write_history(path: Path) -> None:
    """Record runs that put something into every column of every table."""
    said = [verdict(), verdict(Status.FAIL), verdict(Status.SKIP, "GPU-002")]
    said[2] = replace(said[2], reason="not applicable")
    waived = replace(said[1], status=Status.WAIVED, waiver="w-1", enforcement=Enforcement.AUDIT)
    lacks = (Lack("not collected", "gpu.smi", "was"),)
    unasked = Verdict("GPU-002", Status.UNKNOWN, reason=Lack.told(lacks), lacks=lacks)
    days = [(3, "580.1", tuple(said)), (5, "580.2", (waived, unasked)), (4, "580.3", (said[0],))]
    seal = Seal(KEY.encode())
    waivers = [
        Waiver(
            *(f"w-{number}", "GPU-001", "gpu team", "security", "old fleet"),
            until=datetime(2026, 4, number, tzinfo=UTC),
            since=datetime(2026, 3, number, tzinfo=UTC),
            location=Location("waivers.yaml", number),
        )
        for number in (1, 2)
    ]
    reports: list[Report] = []
    with open_sqlite(path) as store:
        store.keep_recipe(RECIPE)
        SealedMemo(store, Seal(KEY.encode())).remember(said)
        record(store, report("gone", snapshot(()), (), "2026-03-01T00:00:00Z"))
        SealedMemo(store, seal).remember(said)
        for number, (day, driver, verdicts) in enumerate(days):
            seen = snapshot(("n1", "n2"), timestamp=f"2026-03-0{day}T10:00:00Z", driver=driver)
            gpu = Measurement("GPU", (Subtype("smi", {"driver": driver}, {"unit": "x"}),))
            seen = addressed(replace(seen.snapshot, measurements=(gpu,)))
            made = report(f"r{number}", seen, verdicts, f"2026-03-09T0{number}:00:00Z")
            made = replace(
                made,
                problems=(Problem("odd", "look", Location("b.yaml", 1)),) * (number == 1),
                waiver_notes=(WaiverNote("w-2", "GPU-001", "unused", "drop it"),) * (number == 1),
                waivers=tuple(waivers) * (number > 0),
                recipe=RecipeRef("eks", digest(RECIPE)) if number == 1 else None,
            )
            reports.append(made)
            decided = {1: (None,), 2: (reports[0], "/srv/eks")}.get(number)
            record(store, made, seen, bundling=bundling(made, *decided) if decided else None)
        store.prune(Keep(runs=3), datetime(2026, 3, 10, tzinfo=UTC), seal.seal_checkpoint)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "original.db"
    write_history(path)
    return path


def cells(path: Path, *, every_row: bool) -> list[Cell]:
    """Give every value there is, or those of the last row of each table and of one that is full."""
    with closing(sqlite3.connect(path)) as connection:
        found = [cell for table in CHECKED for cell in _of_table(connection, table)]
    if every_row:
        return found
    last = {(cell.table, cell.column, cell.value is None): cell for cell in found}
    return list(last.values())


def _of_table(connection: sqlite3.Connection, table: str) -> Iterator[Cell]:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    names = [name for _, name, *_ in columns]
    keys = [name for _, name, _, _, _, part in columns if part]
    rows = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - our own
    for row in rows:
        values = dict(zip(names, row, strict=True))
        where = " AND ".join(f"{key} = ?" for key in keys)
        for name in names:
            yield Cell(table, name, where, tuple(values[key] for key in keys), values[name])


def variants(cell: Cell, others: list[Cell]) -> list[Any]:
    """Give values that could stand there instead, one of them from another row."""
    value = cell.value
    match value:
        case int():
            made: list[Any] = [value + 1, value + 1000, None]
        case str():
            made = [value + " ", value.swapcase(), "x" + value[1:], value[:-1], None]
        case bytes():
            middle = len(value) // 2
            flipped = value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
            made = [flipped, value[:-1], value + b"\0"]
        case _:
            made = ["x", 1]
    same = [each.value for each in others if (each.table, each.column) == (cell.table, cell.column)]
    return [each for each in [*made, *same[:3]] if each != value or type(each) is not type(value)]


def change(path: Path, cell: Cell, value: Any) -> bool:
    """Change one value as a forger would, who puts the guard back; False if SQLite refuses."""
    with closing(sqlite3.connect(path)) as connection:
        guard = unguard(connection, f"{cell.table}_never_update")
        try:
            statement = f"UPDATE {cell.table} SET {cell.column} = ? WHERE {cell.where}"  # noqa: S608 - our own
            connection.execute(statement, (value, *cell.key))
        except sqlite3.IntegrityError:
            return False
        connection.execute(guard)
        connection.commit()
    return True


def unguard(connection: sqlite3.Connection, guard: str) -> str:
    """Drop a trigger and give what makes it again; derived tables may have none."""
    row = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (guard,)).fetchone()
    connection.execute(f"DROP TRIGGER IF EXISTS {guard}")
    return row[0] if row else "SELECT 1"


def verified(path: Path) -> Verification:
    with Context(Opening(db=path), {"EIDOS_SEAL_KEY": KEY}) as context:
        return verify(VerifyRequest(), context)


def everything_read(path: Path) -> list[Any]:
    """What readers are told, whatever it is."""
    with open_sqlite(path, read_only=True) as store:
        runs = store.runs()
        recalled = [str(verdict(status, rule).memo) for status, rule in MEMOS]
        memo = SealedMemo(store, Seal(KEY.encode()))
        return [
            runs,
            [store.run(run.run) for run in runs],
            [list(store.snapshots_of_run(run.run)) for run in runs],
            [store.bundling(each.name) for each in store.bundlings()],
            {key: said.status for key, said in memo.recall(recalled).items()},
        ]


MEMOS = [(Status.PASS, "GPU-001"), (Status.FAIL, "GPU-001"), (Status.SKIP, "GPU-002")]


def assert_found_or_harmless(original: Path, path: Path, cell: Cell, value: Any) -> None:
    found = verified(path)
    if found.alterations:
        assert found.exit_code == 1
        return
    assert (cell.table, cell.column) in HARMLESS, f"{cell} became {value!r} and nobody knew"
    before, after = everything_read(original), everything_read(path)
    assert after[:-1] == before[:-1]
    assert after[-1].items() <= before[-1].items()  # a memo may be lost, but not made up


# Tests ------------------------------------------------------------------------------------------


def test_what_nobody_touched_is_intact(original: Path) -> None:
    found = verified(original)

    assert found.alterations == ()
    assert (found.exit_code, found.runs) == (0, 3)
    assert (found.seals.hold, found.seals.of_others, found.seals.unsealed) == (3, 0, 0)


def test_the_history_fills_every_column(original: Path) -> None:
    every = cells(original, every_row=True)

    assert {cell.table for cell in every} == set(CHECKED)
    assert {(cell.table, cell.column) for cell in every} == {
        (cell.table, cell.column) for cell in every if cell.value is not None
    }


@pytest.mark.parametrize("table", CHECKED)
def test_a_change_of_any_column_is_found(original: Path, tmp_path: Path, table: str) -> None:
    every = cells(original, every_row=True)
    tried = set()
    for number, cell in enumerate(cells(original, every_row=False)):
        if cell.table != table:
            continue
        for index, value in enumerate(variants(cell, every)):
            path = tmp_path / f"{number}-{index}.db"
            shutil.copy(original, path)
            if change(path, cell, value):
                tried.add(cell.column)
                assert_found_or_harmless(original, path, cell, value)
            path.unlink()
    assert tried == {cell.column for cell in every if cell.table == table}


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_a_change_of_any_value_is_found(
    original: Path, tmp_path: Path, data: st.DataObject
) -> None:
    cell = data.draw(st.sampled_from(cells(original, every_row=True)))
    value: Any
    if isinstance(cell.value, str) and cell.value:
        at = data.draw(st.integers(0, len(cell.value) - 1))
        value = cell.value[:at] + data.draw(st.characters(codec="utf-8")) + cell.value[at + 1 :]
    elif isinstance(cell.value, bytes) and cell.value:
        at = data.draw(st.integers(0, len(cell.value) - 1))
        value = (
            cell.value[:at] + data.draw(st.binary(min_size=1, max_size=1)) + cell.value[at + 1 :]
        )
    else:
        value = data.draw(st.none() | st.integers(0, 99))
    path = tmp_path / "changed.db"
    shutil.copy(original, path)

    if value != cell.value and change(path, cell, value):
        content = everything_or_none(path)
        if not verified(path).alterations and content != everything_read(original):
            assert_found_or_harmless(original, path, cell, value)


def everything_or_none(path: Path) -> list[Any] | None:
    try:
        return everything_read(path)
    except StoreError:
        return None


def test_text_that_is_none_is_found_in_any_column(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    for cell in cells(original, every_row=False):
        if not isinstance(cell.value, str):
            continue
        shutil.copyfile(original, path)
        with closing(sqlite3.connect(path)) as connection:
            guard = unguard(connection, f"{cell.table}_never_update")
            connection.execute(
                f"UPDATE {cell.table} SET {cell.column} = CAST(X'ff41' AS TEXT) "  # noqa: S608 - our own
                f"WHERE {cell.where}",
                cell.key,
            )
            connection.execute(guard)
            connection.commit()

        found = verified(path)

        assert found.exit_code == 1, cell
        assert found.alterations, cell


def test_a_layout_that_cannot_be_read_is_told(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    content = original.read_bytes()
    for old, new in (
        (b"WITH held AS", b"WITH \xffeld AS"),
        (b"CREATE TABLE trees (\n        id", b"CREATE TABLE trees (\n        ix"),
    ):
        assert old in content
        path.write_bytes(content.replace(old, new))

        told = verified(path).alterations

        assert any("is not what eidos laid" in each.what for each in told)


@pytest.mark.parametrize("table", [table for table in CHECKED if table != "memos"])
def test_a_row_that_was_taken_away_is_missed(original: Path, tmp_path: Path, table: str) -> None:
    path = tmp_path / "e.db"
    shutil.copy(original, path)
    key = "rowid" if table not in {"run_parts", "standings"} else "run"
    with closing(sqlite3.connect(path)) as connection:
        guard = unguard(connection, f"{table}_never_delete")
        first = f"(SELECT min({key}) FROM {table})"  # noqa: S608 - our own, as below
        connection.execute(f"DELETE FROM {table} WHERE {key} = {first}")  # noqa: S608
        connection.execute(guard)
        connection.commit()

    assert verified(path).alterations


def test_a_run_between_others_and_its_rows_taken_away(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    shutil.copy(original, path)
    with closing(sqlite3.connect(path)) as connection:
        for table in ("standings", "captures", "run_parts", "runs"):
            connection.execute(f"DROP TRIGGER {table}_never_delete")
            key = "number" if table == "runs" else "run"
            connection.execute(f"DELETE FROM {table} WHERE {key} = 3")  # noqa: S608 - our own
        connection.commit()

    said = [str(each) for each in verified(path).alterations]

    assert any("is not linked to the run before it" in each for each in said)
    assert any("trigger runs_never_delete is missing" in each for each in said)


def test_missing_triggers_do_not_hide_what_was_altered(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    shutil.copy(original, path)
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        names = [name for (name,) in connection.execute(query)]
        for name in names:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE runs SET decision = 'passed', exit_code = 9")
        connection.commit()
    told = StringIO()

    text(verified(path), told, Rendering())

    lines = told.getvalue().splitlines()
    assert lines[0].startswith("altered: runs ")
    [missing] = [line for line in lines if "views are missing" in line]
    assert not any(line.startswith("altered: trigger") for line in lines)
    assert f"{len(names)} tables" in missing


def test_it_says_where_what_and_which_run(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    shutil.copy(original, path)
    with closing(sqlite3.connect(path)) as connection:
        (row,) = connection.execute("SELECT id FROM judgements WHERE status = 'fail'").fetchone()
    change(path, Cell("judgements", "status", "id = ?", (row,), "fail"), "pass")

    [found] = verified(path).alterations

    assert (found.table, found.row, found.run) == ("judgements", str(row), "r0")
    assert found.expected != found.found
    with open_sqlite(path) as store, pytest.raises(StoreError, match=f"judgements {row} ") as told:
        store.run("r0")
    assert "history verify" in str(told.value.hint)


@pytest.mark.parametrize("read", ["run", "runs", "snapshots_of_run", "snapshot_of", "snapshot"])
def test_a_run_is_held_against_its_address_by_every_reader(
    original: Path, tmp_path: Path, read: str
) -> None:
    path = tmp_path / "e.db"
    shutil.copy(original, path)
    change(path, Cell("runs", "decision", "number = ?", (4,), "passed"), "failed")
    change(path, Cell("captures", "generator", "run = ?", (4,), ""), "me")
    with open_sqlite(original) as store:
        [seen] = store.snapshots_of_run("r2")
    asked: dict[str, tuple[Any, ...]] = {
        "run": ("r2",),
        "runs": (),
        "snapshots_of_run": ("r2",),
        "snapshot_of": ("prod", datetime.fromisoformat(str(seen.metadata.timestamp))),
        "snapshot": (seen.digest,),
    }

    with open_sqlite(path) as store, pytest.raises(StoreError, match=r"runs 4 "):
        getattr(store, read)(*asked[read])


def test_standings_that_were_made_up(original: Path, tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    shutil.copy(original, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO standings SELECT subject, 7, 2, verdicts FROM standings LIMIT 1"
        )
        connection.commit()

    [found] = verified(path).alterations

    assert found.table == "standings"
    assert found.expected is None


def test_a_database_of_many_alterations_lists_some_and_counts_the_others(
    original: Path, tmp_path: Path
) -> None:
    path = tmp_path / "e.db"
    shutil.copy(original, path)
    change(path, Cell("judgements", "reason", "1", (), None), "x")

    with Context(Opening(db=path), {"EIDOS_SEAL_KEY": KEY}) as context:
        found = verify(VerifyRequest(most=2), context)

    assert len(found.alterations) == 2
    assert found.more > 0


def test_links_are_a_chain_of_their_contents(original: Path) -> None:
    with open_sqlite(original) as store:
        links = [each.link for each in store.chain()]
        connection = store._database.connection
        contents = [
            "sha256:" + content.hex()
            for (content,) in connection.execute("SELECT content FROM runs ORDER BY number")
        ]

    for (before, after), content in zip(pairwise(links), contents[1:], strict=True):
        assert after == digest([before, content])
