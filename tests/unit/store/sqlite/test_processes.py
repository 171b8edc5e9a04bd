"""Many processes at one database: nothing is lost, nothing is half there."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from eidos.engine.digest import digest
from eidos.engine.store.sqlite.chain import GENESIS
from eidos.engine.store.sqlite.store import open_sqlite
from fakes.recorded import verdict
from fakes.stores import recall, remember

WRITER = """
import sys
from pathlib import Path
from fakes.stores import record, remember
from fakes.recorded import report, snapshot, verdict
from eidos.engine.model.verdict import Status
from eidos.engine.store.sqlite.store import open_sqlite
path, name, count, nodes = sys.argv[1:]
for number in range(int(count)):
    with open_sqlite(Path(path)) as store:
        seen = snapshot(
            tuple(f"{name}-{node}" for node in range(int(nodes))), driver=f"{name}.{number}"
        )
        said = (verdict(Status.FAIL, salt=f"{name}{number}"),)
        remember(store, *said)
        record(store, report(f"{name}-{number}", seen, said), seen)
        print(number, flush=True)
"""


def writer(path: Path, name: str, count: int, nodes: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(count), str(nodes)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )


def check_whole(path: Path) -> list[str]:
    """Every run is complete, the chain holds, SQLite is content; gives the runs."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        chain = connection.execute("SELECT content, link FROM runs ORDER BY number")
        previous = GENESIS
        for content, link in chain.fetchall():
            previous = digest([previous, f"sha256:{content.hex()}"])
            assert f"sha256:{link.hex()}" == previous
    with open_sqlite(path, read_only=True) as store:
        runs = [run.run for run in store.runs()]
        for run in runs:
            report = store.run(run)
            assert len(report.subjects) == sum(
                len(seen.snapshot.nodes) for seen in store.snapshots_of_run(run)
            )
    return runs


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state" / "e.db"  # each of them tries to make it
    writers = [writer(path, name, 15, 3) for name in ("a", "b", "c", "d")]
    for process in writers:
        assert process.communicate()[0].split() == [str(number) for number in range(15)]
        assert process.returncode == 0

    assert set(check_whole(path)) == {f"{name}-{number}" for name in "abcd" for number in range(15)}
    with open_sqlite(path, read_only=True) as store:
        keys = [digest(["GPU-001", "fail", f"{name}{n}"]) for name in "abcd" for n in range(15)]
        assert len(recall(store, *keys)) == 60


def test_a_killed_writer_leaves_a_whole_database(tmp_path: Path) -> None:
    path = tmp_path / "e.db"
    for attempt in range(8):
        process = writer(path, f"k{attempt}", 1000, 400)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(attempt * 0.007)
        process.send_signal(signal.SIGKILL)
        said = 1 + process.stdout.read().count("\n")
        process.wait()
        process.stdout.close()

        recorded = [run for run in check_whole(path) if run.startswith(f"k{attempt}-")]
        assert len(recorded) >= said  # what was reported as recorded is there

    with open_sqlite(path) as store:
        remember(store, verdict())
