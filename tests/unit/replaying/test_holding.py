"""From sights to intervals."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.model.history import Capture, Interval, Line, Who, Window
from eidos.engine.model.rule import Scope
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.replaying.holding import lines

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGE = 4 * HOUR
N1, N2 = (Who(Scope.NODE, name) for name in ("n1", "n2"))


def at(hour: float) -> datetime:
    return START + hour * HOUR


def seen(hour: float, run: str = "r", **nodes: Status) -> Capture:
    said = {Who(Scope.NODE, name): (Verdict("A", status),) for name, status in nodes.items()}
    return Capture("c", at(hour), run, "sha256:0", at(hour), None, said)


def told(captures: list[Capture], since: float = 0, until: float = 10) -> dict[str, list[object]]:
    window = Window(since=at(since), until=at(until))
    return {
        line.who.name: [
            (
                each.status.value if each.status else None,
                (each.since - START) / HOUR,
                (each.until - START) / HOUR,
            )
            for each in line.intervals
        ]
        for line in lines(captures, window, AGE)
    }


def test_a_status_holds_until_another_is_found() -> None:
    past = [
        seen(0, n1=Status.PASS),
        seen(3, n1=Status.PASS),
        seen(5, n1=Status.FAIL),
        seen(8, n1=Status.PASS),
    ]
    assert told(past) == {"n1": [("pass", 0, 5), ("fail", 5, 8), ("pass", 8, 10)]}


def test_nobody_knows_what_nobody_looked_at() -> None:
    past = [seen(0, n1=Status.PASS), seen(6, n1=Status.PASS)]
    assert told(past, until=12) == {
        "n1": [("pass", 0, 4), (None, 4, 6), ("pass", 6, 10), (None, 10, 12)]
    }


def test_who_is_not_seen_while_its_cluster_is_has_gone() -> None:
    past = [seen(0, n1=Status.FAIL, n2=Status.PASS), *(seen(h, n2=Status.PASS) for h in (3, 6, 9))]
    assert told(past) == {
        "n1": [("fail", 0, 4), (None, 4, 6)],
        "n2": [("pass", 0, 10)],
    }


def test_what_is_recorded_later_of_one_time_stands() -> None:
    past = [
        seen(0, n1=Status.PASS),
        seen(2, "first", n1=Status.FAIL),
        seen(2, "then", n1=Status.PASS),
        seen(3, n1=Status.FAIL),
    ]
    found = [each for each in told(past, until=5)["n1"] if each[1] != each[2]]
    assert found[0] == ("pass", 0, 2)
    assert found[-1] == ("fail", 3, 5)


def test_the_window_cuts_what_reaches_over_its_ends() -> None:
    past = [seen(0, n1=Status.PASS), seen(3, n1=Status.FAIL)]
    assert told(past, since=2, until=4) == {"n1": [("pass", 2, 3), ("fail", 3, 4)]}


def test_an_interval_says_when_it_may_have_begun_and_when_it_was_known() -> None:
    past = [seen(0, n1=Status.PASS), seen(2, "r2", n1=Status.FAIL)]
    window = Window(since=at(0), until=at(3))
    [line] = lines(past, window, AGE)
    assert line == Line(
        "c",
        N1,
        "A",
        (
            Interval(Status.PASS, at(0), at(2), "r", None, None, at(0)),
            Interval(Status.FAIL, at(2), at(3), "r2", None, at(0), at(2)),
        ),
    )


def test_only_what_is_asked_about_is_told() -> None:
    past = [seen(0, n1=Status.PASS, n2=Status.PASS)]
    window = Window(since=at(0), until=at(1), nodes=("n2",))
    assert [line.who for line in lines(past, window, AGE)] == [N2]
    window = Window(since=at(0), until=at(1), rules=("B*",))
    assert not list(lines(past, window, AGE))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.dictionaries(
                st.sampled_from(["n1", "n2"]), st.sampled_from([Status.PASS, Status.FAIL])
            ),
        ),
        min_size=1,
        max_size=12,
        unique_by=lambda each: each[0],
    )
)
def test_each_moment_is_what_the_last_sight_said(
    sights: list[tuple[int, dict[str, Status]]],
) -> None:
    past = [seen(hour, **nodes) for hour, nodes in sorted(sights, key=lambda each: each[0])]
    found = told(past, since=0, until=48)
    for name in ("n1", "n2"):
        for half in range(1, 96, 2):
            hour = half / 2
            held = [each[0] for each in found.get(name, []) if each[1] <= hour < each[2]]
            last = [each for each in past if name in str(each.said) and each.at <= at(hour)]
            fresh = bool(last) and at(hour) - last[-1].at <= AGE
            if fresh:
                assert held == [last[-1].said[Who(Scope.NODE, name)][0].status.value]
            else:
                assert held in ([], [None])
