"""What made a verdict what it became, and when: one ingredient swapped at a time; bisection."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import TypeVar

from eidos.engine.model.history import Ingredient
from eidos.engine.model.verdict import Status

T = TypeVar("T")
Swap = frozenset[Ingredient]
"""The ingredients that are taken from after; the others are from before."""


def causes(
    differing: Sequence[Ingredient],
    ask: Callable[[Swap], Status],
    before: Status,
    after: Status,
) -> tuple[tuple[Ingredient, ...], ...]:
    """Give the smallest sets of ingredients whose change alone turns a verdict.

    Args:
        differing: what is not the same on both sides.
        ask: gives the verdict with these ingredients changed and the others as they were.
        before: the verdict as it was.
        after: the verdict as it became.

    Returns:
        All sets of the smallest size that is enough; none where the two verdicts do not follow from
        what is known of them.
    """
    if ask(frozenset()) is not before or ask(frozenset(differing)) is not after:
        return ()
    for size in range(1, len(differing) + 1):
        found = tuple(
            each for each in combinations(differing, size) if ask(frozenset(each)) is after
        )
        if found:
            return found
    return ()


def first_after(
    earliest: datetime, latest: datetime, is_so: Callable[[datetime], bool], within: timedelta
) -> datetime:
    """Give the moment from which something is so, by bisection.

    Args:
        earliest: it is not so.
        latest: it is so.
        is_so: asks.
        within: how exactly.
    """
    while latest - earliest > within:
        middle = earliest + (latest - earliest) / 2
        earliest, latest = (earliest, middle) if is_so(middle) else (middle, latest)
    return latest


def run_of(sights: Sequence[T], is_so: Callable[[T], bool]) -> int:
    """Give the index from which on something has been so, up to the last, of which it is.

    Looks back in steps that double, then bisects: what was otherwise for less than a step may be
    overlooked. 0 means that it was so as far as was looked.
    """
    so, step = len(sights) - 1, 1
    while so > 0:
        back = max(so - step, 0)
        if not is_so(sights[back]):
            return _between(back, so, lambda index: is_so(sights[index]))
        so, step = back, step * 2
    return 0


def _between(low: int, high: int, is_so: Callable[[int], bool]) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_so(middle) else (middle, high)
    return high
