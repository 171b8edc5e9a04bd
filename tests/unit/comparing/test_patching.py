import copy
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.comparing.patching import Operation, apply_patch, make_patch, proven
from eidos.engine.digest import canonical

scalars = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.0, 0.5, "", "a/b", "~"])
)
named = st.fixed_dictionaries({"type": st.sampled_from("abcd")}, optional={"data": scalars})
values: Any = st.recursive(
    scalars | st.lists(named, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b/c", "~d", "type"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values, values, st.booleans())
def test_the_patch_turns_the_baseline_into_the_current_document(
    before: Any, after: Any, tests: bool
) -> None:
    kept = copy.deepcopy(before)
    operations = make_patch(before, after, tests=tests)
    patched = jsonpatch.apply_patch(before, copy.deepcopy(operations))
    assert canonical(patched) == canonical(after)
    assert before == kept


@given(values)
def test_equal_documents_need_no_operation(value: Any) -> None:
    assert make_patch(value, copy.deepcopy(value)) == []


def test_a_reordered_list_costs_moves_only() -> None:
    before = [{"type": kind, "data": {"x": 1}} for kind in "abc"]
    operations = make_patch(before, [before[2], before[0], before[1]])
    assert [operation["op"] for operation in operations] == ["move"]


@pytest.mark.parametrize(
    ("after", "moves"), [("bcda", 1), ("dabc", 1), ("dcba", 3), ("acbd", 1), ("abcd", 0)]
)
def test_no_entry_moves_without_need(after: str, moves: int) -> None:
    entries = {name: {"name": name} for name in "abcd"}
    before = [entries[name] for name in "abcd"]
    operations = make_patch(before, [entries[name] for name in after])
    assert [operation["op"] for operation in operations] == ["move"] * moves


@pytest.mark.parametrize(("before", "after"), [(1, True), (1, 1.0), ("1", 1), (0, False)])
def test_types_are_told_apart(before: Any, after: Any) -> None:
    assert make_patch([before], [after])
    assert make_patch({"a": before}, {"a": after})


def test_tests_guard_what_is_replaced_or_removed() -> None:
    assert make_patch({"a": 1, "b": 2}, {"a": 3}, tests=True) == [
        {"op": "test", "path": "/a", "value": 1},
        {"op": "replace", "path": "/a", "value": 3},
        {"op": "test", "path": "/b", "value": 2},
        {"op": "remove", "path": "/b"},
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [{"op": "add", "path": "/b", "value": True}],
        [{"op": "remove", "path": "/none"}],
        [{"op": "replace", "path": "no pointer", "value": 1}],
    ],
)
def test_a_patch_that_does_not_lead_there_becomes_the_whole_document(
    wrong: list[Operation],
) -> None:
    before: dict[str, Any] = {"a": 1}
    after: dict[str, Any] = {"a": 1, "b": 1}
    operations = proven(wrong, before, after)
    assert apply_patch(before, operations) == after
    assert operations != wrong
    right = make_patch(before, after)
    assert proven(right, before, after) is right
    assert before == {"a": 1}
