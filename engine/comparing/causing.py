"""Which of many changes is behind something: the smallest sets that are enough (delta debugging).

Changes are swapped in one at a time where few could be it, and else by halves: of `n` changes, a
set of `m` is found with about ``m * log2(n)`` questions. Who asks answers a round of questions at
once, and those of many searches together.

After A. Zeller and R. Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE TSE
28(2), 2002; the halving is that of U. Junker, QuickXplain, AAAI 2004.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Swap = frozenset[int]
"""Numbers of the changes that are made."""
Steps = Generator[list[Swap], list[bool], None]
"""Yields questions ("is this enough?"), takes their answers."""
Key = TypeVar("Key")

FEW = 12
"""So many changes are tried one by one at once."""
SETS = 20
"""So many sets are looked for: past them nobody reads on."""
QUESTIONS = 1500
"""So many questions are asked for all searches of one comparison: some seconds of an engine."""


@dataclass(slots=True)
class Search:
    """Looks for the smallest sets of changes that are enough.

    No subset of a set that was found is enough, where undoing a change undoes what it did; where
    changes also work against each other, what is found is enough all the same.
    """

    count: int
    """How many changes there are; they go by their numbers."""
    likely: Sequence[int] = ()
    """Those to try first, alone: a finding names them."""
    sets: list[Swap] = field(default_factory=list)
    """What was found so far; empty at the end when not even all changes are enough."""
    nearest: Swap = frozenset()
    """The smallest set known to be enough before the search was over; at first, all of them."""
    is_over: bool = False

    def steps(self) -> Steps:
        """Search; see `Steps`."""
        every = self.nearest = frozenset(range(self.count))
        # What a finding names is tried alone, and so is all where it is not much.
        first = range(self.count) if self.count <= FEW else dict.fromkeys(self.likely[:SETS])
        singles = [frozenset({number}) for number in first]
        is_enough, *alone = yield [every, *singles]
        if is_enough:
            self.sets = [one for one, does in zip(singles, alone, strict=True) if does]
            yield from self._others(every.difference(*self.sets), tried=frozenset(first))
        self.is_over = True

    def _others(self, rest: Swap, tried: Swap) -> Steps:
        """Look for further sets in what is left."""
        while rest and len(self.sets) < SETS and not (len(rest) == 1 and rest <= tried):
            (is_enough,) = yield [rest]
            if not is_enough:
                return
            found = yield from self._narrowed(rest)
            self.sets.append(found)
            rest -= found

    def _narrowed(self, enough: Swap) -> Generator[list[Swap], list[bool], Swap]:
        """Give a smallest part of a set that is enough."""
        kept: Swap = frozenset()
        pool = sorted(enough)
        while pool:
            if kept:
                (is_enough,) = yield [kept]
                if is_enough:
                    break
            place = yield from self._turn(kept, pool)
            kept |= {pool[place]}
            pool = pool[:place]
        return (yield from self._pruned(kept))

    def _turn(self, kept: Swap, pool: Sequence[int]) -> Generator[list[Swap], list[bool], int]:
        """Give the place in `pool` with which the changes up to it begin to be enough.

        With all of the pool they are, with none of it they are not; it is found by halves.
        """
        low, high = 0, len(pool)
        while high - low > 1:
            middle = (low + high) // 2
            asked = kept.union(pool[:middle])
            (is_enough,) = yield [asked]
            if is_enough:
                high, self.nearest = middle, min(self.nearest, asked, key=len)
            else:
                low = middle
        return high - 1

    def _pruned(self, found: Swap) -> Generator[list[Swap], list[bool], Swap]:
        """Leave out, one by one, what it does without: changes may work against each other."""
        for number in sorted(found):
            if len(found) > 1:
                (is_enough,) = yield [found - {number}]
                found = found - {number} if is_enough else found
        return found


@dataclass(frozen=True, slots=True)
class Asked(Generic[Key]):
    """One question of one search."""

    key: Key
    """Which search."""
    swap: Swap


def search_all(
    searches: Mapping[Key, Search],
    answer: Callable[[Sequence[Asked[Key]]], Iterable[bool]],
    most: int = QUESTIONS,
) -> None:
    """Run searches side by side, a round of all their questions at a time.

    Args:
        searches: what to look for; each knows what was found, and whether it was over.
        answer: says of each question, in order, whether the set is enough.
        most: how many questions may be asked; what is not over then stays so.
    """
    running = {key: search.steps() for key, search in searches.items()}
    waiting = {key: next(steps) for key, steps in running.items()}
    while waiting:
        asked: list[Asked[Key]] = []
        for key, swaps in [*waiting.items()]:
            if len(asked) + len(swaps) > most:
                del waiting[key]  # it stays as it is, and what is smaller goes on
            else:
                asked += [Asked(key, swap) for swap in swaps]
        most -= len(asked)
        answers = iter(answer(asked))
        for key, swaps in [*waiting.items()]:
            try:
                waiting[key] = running[key].send([next(answers) for _ in swaps])
            except StopIteration:
                del waiting[key]
