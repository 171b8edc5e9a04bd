from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.evaluating.waiving import Waiving, unwaived
from eidos.engine.model.report import Subject
from eidos.engine.model.rule import Control, Rule, Scope, Severity
from eidos.engine.model.times import instant
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.model.waiver import Revocation, Subjects, Waiver, WaiverState

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ONE = Verdict("R-1", Status.FAIL, (Finding("bad", actual=1),))
FAIL = Verdict("R-1", Status.FAIL, (Finding("bad", actual="570"),))
BLIND = Verdict("R-1", Status.FAIL, (Finding("bad"),), reason="os.grub was not collected")
REVOKED = Revocation(instant("2026-11-20"), "chief", "fixed")


def rule(name: str, **more: Any) -> Rule:
    fields = {"title": name, "severity": Severity.HIGH, "scope": Scope.NODE, "package": name}
    return Rule(id=name, **fields, modules=(), entrypoints=(), digest="", **more)


RULES = [
    rule("R-1", tags=("gpu",), controls=(Control("cis", "1.1"),)),
    rule("R-2", tags=("gpu", "os")),
    rule("R-3", tags=("gpu",), waivable_days=0),
]


def subject(*verdicts: Verdict, **more: Any) -> Subject:
    about = {"cluster": "prod", "labels": {"env": "prod", "zone": "a"}, **more}
    return Subject("n1", Scope.NODE, "s.yaml", "sha256:0", verdicts, **about)


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


def for_tag(tag: str, **changes: object) -> Waiver:
    return waiver(**{"rule": "", "tag": tag, **changes})


@pytest.mark.parametrize(
    ("given", "verdict", "status", "note"),
    [
        (waiver(), FAIL, Status.WAIVED, None),
        (waiver(subjects=Subjects(("prod/*",))), FAIL, Status.WAIVED, None),
        (waiver(subjects=Subjects(("n1",))), FAIL, Status.WAIVED, None),
        (waiver(subjects=Subjects(("dev/*",))), FAIL, Status.FAIL, "unused"),
        (waiver(subjects=Subjects(clusters=("pro*",))), FAIL, Status.WAIVED, None),
        (waiver(subjects=Subjects(clusters=("dev",))), FAIL, Status.FAIL, "unused"),
        (waiver(subjects=Subjects(nodes=("n?",))), FAIL, Status.WAIVED, None),
        (waiver(subjects=Subjects(nodes=("prod/n1",))), FAIL, Status.FAIL, "unused"),
        (waiver(subjects=Subjects(labels={"env": "prod"})), FAIL, Status.WAIVED, None),
        (waiver(subjects=Subjects(labels={"env": "pro*"})), FAIL, Status.FAIL, "unused"),
        (waiver(subjects=Subjects(labels={"tier": ""})), FAIL, Status.FAIL, "unused"),
        (
            waiver(subjects=Subjects(("prod/*",), ("dev",), ("n1",))),
            FAIL,
            Status.FAIL,
            "unused",
        ),
        (waiver(rule="R-2"), FAIL, Status.FAIL, "unused"),
        (for_tag("gpu"), FAIL, Status.WAIVED, "broad"),
        (for_tag("cis"), FAIL, Status.WAIVED, "broad"),
        (for_tag("os"), FAIL, Status.FAIL, "unused"),
        (for_tag("gp*"), FAIL, Status.FAIL, "unused"),
        (waiver(until=instant("2026-11-23", end_of_day=True)), FAIL, Status.FAIL, "expired"),
        (waiver(until=instant("2026-11-24", end_of_day=True)), FAIL, Status.WAIVED, None),
        (waiver(since=instant("2026-11-25")), FAIL, Status.FAIL, "pending"),
        (waiver(revoked=REVOKED), FAIL, Status.FAIL, "revoked"),
        (waiver(value="570", has_value=True), FAIL, Status.WAIVED, None),
        (waiver(value="560", has_value=True), FAIL, Status.FAIL, "exceeded"),
        (waiver(value=True, has_value=True), ONE, Status.FAIL, "exceeded"),
        (waiver(value=[True], has_value=True), ONE, Status.FAIL, "exceeded"),
        (waiver(value=None, has_value=True), FAIL, Status.FAIL, "exceeded"),
        (waiver(values=("560", "570")), FAIL, Status.WAIVED, None),
        (waiver(values=(570,)), FAIL, Status.FAIL, "exceeded"),
        (waiver(), Verdict("R-1", Status.PASS), Status.PASS, "redundant"),
        (waiver(), Verdict("R-1", Status.WARN), Status.WARN, "redundant"),
        (waiver(), Verdict("R-1", Status.SKIP), Status.SKIP, "redundant"),
        (waiver(), Verdict("R-1", Status.UNKNOWN), Status.UNKNOWN, "redundant"),
        (waiver(), Verdict("R-1", Status.NOT_ASKABLE), Status.NOT_ASKABLE, "redundant"),
        (waiver(), Verdict("R-1", Status.ERROR), Status.ERROR, "redundant"),
        (waiver(rule="R-3"), Verdict("R-3", Status.FAIL), Status.FAIL, "unused"),
        (for_tag("gpu"), Verdict("R-3", Status.FAIL), Status.FAIL, "unused"),
        (waiver(value=1, has_value=True), Verdict("R-1", Status.FAIL), Status.FAIL, "exceeded"),
    ],
)
def test_a_waiver_accepts_only_what_it_says(
    given: Waiver, verdict: Verdict, status: Status, note: str | None
) -> None:
    waiving = Waiving([given], RULES, NOW)
    [said] = waiving.apply(subject(verdict)).verdicts
    assert said.status is status
    assert [entry.state for entry in waiving.notes()] == ([note] if note else [])


