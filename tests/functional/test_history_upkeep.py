"""``eidos history prune``, ``vacuum``, ``export``, ``import``, and what they refuse."""

import gzip
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from eidos.engine.app.checkpoint import signed_bytes, take_checkpoint
from eidos.engine.app.context import Context, Opening
from eidos.engine.cli import console, root
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.model.verdict import Status
from eidos.engine.store.opening import open_store
from fakes.keys import write_keys
from fakes.recorded import report, snapshot, verdict
from fakes.stores import record

SCHEMA = Path(__file__).parents[2] / "schemas" / "verification" / "v1.schema.json"
WRITTEN = Path(__file__).parents[1] / "unit" / "store" / "sqlite" / "written"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "e.db"
    with open_store(path) as store:
        for day in range(1, 7):
            at = f"2026-03-{day:02}T12:00:00Z"
            seen = snapshot(("n1", "n2"), timestamp=at, driver=str(day))
            said = (verdict(Status.FAIL if day % 2 else Status.PASS),)
            record(store, report(f"r{day}", seen, said, at), seen)
    return path


def eidos(*arguments: str | Path) -> int:
    return console.run(root, ["history", *map(str, arguments)])


def runs(db: Path) -> list[str]:
    with open_store(db, read_only=True) as store:
        return [run.run for run in store.runs()]


