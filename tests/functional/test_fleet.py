"""A fleet that worker processes judge gets the report that one process gives."""

import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.app import check as checking
from eidos.engine.app import fleet
from eidos.engine.app.check import check
from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.model.report import Report

NODE = """\
apiVersion: eidos.dev/v1
kind: Snapshot
metadata: {{cluster: c{number}, timestamp: "2026-01-01T00:00:00Z", labels: {{quiet: q{value}}}}}
nodes:
  - name: n{number}
    measurements:
      - type: OS
        subtypes: [{{subtype: grub, data: {{quiet: "{value}"}}}}]
"""
RULE = """\
# METADATA
# title: The kernel is not quiet
# custom:
#   id: T-001
#   severity: high
#   scope: node
#   requires: [os.grub.quiet]
#   remediation: None.
package eidos.t.quiet

deny contains {"msg": sprintf("quiet is %v", [input.os.grub.quiet]), "path": "os.grub.quiet"} if {
	print("saw", input.os.grub.quiet)
	input.os.grub.quiet != "0"
}
"""
WAIVERS = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
  - id: w1
    subjects: ["c3/*"]
    rule: T-001
    owner: me
    approver: you
    reason: known
    until: 2026-08-20
  - id: w3
    subjects: {labels: {quiet: q4}}
    rule: T-001
    owner: me
    approver: you
    reason: known
    until: 2026-08-20
  - id: w2
    subjects: ["x/*"]
    rule: T-001
    owner: me
    approver: you
    reason: known
    until: 2026-08-20
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pack = tmp_path / "t"
    pack.mkdir()
    (pack / "pack.yaml").write_text("name: t\nversion: 0.1.0\n")
    (pack / "quiet.rego").write_text(RULE)
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    folder = tmp_path / "fleet"
    folder.mkdir()
    for number in range(40):
        text = NODE.format(number=number, value=number % 7)
        (folder / f"n{number:02}.yaml").write_text(text)
    (folder / "n05.yaml").write_text("{")
    (folder / "n33.yaml").write_text("apiVersion: eidos.dev/v1\nkind: Snapshot\nnodes: 3\n")
    return tmp_path


def judged(here: Path, references: list[str], **opening: Any) -> Report:
    request = PolicyRequest(
        packs=(str(here / "t"),),
        waivers=(str(here / "waivers.yaml"),),
        effective_time=datetime(2026, 6, 1, tzinfo=UTC),
    )
    chosen = Opening(**{"engine": "light", "cores": 2, **opening})
    with Context(chosen) as context:
        report = check(references, resolve(request, context), context)
    return replace(report, run="", started="")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "FLEET", 2)


@pytest.fixture
def alone(here: Path) -> Report:
    return judged(here, REFERENCES, cores=1)


REFERENCES = ["fleet/n20.yaml", "nowhere", "fleet", "fleet/n2*.yaml"]


@pytest.mark.usefixtures("small")
def test_many_processes_say_what_one_says(here: Path, alone: Report) -> None:
    report = judged(here, REFERENCES)
    assert report == alone
    assert len(report.subjects) == 38
    assert len(report.problems) == 3
    assert report.prints
    assert {note.state for note in report.waiver_notes} == {"unused"}
    waived = {subject.name for subject, each in report.verdicts() if each.waiver == "w3"}
    assert waived == {f"n{number}" for number in range(4, 40, 7)}


@pytest.mark.usefixtures("small")
def test_a_fleet_is_recorded_as_one_process_records_it(here: Path, alone: Report) -> None:
    report = judged(here, REFERENCES, record=True, db=here / "many.db")
    assert report == alone
    again = judged(here, REFERENCES, record=True, db=here / "many.db")
    assert again == replace(alone, prints=())  # nothing was asked again
    judged(here, REFERENCES, record=True, db=here / "one.db", cores=1)
    stored = []
    for name in ("one.db", "many.db"):
        with Context(Opening(db=here / name)) as context:
            [*_, first] = context.store.runs()
            seen = [each.digest for each in context.store.snapshots_of_run(first.run)]
            stored.append((replace(context.store.run(first.run), run="", started=""), seen))
    assert stored[0] == stored[1]


@pytest.mark.usefixtures("small")
def test_workers_believe_nothing_that_was_sealed_otherwise(here: Path, alone: Report) -> None:
    judged(here, REFERENCES, record=True, db=here / "forged.db")
    with closing(sqlite3.connect(here / "forged.db")) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute("UPDATE memos SET seal = zeroblob(32)").rowcount
        connection.commit()
    assert judged(here, REFERENCES, record=True, db=here / "forged.db") == alone  # prints, too


def kill_workers(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Kill the first workers that are handed a batch."""
    hand = fleet._Worker.send
    killed: list[int] = []

    def send(worker: Any, batch: Any) -> None:
        hand(worker, batch)
        if len(killed) < times:
            os.kill(worker.pid, signal.SIGKILL)
            killed.append(worker.pid)

    monkeypatch.setattr(fleet._Worker, "send", send)


@pytest.mark.usefixtures("small")
def test_a_worker_that_is_killed_loses_nothing(
    here: Path, alone: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_workers(monkeypatch, 1)
    assert judged(here, REFERENCES) == alone


@pytest.mark.usefixtures("small")
def test_what_kills_every_worker_is_told_for_each_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_workers(monkeypatch, 1000)
    report = judged(here, ["fleet"])
    assert not report.subjects
    assert len(report.problems) == 40
    assert all("ended unexpectedly, twice" in problem.message for problem in report.problems)
    assert [problem.location.file for problem in report.problems if problem.location] == [
        f"fleet/n{number:02}.yaml" for number in range(40)
    ]
    assert report.exit_code == 2
