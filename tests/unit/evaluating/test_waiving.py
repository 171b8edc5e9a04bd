from datetime import UTC, datetime

import pytest

from eidos.engine.evaluating.waiving import Waiving
from eidos.engine.model.report import Subject
from eidos.engine.model.rule import Scope
from eidos.engine.model.times import instant
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.model.waiver import Waiver

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ONE = Verdict("R-1", Status.FAIL, (Finding("bad", actual=1),))
FAIL = Verdict("R-1", Status.FAIL, (Finding("bad", actual="570"),))


def subject(*verdicts: Verdict) -> Subject:
    return Subject("n1", Scope.NODE, "s.yaml", "sha256:0", verdicts, cluster="prod")


def waiver(**changes: object) -> Waiver:
    fields: dict[str, object] = {
        "id": "W-1",
        "rule": "R-1",
        "owner": "team",
        "approver": "chief",
        "reason": "soon",
        "until": instant("2026-12-31", end_of_day=True),
    }
    return Waiver(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "verdict", "status", "note"),
    [
        (waiver(), FAIL, Status.WAIVED, None),
        (waiver(subjects=("prod/*",)), FAIL, Status.WAIVED, None),
        (waiver(subjects=("n1",)), FAIL, Status.WAIVED, None),
        (waiver(subjects=("dev/*",)), FAIL, Status.FAIL, "unused"),
        (waiver(rule="R-2"), FAIL, Status.FAIL, "unused"),
        (waiver(until=instant("2026-11-23", end_of_day=True)), FAIL, Status.FAIL, "expired"),
        (waiver(until=instant("2026-11-24", end_of_day=True)), FAIL, Status.WAIVED, None),
        (waiver(since=instant("2026-11-25")), FAIL, Status.FAIL, "early"),
        (waiver(value="570", has_value=True), FAIL, Status.WAIVED, None),
        (waiver(value="560", has_value=True), FAIL, Status.FAIL, "exceeded"),
        (waiver(value=True, has_value=True), ONE, Status.FAIL, "exceeded"),
        (waiver(value=None, has_value=True), FAIL, Status.FAIL, "exceeded"),
        (waiver(), Verdict("R-1", Status.PASS), Status.PASS, "redundant"),
        (waiver(), Verdict("R-1", Status.UNKNOWN), Status.UNKNOWN, "redundant"),
        (waiver(), Verdict("R-1", Status.ERROR), Status.ERROR, "redundant"),
    ],
)
def test_a_waiver_accepts_only_what_it_says(
    given: Waiver, verdict: Verdict, status: Status, note: str | None
) -> None:
    waiving = Waiving([given], NOW)
    [said] = waiving.apply(subject(verdict)).verdicts
    assert said.status is status
    assert [entry.state for entry in waiving.notes()] == ([note] if note else [])


def test_one_used_waiver_is_enough() -> None:
    expired = waiver(id="W-0", until=instant("2026-01-01"))
    waiving = Waiving([expired, waiver()], NOW)
    [said] = waiving.apply(subject(FAIL)).verdicts
    assert (said.status, said.waiver) == (Status.WAIVED, "W-1")
    assert [(note.waiver, note.state) for note in waiving.notes()] == [("W-0", "expired")]


def test_what_was_waived_is_said_as_it_was_written() -> None:
    waiving = Waiving([waiver(value=None, has_value=True)], NOW)
    waiving.apply(subject(FAIL))
    [note] = waiving.notes()
    assert note.message == "a finding goes beyond the waived value null"
