"""Our `dataclass` means what the standard library's means."""

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any

import pytest

from eidos.engine import records


@records.dataclass(frozen=True, slots=True)
class Kept:
    """One that can be pickled: it has a name in a module."""

    name: str
    tags: tuple[str, ...] = ()
    found: dict[str, int] = field(default_factory=dict, compare=False, repr=False)


def made(dataclass: Callable[..., Any], **flags: bool) -> Any:
    @dataclass(**flags)
    class Each:
        """Fields of every kind that we use."""

        name: str
        size: int = 3
        items: list[int] = field(default_factory=list, compare=False)
        about: str = field(default="", repr=False)
        options: Mapping[str, int] = field(default_factory=dict, kw_only=True, hash=False)

        @property
        def double(self) -> int:
            return self.size * 2

    return Each


FLAGS = [
    {"frozen": True, "slots": True},
    {"frozen": True},
    {"slots": True},
    {"slots": True, "eq": False},
    {"frozen": True, "slots": True, "kw_only": True},
]
CALLS: list[dict[str, Any]] = [
    {"name": "a"},
    {"name": "a", "size": 4},
    {"name": "a", "items": [1]},
    {"name": "a", "about": "x"},
    {"name": "b", "options": {"n": 1}},
]


@pytest.mark.parametrize("flags", FLAGS)
def test_instances_compare_print_and_change_as_those_of_the_standard_library(
    flags: dict[str, bool],
) -> None:
    ours, theirs = made(records.dataclass, **flags), made(dataclasses.dataclass, **flags)
    mine = [ours(**call) for call in (*CALLS, *CALLS)]
    standard = [theirs(**call) for call in (*CALLS, *CALLS)]
    assert [repr(each) for each in mine] == [repr(each) for each in standard]
    assert [[a == b for b in mine] for a in mine] == [[a == b for b in standard] for a in standard]
    assert mine[0] != standard[0]
    assert mine[0].double == standard[0].double
    assert [each.name for each in fields(ours)] == [each.name for each in fields(theirs)]
    assert repr(replace(mine[0], size=9)) == repr(replace(standard[0], size=9))
    assert ours.__match_args__ == theirs.__match_args__
    assert mine[0].items is not mine[5].items
    assert (ours.__hash__ is None) == (theirs.__hash__ is None)
    assert hasattr(mine[0], "__dict__") == hasattr(standard[0], "__dict__")
    assert repr(copy.copy(mine[2])) == repr(copy.deepcopy(mine[2])) == repr(mine[2])


@pytest.mark.parametrize("dataclass", [records.dataclass, dataclasses.dataclass])
def test_frozen_ones_refuse_to_change(dataclass: Callable[..., Any]) -> None:
    each = made(dataclass, frozen=True, slots=True)("a")
    with pytest.raises(FrozenInstanceError):
        each.name = "b"
    with pytest.raises(FrozenInstanceError):
        del each.name
    assert each.name == "a"


def test_open_ones_change() -> None:
    each = made(records.dataclass, slots=True)("a")
    each.size = 8
    assert each.double == 16


@pytest.mark.parametrize("arguments", [(), ("a", 1, [], "", {}), ("a", 1, [], "", 5)])
def test_wrong_arguments_are_told_as_by_the_standard_library(arguments: tuple[Any, ...]) -> None:
    ours = made(records.dataclass, frozen=True, slots=True)
    theirs = made(dataclasses.dataclass, frozen=True, slots=True)
    with pytest.raises(TypeError) as mine:
        ours(*arguments)
    with pytest.raises(TypeError) as standard:
        theirs(*arguments)
    assert str(mine.value) == str(standard.value)


def test_equal_ones_have_one_hash_and_what_is_not_compared_does_not_count() -> None:
    one, other = Kept("a", ("x",)), Kept("a", ("x",), {"n": 1})
    assert one == other
    assert len({one, other}) == 1
    assert Kept("a") != Kept("b")


def test_they_travel_between_processes() -> None:
    each = Kept("a", ("x", "y"), {"n": 1})
    back = pickle.loads(pickle.dumps(each))  # noqa: S301 -- our own
    assert back == each
    assert back.found == each.found


def test_methods_of_the_class_itself_stay() -> None:
    @records.dataclass(frozen=True, slots=True)
    class Own:
        name: str

        def __repr__(self) -> str:
            return "own"

        def __hash__(self) -> int:
            return 7

    assert repr(Own("a")) == "own"
    assert hash(Own("a")) == 7
