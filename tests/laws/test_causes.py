"""What holds for swapped facts and for the search of causes, whatever the facts are."""

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.comparing.causing import Asked, Search, search_all
from eidos.engine.comparing.normal import namings
from eidos.engine.comparing.swapping import swapped, undone
from eidos.engine.comparing.values import differences
from eidos.engine.model.drift import Change
from eidos.engine.model.facts import FactAddress

IMAGES = FactAddress("k8s", "image")
scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "1", 0.5])
entries = st.fixed_dictionaries({"name": st.sampled_from("wxyz")}, optional={"v": scalars})
containers = st.fixed_dictionaries(
    {"namespace": st.sampled_from("ab"), "container": st.sampled_from("xy")},
    optional={"repository": st.sampled_from("pq"), "tag": st.sampled_from("12")},
)
values: Any = st.recursive(
    scalars | st.lists(entries, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2)
    ),
    max_leaves=6,
)
data = st.dictionaries(st.sampled_from("abc"), values, max_size=3).flatmap(
    lambda found: st.lists(containers, max_size=4).map(lambda each: {**found, "containers": each})
)


def changes(before: Any, after: Any) -> list[Change]:
    return [
        Change(IMAGES, *each[:4], before_at=each.before_at, after_at=each.after_at)
        for each in differences(before, after, namings(IMAGES))
    ]


@given(data, data)
def test_all_changes_of_one_side_give_the_other(before: Any, after: Any) -> None:
    found, kept = changes(before, after), copy.deepcopy(before)
    assert changes(swapped(before, after, found), after) == []
    assert before == kept
    assert swapped(before, after, []) == before


@given(data, data)
def test_what_is_undone_is_as_it_was(before: Any, after: Any) -> None:
    back = [undone(change) for change in changes(before, after)]
    assert changes(swapped(after, before, back), before) == []


@given(data, data, st.data())
def test_some_changes_leave_the_others_to_be_made(before: Any, after: Any, draw: Any) -> None:
    found = changes(before, after)
    some = draw.draw(st.sets(st.integers(0, max(len(found) - 1, 0)), max_size=len(found)))
    between = swapped(before, after, [found[number] for number in sorted(some)])
    assert len(changes(between, after)) <= len(found) - len(some)


minimal = st.lists(st.sets(st.integers(0, 59), min_size=1, max_size=4), max_size=4)


def run(search: Search, enough: Sequence[set[int]], most: int = 10_000) -> int:
    asked = 0

    def answer(questions: Sequence[Asked[int]]) -> list[bool]:
        nonlocal asked
        asked += len(questions)
        return [any(each <= one.swap for each in enough) for one in questions]

    search_all({0: search}, answer, most)
    return asked


@given(minimal, st.lists(st.integers(0, 59), max_size=5))
def test_what_is_found_is_enough_and_no_part_of_it_is(
    enough: list[set[int]], likely: list[int]
) -> None:
    search = Search(60, likely)
    run(search, enough)
    assert search.is_over
    assert bool(search.sets) is bool(enough)
    for found in search.sets:
        assert any(each == found for each in enough)


@given(minimal, st.integers(1, 60))
def test_the_bound_is_kept_and_what_is_left_is_known_to_be_enough(
    enough: list[set[int]], most: int
) -> None:
    search = Search(60)
    assert run(search, enough, most) <= most
    if enough and not search.is_over:
        assert any(each <= search.nearest for each in enough)


def test_one_of_many_costs_few_questions() -> None:
    assert run(Search(1000), [{777}]) < 20
    assert run(Search(1000), [{3, 500, 998}]) < 60


def test_changes_that_work_against_each_other_end_in_something_that_is_enough() -> None:
    """One flips it, another takes that back, a third does it again."""

    def does(swap: frozenset[int]) -> bool:
        return (7 in swap and 20 not in swap) or {20, 33} <= swap

    search = Search(40)
    search_all({0: search}, lambda asked: [does(each.swap) for each in asked])
    assert search.sets
    assert all(does(found) for found in search.sets)