@pytest.mark.parametrize(
    ("least", "most", "actual", "is_waived"),
    [
        (1, 3, 3, True),
        (1, 3, 1, True),
        (1, 3, 3.5, False),
        (None, 3, 0, True),
        (1, None, 99, True),
        (1, 3, True, False),
        (1, 3, None, False),
        (1, 3, [2], False),
        (1, 3, "two", False),
        (None, 90, "9", True),
        ("570.86", "580.90", "580.82.07", True),
        ("570.86", "580.90", "580.90", True),
        ("570.86", "580.90", "580.90.0", True),
        ("570.86", "580.90", "580.90.1", False),
        ("570.86", "580.90", "570.85.9", False),
        (580.82, None, "580.82.07", True),
        (None, "1.10", "1.9", True),
        (None, "1.10", 1.2, False),
        (None, "v1.30", "v1.30.0", True),
        (None, "1.30", "1.30.0-rc1", False),
        (None, "9", "9" * 5000, False),
    ],
)
def test_a_range_is_of_numbers_or_of_versions(
    least: Any, most: Any, actual: Any, is_waived: bool
) -> None:
    waiving = Waiving([waiver(least=least, most=most)], RULES, NOW)
    fail = Verdict("R-1", Status.FAIL, (Finding("bad", actual=actual),))
    assert (waiving.apply(subject(fail)).verdicts[0].status is Status.WAIVED) is is_waived


def test_every_finding_must_be_covered_by_the_same_waiver() -> None:
    two = Verdict("R-1", Status.FAIL, (Finding("bad", actual=1), Finding("bad", actual=2)))
    only = [waiver(id=f"W-{n}", value=n, has_value=True) for n in (1, 2)]
    waiving = Waiving(only, RULES, NOW)
    assert waiving.apply(subject(two)).verdicts == (two,)
    assert [note.state for note in waiving.notes()] == ["exceeded", "exceeded"]
    both = [*only, waiver(id="W-3", values=(1, 2))]
    [said] = Waiving(both, RULES, NOW).apply(subject(two)).verdicts
    assert (said.status, said.waiver) == (Status.WAIVED, "W-3")


