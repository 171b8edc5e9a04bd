"""``eidos history as-of``: what held then, by the rules of then or of now."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.app.as_of import AsOfRequest, as_of
from eidos.engine.app.policies import PolicyRequest
from eidos.engine.app.reader import Item
from eidos.engine.app.recipe_recording import record_resolution
from eidos.engine.cli import console, root
from eidos.engine.digest import addressed
from eidos.engine.errors import Location
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.gate import Gate
from eidos.engine.model.history import Window
from eidos.engine.model.recipe import (
    Choice,
    Constraint,
    Origin,
    Outcome,
    Reason,
    Recipe,
    Resolution,
)
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Job
from fakes.histories import NOW, START, Past, state, write_rules

DAY = timedelta(days=1)
WAIVERS = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
  - {id: W1, rule: T-001, owner: ops, approver: security, reason: a new driver is on its way,
     from: 2026-03-01, until: 2026-03-05}
"""


@pytest.fixture
def past(tmp_path: Path) -> Past:
    past = Past(tmp_path)
    pack = write_rules(tmp_path / "t")
    (tmp_path / "w.yaml").write_text(WAIVERS)
    past.see(state({"n1": {}, "n3": {}}), START, pack)
    old = state({"n1": {"driver": "570.1"}, "n3": {}})
    past.see(old, START + 2 * DAY, pack, waivers=(str(tmp_path / "w.yaml"),))
    past.see(state({"n1": {}}, "c2"), START + DAY, pack)
    return past


def asked(past: Past, capsys: pytest.CaptureFixture[str], *options: str | Path) -> Any:
    arguments = ["history", "as-of", *options, "--db", past.db, "-o", "json"]
    code = console.run(root, list(map(str, arguments)))
    said = capsys.readouterr()
    return (code, json.loads(said.out)) if said.out else (code, said.err)


def statuses(report: Any, rule: str = "T-001") -> dict[str, str]:
    return {
        subject["identity"]: verdict["status"]
        for subject in report["subjects"]
        for verdict in subject["verdicts"]
        if verdict["rule"] == rule
    }


