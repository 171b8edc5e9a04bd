"""``eidos history``: what was recorded, read back."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from eidos.engine.cli import console, root
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import REPORT
from eidos.engine.store.opening import open_store
from fakes.recorded import report, snapshot, verdict
from fakes.stores import record

SCHEMA = Path(__file__).parents[2] / "schemas" / "runs" / "v1.schema.json"
DARK = ("dev", "prod")
"""Nobody looked at them since."""


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "e.db"
    with open_store(path) as store:
        for number, cluster in enumerate(("prod", "dev", "prod")):
            seen = snapshot(("n1", "n2"), cluster=cluster)
            said = (verdict(Status.FAIL),) if number else (verdict(),)
            started = f"2026-03-0{number + 1}T12:00:00Z"
            record(store, report(f"r{number}-x", seen, said, started), seen)
    return path


def eidos(*arguments: str | Path) -> int:
    return console.run(root, ["history", *map(str, arguments)])


def test_runs_as_text(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos("runs", "--db", db) == 0

    heading, *lines, _, dark = capsys.readouterr().out.splitlines()
    assert heading.split() == ["RUN", "STARTED", "DECISION", "SUBJECTS", "VERDICTS", "CLUSTERS"]
    assert [line.split()[0] for line in lines] == ["r2-x", "r1-x", "r0-x"]
    assert lines[0].split() == ["r2-x", "2026-03-03T12:00:00Z", "failed", "2", "2", "fail", "prod"]
    assert dark.startswith(f"dark: {DARK[-1]}, last seen ")


def test_runs_as_json(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos("runs", "-o", "json", "--db", db) == 0

    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert [run["run"] for run in document["runs"]] == ["r2-x", "r1-x", "r0-x"]
    assert document["runs"][0]["exitCode"] == 1
    assert [each["cluster"] for each in document["dark"]] == list(DARK)


@pytest.mark.parametrize("verb", ["runs", "timeline", "compliance"])
@pytest.mark.parametrize("form", ["csv", "table", "text", "json"])
def test_who_went_dark_is_named_in_every_format(
    verb: str, form: str, db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once: in the answer, or beside it where rows have no place for it."""
    asked = (verb, "--since", "2026-02-28", "--cluster", DARK[0], "--db", db, "-o", form)
    assert eidos(*asked) == 0
    said = capsys.readouterr()
    told = {"text": "dark: ", "json": '"lastSeen"'}.get(form)
    assert (told or "last seen ") in (said.out if told else said.err)
    assert ("last seen" in said.err) is (told is None)
    assert eidos(*asked, "--until", "2026-03-01T13:00:00Z") == 0
    said = capsys.readouterr()
    assert not any(word in said.out + said.err for word in ("last seen", "lastSeen"))


def test_a_cluster_that_is_gone_is_no_longer_dark(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert eidos("runs", "--gone", "*", "--db", db) == 0
    said = capsys.readouterr().out
    assert ("gone: " in said, "dark: " in said) == (True, False)
    assert eidos("runs", "--gone", "nowhere", "--db", db) == 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--cluster", "prod"], ["r2-x", "r0-x"]),
        (["--cluster", "prod", "--until", "2026-02-01"], []),
        (["--cluster", "p*"], ["r2-x", "r0-x"]),
        (["--cluster", "dev", "--cluster", "prod", "--limit", "2"], ["r2-x", "r1-x"]),
        (["--node", "n1"], ["r2-x", "r1-x", "r0-x"]),
        (["--node", "n1", "--since", "2026-03-04"], []),
        (["--rule", "GPU-*", "--until", "2026-03-02"], ["r1-x", "r0-x"]),
        (["--cluster", "dev", "--rule", "GPU-*", "--since", "2026-03-03"], []),
        (["--until", "2026-03-01"], ["r0-x"]),
        (["--limit", "1"], ["r2-x"]),
        (["--limit", "0"], ["r2-x", "r1-x", "r0-x"]),
        (["--since", "2026-03-02"], ["r2-x", "r1-x"]),
        (["--since", "2026-03-02T14:00:00+01:00"], ["r2-x"]),
    ],
)
def test_runs_chosen(
    db: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: list[str]
) -> None:
    assert eidos("runs", "-o", "json", "--db", db, *options) == 0

    assert [run["run"] for run in json.loads(capsys.readouterr().out)["runs"]] == expected