def test_who_waives_what_was_found_waives_nothing_that_was_not_seen() -> None:
    [said] = Waiving([waiver()], RULES, NOW).apply(subject(BLIND)).verdicts
    assert (said.status, said.waiver) == (Status.UNKNOWN, "W-1")
    assert said.reason == (
        "os.grub was not collected; what is violated is waived by W-1 "
        "(owner team, approver chief, until 2026-12-31): soon"
    )


def test_one_used_waiver_is_enough() -> None:
    expired = waiver(id="W-0", until=instant("2026-01-01"))
    revoked = waiver(id="W-2", revoked=REVOKED, until=instant("2027-01-01"))
    waiving = Waiving([expired, revoked, waiver()], RULES, NOW)
    [said] = waiving.apply(subject(FAIL)).verdicts
    assert (said.status, said.waiver) == (Status.WAIVED, "W-1")
    states = [(note.waiver, note.state) for note in waiving.notes()]
    assert states == [("W-0", "expired"), ("W-2", "revoked")]


@pytest.mark.parametrize(
    ("others", "named"),
    [
        ([waiver(id="W-0", until=instant("2026-12-30"))], "W-1"),
        ([waiver(id="W-2", until=instant("2027-01-01"))], "W-2"),
        ([for_tag("gpu", id="W-0")], "W-1"),
        ([for_tag("gpu", id="W-0", until=instant("2027-01-01"))], "W-0"),
        ([waiver(id="W-0")], "W-0"),
        ([waiver(id="W-9", value="560", has_value=True, until=instant("2027-01-01"))], "W-1"),
    ],
)
def test_of_several_the_one_that_lasts_longest_is_named(others: list[Waiver], named: str) -> None:
    waiving = Waiving([waiver(), *others], RULES, NOW)
    [said] = waiving.apply(subject(FAIL)).verdicts
    assert said.waiver == named
    other = {"W-1", others[0].id} - {named}
    [note] = [each for each in waiving.notes() if each.state != "broad"]
    assert {note.waiver} == other
    if note.state == "redundant":
        assert note.message == f"{named} waives all that it would"


def test_a_waiver_for_a_tag_tells_how_much_it_waives() -> None:
    """Each subject counts once, and what nobody may waive is not counted."""
    failed = Verdict("R-2", Status.FAIL, FAIL.findings * 2)
    waiving = Waiving([for_tag("gpu")], RULES, NOW)
    for _ in range(2):
        waiving.apply(subject(FAIL, failed, Verdict("R-3", Status.FAIL)))
    waiving.apply(replace(subject(FAIL), name="n2"))
    [note] = waiving.notes()
    assert (note.waiver, note.rule, note.state) == ("W-1", "tag gpu", "broad")
    assert note.message == (
        f"waives {4 * len(FAIL.findings)} findings of 2 rules at 2 subjects; "
        "it is for 2 of the rules asked"
    )


def test_what_was_waived_is_said_as_it_was_written() -> None:
    waiving = Waiving([waiver(value=None, has_value=True)], RULES, NOW)
    waiving.apply(subject(FAIL))
    [note] = waiving.notes()
    assert note.message == "a finding goes beyond the waived value null"


def test_what_is_revoked_and_met_by_nothing_is_no_news() -> None:
    revoked = waiver(revoked=REVOKED, subjects=Subjects(("dev/*",)))
    waiving = Waiving([revoked], RULES, NOW)
    waiving.apply(subject(FAIL))
    assert waiving.notes() == ()


# Laws -------------------------------------------------------------------------------------------

