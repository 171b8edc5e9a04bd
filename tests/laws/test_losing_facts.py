"""The first promise: nothing checked is never a pass, and losing facts never makes one."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eidos.engine.app.judging import candidates
from eidos.engine.app.policies import load_packs
from eidos.engine.app.reader import Item
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.snapshot import (
    Collection,
    CollectorState,
    Measurement,
    Node,
    Snapshot,
    Subtype,
)
from eidos.engine.model.verdict import Status
from eidos.engine.rego.light import LightEngine
from fakes.policies import cluster_of, nodes_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "ci-examples" / "cluster.yaml"
Verdicts = dict[tuple[str, str], Status]
Place = tuple[str | None, str, str]


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine()) as engine:
        yield engine


@pytest.fixture(scope="module")
def rules(engine: LightEngine) -> list[Rule]:
    return [rule for pack in load_packs((), engine) for rule in pack.rules]


@pytest.fixture(scope="module")
def judge(engine: LightEngine, rules: list[Rule]) -> Judge:
    return Judge(rules, engine, NoMemo(), NOW)


@pytest.fixture(scope="module", params=["example", "gb200"])
def taken(request: pytest.FixtureRequest) -> Snapshot:
    path = EXAMPLE
    if request.param == "gb200":
        path = request.getfixturevalue("shared") / "data" / "snapshots" / "gb200.yaml"
    [document] = read_documents(Source(path.name, path))
    return read_snapshot(document).snapshot


def judged(judge: Judge, taken: Snapshot) -> Verdicts:
    subjects = [cluster_of(taken), *nodes_of(taken)]
    return {
        (subject.scope + subject.name, verdict.rule): verdict.status
        for subject, verdicts in zip(subjects, judge.judge(subjects), strict=True)
        for verdict in verdicts
    }


def places(taken: Snapshot) -> list[Place]:
    groups = [(None, taken.measurements), *((node.name, node.measurements) for node in taken.nodes)]
    return [
        (name, measurement.type, subtype.name)
        for name, measurements in groups
        for measurement in measurements
        for subtype in measurement.subtypes
    ]


def without(taken: Snapshot, lost: Sequence[Place]) -> Snapshot:
    def left(node: str | None, measurements: tuple[Measurement, ...]) -> tuple[Measurement, ...]:
        return tuple(
            replace(
                measurement,
                subtypes=tuple(
                    subtype
                    for subtype in measurement.subtypes
                    if (node, measurement.type, subtype.name) not in lost
                ),
            )
            for measurement in measurements
        )

    nodes = tuple(Node(node.name, left(node.name, node.measurements)) for node in taken.nodes)
    return replace(taken, measurements=left(None, taken.measurements), nodes=nodes)


def emptied(taken: Snapshot, place: Place) -> Snapshot:
    """A collector that failed and left an empty subtype behind, and says so."""
    name, kind, subtype = place
    failed = Collection(kind, CollectorState.FAILED, subtype, name, "timed out")
    lossy = without(taken, [place])
    empty = Measurement(kind, (Subtype(subtype, {}),))
    nodes = tuple(
        Node(node.name, (*node.measurements, empty)) if node.name == name else node
        for node in lossy.nodes
    )
    cluster = (*lossy.measurements, empty) if name is None else lossy.measurements
    return replace(lossy, measurements=cluster, nodes=nodes, collection=(failed,))


def no_new_pass(before: Verdicts, after: Verdicts) -> None:
    for good in (Status.PASS, Status.SKIP):
        new = {key for key, status in after.items() if status is good}
        assert new <= {key for key, status in before.items() if status is good}


def test_losing_any_subtype_makes_no_pass(judge: Judge, taken: Snapshot) -> None:
    before = judged(judge, taken)
    assert Status.PASS in before.values()
    for place in places(taken):
        no_new_pass(before, judged(judge, without(taken, [place])))
        no_new_pass(before, judged(judge, emptied(taken, place)))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_losing_any_set_of_subtypes_makes_no_pass(
    judge: Judge, taken: Snapshot, data: st.DataObject
) -> None:
    lost = data.draw(st.lists(st.sampled_from(places(taken)), unique=True))
    no_new_pass(judged(judge, taken), judged(judge, without(taken, lost)))


def test_a_rule_that_lost_all_it_requires_is_unknown(
    judge: Judge, rules: list[Rule], taken: Snapshot
) -> None:
    """Not askable is only what was so before: losing facts never makes it."""
    scopes = {rule.id: rule.scope for rule in rules}
    before = judged(judge, taken)
    for key, status in judged(judge, without(taken, places(taken))).items():
        was_beyond = before[key] is Status.NOT_ASKABLE
        assert status in {Status.UNKNOWN, *([Status.NOT_ASKABLE] if was_beyond else [])}, key
        assert scopes[key[1]] in (Scope.NODE, Scope.CLUSTER)


def test_every_rule_is_asked_of_every_snapshot(rules: list[Rule], taken: Snapshot) -> None:
    from eidos.engine.documents.reading import read_text
    from eidos.engine.documents.snapshots import write_snapshot
    from eidos.engine.documents.writing import to_json

    for kept in (taken, replace(taken, nodes=()), without(taken, places(taken))):
        [document] = read_text(to_json(write_snapshot(kept)), "s.json")
        found = candidates(Item("s.json", document), rules)
        asked = {verdict.rule for candidate in found for verdict in candidate.unasked}
        asked |= {rule.id for rule in rules for c in found if c.facts.scope is rule.scope}
        assert asked == {rule.id for rule in rules}
