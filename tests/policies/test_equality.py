"""Every shipped rule gives the same verdicts on the light engine and on OPA, whatever the facts."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import RegoEngine
from eidos.engine.rego.light import LightEngine
from fakes.mutations import mutations, subjects_of
from fakes.real_opa import RealOpa

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FIXTURES = ("ci-examples/cluster.yaml", "data/snapshots/gb200.yaml")
LEFT_TO_OPA = "the light engine does not serve"
OF_EACH = 40
"""Mutations of each rule and fixture, spread over all of them."""

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def light() -> Iterator[RegoEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


@pytest.fixture(scope="module")
def opa() -> Iterator[RegoEngine]:
    """OPA; any other engine can be put in its place."""
    with closing(RealOpa()) as engine:
        yield engine


@pytest.fixture(scope="module")
def rules(light: RegoEngine) -> list[Rule]:
    return [rule for pack in load_packs((), light) for rule in pack.rules]


@pytest.fixture(scope="module", params=FIXTURES)
def subjects(request: pytest.FixtureRequest) -> dict[Scope, SubjectFacts]:
    root = Path(__file__).parents[2]
    if request.param.startswith("data/"):
        root = request.getfixturevalue("shared")
    return subjects_of(root / request.param)


def spread(all_: list[SubjectFacts]) -> list[SubjectFacts]:
    return all_[:: max(1, len(all_) // OF_EACH)]


def test_shipped_rules_give_the_same_verdicts(
    rules: list[Rule], subjects: dict[Scope, SubjectFacts], light: RegoEngine, opa: RegoEngine
) -> None:
    different: dict[tuple[str, str], tuple[Verdict, Verdict]] = {}
    judged = left = 0
    for rule in rules:
        subject = subjects[rule.scope]
        asked = [subject, *spread(list(mutations(rule, subject)))]
        ours, theirs = (
            Judge([rule], engine, NoMemo(), NOW).judge(asked) for engine in (light, opa)
        )
        for one, [verdict], [right] in zip(asked, ours, theirs, strict=True):
            judged += 1
            if verdict.status is Status.ERROR and LEFT_TO_OPA in (verdict.reason or ""):
                left += 1
            elif replace(verdict, memo=right.memo) != right:  # the memo key names the engine
                different[rule.id, one.digest] = (verdict, right)
    assert different == {}
    assert judged > 10 * len(rules)
    assert left < judged / 10, "nearly all of it is served"
