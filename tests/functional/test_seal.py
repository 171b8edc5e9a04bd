"""No database turns a fail into a pass: edited, made up, or brought along by a checkout."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.app.seal_key import key_file
from eidos.engine.cli import console, root
from eidos.engine.digest import digest
from eidos.engine.store.sqlite.migrations import STEPS, migrate
from fakes.drifting import snapshot
from fakes.policies import write_pack

GOOD, BAD = (
    {"GPU": {"smi": {"driver": driver}}, "OS": {"grub": {"quiet": ""}}}
    for driver in ("580.1", "570.1")
)
KEY = "k" * 40


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a snapshot that passes and one that fails, and a database that knows both."""
    monkeypatch.chdir(tmp_path)
    write_pack(tmp_path / "t")
    for name, node in (("good", GOOD), ("bad", BAD)):
        (tmp_path / f"{name}.json").write_text(json.dumps(snapshot({"n1": node})))
    assert check("good") == 0
    assert check("bad") == 1
    return tmp_path


def check(name: str, db: str = "e.db") -> int:
    return console.run(root, ["check", f"{name}.json", "-p", "t", "--db", db, "-o", f"json={name}"])


def history(*arguments: str, db: str = "e.db") -> int:
    return console.run(root, ["history", *arguments, "--db", db])


def verified(capsys: pytest.CaptureFixture[str], db: str = "e.db", *more: str) -> dict[str, Any]:
    capsys.readouterr()
    code = history("verify", "-o", "json", *more, db=db)
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["exitCode"] == code
    return document


def verdicts() -> dict[str, tuple[int, int, str, bytes]]:
    """Give the memo of each status: its rows, sealer and seal."""
    with closing(sqlite3.connect("e.db")) as connection:
        rows = connection.execute(
            "SELECT j.status, m.memo, m.judgement, m.sealer, m.seal FROM memos m "
            "JOIN judgements j ON j.id = m.judgement"
        ).fetchall()
    return {status: tuple(row) for status, *row in rows}


def forge(*statements: str, **values: Any) -> None:
    """Write into the database as its owner's disk allows, guards or not."""
    with closing(sqlite3.connect("e.db")) as connection:
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement, values)
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()


def test_an_edited_judgement_is_an_error_that_names_its_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = verdicts()["fail"][1]
    forge("UPDATE judgements SET status = 'pass', findings = '[]' WHERE id = :row", row=row)

    assert check("bad") == 2
    assert f"judgements {row} does not match its address" in capsys.readouterr().err
    assert history("show", "latest") == 2
    [found] = verified(capsys)["alterations"]
    assert (found["table"], found["row"]) == ("judgements", str(row))


def test_an_edited_judgement_whose_address_was_edited_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rule = json.loads(Path("bad").read_text())["rules"][0]["id"]
    said = {"rule": rule, "status": "pass", "findings": [], "reason": None}
    forge(
        "UPDATE addresses SET address = x'00' WHERE address = :at",
        "UPDATE addresses SET address = :at WHERE id = :row",
        "UPDATE judgements SET status = 'pass', findings = '[]' WHERE id = :row",
        row=verdicts()["fail"][1],
        at=bytes.fromhex(digest(said).removeprefix("sha256:")),
    )

    assert check("bad") == 1
    tables = {each["table"] for each in verified(capsys)["alterations"]}
    assert {"memos", "verdict_lists"} <= tables


def test_a_memo_that_points_to_another_judgement(capsys: pytest.CaptureFixture[str]) -> None:
    known = verdicts()
    forge(
        "UPDATE memos SET judgement = :passed WHERE memo = :memo",
        passed=known["pass"][1],
        memo=known["fail"][0],
    )

    assert check("bad") == 1
    [found] = verified(capsys)["alterations"]
    assert found["table"] == "memos"
    assert "a seal that does not hold" in found["what"]


def test_a_memo_with_the_true_seal_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    known = verdicts()
    forge(
        "UPDATE memos SET judgement = :passed, seal = :seal WHERE memo = :memo",
        passed=known["pass"][1],
        seal=known["pass"][3],
        memo=known["fail"][0],
    )

    assert check("bad") == 1
    assert verified(capsys)["intact"] is False


def test_memo_keys_that_changed_places() -> None:
    known = verdicts()
    values = {"good": known["pass"][0], "bad": known["fail"][0]}
    forge(
        "UPDATE addresses SET address = address || x'00' WHERE id = :bad",
        "UPDATE addresses SET address = (SELECT substr(address, 1, 32) FROM addresses "
        "WHERE id = :bad) WHERE id = :good",
        **values,
    )

    assert check("bad") == 1


@pytest.mark.parametrize("sealer", ["", "0123456789abcdef"])
def test_a_pass_that_was_made_up_for_just_these_facts(sealer: str) -> None:
    """The row is new, so that nothing else in the database is against it."""
    known = verdicts()
    forge(
        "DELETE FROM memos",
        "INSERT INTO memos VALUES (:memo, :sealer, :passed, zeroblob(32))",
        memo=known["fail"][0],
        passed=known["pass"][1],
        sealer=sealer,
    )

    assert check("bad") == 1


