"""Facts that were changed into odd ones, as a snapshot may hold anything."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.documents.snapshots import read_snapshot
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.snapshot import Facts
from fakes.policies import cluster_of, nodes_of
from fakes.recipes import recipe_of

ODD: tuple[Json, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**70, "", " ", "N/A", "latest", "-", "1.2.3", "[{", "\x00é"),
    *([], {}, [None], ["a"], [{"name": None}], {"a": {"b": []}}),
)
"""Values that no rule expects."""


def subjects_of(file: Path) -> dict[Scope, SubjectFacts]:
    """Give the first node and the cluster of a snapshot's file, and a recipe held against it."""
    [document] = read_documents(Source(file.name, file))
    taken = read_snapshot(document).snapshot
    return {
        Scope.NODE: nodes_of(taken)[0],
        Scope.CLUSTER: cluster_of(taken),
        Scope.RECIPE: recipe_of(taken),
    }


def mutations(rule: Rule, subject: SubjectFacts) -> Iterator[SubjectFacts]:
    """Give a subject again and again, each time with one fact of a rule changed."""
    for path in (*rule.requires, *rule.reads):
        if path.type == "node":
            continue
        facts = next(iter(subject.nodes.values())) if path.every_node else subject.facts
        for key in _mentioned(rule, path, facts.get(path.whole, {})):
            for value in ODD:
                yield _changed(subject, path, key, value)


def _mentioned(rule: Rule, path: FactAddress, data: Mapping[str, Json]) -> list[str]:
    """Give the keys that a declaration is about: its own, or those that the rule speaks of."""
    if path.key is not None:
        return [path.key]
    source = rule.modules[0].source
    return [key for key in data if f'"{key}"' in source or key in rule.params] or list(data)[:3]


def _with_fact(facts: Facts, path: FactAddress, key: str, value: Json) -> Facts:
    place = path.whole
    return {**facts, place: {**facts.get(place, {}), key: value}}


def _changed(subject: SubjectFacts, path: FactAddress, key: str, value: Json) -> SubjectFacts:
    mark = f"{path} {key} {value!r}"
    if not path.every_node:
        return replace(subject, digest=mark, facts=_with_fact(subject.facts, path, key, value))
    nodes = {name: _with_fact(facts, path, key, value) for name, facts in subject.nodes.items()}
    return replace(subject, digest=mark, nodes=nodes)
