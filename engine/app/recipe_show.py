"""``eidos recipe show``: what an object of the catalog says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from eidos.engine.app.context import Context
from eidos.engine.app.recipe import open_catalog
from eidos.engine.errors import UsageError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.recipe import (
    Catalog,
    Component,
    Constraint,
    Dependency,
    Leaf,
    Overlay,
    Platform,
    Profile,
    Reason,
    Shown,
    Statement,
    TuningProfile,
    Use,
)
from eidos.engine.selecting.linking import lineage, tuning_lineage


def show(name: str, data: Sequence[str], context: Context, kind: str | None = None) -> Shown:
    """Give everything that an object of the catalog says, its own first, then its bases'.

    Args:
        name: of an overlay, component (or one of its aliases), profile, tuning profile or platform.
        data: folders of the site.
        context: what is open.
        kind: one of `KINDS`; None where the name says it. A platform is called as its service is,
            and so is the overlay of all clusters on it: that goes first.

    Raises:
        UsageError: there is none of that name, or more than one and no kind is named.
        DocumentError: the catalog cannot be read.
    """
    catalog = open_catalog(data, context)
    shelves: dict[str, Mapping[str, Any]] = {
        "overlay": catalog.overlays,
        "component": _by_alias(catalog.components),
        "profile": catalog.profiles,
        "tuning": catalog.tuning,
        "platform": catalog.platforms,
    }
    wanted = {kind: shelves[kind]} if kind else shelves
    found = [(each, shelf[name]) for each, shelf in wanted.items() if name in shelf]
    if len(found) > 1:
        found = [(each, one) for each, one in found if each != "platform"]
    if not found:
        known = sorted({known for shelf in wanted.values() for known in shelf})
        raise UsageError(f"there is no {kind or 'object'} {name!r}", hint=nearest(name, known))
    if len(found) > 1:
        kinds = " and ".join(each for each, _ in found)
        raise UsageError(f"{name!r} is {kinds}", hint=f"Say which: --kind {found[0][0]}")
    [(what, one)] = found
    return _SHOWN[what](one, catalog)


def _by_alias(components: Mapping[str, Component]) -> dict[str, Component]:
    aliases = {alias: each for each in components.values() for alias in each.aliases}
    return {**aliases, **components}


def _overlay(overlay: Overlay, catalog: Catalog) -> Shown:
    line = [catalog.overlays[each] for each in lineage(catalog.overlays, overlay.name) or ()]
    statements = [*_criteria(overlay), *(said for each in line for said in _of_overlay(each))]
    return Shown(overlay.title, overlay.origin, overlay.ancestors, tuple(statements), catalog.roots)


def _criteria(overlay: Overlay) -> Iterator[Statement]:
    for name, values in sorted(overlay.criteria.items()):
        yield Statement("criteria", name, list(values), overlay.origin, _NO_REASON)
    for section in ("profiles", "tuning"):
        for name in getattr(overlay, section):
            yield Statement(section, name, None, overlay.origin, _NO_REASON)


def _of_overlay(overlay: Overlay) -> Iterator[Statement]:
    for constraint in overlay.constraints:
        yield _constraint("constraints", constraint)
    for each in overlay.relaxed:
        yield _constraint(f"relaxed by {each.owner}", each.constraint)
    for name in sorted(overlay.uses):
        yield from _use(overlay.uses[name])
    for check in overlay.checks:
        yield Statement("checks", check.name, check.wanted, check.origin, check.reason)


def _constraint(section: str, constraint: Constraint) -> Statement:
    of = "" if constraint.of.value == "cluster" else f" of {constraint.of.value}"
    what = f"{constraint.named}{of}"
    return Statement(section, what, constraint.wanted, constraint.origin, constraint.reason)


def _use(use: Use) -> Iterator[Statement]:
    name = use.component
    if use.removed is not None:
        yield Statement("components", name, "not there", use.origin, use.removed)
    else:
        yield Statement("components", name, "there", use.origin, _NO_REASON)
    if use.version is not None:
        yield _leaf(f"{name} version", use.version)
    yield from _dependencies(name, use.dependencies)
    yield from _leaves(name, use.values, use.resources)


def _leaves(name: str, values: Sequence[Leaf], resources: Sequence[Leaf]) -> Iterator[Statement]:
    for leaf in values:
        yield _leaf(f"{name} {'.'.join(leaf.path)}", leaf)
    for leaf in resources:
        yield _leaf(f"{name} resource {'.'.join(leaf.path)}", leaf)


def _leaf(what: str, leaf: Leaf) -> Statement:
    return Statement("components", what, leaf.value, leaf.origin, leaf.reason)


def _dependencies(
    name: str, needed: Sequence[Dependency], word: str = "after"
) -> Iterator[Statement]:
    for each in needed:
        value = f"{each.component}, where it is there" if each.optional else each.component
        yield Statement("components", f"{name} {word}", value, each.origin, each.reason)


def _component(component: Component, catalog: Catalog) -> Shown:
    return Shown(
        component.title, component.origin, (), tuple(_of_component(component)), catalog.roots
    )


def _of_component(component: Component) -> Iterator[Statement]:
    origin, name = component.origin, component.name
    chart = component.chart
    if chart is not None:
        reason = Reason("", chart.source)
        for what in ("repository", "name", "version", "released"):
            value = getattr(chart, what)
            if value is not None:
                yield Statement("chart", what, value, origin, reason)
    yield Statement("deployment", "namespace", component.namespace, origin, _NO_REASON)
    if component.kubernetes is not None:
        yield _constraint("constraints", component.kubernetes)
    yield from _dependencies(name, component.dependencies)
    yield from _dependencies(name, component.conflicts, "never beside")
    if component.crds:
        yield Statement(
            "definitions", component.crd_owner, list(component.crds), origin, _NO_REASON
        )
    yield from _leaves(name, component.values, component.resources)
    for upgrade in component.upgrades:
        move = f"{upgrade.since} to {upgrade.to}"
        yield Statement("upgrades", move, upgrade.verdict, origin, upgrade.reason)


def _profile(profile: Profile, catalog: Catalog) -> Shown:
    return Shown(profile.name, profile.origin, (), tuple(_of_profile(profile)), catalog.roots)


def _of_profile(profile: Profile) -> Iterator[Statement]:
    for choice in profile.choices.values():
        section = f"choice {choice.name}"
        default = "the default" if choice.name == profile.default else "on request"
        yield Statement(section, profile.dimension, default, choice.origin, choice.reason)
        for constraint in choice.observed:
            yield _constraint(f"{section}: told by", constraint)
        if choice.given:
            yield Statement(section, "vouched for", choice.given, choice.origin, _NO_REASON)
        for use in choice.uses.values():
            yield from _use(use)


def _tuning(profile: TuningProfile, catalog: Catalog) -> Shown:
    line = tuning_lineage(catalog.tuning, profile.name)
    statements = [said for each in line for said in _of_tuning(catalog.tuning[each])]
    return Shown(profile.title, profile.origin, line[1:], tuple(statements), catalog.roots)


def _of_tuning(profile: TuningProfile) -> Iterator[Statement]:
    for size in profile.page_sizes:
        yield Statement("kernel", "page size", size, profile.origin, _NO_REASON)
    for constraint in profile.constraints:
        yield _constraint("constraints", constraint)
    for each in profile.settings:
        rest = {key: value for key, value in each.said.items() if key not in _NAMES}
        against = f", against {', '.join(each.conflicts)}" if each.conflicts else ""
        value = next(iter(rest.values())) if len(rest) == 1 else (rest or str(each.said["set"]))
        yield Statement(each.area, f"{each.key}{against}", value, each.origin, each.reason)


def _platform(platform: Platform, catalog: Catalog) -> Shown:
    return Shown(platform.title, platform.origin, (), tuple(_of_platform(platform)), catalog.roots)


def _of_platform(platform: Platform) -> Iterator[Statement]:
    origin = platform.origin
    yield Statement("platform", "service", platform.service, origin, _NO_REASON)
    if platform.description:
        yield Statement("platform", "description", platform.description, origin, _NO_REASON)
    if platform.schemes:
        yield Statement("platform", "provider ids", list(platform.schemes), origin, _NO_REASON)
    for leaf in platform.storage:
        yield Statement("storage", " ".join(leaf.path), leaf.value, leaf.origin, leaf.reason)
    for note in platform.notes:
        yield Statement("notes", note.reason.because, None, note.origin, note.reason)


_NAMES = frozenset({"key", "name", "set", "unit", "property"})
"""What names a setting of a node."""
_NO_REASON = Reason("", "")
_SHOWN: Mapping[str, Callable[[Any, Catalog], Shown]] = {
    "overlay": _overlay,
    "component": _component,
    "profile": _profile,
    "tuning": _tuning,
    "platform": _platform,
}
KINDS = tuple(_SHOWN)
"""What can be shown."""
