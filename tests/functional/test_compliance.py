"""``eidos history compliance`` and ``drift``: closed-form cases."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.cli import console, root
from eidos.engine.model.history import Interval, Line, Share, Who
from eidos.engine.model.rule import Scope
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Rendering
from eidos.engine.replaying.complying import shares
from eidos.engine.report.history.rows import percents, screen_names
from fakes.histories import START, Past, state, write_rules

HOUR = timedelta(hours=1)
TIMES = ("--since", "2026-03-01", "--until", "2026-03-02T00:00:00Z")
OLD = {"driver": "570.1"}


def asked(past: Past, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    arguments = ["history", *words, "--db", str(past.db), *TIMES]
    assert console.run(root, [*arguments, "-o", "json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def past(tmp_path: Path) -> Past:
    """A node that fails from 6 to 12, is fixed, fails from 15 to 18, and is then not seen."""
    past = Past(tmp_path)
    pack = write_rules(tmp_path / "t")
    for hour in range(0, 19, 3):
        bad = hour in (6, 9, 15)
        at = START + hour * HOUR
        past.see(state({"n1": OLD if bad else {}}), at, pack, known=at + HOUR / 2)
    return past


def test_time_is_weighed_and_gaps_are_unknown(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    found = asked(past, capsys, "compliance", "--rule", "T-001", "--max-age", "4h")
    shares = {(each["kind"], each["name"]): each for each in found["shares"]}
    assert set(shares) == {
        ("all", "all"),
        ("cluster", "c1"),
        ("rule", "T-001"),
        ("control", "cis-gpu:1.1"),
    }
    for each in shares.values():
        hours = {key: each[key] / 3600 for key in ("passed", "failed", "waived", "unknown")}
        assert hours == {"passed": 6 + 3 + 4, "failed": 9, "waived": 0, "unknown": 2}
        assert each["rate"] == pytest.approx(13 / 24)
        assert (each["fixed"], each["standing"], each["flapping"]) == (2, 0, 1)
        assert each["toFix"] / 3600 == pytest.approx((6 + 3) / 2)
        assert each["toDetect"] / 3600 == pytest.approx(3.5)
        assert each["flips"] == 4


def test_all_is_never_said_of_what_is_not_all(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["history", "compliance", "--db", str(past.db), *TIMES, "--rule", "T-001"]
    assert console.run(root, arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:] if line][::2] == [
        "ALL",
        "CLUSTER",
        "RULE",
        "CONTROL",
    ]
    assert "100.00" not in lines[3]


def test_what_is_not_what_it_was_and_since_when(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = past.folder / "t"
    for hour in (19, 20, 21):
        nodes = {"n1": OLD} if hour > 19 else {"n1": {}}
        past.see(state({**nodes, "n4": {"count": 8}}), START + hour * HOUR, pack)

    found = asked(past, capsys, "drift", code=1)

    assert [
        (each["name"], each["rule"], each["before"], each["after"], each["firstSeen"][11:13])
        for each in found["verdicts"]
    ] == [
        ("c1", "T-002", "pass", "fail", "19"),
        ("n1", "T-001", "pass", "fail", "20"),
    ]
    assert found["nodes"] == [{"cluster": "c1", "fate": "added", "name": "n4"}]
    [fact] = found["facts"]
    assert (fact["node"], fact["fact"], fact["before"], fact["after"]) == (
        *("n1", "gpu.smi.driver"),
        *("580.1", "570.1"),
    )
    assert fact["firstSeen"] == "2026-03-01T20:00:00Z"


def test_drift_reads_nothing_that_is_the_same(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    past.see(state({"n1": OLD}), START + 20 * HOUR, past.folder / "t")
    told = asked(past, capsys, "drift", code=1)
    with closing(sqlite3.connect(past.db)) as connection:
        connection.execute("DROP TRIGGER blobs_never_update")
        spoiled = connection.execute("UPDATE blobs SET body = x'00' WHERE kind = 'OS/release'")
        assert spoiled.rowcount == 1
        connection.commit()

    assert asked(past, capsys, "drift", code=1) == told
    assert console.run(root, ["history", "verify", "--db", str(past.db)]) == 1


def test_of_a_rule_only_what_it_looks_at_is_told(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    past.see(state({"n1": {**OLD, "release": "old"}}), START + 20 * HOUR, past.folder / "t")

    def facts(*options: str) -> list[str]:
        return [each["fact"] for each in asked(past, capsys, "drift", *options, code=1)["facts"]]

    assert facts() == ["gpu.smi.driver", "os.release.id"]
    assert facts("--rule", "T-001") == ["gpu.smi.driver"]
    assert facts("--rule", "T-00[13]") == ["gpu.smi.driver", "os.release.id"]
    assert facts("--rule", "T-003", "--node", "n1") == ["os.release.id"]
    found = asked(past, capsys, "drift", "--rule", "T-002")
    assert found["facts"] == found["verdicts"] == []


def test_what_was_not_looked_at_is_not_the_first_sight_of_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past = Past(tmp_path)
    pack = write_rules(tmp_path / "t")
    for hour, nodes in enumerate(({"n1": OLD, "n2": {}}, {"n2": {}}, {"n1": {}, "n2": {}})):
        past.see(state(nodes), START + hour * HOUR, pack)
    found = asked(past, capsys, "drift", "--rule", "T-001", code=1)
    [flip] = found["verdicts"]
    assert (flip["before"], flip["after"]) == ("fail", "pass")
    assert flip["firstSeen"] == "2026-03-01T02:00:00Z"


def test_nothing_differs(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(past, capsys, "drift")
    assert found["facts"] == found["verdicts"] == found["nodes"] == []


def test_nothing_to_compare_with(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["history", "drift", "--since", "2026-02-01", "--until", "2026-03-02"]
    assert console.run(root, [*arguments, "--db", str(past.db)]) == 2
    assert "was seen in the day before" in capsys.readouterr().err


@pytest.mark.parametrize("question", ["compliance", "timeline"])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rule", "T-0O1"], "nothing is recorded about a rule 'T-0O1'"),
        (["--node", "n9", "--rule", "T-*"], "nothing is recorded about a node 'n9'"),
        (["--since", "2199-01-01"], "--since 2199-01-01T00:00:00Z is in the future"),
        (["--since", "99999999d"], "99999999d is longer than 36525 days"),
        (["--max-age", "9" * 400 + "d"], "is longer than 36525 days"),
    ],
)
def test_what_nobody_recorded_is_no_empty_answer(
    past: Past,
    capsys: pytest.CaptureFixture[str],
    question: str,
    options: list[str],
    said: str,
) -> None:
    arguments = ["history", question, "--db", str(past.db), *TIMES, *options]
    assert console.run(root, arguments) == 2
    assert said in capsys.readouterr().err


LATER = ("--since", "2026-04-01", "--until", "2026-04-02T00:00:00Z")


def later(past: Past, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Ask about a day on which c2 was seen, and c1 had not been seen for a month."""
    for hour in (-3, 0, 12):
        at = START + 31 * 24 * HOUR + hour * HOUR
        past.see(state({"n1": {}}, "c2"), at, past.folder / "t")
    arguments = ["history", *words, "--db", str(past.db), *LATER, "-o", "json"]
    assert console.run(root, arguments) == 0
    return json.loads(capsys.readouterr().out)