def test_each_moment_has_its_state_and_its_waivers(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = asked(past, capsys, "2026-03-01", "--cluster", "c1")
    assert statuses(report) == {"c1/n1": "pass", "c1/n3": "pass"}
    assert code == 0
    code, report = asked(past, capsys, "2026-03-04T00:00:00Z", "--cluster", "c1")
    assert statuses(report) == {"c1/n1": "waived", "c1/n3": "pass"}
    assert code == 0
    late = ("2026-03-06T00:00:00Z", "--cluster", "c1", "--node", "n1", "--max-age", "7d")
    code, report = asked(past, capsys, *late)
    assert statuses(report) == {"c1/n1": "fail"}, "the waiver had run out by then"
    assert report["subjects"][0]["timestamp"] == "2026-03-03T00:00:00Z"
    assert code == 1


FORMATS = ("text", "junit", "sarif", "github", "gitlab", "tap", "markdown", "ctrf", "openreports")


@pytest.mark.parametrize("options", [(), ("--pack", "t")])
@pytest.mark.parametrize("form", FORMATS)
def test_a_day_on_which_nobody_looked_is_unknown(
    past: Past, capsys: pytest.CaptureFixture[str], form: str, options: tuple[str, ...]
) -> None:
    """A sight speaks for as long as it does in a timeline, and each format says when it was."""
    where = [str(past.folder / each) if each == "t" else each for each in options]
    asking = ("2026-03-09", "--cluster", "c1", *where)
    code, report = asked(past, capsys, *asking)
    assert code == 3
    assert {v["status"] for s in report["subjects"] for v in s["verdicts"]} == {"unknown"}
    assert report["metadata"]["asOf"] == "2026-03-09T23:59:59Z"
    assert report["facts"]["oldest"] == report["facts"]["newest"] == "2026-03-03T00:00:00Z"
    assert report["facts"]["ageDays"] == 6
    arguments = ["history", "as-of", *asking, "--db", str(past.db), "-o", form]
    assert console.run(root, arguments) == 3
    assert "last seen 2026-03-03T00:00:00Z" in capsys.readouterr().out
    code, _ = asked(past, capsys, *asking, "--max-age", "7d")
    assert code != 3


def test_what_was_allowed_then_makes_no_pass_of_what_nobody_saw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past = Past(tmp_path)
    pack = write_rules(tmp_path / "t")
    lax = Gate(allow_incomplete=True)
    past.see(state({"n1": {}}), START, pack, gate=lax, effective_time=START)
    relaxed = asked(past, capsys, "2026-03-01")
    assert relaxed[0] == 0
    assert "effective-time" not in json.dumps(relaxed[1].get("relaxations", []))
    code, report = asked(past, capsys, "2026-03-03")
    assert (code, report["decision"]) == (3, "incomplete")


def test_the_rules_of_now_judge_the_state_of_then(
    past: Past, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stricter = write_rules(tmp_path / "new", "2.0.0", driver='deny contains "never"\n')
    _, report = asked(past, capsys, "2026-03-01", "--cluster", "c1", "--pack", stricter)
    assert statuses(report) == {"c1/n1": "fail", "c1/n3": "fail"}
    assert report["metadata"]["effectiveTime"] == "2026-03-01T23:59:59Z"


def test_the_rules_of_another_day_judge_the_state_of_then(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    when = ("--effective-time", "2026-03-04T00:00:00Z")
    _, report = asked(past, capsys, "2026-03-10", "--cluster", "c1", *when, "--max-age", "30d")
    assert statuses(report) == {"c1/n1": "waived", "c1/n3": "pass"}
    _, said = asked(past, capsys, "2026-03-10", "--effective-time", "2026-02-01T00:00:00Z")
    assert "the rules of that time are not known" in said


def test_several_clusters_are_told_apart_only_where_their_rules_differ(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    _, report = asked(past, capsys, "2026-03-02", "--max-age", "2d")
    assert statuses(report) == {"c1/n1": "pass", "c1/n3": "pass", "c2/n1": "pass"}
    code, said = asked(past, capsys, "2026-03-10")  # c1 has a waiver, c2 has none
    assert code == 2
    assert "Name one with --cluster" in said


def test_rules_are_globs_whoevers_rules_they_are(
    past: Past, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pack = tmp_path / "t"
    for options in ([], ["--effective-time", "now", "--pack", pack], ["--pack", pack]):
        asking = ("2026-03-01", "--cluster", "c1", *options)
        _, report = asked(past, capsys, *asking, "--rule", "T-*1")
        assert {e["rule"] for s in report["subjects"] for e in s["verdicts"]} == {"T-001"}
        code, said = asked(past, capsys, *asking, "--rule", "X-*")
        assert code == 2
        assert "no rule" in said
        assert "X-*" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["2199-01-01"], "is in the future"),
        (["2026-02-01"], "no snapshot had been taken by"),
        (["2026-03-10", "--cluster", "c3"], "nothing is recorded about a cluster 'c3'"),
        (["2026-03-10", "--cluster", "c1", "--rule", "T-009"], "no rule T-009 was asked"),
        (["then"], "no span before now"),
        (["2026"], "is neither a date"),
    ],
)
def test_what_cannot_be_told(
    past: Past, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    code, said = asked(past, capsys, *options)
    assert code == 2
    assert message in said


def test_without_a_database_the_first_step_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = asked(Past(tmp_path), capsys, NOW.date().isoformat())
    assert code == 2
    assert "eidos check" in said


class Silent:
    """An engine that is known by name, and must not be asked."""

    name = "light"

    def __init__(self, version: str) -> None:
        self.version = version

    def prepare(self, jobs: Iterable[Job]) -> None:
        raise AssertionError(f"asked {list(jobs)}")

    evaluate = prepare


def test_what_was_said_then_is_remembered(past: Past) -> None:
    moment = START + 2 * DAY
    request = AsOfRequest(
        asked=Window(since=START - DAY, until=moment, clusters=("c1",)), policy=PolicyRequest()
    )
    with past.opened() as context:
        expected = as_of(request, context)
        version = context.engine.version
    with past.opened() as context:
        context.__dict__["engine"] = Silent(version)  # where a cached property keeps it

        assert as_of(request, context).subjects == expected.subjects


def test_which_recipe_would_do_is_no_check_of_the_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``eidos recipe`` records its constraints with the same snapshot, and as-of has no recipe."""
    past = Past(tmp_path)
    said = state({"n1": {}})
    past.see(said, START, write_rules(tmp_path / "t"))
    because = Reason("of a test", "https://example.org")
    origin = Origin("overlay", "eks", Location("eks.yaml"))
    asked_for = Constraint(FactAddress("k8s", "server", "version"), ">= 1.32", because, origin)
    recipe = Recipe("eks", (), Choice(()), (), (), (), (asked_for,), (), (), (), {})
    outcome = Outcome(asked_for, Status.FAIL, "too old")
    metadata = replace(said.metadata, timestamp=START.isoformat())
    item = Item("s.yaml", seen=addressed(replace(said, metadata=metadata)))
    with past.opened(record=True, now=START + timedelta(hours=1)) as context:
        record_resolution(Resolution((), recipe, outcomes=(outcome,)), item, [], context, START)
    code, report = asked(past, capsys, "2026-03-01")
    assert (code, report["decision"]) == (0, "passed")

    later = START + timedelta(days=2)  # seen by nobody else
    metadata = replace(metadata, timestamp=later.isoformat())
    item = Item("s.yaml", seen=addressed(replace(said, metadata=metadata)))
    with past.opened(record=True, now=later + timedelta(hours=1)) as context:
        record_resolution(Resolution((), recipe, outcomes=(outcome,)), item, [], context, START)
    options = ["history", "as-of", later.isoformat(), "--db", str(past.db)]
    assert console.run(root, options) == 3
    assert "was seen by eidos recipe, which checks no cluster" in capsys.readouterr().err
    assert console.run(root, [*options, "--pack", str(tmp_path / "t")]) == 0
    assert "eidos recipe" not in capsys.readouterr().err
