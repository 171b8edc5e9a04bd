"""Opening a database, and saying why it cannot be opened."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.errors import StoreError
from eidos.engine.store.sqlite.migrations import VERSION
from eidos.engine.store.sqlite.store import open_sqlite
from fakes.permissions import binding
from fakes.recorded import report, snapshot, verdict
from fakes.stores import record, remember


def test_it_is_made_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "eidos" / "eidos.db"
    with open_sqlite(path) as store:
        remember(store, verdict())

        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_names_with_special_characters(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=memory#b%20 c.db"
    with open_sqlite(path) as store:
        remember(store, verdict())

    assert path.stat().st_size > 0


def test_readers_and_a_writer_at_once(tmp_path: Path) -> None:
    seen = snapshot()
    path = tmp_path / "e.db"
    with open_sqlite(path) as writer, open_sqlite(path, read_only=True) as reader:
        record(writer, report("r1", seen), seen)

        assert reader.run("r1") == report("r1", seen)
        with pytest.raises(StoreError, match="cannot be written"):
            remember(reader, verdict())


def complaint(path: Path, *, read_only: bool = False) -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_sqlite(path, read_only=read_only, busy_seconds=0.05).close()
    assert caught.value.hint
    assert "Error" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("words", ["x", "these are notes\n", "these are long notes\n" * 500])
def test_not_a_database(tmp_path: Path, words: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(words)

    assert "is not a database" in complaint(path).message
    assert "is not a database" in complaint(path, read_only=True).message
    assert path.read_text() == words


@pytest.mark.parametrize("device", ["/dev/full", "/dev/null", "/dev/zero"])
def test_a_device(device: str) -> None:
    assert "it is not a file" in complaint(Path(device)).message


def test_the_database_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE runs (id)")

    assert "another program" in complaint(path).message
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("runs",)]


def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    seen = snapshot()
    with open_sqlite(path) as store:
        record(store, report("r1", seen), seen)
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)

    with pytest.raises(StoreError, match="damaged"), open_sqlite(path) as store:
        store.run("r1")


def test_content_that_was_tampered_with(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    seen = snapshot()
    with open_sqlite(path) as store:
        record(store, report("r1", seen), seen)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER blobs_never_update")
        connection.execute("UPDATE blobs SET body = (SELECT body FROM blobs WHERE kind = 'rule')")
        connection.commit()

    with open_sqlite(path) as store, pytest.raises(StoreError, match="does not match its address"):
        list(store.snapshots_of_run("r1"))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("trees", "facts = (SELECT facts FROM trees ORDER BY id LIMIT 1)"),
        ("node_pages", """nodes = replace(nodes, '"n1"', '"n9"')"""),
        ("snapshots", "collection = (SELECT id FROM blobs WHERE kind = 'OS/kmod')"),
        ("snapshots", "pages = '[]'"),
    ],
)
def test_parts_that_changed_places(tmp_path: Path, table: str, change: str) -> None:
    """Every part is as it was, but not where it was."""
    path = tmp_path / "e.db"
    seen = snapshot()
    with open_sqlite(path) as store:
        record(store, report("r1", seen), seen)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TRIGGER {table}_never_update")
        assert connection.execute(f"UPDATE {table} SET {change}").rowcount  # noqa: S608 - our own
        connection.commit()

    with open_sqlite(path) as store, pytest.raises(StoreError, match="damaged"):
        list(store.snapshots_of_run("r1"))


def test_a_newer_database(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    open_sqlite(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")

    assert "newer eidos" in complaint(path).message
    assert "newer eidos" in complaint(path, read_only=True).message


def test_an_older_database_is_not_changed_by_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    path.touch()

    assert "has an older format" in complaint(path, read_only=True).message
    assert path.stat().st_size == 0
    open_sqlite(path).close()
    open_sqlite(path, read_only=True).close()


def test_nothing_to_read(tmp_path: Path) -> None:
    assert "no database" in complaint(tmp_path / "none.db", read_only=True).message
    assert list(tmp_path.iterdir()) == []


def test_a_folder(tmp_path: Path) -> None:
    assert "cannot be opened" in complaint(tmp_path).message


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "cannot be opened" in complaint(tmp_path / "file" / "e.db").message


def test_in_use_for_too_long(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    with open_sqlite(path, busy_seconds=0.05) as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use by another process"):
            remember(store, verdict())
        other.execute("ROLLBACK")
        remember(store, verdict())


def delete(path: Path) -> None:
    path.unlink()


def delete_with_its_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def move_away(path: Path) -> None:
    path.rename(path.with_name("away.db"))


def replace_by_a_copy(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.replace(path)


def replace_by_another_process(path: Path) -> None:
    path.unlink()
    open_sqlite(path).close()


def empty(path: Path) -> None:
    path.write_bytes(b"")


LOSSES = {
    delete: "was deleted",
    delete_with_its_folder: "was deleted",
    move_away: "was deleted",
    replace_by_a_copy: "was replaced",
    replace_by_another_process: "was replaced",
    empty: "was emptied",
}


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_file_that_disappears_while_a_run_goes_on(
    tmp_path: Path, lose: Callable[[Path], None], journal: str
) -> None:
    """SQLite alone would write into the deleted file, and say that all is well."""
    path = tmp_path / "state" / "e.db"
    seen = snapshot()
    open_sqlite(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
    with open_sqlite(path) as store, store.recording(report("r1", seen).started) as recording:
        recording.keep([seen] * 100)
        remember(store, verdict())
        lose(path)
        for write in (
            lambda: remember(store, verdict(salt="x")),
            lambda: recording.keep([snapshot(driver="1")] * 100),
            lambda: recording.record(report("r1", seen)),
        ):
            with pytest.raises(StoreError, match=LOSSES[lose]) as caught:
                write()
            assert "not recorded" in caught.value.message
            assert caught.value.hint

    if path.exists() and lose is not empty:  # what took its place is left whole
        with open_sqlite(path) as store:
            assert store.runs() == []
            assert store._database.connection.execute("PRAGMA integrity_check").fetchone() == (
                "ok",
            )


def test_a_file_that_disappears_during_the_last_commit(tmp_path: Path) -> None:
    """Asked again after the commit: until then nothing is said to be recorded."""
    path = tmp_path / "e.db"
    seen = snapshot()
    with open_sqlite(path) as store:
        store._database.connection.set_trace_callback(
            lambda statement: path.unlink() if statement == "COMMIT" else None
        )
        with pytest.raises(StoreError, match="was deleted"):
            record(store, report("r1", seen), seen)
        store._database.connection.set_trace_callback(None)


def test_a_read_only_folder_can_be_read(tmp_path: Path) -> None:
    seen = snapshot()
    path = tmp_path / "e.db"
    with open_sqlite(path) as store:
        record(store, report("r1", seen), seen)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    with binding():
        with open_sqlite(path, read_only=True) as store:
            assert store.run("latest").run == "r1"
            assert list(store.snapshots_of_run("latest")) == [seen]
        assert "cannot be" in complaint(tmp_path / "new.db").message
        with pytest.raises(StoreError, match="cannot be written"), open_sqlite(path) as store:
            remember(store, verdict())


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    small = snapshot()
    with open_sqlite(path) as store:
        record(store, report("r1", small), small)
        (pages,) = store._database.connection.execute("PRAGMA page_count").fetchone()
        store._database.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        big = snapshot(tuple(f"n{number}" for number in range(5000)))
        with pytest.raises(StoreError, match="no space left") as caught:
            record(store, report("r2", big), big)
        assert "Free some space" in str(caught.value.hint)

    with open_sqlite(path) as store:
        assert [run.run for run in store.runs()] == ["r1"]
        assert store._database.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


LIMITED = """
import resource, sys
from pathlib import Path
from fakes.stores import record, remember
from fakes.recorded import report, snapshot
from eidos.engine.errors import StoreError
from eidos.engine.store.sqlite.store import open_sqlite
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    with open_sqlite(Path(sys.argv[1])) as store:
        for number in range(10_000):
            seen = snapshot((f"n{number}",), driver=f"{number}")
            record(store, report(f"x{number}", seen), seen)
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize("room", [0, 4096, 100_000, 400_000])
def test_a_file_that_may_not_grow(tmp_path: Path, room: int) -> None:
    path = tmp_path / "e.db"
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), str(room)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )

    assert ran.returncode == 0, ran.stderr
    assert "database" in ran.stdout
    with open_sqlite(path) as store:
        assert store._database.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for run in store.runs():
            assert store.run(run.run).subjects


def test_an_up_to_date_database_opens_without_sqlite_utils(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from eidos.engine.store.sqlite.store import open_sqlite\n"
        "assert 'sqlite_utils' not in sys.modules\n"
        "open_sqlite(Path(sys.argv[1])).close(); print('sqlite_utils' in sys.modules)"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "e.db")],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for _ in range(2)
    ]
    assert said == ["True", "False"]


def test_only_the_store_names_sqlite_utils() -> None:
    engine = Path(__file__).parents[4] / "engine"
    naming = {
        file.relative_to(engine).parts[0]
        for file in engine.rglob("*.py")
        if "sqlite_utils" in file.read_text()
    }
    assert naming == {"store"}
