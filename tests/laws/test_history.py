"""What history answers is what brute force over the same past gives."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.app.as_of import AsOfRequest, as_of
from eidos.engine.app.backtest import BackTestRequest, backtest
from eidos.engine.app.compliance import compliance
from eidos.engine.app.past import Rejudging, policy_of
from eidos.engine.app.past_drift import past_drift
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.app.timeline import timeline
from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.snapshots import compare
from eidos.engine.errors import UsageError
from eidos.engine.model.history import Impact, Window
from eidos.engine.model.snapshot import Collection, CollectorState
from eidos.engine.model.verdict import Status
from fakes.histories import NOW, START, Past, brute, state, write_rules

HOUR = timedelta(hours=1)
NODES = st.dictionaries(
    st.sampled_from(["n1", "n2", "n3"]),
    st.fixed_dictionaries(
        {},
        optional={
            "driver": st.sampled_from(["570.1", "580.1", "590.1", None]),
            "count": st.sampled_from([4, 8]),
            "release": st.sampled_from(["old", "new", None]),
            "noise": st.integers(0, 2),
        },
    ),
    max_size=3,
)
GAPS = st.lists(
    st.builds(
        Collection,
        st.just("GPU"),
        st.sampled_from([CollectorState.FAILED, CollectorState.EXCLUDED]),
        st.just("smi"),
        st.sampled_from([None, "n1", "n4"]),
        st.sampled_from(["no driver", None]),
    ),
    max_size=1,
).map(tuple)
SIGHTS = st.lists(
    st.tuples(st.integers(0, 500), st.sampled_from(["c1", "c2"]), NODES, GAPS),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each[:2],
)


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("packs")
    stricter = 'deny contains "all" if input.gpu.smi.driver != "590.1"\n'
    laxer = 'deny contains "none" if false\n'
    return write_rules(folder / "t"), write_rules(
        folder / "new", "2.0.0", driver=stricter, named=laxer
    )


def made(folder: Path, sights: list[Any], pack: Path) -> Past:
    past = Past(folder)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
    for hour, cluster, nodes, gaps in sights:
        past.see(state(nodes, cluster, gaps), START + hour * HOUR, pack)
    return past


EVER = Window(since=datetime(2026, 2, 1, tzinfo=UTC), until=NOW)
FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(sights=SIGHTS)
def test_every_stored_verdict_is_its_recomputation(
    tmp_path: Path, packs: tuple[Path, Path], sights: list[Any]
) -> None:
    past = made(tmp_path, sights, packs[0])
    with past.opened() as context:
        for cluster in context.store.clusters():
            for capture in context.store.captures(cluster):
                policy = policy_of([capture], context)
                [said] = Rejudging(policy.rules, context, policy.effective).said([capture])
                assert said == capture.said


@FEW
@given(sights=SIGHTS)
def test_a_back_test_is_brute_force(
    tmp_path: Path, packs: tuple[Path, Path], sights: list[Any]
) -> None:
    past = made(tmp_path, sights, packs[0])
    with past.opened() as context:
        new = PolicyRequest(packs=(str(packs[1]),))
        policy = resolve(new, context)
        found = backtest(BackTestRequest(asked=EVER, policy=new), context)
        clusters = context.store.clusters()
        recorded = {
            (capture.cluster, capture.at, who.name, verdict.rule): verdict.status.value
            for cluster in clusters
            for capture in context.store.captures(cluster)
            for who, verdicts in capture.said.items()
            for verdict in verdicts
        }
    failed: dict[str, set[Any]] = defaultdict(set)
    changes: dict[str, set[bool]] = defaultdict(set)
    rank = {"fail": 2, "unknown": 1, "error": 1}
    for cluster, at, said in brute(past, policy, clusters):
        for (name, rule), status in said.items():
            if status == "fail":
                failed[rule].add((cluster, at, name))
            before = rank.get(recorded.get((cluster, at, name, rule), "pass"), 0)
            if before != rank.get(status, 0):
                changes[rule].add(rank.get(status, 0) > before)
    assert {each.rule for each in found.rules} == {rule.id for rule in policy.rules}
    for each in found.rules:
        seen = failed[each.rule]
        assert each.failing == len(seen)
        assert each.clusters == tuple(sorted({cluster for cluster, _, _ in seen}))
        assert each.subjects == len({(cluster, name) for cluster, _, name in seen})
        assert each.days == len({at.date() for _, at, _ in seen})
        assert each.first == min((at for _, at, _ in seen), default=None)
        assert each.last == max((at for _, at, _ in seen), default=None)
        ways = changes[each.rule]
        assert (
            each.impact
            is {
                (False, False): Impact.NEUTRAL,
                (True, False): Impact.TIGHTENING,
                (False, True): Impact.LOOSENING,
                (True, True): Impact.MIXED,
            }[True in ways, False in ways]
        )
        assert len(each.examples) == len(ways)


@FEW
@given(sights=SIGHTS, hour=st.integers(0, 600))
def test_as_of_is_what_was_last_seen_judged_on_that_day(
    tmp_path: Path, packs: tuple[Path, Path], sights: list[Any], hour: int
) -> None:
    past = made(tmp_path, sights, packs[0])
    moment = START + hour * HOUR
    last: dict[str, int] = {}
    for at, cluster, *_ in sights:
        if at <= hour:
            last[cluster] = max(at, last.get(cluster, 0))
    asked = Window(since=EVER.since, until=moment)
    with past.opened() as context:
        policy = resolve(PolicyRequest(packs=(str(packs[0]),), effective_time=moment), context)
        expected: dict[str, dict[tuple[str, str], str]] = {}
        if not last:
            return
        report = as_of(AsOfRequest(asked=asked, policy=PolicyRequest()), context)
    for cluster, at, _ in brute(past, policy, sorted(last)):
        if at == START + last[cluster] * HOUR:
            expected[cluster] = {}
    found: dict[str, dict[tuple[str, str], Status]] = defaultdict(dict)
    for subject, verdict in report.verdicts():
        found[subject.cluster or ""][subject.name, verdict.rule] = verdict.status
        assert subject.timestamp is not None
        assert (
            datetime.fromisoformat(subject.timestamp) == START + last[subject.cluster or ""] * HOUR
        )
    assert found.keys() == expected.keys()
    with past.opened() as context:
        for cluster, at in last.items():
            [capture] = context.store.captures(cluster, START + at * HOUR, START + at * HOUR)
            [said] = Rejudging(policy.rules, context, moment).said([capture])
            is_dark = moment - (START + at * HOUR) > timedelta(hours=24)
            assert found[cluster] == {
                (who.name, verdict.rule): Status.UNKNOWN if is_dark else verdict.status
                for who, verdicts in said.items()
                for verdict in verdicts
            }


@FEW
@given(sights=SIGHTS, since=st.integers(0, 500), until=st.integers(0, 501))
def test_drift_between_two_moments_is_the_difference_of_the_whole_snapshots(
    tmp_path: Path, packs: tuple[Path, Path], sights: list[Any], since: int, until: int
) -> None:
    past = made(tmp_path, sights, packs[0])
    asked = Window(
        since=START + (min(since, until) - 1) * HOUR, until=START + max(since, until) * HOUR
    )
    moved, fates, hidden = [], [], 0
    with past.opened() as context:
        # Facts speak for a day: a cluster that was not seen in the day before is left out.
        there = [
            cluster
            for cluster in context.store.clusters()
            if context.store.captures(cluster, asked.since - timedelta(hours=24), asked.since)
        ]
        for cluster in there:
            sides = [context.store.snapshot_of(cluster, at) for at in (asked.since, asked.until)]
            found = compare(*sides)
            sifted = Sieve(default_ignores(), asked.until).sift(found.changes, found.not_comparable)
            hidden += len(found.changes) - len(sifted.kept)
            fates += [(cluster, each.fate.value) for each in found.pairing.changes]
            moved += [
                (cluster, each.node, each.fact, each.kind.value, each.before, each.after)
                for each in sifted.kept
            ]
        if not there:
            with pytest.raises(UsageError):
                past_drift(asked, context)
            return
        told = past_drift(asked, context)
    assert [
        (each.cluster, each.node, each.fact, each.kind, each.before, each.after)
        for each in told.moved
    ] == moved
    assert [(cluster, fate) for cluster, fate, _ in told.nodes] == fates
    assert told.ignored == hidden


@FEW
@given(sights=SIGHTS, hour=st.integers(0, 600), age=st.sampled_from([1, 24, 100]))
def test_as_of_a_timeline_and_compliance_agree_at_every_moment(
    tmp_path: Path, packs: tuple[Path, Path], sights: list[Any], hour: int, age: int
) -> None:
    """Of rules that see no day, and half an hour after a full one: bounds belong to both sides."""
    past = made(tmp_path, sights, packs[0])
    moment, max_age = START + hour * HOUR + HOUR / 2, age * HOUR
    if min(at for at, *_ in sights) > hour:
        return
    asked = Window(since=moment - timedelta(seconds=2), until=moment, rules=("T-00[124]",))
    with past.opened() as context:
        ask = AsOfRequest(asked=asked, policy=PolicyRequest(), max_age=max_age)
        report = as_of(ask, context)
        found = timeline(asked, context, max_age)
        shared = compliance(asked, context, max_age)
    held = {
        (line.cluster, line.who.name, line.rule): line.intervals[-1].status for line in found.lines
    }
    dark = {each.cluster for each in found.dark}
    assert shared.dark == found.dark
    for subject, verdict in report.verdicts():
        then = held[subject.cluster or "", subject.name, verdict.rule]
        assert verdict.status is (then or Status.UNKNOWN)
        assert (then is None) == (subject.cluster in dark)
    assert {problem.code for problem in report.problems} == ({"too-old"} if dark else set())
    if dark:
        assert shared.shares[0].rate != 1 or not shared.shares[0].unknown
        names = {each.name for each in shared.shares if each.kind == "cluster"}
        assert dark <= names
