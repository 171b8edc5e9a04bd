"""Whether every name in a catalog leads somewhere, and what overlays have from their bases."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from eidos.engine.errors import Location, Problem
from eidos.engine.model.nearest import nearest
from eidos.engine.model.recipe import (
    Catalog,
    Component,
    Dependency,
    Dimension,
    Overlay,
    Platform,
    Profile,
    TuningProfile,
    Use,
)


def link(catalog: Catalog) -> list[Problem]:
    """Give everything that is named and is not there, or that contradicts its base."""
    return [
        *(problem for each in catalog.components.values() for problem in _component(catalog, each)),
        *(problem for each in catalog.overlays.values() for problem in _overlay(catalog, each)),
        *(problem for each in catalog.profiles.values() for problem in _profile(catalog, each)),
        *(problem for each in catalog.tuning.values() for problem in _tuning(catalog, each)),
        *(problem for each in catalog.platforms.values() for problem in _platform(catalog, each)),
    ]


def inherited(
    overlays: Mapping[str, Overlay], criteria: Mapping[str, Dimension]
) -> dict[str, Overlay]:
    """Give overlays with their ancestors' criteria, strictness, profiles and tuning.

    Args:
        overlays: as their files say them. One whose base is missing, or that is its own ancestor,
            has no ancestors here; `link` tells of it.
        criteria: the dimensions, of which the strict ones are strict for all.
    """
    strict = frozenset(name for name, dimension in criteria.items() if dimension.is_strict)
    found: dict[str, Overlay] = {}
    for name in overlays:
        for each in reversed(lineage(overlays, name) or (name,)):
            found.setdefault(each, _with_base(overlays[each], found, strict))
    return found


def _with_base(overlay: Overlay, found: Mapping[str, Overlay], strict: frozenset[str]) -> Overlay:
    base = found.get(overlay.base or "")
    if base is None:
        return replace(overlay, strict=strict if overlay.strict is None else overlay.strict)
    return replace(
        overlay,
        ancestors=(base.name, *base.ancestors),
        criteria={**base.criteria, **overlay.criteria},
        strict=base.strict if overlay.strict is None else overlay.strict,
        profiles=tuple(dict.fromkeys((*base.profiles, *overlay.profiles))),
        tuning=tuple(dict.fromkeys((*base.tuning, *overlay.tuning))),
    )


def lineage(overlays: Mapping[str, Overlay], name: str) -> tuple[str, ...] | None:
    """Give an overlay and its ancestors, nearest first; None where one is missing or it circles."""
    found: list[str] = []
    at: str | None = name
    while at is not None:
        if at in found or at not in overlays:
            return None
        found.append(at)
        at = overlays[at].base
    return tuple(found)


def _overlay(catalog: Catalog, overlay: Overlay) -> Iterator[Problem]:
    place = overlay.origin.place
    yield from _base(catalog.overlays, overlay)
    yield from _criteria(catalog, overlay)
    yield from _names(overlay.strict or (), catalog.criteria, "dimension", place)
    yield from _names(overlay.profiles, catalog.profiles, "profile", place)
    yield from _names(overlay.tuning, catalog.tuning, "tuning profile", place)
    yield from _uses(catalog, overlay.uses.values())


def _base(overlays: Mapping[str, Overlay], overlay: Overlay) -> Iterator[Problem]:
    if overlay.base is None or lineage(overlays, overlay.name) is not None:
        return
    place = overlay.origin.place
    if overlay.base not in overlays:
        hint = nearest(overlay.base, overlays)
        yield Problem(f"the base {overlay.base!r} of {overlay.name} does not exist", hint, place)
    elif (circle := _circle(overlays, overlay.name)) is not None:
        hint = "Take the base away from one of them."
        yield Problem(f"the overlay is its own base: {' → '.join(circle)}", hint, place)


def _circle(overlays: Mapping[str, Overlay], name: str) -> list[str] | None:
    """Give the way from an overlay back to itself; None where it only leads into a circle."""
    way = [name]
    while (base := overlays[way[-1]].base) is not None and base in overlays:
        if base in way:
            return [*way, base] if base == name else None
        way.append(base)
    return None


def _criteria(catalog: Catalog, overlay: Overlay) -> Iterator[Problem]:
    place = overlay.origin.place
    for name, values in overlay.criteria.items():
        dimension = catalog.criteria.get(name)
        if dimension is None:
            yield from _names([name], catalog.criteria, "dimension", place)
            continue
        if not dimension.is_count:
            yield from _names(values, dimension.values, f"value of {name}", place)
        base = catalog.overlays.get(overlay.base or "")
        wider = set(values) - set(base.criteria.get(name, values)) if base else ()
        if wider:
            hint = "A base says what its children are part of: give this one another base."
            said = f"{name} {', '.join(sorted(wider))}"
            yield Problem(
                f"{overlay.name} is for {said}, and its base {overlay.base} is not", hint, place
            )


def _uses(catalog: Catalog, uses: Iterable[Use]) -> Iterator[Problem]:
    for use in uses:
        yield from _names([use.component], catalog.components, "component", use.origin.place)
        yield from _dependencies(catalog, use.dependencies)


def _dependencies(catalog: Catalog, dependencies: Sequence[Dependency]) -> Iterator[Problem]:
    for each in dependencies:
        yield from _names([each.component], catalog.components, "component", each.origin.place)


def _component(catalog: Catalog, component: Component) -> Iterator[Problem]:
    yield from _dependencies(catalog, (*component.dependencies, *component.conflicts))
    kind, _, owner = component.crd_owner.partition(":")
    if kind == "component":
        yield from _names([owner], catalog.components, "component", component.origin.place)


def _profile(catalog: Catalog, profile: Profile) -> Iterator[Problem]:
    for choice in profile.choices.values():
        yield from _uses(catalog, choice.uses.values())


def _tuning(catalog: Catalog, profile: TuningProfile) -> Iterator[Problem]:
    place = profile.origin.place
    yield from _names(profile.bases, catalog.tuning, "tuning profile", place)
    if profile.name in tuning_lineage(catalog.tuning, profile.name)[1:]:
        hint = "Take the base away from one of them."
        yield Problem(f"the tuning profile {profile.name} is its own base", hint, place)


def _platform(catalog: Catalog, platform: Platform) -> Iterator[Problem]:
    known = catalog.criteria["service"].values if "service" in catalog.criteria else ()
    yield from _names([platform.service], known, "value of service", platform.origin.place)


def tuning_lineage(profiles: Mapping[str, TuningProfile], name: str) -> tuple[str, ...]:
    """Give a profile and its bases, each once; the profile again at the end where it circles."""
    found: dict[str, None] = {}
    todo = [name]
    circles = False
    while todo:
        at = todo.pop()
        circles = circles or (at == name and at in found)
        if at in found or at not in profiles:
            continue
        found[at] = None
        todo.extend(profiles[at].bases)
    return (*found, name) if circles else tuple(found)


def _names(
    names: Iterable[str], known: Iterable[str], what: str, place: Location
) -> Iterator[Problem]:
    there = set(known)
    for name in names:
        if name not in there:
            yield Problem(f"there is no {what} {name!r}", nearest(name, sorted(there)), place)
