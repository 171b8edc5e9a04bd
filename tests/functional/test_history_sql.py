"""``eidos history sql``, the questions of its page, and Datasette on the same file."""

import asyncio
import json
import re
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from eidos.engine.model.gate import Gate
from eidos.engine.model.rule import Enforcement, Severity
from eidos.engine.store.opening import open_store
from fakes.histories import START, Past, state, write_rules
from fakes.recorded import RECIPE, bundling, report, snapshot
from fakes.stores import record

PAGE = Path(__file__).parents[2] / "docs" / "history-sql.md"
_QUESTION = re.compile(r"^### (\d+) (.+?)\n\n```sql\n(.+?)```", re.MULTILINE | re.DOTALL)
QUESTIONS = [(int(number), sql) for number, _, sql in _QUESTION.findall(PAGE.read_text())]
DAY = timedelta(days=1)
WAIVERS = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
  - {id: W1, rule: T-001, owner: ops, approver: security, reason: a new driver is on its way,
     subjects: [c1/n3], from: 2026-03-01, until: 2026-03-20}
"""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """A history in which every question has an answer."""
    past = Past(tmp_path_factory.mktemp("past"))
    bundle(past)
    pack = write_rules(past.folder / "t")
    newer = write_rules(past.folder / "new", "2.0.0", named='deny contains "no" if false\n')
    (past.folder / "w.yaml").write_text(WAIVERS)
    waivers = (str(past.folder / "w.yaml"),)
    bad = {"driver": "570.1"}
    past.see(state({"n1": {}, "n2": {}}), START, pack)
    past.see(state({"n1": bad, "n3": bad}), START + DAY, pack, waivers=waivers)
    past.see(state({"n1": {}, "n3": bad}), START + 2 * DAY, pack, waivers=waivers)
    past.see(state({"n1": {"release": None}}, "c2"), START + DAY, pack, gate=Gate(Severity.HIGH))
    past.see(
        state({"n1": bad, "n3": {}}),
        START + 3 * DAY,
        newer,
        enforcement={"T-001": Enforcement.WARN},
    )
    return past


def bundle(past: Past) -> None:
    """Record a bundle that was let through, and one that was refused after it."""
    made = report("b2", snapshot(), started="2026-03-08T12:00:00Z")
    rendered = report("b1", snapshot(()), started="2026-03-08T12:00:01Z")
    refused = report("b3", snapshot(), started="2026-03-09T12:00:00Z")
    with open_store(past.db) as store:
        store.keep_recipe(RECIPE)
        record(store, rendered)
        decided = bundling(made, rendered, "/srv/prod")
        record(store, replace(made, subjects=()), bundling=decided)
        record(store, replace(refused, subjects=()), bundling=bundling(refused))


def sql(past: Past, query: str, *options: str) -> int:
    return console.run(root, ["history", "sql", query, "--db", str(past.db), *options])


def answer(past: Past, query: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert sql(past, query, "-o", "json") == 0
    found = json.loads(capsys.readouterr().out)
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def test_the_questions_are_numbered() -> None:
    assert [number for number, _ in QUESTIONS] == list(range(1, 23))


@pytest.mark.parametrize(("number", "query"), QUESTIONS)
def test_every_question_has_an_answer(
    past: Past, capsys: pytest.CaptureFixture[str], number: int, query: str
) -> None:
    assert answer(past, query, capsys), number


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, [{"cluster": "c2", "snapshots": 1}, {"cluster": "c1", "snapshots": 4}]),
        (2, [{"cluster": "c1", "name": "n2", "rule": "T-004"}, {"name": "n1", "rule": "T-001"}]),
        (3, [{"name": "n1", "rule": "T-001"}, {"name": "n2", "rule": "T-004"}]),
        (5, [{"rule": "T-001", "fixed": 1, "mean_hours": 24.0}]),
        (9, [{"cluster": "c1", "name": "n3", "waiver": "W1"}]),
        (16, [{"fail_on": "high"}]),
        (17, [{"name": "n1", "rule": "T-001", "enforcement": "warn"}]),
        (21, [{"cluster": "prod", "gate": "prod", "place": "/srv/prod"}]),
        (22, [{"cluster": "prod", "version": "v26.3.0", "refused_since": 1}]),
        (18, [{"seen": f"2026-03-0{day}T00:00:00Z"} for day in (1, 2, 3, 4)]),
    ],
)
def test_some_answers_in_full(
    past: Past, capsys: pytest.CaptureFixture[str], number: int, expected: list[dict[str, Any]]
) -> None:
    found = answer(past, dict(QUESTIONS)[number], capsys)
    assert [
        {key: row[key] for key in wanted} for row, wanted in zip(found, expected, strict=True)
    ] == expected


def test_the_page_names_every_view_and_column(past: Past) -> None:
    page = PAGE.read_text()
    with sqlite3.connect(past.db) as connection:
        views = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v1_*'"
            )
        ]
        for view in views:
            columns = [each[1] for each in connection.execute(f"PRAGMA table_info({view})")]
            row = next(line for line in page.splitlines() if line.startswith(f"| `{view}`"))
            assert re.findall(r"`(\w+)`", row) == [view, *columns]
    connection.close()
    assert len(views) == 11


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("delete from runs", "the query may only read"),
        ("insert into runs select * from runs", "the query may only read"),
        ("update runs set run = 'x'", "the query may only read"),
        ("drop view v1_runs", "the query may only read"),
        ("create temp table t (a)", "the query may only read"),
        ("attach '/tmp/other.db' as other", "the query may only read"),
        ("pragma writable_schema = 1", "the query may only read"),
        ("vacuum into '/tmp/copy.db'", "the query "),
        ("begin", "the query may only read"),
        ("select load_extension('x')", "the query "),
        ("select 1; select 2", "the query cannot be run"),
        ("selec 1", "the query cannot be run"),
        ("select * from no_such", "no such table"),
        ("", "the query gives no rows"),
        ("select zeroblob(1000000000)", "the query cannot be run"),
    ],
)
def test_a_query_may_only_read(
    past: Past, capsys: pytest.CaptureFixture[str], query: str, message: str
) -> None:
    before = past.db.read_bytes()
    assert sql(past, query) == 2
    assert message in capsys.readouterr().err
    assert past.db.read_bytes() == before


def test_a_query_that_never_ends_is_ended(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    assert sql(past, endless, "--timeout", "200ms") == 2
    assert "did not end in time" in capsys.readouterr().err


def test_more_rows_than_asked_for_are_said(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    assert sql(past, "select rule from v1_verdicts", "--limit", "2", "-o", "csv") == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 3
    assert "only the first 2 rows" in said.err


def test_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sql(Past(tmp_path), "select 1") == 2
    assert "eidos check" in capsys.readouterr().err


@pytest.mark.real
def test_datasette_answers_the_same(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    app = pytest.importorskip("datasette.app", reason="Datasette is not installed")
    datasette = app.Datasette(immutables=[str(past.db)])

    async def asked(query: str) -> Any:
        response = await datasette.client.get(
            "/past.json", params={"sql": query, "_shape": "objects"}
        )
        assert response.status_code == 200, response.text
        return response.json()["rows"]

    for number, query in QUESTIONS:
        found = asyncio.run(asked(query))
        ours = answer(past, query, capsys)
        assert len(found) == len(ours), number
        if "hours" not in query:  # what stands until now is longer by the second
            assert found == ours, number