def test_prune_then_verify(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos("prune", "--keep", "2", "--db", db) == 0
    assert "3 runs pruned, 3 kept, 1 of them older" in capsys.readouterr().out
    assert runs(db) == ["r6", "r5", "r4"]

    assert eidos("verify", "--db", db, "-o", "json") == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert (document["runs"], document["pruned"]) == (3, 3)


def test_by_age_everything_here_is_old(db: Path) -> None:
    assert eidos("prune", "--keep", "90d", "--keep", "4", "--db", db) == 0
    assert runs(db) == ["r6", "r5", "r4", "r3", "r2"]


def test_a_checkpoint_is_sealed_and_a_made_up_one_is_found(
    db: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EIDOS_SEAL_KEY", "k" * 64)
    with open_store(db, read_only=True) as store:
        links = {each.run: each.link for each in store.chain()}
    eidos("prune", "--keep", "2", "--db", db)
    capsys.readouterr()

    assert eidos("verify", "--db", db, "--head", links["r6"]) == 0
    assert "of 1 checkpoints 1 are sealed with this key" in capsys.readouterr().out
    assert eidos("verify", "--db", db, "--head", links["r3"]) == 0, "the checkpoint has its link"
    assert eidos("verify", "--db", db, "--head", links["r2"]) == 1
    assert "taken away or pruned" in capsys.readouterr().out

    with closing(sqlite3.connect(db)) as connection:  # another run, taken away as if pruned
        for table, key in (("standings", "run"), ("captures", "run"), ("run_parts", "run")):
            connection.execute(f"DROP TRIGGER {table}_never_delete")
            connection.execute(f"DELETE FROM {table} WHERE {key} = 4")  # noqa: S608 - our own
        connection.execute("DROP TRIGGER runs_never_delete")
        connection.execute("DROP TRIGGER checkpoints_never_update")
        connection.execute(
            "UPDATE checkpoints SET last = 4, link = (SELECT link FROM runs WHERE number = 4)"
        )
        connection.execute("DELETE FROM runs WHERE number = 4")
        connection.commit()
    assert eidos("verify", "--db", db) == 1
    assert "nobody here pruned these runs" in capsys.readouterr().out


def said(capsys: pytest.CaptureFixture[str], kind: str) -> Any:
    """Give what was written to standard output, once it is what its schema says."""
    document = json.loads(capsys.readouterr().out)
    schema = SCHEMA.parents[1] / kind / "v1.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(document)
    return document


def test_what_upkeep_did_is_a_document(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, copy = tmp_path / "x.db", tmp_path / "copy.db"

    assert eidos("prune", "--keep", "2", "--db", db, "-o", "json") == 0
    pruned = said(capsys, "pruned")
    assert (pruned["runs"], pruned["kept"], pruned["older"]) == (3, 3, 1)
    assert [(each["first"], each["last"]) for each in pruned["checkpoints"]] == [(1, 3)]
    assert eidos("vacuum", "--db", db, "-o", "json") == 0
    assert said(capsys, "vacuumed")["rebuilt"] == 0
    assert eidos("export", file, "--db", db, "-o", "json") == 0
    assert said(capsys, "exported") == {
        "apiVersion": "eidos.dev/v1",
        "kind": "Exported",
        "place": str(db),
        "file": str(file),
        "runs": 3,
        "bytes": file.stat().st_size,
    }
    assert sorted(path.name for path in tmp_path.iterdir() if "x.db" in path.name) == ["x.db"]
    assert eidos("import", file, "--db", copy, "-o", "json") == 0
    imported = said(capsys, "imported")
    assert (imported["runs"], imported["known"], imported["copy"]) == (3, 0, True)


def test_a_dry_run_says_what_would_go_and_changes_nothing(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    eidos("vacuum", "--db", db)
    content = db.read_bytes()
    capsys.readouterr()

    assert eidos("prune", "--keep", "2", "--dry-run", "--db", db) == 0
    assert "3 runs would go, 3 would stay, 1 of them older" in capsys.readouterr().out
    assert eidos("prune", "--keep", "2", "--dry-run", "--db", db, "-o", "json") == 0
    would = said(capsys, "pruned")
    assert db.read_bytes() == content
    assert len(runs(db)) == 6

    eidos("prune", "--keep", "2", "--db", db, "-o", "json")
    did = said(capsys, "pruned")
    assert would == {**did, "dryRun": True, "checkpoints": []}


def add(db: Path, name: str, day: int) -> None:
    at = f"2026-03-{day:02}T12:00:00Z"
    seen = snapshot(("n1", "n2"), timestamp=at, driver=str(day))
    with open_store(db) as store:
        record(store, report(name, seen, (verdict(),), at), seen)


def test_a_checkpoint_is_signed_and_held_against_keys(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_keys(tmp_path)
    write_keys(tmp_path, name="other")
    kept, believed = tmp_path / "kept.json", ("--key", tmp_path / "key.pub")
    assert eidos("checkpoint", "-o", kept, "--db", db, "--sign-key", tmp_path / "key.pem") == 0
    document = json.loads(kept.read_text())
    schema = SCHEMA.parents[1] / "history-checkpoint" / "v1.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(document)
    verify = ("verify", "--db", db, "--checkpoint", kept)
    assert eidos(*verify) == 0
    assert eidos(*verify, *believed) == 0
    assert eidos(*verify, "--key", tmp_path / "other.pub", *believed) == 0
    capsys.readouterr()
    for changed, said_ in (
        ({**document, "number": 5}, "is not as it was signed"),
        ({**document, "signature": {**document["signature"], "value": "AAAA"}}, "not as it was"),
        ({**document, "signature": {**document["signature"], "value": "?"}}, "not as it was"),
        ({**document, "signature": {"key": "0" * 64, "value": "AAAA"}}, "none of the keys"),
        ({key: document[key] for key in document if key != "signature"}, "is not signed"),
    ):
        kept.write_text(json.dumps(changed))
        assert eidos(*verify, *believed) == 2
        assert said_ in capsys.readouterr().err
    kept.write_text(json.dumps(document))
    assert eidos(*verify, "--key", tmp_path / "other.pub") == 2
    assert "none of the keys" in capsys.readouterr().err
    assert eidos("verify", "--db", db, *believed) == 2
    assert "--checkpoint FILE" in capsys.readouterr().err


def test_a_kept_checkpoint_proves_that_the_chain_goes_on(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    assert eidos("checkpoint", "-o", kept, "--db", db) == 0
    kept_document = json.loads(kept.read_text())
    schema = SCHEMA.parents[1] / "history-checkpoint" / "v1.schema.json"
    Draft202012Validator(json.loads(schema.read_text())).validate(kept_document)
    assert (kept_document["number"], kept_document["run"]) == (6, "r6")
    add(db, "r7", 7)

    assert eidos("verify", "--db", db, "--checkpoint", kept) == 0
    assert "the chain goes on from run 6, r6" in capsys.readouterr().out
    assert eidos("prune", "--keep", "2", "--db", db) == 0
    assert eidos("verify", "--db", db, "--checkpoint", kept, "-o", "json") == 0, "it stays"
    capsys.readouterr()
    assert eidos("prune", "--keep", "1", "--db", db) == 0
    assert eidos("verify", "--db", db, "--checkpoint", kept) == 0, "the last one that went"
    add(db, "r8", 8)
    add(db, "r9", 9)
    eidos("prune", "--keep", "1", "--db", db)
    capsys.readouterr()
    assert eidos("verify", "--db", db, "--checkpoint", kept, "-o", "json") == 1
    found = said(capsys, "verification")
    assert found["checkpoint"]["continues"] is False
    assert "pruned with later ones" in found["alterations"][0]["what"]


def test_what_is_signed_of_a_checkpoint_does_not_depend_on_how_it_is_written(
    db: Path, tmp_path: Path
) -> None:
    with Context(Opening(db=db)) as context:
        document = take_checkpoint(context)
        signed = signed_bytes(document)
    for form in ("json", "yaml"):
        file = tmp_path / f"kept.{form}"
        file.write_text(to_json(document) if form == "json" else to_yaml(document))
        [read] = read_documents(Source(str(file), file))
        assert signed_bytes(read.value) == signed
    assert signed_bytes({**document, "number": 5}) != signed


def test_a_history_that_was_written_anew_is_not_the_one_of_the_checkpoint(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, other = tmp_path / "kept.yaml", tmp_path / "other.db"
    eidos("checkpoint", "-o", kept, "--db", db)
    for day in range(1, 7):
        add(other, f"r{day}", day)

    assert eidos("verify", "--db", other) == 0, "nothing in it says so"
    assert eidos("verify", "--db", other, "--checkpoint", kept) == 1
    said = capsys.readouterr().out
    assert "runs 6 (run r6) is not the run that was the last of the checkpoint" in said
    short = tmp_path / "short.db"
    add(short, "r1", 1)
    assert eidos("verify", "--db", short, "--checkpoint", kept) == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "kind: Snapshot", "a: 1\n---\nb: 2\n", '{"apiVersion": "eidos.dev/v1", "kind": "X"}'],
)
def test_what_is_no_checkpoint(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    assert eidos("verify", "--db", db, "--checkpoint", file) == 2
    assert "bad.json" in capsys.readouterr().err


def test_nothing_recorded_has_no_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_store(tmp_path / "empty.db").close()
    assert eidos("checkpoint", "--db", tmp_path / "empty.db") == 2
    assert "nothing is recorded" in capsys.readouterr().err
    assert eidos("checkpoint", "--db", tmp_path / "none.db") == 2
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say what to keep"),
        (["--keep", "0"], "not in the range"),
        (["--keep", "0d"], "is not between"),
        (["--keep", "-5"], "no number of runs"),
        (["--keep", "soon"], "not a duration"),
        (["--keep", "9" * 400], "not in the range"),
        (["--keep", "9" * 400 + "d"], "no number of runs"),
        (["--keep", "40000d"], "is not between"),
    ],
)
def test_what_cannot_be_kept(
    db: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert eidos("prune", *arguments, "--db", db) == 2
    assert message in capsys.readouterr().err
    assert len(runs(db)) == 6


@pytest.mark.parametrize(
    "verb", [["prune", "--keep", "1"], ["vacuum"], ["export", "x.db"], ["verify"]]
)
def test_where_there_is_no_database_none_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert eidos(*verb, "--db", "none.db") == 2
    assert "there is no database at none.db" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_altered_run_is_not_pruned_away(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("DROP TRIGGER runs_never_update")
        connection.execute("UPDATE runs SET decision = 'passed' WHERE number = 1")
        connection.commit()

    assert eidos("prune", "--keep", "1", "--db", db) == 2
    assert "runs 1 does not match its address" in capsys.readouterr().err
    assert len(runs_raw(db)) == 6


def runs_raw(db: Path) -> list[str]:
    with closing(sqlite3.connect(db)) as connection:
        return [run for (run,) in connection.execute("SELECT run FROM runs")]


def test_vacuum_puts_right_what_follows_from_the_runs(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(db)) as connection:
        connection.execute(
            "INSERT INTO standings SELECT subject, 7, 1, verdicts FROM standings LIMIT 1"
        )
        connection.commit()
    assert eidos("verify", "--db", db) == 1

    assert eidos("vacuum", "--db", db) == 0
    assert "1 derived rows put right" in capsys.readouterr().out
    assert eidos("verify", "--db", db) == 0


def test_vacuum_makes_it_smaller(db: Path) -> None:
    fleet = snapshot(tuple(f"n{number}" for number in range(200)))
    with open_store(db) as store:
        for number in range(20):
            said = (verdict(Status.FAIL, salt=str(number)),)
            record(store, report(f"x{number}", fleet, said, "2026-03-07T12:00:00Z"), fleet)
    eidos("prune", "--keep", "1", "--db", db)
    assert freelist(db) > 0
    before = db.stat().st_size

    assert eidos("vacuum", "--db", db) == 0

    assert freelist(db) == 0
    assert db.stat().st_size < before


def freelist(db: Path) -> int:
    """Count the pages that nothing uses."""
    with closing(sqlite3.connect(db)) as connection:
        (pages,) = connection.execute("PRAGMA freelist_count").fetchone()
    return int(pages)


def test_export_and_import(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, new = tmp_path / "out" / "history.db", tmp_path / "new" / "e.db"
    assert eidos("export", file, "--db", db) == 0
    assert eidos("import", file, "--db", new) == 0
    assert "6 runs of" in capsys.readouterr().out

    assert eidos("runs", "--db", db, "-o", "json") == 0
    before = capsys.readouterr().out
    assert eidos("runs", "--db", new, "-o", "json") == 0
    assert capsys.readouterr().out == before
    assert eidos("verify", "--db", new) == 0
    assert (file.stat().st_mode & 0o777, new.stat().st_mode & 0o777) == (0o600, 0o600)
    assert eidos("export", file, "--db", db) == 2
    assert "there is a file" in capsys.readouterr().err


def test_import_of_what_an_older_eidos_wrote(tmp_path: Path) -> None:
    file, new = tmp_path / "v1.db", tmp_path / "new.db"
    file.write_bytes(content := gzip.decompress((WRITTEN / "v1.db.gz").read_bytes()))

    assert eidos("import", file, "--db", new) == 0

    assert runs(new) == ["r2", "r1", "r0"]
    assert file.read_bytes() == content, "what is imported stays as it was"


def flip(file: Path) -> None:
    """Flip one bit of one byte, as a disk does."""
    with closing(sqlite3.connect(file)) as connection:
        (body,) = connection.execute("SELECT body FROM blobs ORDER BY id DESC").fetchone()
    content = file.read_bytes()
    at = content.index(body) + len(body) // 2
    file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")


def no_database(file: Path) -> None:
    file.write_text("only words\n" * 100)


def nothing(file: Path) -> None:
    file.write_bytes(b"")


def absent(file: Path) -> None:
    file.unlink()


def with_a_trigger(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TRIGGER bad AFTER INSERT ON runs BEGIN DELETE FROM memos; END")


def test_verify_of_a_flipped_byte_names_the_row_and_nothing_is_rebuilt(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    eidos("vacuum", "--db", db)  # all in one file
    with closing(sqlite3.connect(db)) as connection:
        (row,) = connection.execute("SELECT max(id) FROM blobs").fetchone()
    flip(db)

    assert eidos("verify", "--db", db) == 1
    assert f"altered: blobs {row} (run r6)" in capsys.readouterr().out
    assert eidos("vacuum", "--db", db) == 2
    assert f"damaged: blobs {row}" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_database_that_was_cut_short_is_no_answer(
    db: Path, capsys: pytest.CaptureFixture[str], share: float
) -> None:
    eidos("vacuum", "--db", db)
    content = db.read_bytes()[: int(db.stat().st_size * share)]
    db.write_bytes(content)
    for verb in (["runs"], ["verify"], ["prune", "--keep", "1"], ["vacuum"]):
        assert eidos(*verb, "--db", db) in (1, 2)
        assert "Traceback" not in capsys.readouterr().err
    assert db.read_bytes()[100:] == content[100:], "the header counts who opened it to write"


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (flip, "does not verify: blobs"),
        (cut, "damaged"),
        (newer, "newer eidos"),
        (no_database, "not a database"),
        (nothing, "is empty"),
        (absent, "cannot be read"),
        (with_a_trigger, "trigger bad is not what eidos laid"),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_import_refuses(
    db: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    harm: Callable[[Path], None],
    message: str,
    there: bool,
) -> None:
    file, target = tmp_path / "history.db", tmp_path / "target.db"
    eidos("export", file, "--db", db)
    if there:
        with open_store(target) as store:
            seen = snapshot()
            record(store, report("mine", seen), seen)
    harm(file)
    capsys.readouterr()

    assert eidos("import", file, "--db", target) == 2

    said = capsys.readouterr().err
    assert message in said
    assert str(file) in said
    assert "copy.db" not in said, "which is gone when that is read"
    assert target.exists() is there
    if there:
        assert runs(target) == ["mine"]


def test_import_refuses_another_run_of_the_same_id(
    db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, target = tmp_path / "history.db", tmp_path / "target.db"
    eidos("export", file, "--db", db)
    with open_store(target) as store:
        seen = snapshot(driver="other")
        record(store, report("r6", seen), seen)

    assert eidos("import", file, "--db", target) == 2
    assert "run r6 is in both databases" in capsys.readouterr().err
    assert runs(target) == ["r6"]


FULL_DISK = """
import resource, signal, sys
from eidos.engine.cli import console, root
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(console.run(root, sys.argv[2:]))
"""


@pytest.mark.parametrize("room", [0, 5_000, 40_000])
def test_a_full_disk_during_a_check_leaves_the_data_as_it_was(
    db: Path, tmp_path: Path, room: int
) -> None:
    other = tmp_path / "other.db"  # so that all that is made besides is there
    facts = tmp_path / "new.json"
    data = {f"key{number}": f"{number * 7919:x}" for number in range(4000)}
    facts.write_text(
        json.dumps(
            {
                "apiVersion": "eidos.dev/v1",
                "kind": "Snapshot",
                "metadata": {"cluster": "prod", "timestamp": "2026-03-09T10:00:00Z"},
                "measurements": [],
                "nodes": [
                    {
                        "name": "n1",
                        "measurements": [
                            {"type": "OS", "subtypes": [{"subtype": "sysctl", "data": data}]}
                        ],
                    }
                ],
            }
        )
    )
    assert console.run(root, ["check", str(facts), "--db", str(other)]) in (0, 1, 3)

    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(room), "check", facts, "--db", db],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert "nothing was half-written" in ran.stderr
    assert len(runs(db)) == 6
    assert eidos("verify", "--db", db) == 0


def test_a_user_may_bound_files_lower_than_we_do(tmp_path: Path) -> None:
    facts = tmp_path / "new.json"
    facts.write_text(json.dumps({"apiVersion": "eidos.dev/v1", "kind": "Snapshot", "metadata": {}}))
    bounded = FULL_DISK.replace("resource.RLIM_INFINITY", "int(sys.argv[1])")

    ran = subprocess.run(
        [sys.executable, "-c", bounded, "100000", "check", facts, "--no-record"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode in (0, 1, 3), ran.stderr


def test_facts_that_come_late_twice_and_from_the_future(db: Path) -> None:
    with open_store(db) as store:
        for number, at in enumerate(
            ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00Z", "2999-01-01T00:00:00Z")
        ):
            seen = snapshot(("n1",), timestamp=at, driver="late")
            record(store, report(f"late{number}", seen, started="2026-03-07T00:00:00Z"), seen)
    assert eidos("verify", "--db", db) == 0

    assert eidos("prune", "--keep", "1", "--db", db) == 0

    assert eidos("verify", "--db", db) == 0
    assert "late2" in runs(db), "what is about a time to come is kept"
