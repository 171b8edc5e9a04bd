"""What the shipped catalog resolves to, asked in a few words."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eidos.engine.model.recipe import Catalog, Choice, Chosen, Profile, Refusal, Resolved
from eidos.engine.selecting.choosing import choose
from eidos.engine.selecting.merging import Merged, merge
from eidos.engine.selecting.reading import read_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

RECIPES = Path(__file__).parents[3] / "recipes"
DIMENSIONS = ("service", "accelerator", "os", "intent", "platform", "fabric")


@functools.cache
def catalog() -> Catalog:
    """Give the shipped catalog."""
    return read_catalog([RECIPES])


def query(words: str) -> dict[str, str]:
    """Give a query by its values alone: ``eks h100 ubuntu training``."""
    found = {}
    for word in words.split():
        (name,) = (each for each in DIMENSIONS if word in catalog().criteria[each].values)
        found[name] = word
    return found


def offered(choice: Choice) -> list[Profile]:
    """Give the profiles that the overlays of a choice offer."""
    names = {name for each in choice.applied for name in each.overlay.profiles}
    return [catalog().profiles[name] for name in sorted(names)]


@dataclass(frozen=True)
class Answer:
    """What a query comes to with one shape of each profile."""

    merged: Merged
    chosen: Sequence[Chosen]

    def values(self, component: str) -> Mapping[str, Any]:
        """Give the values of a component."""
        return self._component(component).values

    def resources(self, component: str) -> Mapping[str, Any]:
        """Give the custom resources of a component."""
        return self._component(component).resources

    def waves(self) -> dict[str, int]:
        """Give the wave of each component."""
        return {each.name: each.wave for each in self.merged.components}

    def constraints(self) -> set[tuple[str, str, str]]:
        """Give what must be so: whose fact, which, and what it must be."""
        return {(each.of.value, each.named, each.wanted) for each in self.merged.constraints}

    def checks(self) -> set[tuple[str, str]]:
        """Give what is measured afterwards."""
        return {(each.name, each.wanted) for each in self.merged.checks}

    def _component(self, name: str) -> Resolved:
        return next(each for each in self.merged.components if each.name == name)


@functools.cache
def answer(words: str, shape: str = "") -> Answer:
    """Resolve a query that is covered, with a shape of its profile or the default."""
    choice = choose(catalog(), query(words))
    assert isinstance(choice, Choice), choice
    chosen = [
        Chosen(profile, profile.choices[shape or profile.default], "option")
        for profile in offered(choice)
    ]
    return Answer(merge(catalog(), choice, chosen), chosen)


def refused(words: str) -> Refusal:
    """Ask for what is not covered."""
    found = choose(catalog(), query(words))
    assert isinstance(found, Refusal)
    return found


@functools.cache
def covered() -> Mapping[tuple[str, ...], Choice]:
    """Give every query that resolves, by the values it gives in the order of the dimensions.

    The fabric only narrows, so it is asked for where the rest is what some overlay is for.
    """
    found: dict[tuple[str, ...], Choice] = {}
    fabrics = ("", *catalog().criteria["fabric"].values)
    *wide, _ = DIMENSIONS
    for words in itertools.product(*(("", *catalog().criteria[name].values) for name in wide)):
        given = {name: word for name, word in zip(wide, words, strict=True) if word}
        for fabric in fabrics if _leads_somewhere(given) else ("",):
            asked = given | ({"fabric": fabric} if fabric else {})
            if isinstance(choice := choose(catalog(), asked), Choice):
                found[*words, fabric] = choice
    return found


def _leads_somewhere(given: Mapping[str, str]) -> bool:
    return any(
        set(overlay.criteria) - {"fabric"} == set(given)
        and all(word in overlay.criteria[name] for name, word in given.items())
        for overlay in catalog().overlays.values()
        if not overlay.is_abstract
    )


def shapes(choice: Choice) -> Iterator[tuple[Chosen, ...]]:
    """Give every way to choose among the shapes that a choice offers."""
    ways = ([(each, shape) for shape in each.choices.values()] for each in offered(choice))
    for way in itertools.product(*ways):
        yield tuple(Chosen(profile, shape, "option") for profile, shape in way)


def at(value: Any, path: str) -> Any:
    """Give what lies at a path whose keys are parted by slashes; ABSENT where nothing does."""
    for key in path.split("/"):
        if isinstance(value, list):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return ABSENT
    return value


ABSENT = "(nothing is said)"