DAYS = st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days))
MOMENTS = st.builds(lambda day, step: day + step * datetime.resolution, DAYS, st.integers(-1, 1))
ACTUALS = st.sampled_from([1, 2, 3, "1.5", None])
WAIVERS = st.lists(
    st.builds(
        waiver,
        id=st.integers(0, 99).map(lambda n: f"W-{n}"),
        rule=st.sampled_from(["R-1", "R-2", "R-3"]),
        until=MOMENTS,
        since=st.none() | MOMENTS,
        tag=st.none() | st.sampled_from(["gpu", "os"]),
        subjects=st.sampled_from([Subjects(), Subjects(("n1",)), Subjects(clusters=("dev",))]),
        values=st.just(()) | st.lists(ACTUALS, min_size=1, max_size=2).map(tuple),
        most=st.none() | st.integers(1, 3),
        revoked=st.none() | st.builds(Revocation, MOMENTS, st.just("x"), st.just("y")),
    ),
    max_size=5,
    unique_by=lambda each: each.id,
)
VERDICTS = st.builds(
    Verdict,
    st.sampled_from(["R-1", "R-2", "R-3"]),
    st.sampled_from(Status).filter(lambda status: status is not Status.WAIVED),
    st.lists(st.builds(Finding, st.just("bad"), actual=ACTUALS), max_size=2).map(tuple),
)


def judged(waivers: list[Waiver], verdicts: list[Verdict], at: datetime = NOW) -> Subject:
    return Waiving(waivers, RULES, at).apply(subject(*verdicts))


@given(WAIVERS, WAIVERS, st.lists(VERDICTS, max_size=4))
def test_one_more_waiver_changes_nothing_but_failures(
    waivers: list[Waiver], more: list[Waiver], verdicts: list[Verdict]
) -> None:
    taken = {each.id for each in waivers}
    more = [each for each in more if each.id not in taken]
    before, after = judged(waivers, verdicts), judged([*waivers, *more], verdicts)
    for bare, old, new in zip(verdicts, before.verdicts, after.verdicts, strict=True):
        assert new.status is old.status or (old.status, new.status) == (Status.FAIL, Status.WAIVED)
        if bare.status is not Status.FAIL:
            assert new is bare


@given(WAIVERS, st.lists(VERDICTS, max_size=4), st.randoms())
def test_the_order_of_waivers_is_no_matter(
    waivers: list[Waiver], verdicts: list[Verdict], random: Any
) -> None:
    shuffled = random.sample(waivers, len(waivers))
    sides = [Waiving(each, RULES, NOW) for each in (waivers, shuffled)]
    assert sides[0].apply(subject(*verdicts)) == sides[1].apply(subject(*verdicts))
    assert sides[0].notes() == sides[1].notes()


@given(WAIVERS, st.lists(VERDICTS, max_size=4))
def test_what_ends_leaves_the_verdict_as_it_was(
    waivers: list[Waiver], verdicts: list[Verdict]
) -> None:
    late = max((each.until for each in waivers), default=NOW) + datetime.resolution
    assert judged(waivers, verdicts, late).verdicts == tuple(verdicts)
    assert tuple(map(unwaived, judged(waivers, verdicts).verdicts)) == tuple(verdicts)


@given(WAIVERS, VERDICTS, MOMENTS)
def test_what_is_waived_follows_from_each_waiver_and_the_moment(
    waivers: list[Waiver], verdict: Verdict, at: datetime
) -> None:
    alone = [judged([each], [verdict], at).verdicts[0] for each in waivers]
    together = judged(waivers, [verdict], at).verdicts[0]
    assert (together.waiver is not None) == any(each.waiver is not None for each in alone)
    for each, said in zip(waivers, alone, strict=True):
        if each.state(at) is not WaiverState.ACTIVE:
            assert said == verdict


@given(WAIVERS, VERDICTS, MOMENTS)
def test_between_two_turns_nothing_changes(
    waivers: list[Waiver], verdict: Verdict, at: datetime
) -> None:
    turns = sorted(turn for each in waivers for turn in each.turns() if turn > at)
    last = (turns[0] if turns else at + timedelta(days=9)) - datetime.resolution
    assert judged(waivers, [verdict], at) == judged(waivers, [verdict], last)
