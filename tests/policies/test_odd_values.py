"""A snapshot may hold anything: an odd value gets a verdict, never an evaluation that breaks."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Status
from eidos.engine.packs.finding import shipped
from eidos.engine.rego.light import LightEngine
from fakes.mutations import mutations, subjects_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "ci-examples" / "cluster.yaml"


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine()) as engine:
        yield engine


@pytest.fixture(scope="module")
def rules(engine: LightEngine) -> list[Rule]:
    """Those about facts; `test_bundle_packs` and `test_admission_pack` try what else is odd."""
    packs = load_packs(tuple(shipped()), engine)
    others = (Scope.BUNDLE, Scope.ADMISSION)
    return [rule for pack in packs for rule in pack.rules if rule.scope not in others]


@pytest.fixture(scope="module", params=["example", "gb200"])
def subjects(request: pytest.FixtureRequest) -> dict[Scope, SubjectFacts]:
    if request.param == "gb200":
        shared: Path = request.getfixturevalue("shared")
        return subjects_of(shared / "data" / "snapshots" / "gb200.yaml")
    return subjects_of(EXAMPLE)


def test_no_value_breaks_a_rule(
    rules: list[Rule], engine: LightEngine, subjects: dict[Scope, SubjectFacts]
) -> None:
    broken = {}
    for rule in rules:
        odd = list(mutations(rule, subjects[rule.scope]))
        for subject, [verdict] in zip(
            odd, Judge([rule], engine, NoMemo(), NOW).judge(odd), strict=True
        ):
            left_to_opa = "the light engine does not serve" in (verdict.reason or "")
            if verdict.status is Status.ERROR and not left_to_opa:
                broken[rule.id, subject.digest] = verdict.reason
    assert broken == {}
