"""A snapshot may hold anything: an odd value gets a verdict, never an evaluation that breaks."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import Facts, SubjectFacts
from eidos.engine.model.factpath import FactPath
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Rule, Scope
from eidos.engine.model.verdict import Status
from eidos.engine.rego.light import LightEngine
from fakes.policies import cluster_of, nodes_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "ci-examples" / "cluster.yaml"
ODD: tuple[Json, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**70, "", " ", "N/A", "latest", "-", "1.2.3", "[{", "\x00é"),
    *([], {}, [None], ["a"], [{"name": None}], {"a": {"b": []}}),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine()) as engine:
        yield engine


@pytest.fixture(scope="module")
def rules(engine: LightEngine) -> list[Rule]:
    return [rule for pack in load_packs((), engine) for rule in pack.rules]


@pytest.fixture(scope="module", params=["example", "gb200"])
def subjects(request: pytest.FixtureRequest) -> dict[Scope, SubjectFacts]:
    path = EXAMPLE
    if request.param == "gb200":
        path = request.getfixturevalue("shared") / "data" / "snapshots" / "gb200.yaml"
    [document] = read_documents(Source(path.name, path))
    taken = read_snapshot(document).snapshot
    return {Scope.NODE: nodes_of(taken)[0], Scope.CLUSTER: cluster_of(taken)}


def mentioned(rule: Rule, path: FactPath, data: Mapping[str, Json]) -> list[str]:
    """Give the keys that a declaration is about: its own, or those that the rule speaks of."""
    if path.key is not None:
        return [path.key]
    source = rule.modules[0].source
    return [key for key in data if f'"{key}"' in source or key in rule.params] or list(data)[:3]


def with_fact(facts: Facts, path: FactPath, key: str, value: Json) -> Facts:
    place = (path.type, path.subtype)
    return {**facts, place: {**facts.get(place, {}), key: value}}


def changed(subject: SubjectFacts, path: FactPath, key: str, value: Json) -> SubjectFacts:
    mark = f"{path} {key} {value!r}"
    if not path.every_node:
        return replace(subject, digest=mark, facts=with_fact(subject.facts, path, key, value))
    nodes = {name: with_fact(facts, path, key, value) for name, facts in subject.nodes.items()}
    return replace(subject, digest=mark, nodes=nodes)


def odd_subjects(rule: Rule, subject: SubjectFacts) -> Iterator[SubjectFacts]:
    for path in (*rule.requires, *rule.reads):
        if path.type == "node":
            continue
        facts = next(iter(subject.nodes.values())) if path.every_node else subject.facts
        for key in mentioned(rule, path, facts.get((path.type, path.subtype), {})):
            for value in ODD:
                yield changed(subject, path, key, value)


def test_no_value_breaks_a_rule(
    rules: list[Rule], engine: LightEngine, subjects: dict[Scope, SubjectFacts]
) -> None:
    broken = {}
    for rule in rules:
        odd = list(odd_subjects(rule, subjects[rule.scope]))
        for subject, [verdict] in zip(
            odd, Judge([rule], engine, NoMemo(), NOW).judge(odd), strict=True
        ):
            left_to_opa = "the light engine does not serve" in (verdict.reason or "")
            if verdict.status is Status.ERROR and not left_to_opa:
                broken[rule.id, subject.digest] = verdict.reason
    assert broken == {}