def test_a_cluster_that_went_dark_before_is_unknown_and_named(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    found = later(past, capsys, "compliance", "--rule", "T-001")
    shares = {(each["kind"], each["name"]): each for each in found["shares"]}
    assert shares["cluster", "c1"]["unknown"] == 86_400
    assert shares["cluster", "c2"]["rate"] == 1
    assert shares["all", "all"]["rate"] == 0.5
    assert found["dark"] == [{"cluster": "c1", "lastSeen": "2026-03-01T18:00:00Z", "isGone": False}]
    lines = later(past, capsys, "timeline", "--rule", "T-001", "--cluster", "c1")["lines"]
    assert [[i["status"] for i in each["intervals"]] for each in lines] == [["not-seen"]]
    assert lines[0]["intervals"][0]["lastStatus"] == "pass"


def test_a_cluster_that_is_gone_is_named_and_does_not_count(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    found = later(past, capsys, "compliance", "--rule", "T-001", "--gone", "c1")
    assert ("cluster", "c1") not in {(each["kind"], each["name"]) for each in found["shares"]}
    assert found["dark"] == [{"cluster": "c1", "lastSeen": "2026-03-01T18:00:00Z", "isGone": True}]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("question", ["compliance", "timeline"])
def test_only_what_nobody_sees_can_be_gone(
    past: Past, capsys: pytest.CaptureFixture[str], question: str, form: str
) -> None:
    later(past, capsys, question)
    arguments = ["history", question, "--db", str(past.db), *LATER, "-o", form]
    assert console.run(root, [*arguments, "--gone", "c2"]) == 2
    assert "c2 is not gone" in capsys.readouterr().err
    assert console.run(root, [*arguments, "--gone", "c9"]) == 2
    assert console.run(root, arguments) == 0
    assert "2026-03-01T18:00:00Z" in capsys.readouterr().out


def gap(before: Status, after: Status | None) -> Share:
    """Give the share of a line that nobody looked at for an hour."""
    bounds = [START + hour * HOUR for hour in range(4)]
    intervals = [
        Interval(before, bounds[0], bounds[1]),
        Interval(None, bounds[1], bounds[2], last=before),
        *([Interval(after, bounds[2], bounds[3])] if after else []),
    ]
    line = Line("c1", Who(Scope.NODE, "n1"), "T-001", tuple(intervals))
    return shares([([line], {})])[0]


def test_a_rule_that_never_was_about_a_subject_does_not_count_where_nobody_looked() -> None:
    assert gap(Status.SKIP, Status.SKIP).seconds == 0
    assert gap(Status.SKIP, None).seconds == 0
    assert gap(Status.SKIP, Status.FAIL).unknown == 3600
    assert gap(Status.PASS, Status.SKIP).unknown == 3600


@given(parts=st.tuples(*[st.floats(0, 1e9)] * 4))
def test_the_shares_of_a_row_add_up_and_all_is_all(
    parts: tuple[float, float, float, float],
) -> None:
    shown = percents(parts)
    if not sum(parts):
        assert shown == ["-"] * 4
        return
    units = [round(float(each.removesuffix(" %")) * 100) for each in shown]
    assert sum(units) == 10_000
    assert all(each >= 0 for each in units)
    assert (units[0] == 10_000) == (parts[0] == sum(parts))


def test_constraints_of_recipes_leave_room_on_a_screen() -> None:
    who = "overlay.gb200-eks-ubuntu-training-kubeflow: "
    names = ["GPU-001", f"{who}k8s.server.version >= 1.32 of the cluster"]
    alike = [f"{who}{'k8s.' * 12}{end}" for end in "ab"]
    shown = screen_names([*names, *alike], Rendering(terminal=True))
    assert [shown[name] for name in names] == [
        *("GPU-001", "overlay.gb2…: k8s.server.version >= 1.32 of…"),
    ]
    assert [shown[name] for name in alike] == alike  # cut they would be one
    for whole in (Rendering(), Rendering(terminal=True, verbose=True)):
        assert screen_names(names, whole) == {name: name for name in names}


def test_a_timeline_shows_what_changed_and_counts_what_passed(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["history", "timeline", "--db", str(past.db), *TIMES]
    assert console.run(root, arguments) == 0
    shown = capsys.readouterr().out
    assert "T-001 n1" in shown
    assert "T-002 cluster" not in shown
    assert "3 rules at subjects passed throughout (--verbose shows them)" in shown
    assert console.run(root, [*arguments, "-v"]) == 0
    shown = capsys.readouterr().out
    assert "T-002 cluster" in shown
    assert "throughout" not in shown
    assert console.run(root, [*arguments, "--max-age", "1h"]) == 0
    assert "T-002 cluster" in capsys.readouterr().out, "nobody looked for hours"
