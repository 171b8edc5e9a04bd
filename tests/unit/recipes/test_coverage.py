"""Every query is refused, or comes to one recipe that is no weaker for more said."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations

from tests.unit.recipes.conftest import DIMENSIONS, catalog, covered, shapes

from eidos.engine.errors import EidosError
from eidos.engine.model.recipe import Choice, Constraint
from eidos.engine.selecting.choosing import choose
from eidos.engine.selecting.merging import merge

# What somebody has evidence of; all else is refused.
COVERED = """
eks ubuntu training: a100 gb200 gb300 h100 h200 rtx-pro-6000
eks ubuntu inference: gb200 gb300 h100 h200 rtx-pro-6000
eks amazonlinux inference: gb200 gb300 h100
gke cos training: a100 b200 gb200 gb300 h100
gke cos inference: b200 gb200 gb300 h100
aks ubuntu training: a100 h100
aks ubuntu inference: h100
oke ol training: a100 gb200 l40s
oke ol inference: gb200 l40s
oke ubuntu training: a100 b200 b300 gb200 h100 h200 l40s
oke ubuntu inference: gb200 l40s
self-managed ubuntu training: gb300
"""


def test_what_is_covered_is_what_there_is_evidence_of() -> None:
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for service, accelerator, system, intent, *_ in covered():
        found[service, system, intent].add(accelerator)
    rows = [f"{' '.join(row)}: {' '.join(sorted(values))}" for row, values in found.items()]
    assert sorted(rows) == sorted(COVERED.strip().splitlines())


def test_every_query_that_is_covered_merges_in_every_shape() -> None:
    """Overlays of one rank say nothing different of one thing, whatever applies together."""
    wrong, recipes = [], Counter[str]()
    for words, choice in covered().items():
        for chosen in shapes(choice):
            shape = " ".join(each.choice.name for each in chosen)
            try:
                merge(catalog(), choice, chosen)
            except EidosError as error:
                wrong.append(f"{' '.join(words)} {shape}: {error}")
            recipes[words[0]] += 1
    print(f"{len(covered())} queries, {recipes.total()} recipes: {dict(recipes)}")  # noqa: T201 -- shown with -s
    assert wrong == []


def test_more_said_never_asks_less_of_a_cluster() -> None:
    """Whatever holds a query's recipe back holds back that of a query which says more."""
    asked = {words: _constraints(choice) for words, choice in covered().items()}
    weaker = []
    for words, choice in covered().items():
        for given in _fewer(words):
            if given not in asked:
                continue
            names = {each.overlay.name for each in choice.applied}
            less = {each.overlay.name for each in covered()[given].applied}
            if not (asked[given] <= asked[words] and less <= names):
                weaker.append((given, words))
    assert weaker == []


def test_an_operating_system_left_open_is_asked_for() -> None:
    for words in covered():
        given = {name: word for name, word in zip(DIMENSIONS, words, strict=True) if word}
        given.pop("os")
        assert not isinstance(choose(catalog(), given), Choice)


def _fewer(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Give the queries that say one thing less, or two."""
    said = [number for number, word in enumerate(words) if word]
    left_out = [each for size in (1, 2) for each in combinations(said, size)]
    return [
        tuple("" if number in each else word for number, word in enumerate(words))
        for each in left_out
    ]


def _constraints(choice: Choice) -> set[Constraint]:
    merged = merge(catalog(), choice, next(shapes(choice)))
    return set(merged.constraints)