ASKING = [["runs"], ["timeline"], ["compliance"], ["drift"], ["facts", "gpu.smi.driver"]]
BY_CLUSTER = [*ASKING, ["as-of", "2026-03-03"]]
BY_NODE = [*BY_CLUSTER, ["why", "prod", "GPU-001"]]
UNRECORDED = [
    *((verb, ["--cluster", "prd"], "cluster 'prd'") for verb in BY_CLUSTER),
    *((verb, ["--cluster", "prod", "--cluster", "x*"], "cluster 'x*'") for verb in BY_CLUSTER),
    *((verb, ["--node", "n1", "--node", "n7"], "node 'n7'") for verb in BY_NODE),
    *((verb, ["--rule", "GPU-0O1"], "rule 'GPU-0O1'") for verb in ASKING),
]


@pytest.mark.parametrize(("verb", "options", "name"), UNRECORDED)
def test_names_of_which_nothing_is_recorded_are_no_answer(
    db: Path,
    capsys: pytest.CaptureFixture[str],
    verb: list[str],
    options: list[str],
    name: str,
) -> None:
    assert eidos(*verb, *options, "--db", db) == 2
    said = capsys.readouterr()
    assert (said.out, f"nothing is recorded about a {name}" in said.err) == ("", True)


def test_a_node_of_which_only_facts_are_recorded_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = tmp_path / "e.db"
    with open_store(db) as store:
        seen = snapshot(("n1",), cluster="prod")
        record(store, replace(report("r0-x", seen, ()), subjects=()), seen)
    assert eidos("runs", "--node", "n1", "-o", "json", "--db", db) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == []
    assert eidos("runs", "--node", "n2", "--db", db) == 2


def test_runs_as_rows(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos("runs", "-o", "csv", "--db", db) == 0
    titles, first, *_ = csv.reader(io.StringIO(capsys.readouterr().out, newline=""))
    row = dict(zip(titles, first, strict=True))
    assert (row["run"], row["decision"], row["fail"], row["clusters"]) == (
        *("r2-x", "failed", "2", "prod"),
    )
    assert eidos("runs", "-o", "table", "--db", db) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_a_part_of_a_run_is_shown(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def shown(*options: str) -> list[dict[str, str]]:
        assert eidos("show", "latest", "-o", "csv", "--db", db, *options) == 0
        return list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))

    whole = shown()
    assert {row["subject"] for row in whole} == {"n1", "n2"}
    assert shown("--node", "n1") == [row for row in whole if row["subject"] == "n1"]
    assert shown("--cluster", "pr*", "--rule", "GPU-001") == whole
    assert shown("--since", "2026-03-01") == whole
    for options in (["--rule", "X"], ["--cluster", "dev"], ["--until", "2026-01-01"]):
        assert eidos("show", "latest", "--db", db, *options) == 2
        assert "has nothing about that" in capsys.readouterr().err


def test_nothing_recorded_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos("runs") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "nothing is recorded yet" in said.err

    assert eidos("runs", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["runs"] == []

    assert eidos("show", "latest") == 2
    assert "eidos check" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "json"])
