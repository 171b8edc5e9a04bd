"""What is wrong with a catalog that each file for itself does not show.

Every combination of criteria that some overlay speaks of is resolved: what conflicts there would
refuse somebody's cluster on the day it is needed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from eidos.engine.errors import Problem
from eidos.engine.model.nearest import nearest
from eidos.engine.model.recipe import (
    Catalog,
    Choice,
    Chosen,
    Component,
    Leaf,
    Overlay,
    Reason,
    Value,
)
from eidos.engine.selecting.choosing import Query, choose, refinements
from eidos.engine.selecting.constraints import Atom, parse
from eidos.engine.selecting.merging import ConflictError, Merged, merge

_SCHEMES = ("https://", "http://")


def lint(catalog: Catalog) -> list[Problem]:
    """Give everything that is wrong; places are those of the catalog, see `Catalog.located`."""
    found = [
        *_sources(catalog),
        *(problem for each in catalog.components.values() for problem in _dead(each, catalog)),
        *(problem for each in catalog.overlays.values() for problem in _weaker(each, catalog)),
        *_unused(catalog),
        *_combinations(catalog),
    ]
    return sorted(dict.fromkeys(found), key=_place)


def _place(problem: Problem) -> tuple[str, int, str]:
    place = problem.location
    return (place.file, place.line or 0, problem.message) if place else ("", 0, problem.message)


# Sources and dead keys --------------------------------------------------------------------------


def _sources(catalog: Catalog) -> Iterator[Problem]:
    """Every source must lead somewhere: it is a URL, or its prefix is explained."""
    for reason, leaf in _reasons(catalog):
        prefix, sign, rest = reason.source.partition(":")
        if reason.source.startswith(_SCHEMES) or (sign and rest and prefix in catalog.sources):
            continue
        if reason.source.startswith("[run]"):
            continue
        yield Problem(
            f"the source {reason.source!r} leads nowhere",
            f"Write a URL, or PREFIX:what; {nearest(prefix, catalog.sources)}",
            leaf.origin.place,
        )


def _reasons(catalog: Catalog) -> Iterator[tuple[Reason, Leaf]]:
    for component in catalog.components.values():
        for leaf in (*component.values, *component.resources):
            yield leaf.reason, leaf
    for overlay in catalog.overlays.values():
        for use in overlay.uses.values():
            for leaf in (*use.values, *use.resources, *((use.version,) if use.version else ())):
                yield leaf.reason, leaf


def _dead(component: Component, catalog: Catalog) -> Iterator[Problem]:
    """A key that the chart takes and never looks at says something that will not be so."""
    dead = component.dead_keys
    for leaf in _leaves_of(component.name, catalog):
        path = ".".join(leaf.path)
        for key, instead in dead.items():
            if path == key or path.startswith(f"{key}."):
                hint = f"Write {instead}." if instead else "Leave it out."
                yield Problem(
                    f"{component.name} never looks at {key}, which {leaf.origin.name} sets",
                    hint,
                    leaf.origin.place,
                )


def _leaves_of(component: str, catalog: Catalog) -> Iterator[Leaf]:
    yield from catalog.components[component].values
    for overlay in catalog.overlays.values():
        if component in overlay.uses:
            yield from overlay.uses[component].values
    for profile in catalog.profiles.values():
        for choice in profile.choices.values():
            if component in choice.uses:
                yield from choice.uses[component].values


def _unused(catalog: Catalog) -> Iterator[Problem]:
    """What no overlay names can never be part of a recipe."""
    named = {name for overlay in catalog.overlays.values() for name in overlay.profiles}
    for profile in catalog.profiles.values():
        if profile.name not in named:
            yield Problem(
                f"no overlay offers the profile {profile.name}",
                "Name it in 'profiles' of an overlay, or remove it.",
                profile.origin.place,
            )


# Constraints ------------------------------------------------------------------------------------


def _weaker(overlay: Overlay, catalog: Catalog) -> Iterator[Problem]:
    """A bound that an ancestor already has tighter says something that never decides."""
    for constraint in overlay.constraints:
        bound = _bound(constraint.wanted)
        if bound is None:
            continue
        for name in overlay.ancestors:
            for other in catalog.overlays[name].constraints:
                there = _bound(other.wanted)
                if other.subject == constraint.subject and there and _is_weaker(bound, there):
                    yield Problem(
                        f"{constraint.named} {constraint.wanted} is weaker than "
                        f"{other.wanted} of its ancestor {name}",
                        "Remove it, or add 'relax' with an owner if it is meant.",
                        constraint.origin.place,
                    )


def _bound(wanted: str) -> Atom | None:
    """Give the one bound that an expression is; None for any other."""
    expression = parse(wanted)
    if len(expression) == 1 and len(expression[0]) == 1 and expression[0][0].is_bound:
        return expression[0][0]
    return None


def _is_weaker(one: Atom, other: Atom) -> bool:
    """Compare two bounds of the same direction; only numbers between dots are compared."""
    if one.operator[0] != other.operator[0]:
        return False
    a, b = _numbers(one.operands[0]), _numbers(other.operands[0])
    if a is None or b is None:
        return False
    return a < b if one.operator[0] == ">" else a > b


def _numbers(text: str) -> list[int] | None:
    parts = text.removeprefix("v").split(".")
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else None


# Combinations -----------------------------------------------------------------------------------


def queries(catalog: Catalog) -> list[Query]:
    """Give every combination of criteria that some overlay answers, each once, sorted.

    To each comes what refines it: a value, of a dimension that need not be given, by which more
    overlays apply.
    """
    found: dict[tuple[tuple[str, str], ...], None] = {}
    for overlay in catalog.overlays.values():
        if not overlay.is_abstract:
            names = sorted(overlay.criteria)
            for values in product(*(overlay.criteria[name] for name in names)):
                found[tuple(zip(names, values, strict=True))] = None
    for query in list(found):
        for name, values in refinements(catalog, dict(query)).items():
            for value in values:
                found[tuple(sorted((*query, (name, value))))] = None
    return [dict(each) for each in sorted(found)]


def _combinations(catalog: Catalog) -> Iterator[Problem]:
    for query in queries(catalog):
        choice = choose(catalog, query)
        if isinstance(choice, Choice):
            for profiles in shapes(catalog, choice):
                try:
                    merged = merge(catalog, choice, profiles)
                except ConflictError as error:
                    yield from (error.problem, *error.others)
                else:
                    yield from _dropped(merged.history)
                    yield from _unpinned(merged)


def shapes(catalog: Catalog, choice: Choice) -> Iterator[tuple[Chosen, ...]]:
    """Give every way to choose among the profiles that are offered."""
    names = sorted({name for each in choice.applied for name in each.overlay.profiles})
    profiles = [catalog.profiles[name] for name in names]
    for picked in product(*(each.choices.values() for each in profiles)):
        yield tuple(
            Chosen(profile, choice, "option", "lint")
            for profile, choice in zip(profiles, picked, strict=True)
        )


def _dropped(history: Iterable[Value]) -> Iterator[Problem]:
    """A list takes the place of another whole: entries that it leaves out are lost in silence."""
    for value in history:
        kept, leaf = value.leaf.value, value.leaf
        if not isinstance(kept, list) or leaf.drops:
            continue
        for other in value.overrode:
            lost = _lost(kept, other.value)
            if lost:
                yield Problem(
                    f"the list {'.'.join(value.path[1:])} of {leaf.origin.name} leaves out "
                    f"{', '.join(lost)}, which {other.origin.name} has",
                    "Repeat them, or add 'replaces: true' to drop them.",
                    leaf.origin.place,
                )


def _lost(kept: Sequence[object], other: object) -> list[str]:
    if not isinstance(other, list):
        return []
    names = [_name(each) for each in kept]
    return [_name(each) for each in other if _name(each) not in names]


def _name(entry: object) -> str:
    if isinstance(entry, Mapping):
        return str(entry.get("name", entry.get("key", dict(entry))))
    return str(entry)


def _unpinned(merged: Merged) -> Iterator[Problem]:
    for each in merged.components:
        if each.component.chart is not None and not each.version:
            yield Problem(f"{each.name} has no version", "Pin one.", each.component.origin.place)