def bring_evil(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a database as somebody would who has a key of his own and an engine that lies."""
    monkeypatch.setenv("EIDOS_SEAL_KEY", KEY)
    known = verdicts()
    from eidos.engine.app.context import Context, Opening
    from eidos.engine.model.verdict import Status, Verdict

    rule = json.loads(Path("bad").read_text())["rules"][0]["id"]
    with closing(sqlite3.connect("e.db")) as connection:
        (memo,) = connection.execute(
            "SELECT 'sha256:' || lower(hex(address)) FROM addresses WHERE id = ?",
            (known["fail"][0],),
        ).fetchone()
    with Context(Opening(db=Path("evil.db"), record=True)) as context:
        context.memo.remember([Verdict(rule, Status.PASS, memo=memo)])


def test_a_database_that_a_checkout_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    bring_evil(monkeypatch)
    assert check("bad", "evil.db") == 0  # to him who has the key it is the truth
    monkeypatch.delenv("EIDOS_SEAL_KEY")

    assert check("bad", "evil.db") == 1


@pytest.mark.parametrize("key", ["", KEY[:-1] + "j", KEY + "k"])
def test_the_seal_of_another_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    bring_evil(monkeypatch)
    monkeypatch.setenv("EIDOS_SEAL_KEY", key)

    assert verified(capsys, "evil.db")["seals"]["ofOthers"] == 1
    assert check("bad", "evil.db") == 1
    assert verified(capsys, "evil.db")["seals"]["hold"] == 1


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_text("f" * 64)])
def test_another_key_means_that_all_is_evaluated_again(
    lose: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    import os

    lose(key_file(os.environ))
    assert check("good") == 0
    assert check("bad") == 1

    found = verified(capsys)
    assert found["intact"] is True
    assert (found["seals"]["hold"], found["seals"]["ofOthers"]) == (2, 2)


def test_without_a_key_verify_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    import os

    key_file(os.environ).unlink()
    assert history("verify") == 0

    assert "seals: not checked, there is no key" in capsys.readouterr().out
    assert not key_file(os.environ).exists()


def test_what_was_remembered_before_there_were_seals_is_not_believed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = verdicts()
    with closing(sqlite3.connect("e.db")) as now:
        tables = {"addresses": "*", "judgements": "id, rule, status, findings, reason"}
        rows = {
            table: now.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608 - our own
            for table, columns in tables.items()
        }
    with closing(sqlite3.connect("old.db", isolation_level=None)) as old:
        migrate(old, STEPS[:1])
        for table, found in rows.items():
            marks = ", ".join("?" * len(found[0]))
            old.executemany(f"INSERT INTO {table} VALUES ({marks})", found)  # noqa: S608 - our own
        old.execute("INSERT INTO memos VALUES (?, ?)", (known["fail"][0], known["pass"][1]))

    assert check("bad", "old.db") == 1
    found = verified(capsys, "old.db")
    assert found["intact"] is True
    assert (found["seals"]["hold"], found["seals"]["unsealed"]) == (1, 1)


# The chain --------------------------------------------------------------------------------------


def without_the_last_run() -> None:
    tables = ("standings", "captures", "run_parts")
    last = "(SELECT max(number) FROM runs)"
    forge(
        *(f"DELETE FROM {table} WHERE run = {last}" for table in tables),  # noqa: S608 - our own
        f"DELETE FROM runs WHERE number = {last}",  # noqa: S608 - our own
    )


def test_the_end_of_the_chain_is_missed_by_who_kept_its_link(
    capsys: pytest.CaptureFixture[str],
) -> None:
    head = verified(capsys)["head"]
    assert verified(capsys, "e.db", "--head", head)["intact"] is True
    check("good")
    assert verified(capsys, "e.db", "--head", head)["intact"] is True  # it went on
    without_the_last_run()
    without_the_last_run()

    assert verified(capsys)["intact"] is True  # nothing in the file can tell
    found = verified(capsys, "e.db", "--head", head)
    assert found["exitCode"] == 1
    assert found["alterations"][0]["expected"] == head


def test_the_text_says_what_was_altered(capsys: pytest.CaptureFixture[str]) -> None:
    forge("UPDATE runs SET exit_code = 0 WHERE exit_code = 1")
    capsys.readouterr()

    assert history("verify") == 1

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("altered: runs 2 (run 2")
    assert said[0].endswith("does not match its address")
    assert said[1].split()[:2] == ["should", "be"]
    assert said[-1] == "e.db: 1 altered"
    assert history("runs") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--db", "none.db"], "there is no database"),
        (["--db", "text.db"], "is not a database"),
        (["--db", "e.db", "--head", "abc"], "not a link of a run"),
        (["--db", "cut.db"], "damaged"),
    ],
)
def test_what_cannot_be_read_is_no_answer(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (here / "text.db").write_text("words\n" * 100)
    with closing(sqlite3.connect("e.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy("e.db", "cut.db")
    with (here / "cut.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 60_000)
    capsys.readouterr()

    assert console.run(root, ["history", "verify", *arguments]) == 2
    assert message in capsys.readouterr().err