def test_show_renders_as_check_did(db: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    with open_store(db, read_only=True) as store:
        expected = io.StringIO()
        REPORT.reporter(form)(store.run("r1-x"), expected, Rendering())

    assert eidos("show", "r1", "-o", form, "--color", "never", "--db", db) == 0
    assert capsys.readouterr().out == expected.getvalue()


def test_show_writes_files(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"

    assert eidos("show", "latest", "-o", f"json={file}", "--db", db) == 0

    assert capsys.readouterr().out == ""
    assert json.loads(file.read_text())["metadata"]["run"] == "r2-x"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "r"], "begins 3 runs"),
        (["show", "r1-y"], "Did you mean 'r1-x'?"),
        (["show", "latest", "-o", "jsn"], "Did you mean 'json'?"),
        (["show", "latest", "-o", "json", "-o", "text"], "standard output"),
        (["runs", "--since", "yesterday"], "RFC 3339"),
        (["runs", "-o", "junit"], "no output format 'junit' for a list of runs"),
    ],
)
def test_what_cannot_be_done(
    db: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert eidos(*arguments, "--db", db) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err


def test_not_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.db").write_text("no database at all, only words\n" * 50)

    assert eidos("runs", "--db", tmp_path / "x.db") == 2
    assert "is not a database" in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb", [["history", "runs"], ["history", "show", "latest"], ["check", "-"]]
)
def test_a_database_of_an_engine_that_is_not_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert console.run(root, [*verb, "--db", "postgresql://me:secret@db/eidos"]) == 2

    said = capsys.readouterr()
    assert "PostgreSQL is not built yet" in said.err
    assert "secret" not in said.err + said.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", sorted(REPORT.formats))
def test_a_check_is_shown_again_byte_for_byte(shared: Path, tmp_path: Path, form: str) -> None:
    seen = str(shared / "data" / "snapshots" / "gb200.yaml")
    db, first, again = (tmp_path / name for name in ("e.db", "first", "again"))

    console.run(root, ["check", seen, "--db", str(db), "-o", f"{form}={first}"])

    assert eidos("show", "latest", "--db", db, "-o", f"{form}={again}") == 0
    assert again.read_bytes() == first.read_bytes()


def test_a_limit_that_no_database_can_count_to_is_a_usage_error(
    db: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert eidos("runs", "--db", db, "--limit", "9" * 30) == 2
    assert "is not in the range" in capsys.readouterr().err


def test_a_named_database_that_is_not_there_is_no_empty_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert eidos("runs", "--db", tmp_path / "none.db") == 2
    assert "there is no database at" in capsys.readouterr().err
    monkeypatch.setenv("EIDOS_DB", str(tmp_path / "none.db"))
    assert eidos("runs") == 2
    monkeypatch.delenv("EIDOS_DB")
    assert eidos("runs") == 0, "nothing is recorded in the usual place yet"


@pytest.mark.parametrize(
    "verb",
    [
        ["timeline", "--since", "2026-03-01", "--until", "2026-03-04"],
        ["compliance", "--since", "2026-03-01", "--until", "2026-03-04"],
        ["why", "prod", "GPU-001", "--since", "2026-03-01"],
        ["facts", "gpu.smi.driver", "--since", "2026-03-01"],
        ["drift", "--since", "2026-03-02", "--until", "2026-03-04"],
    ],
    ids=lambda verb: verb[0],
)
@pytest.mark.parametrize("nodes", [("n1", "n2"), ("n1",), ("m1",)])
def test_snapshots_of_one_name_and_time_are_told_where_they_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: list[str], nodes: tuple[str, ...]
) -> None:
    path = tmp_path / "e.db"
    with open_store(path) as store:
        for run, names in (("r0-x", ("n1", "n2")), ("r1-x", nodes)):
            seen = snapshot(names, cluster="prod")
            record(store, report(run, seen, (verdict(),), "2026-03-02T12:00:00Z"), seen)
    eidos(*verb, "--db", path)
    said = capsys.readouterr().err
    assert ("different snapshots of prod" in said) == (nodes != ("n1", "n2"))
    assert ("r0-x, r1-x" in said) == (nodes != ("n1", "n2"))
    assert said.count("different snapshots of prod") <= 1
