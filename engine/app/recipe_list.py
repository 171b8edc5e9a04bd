"""``eidos recipe list``: which combinations of criteria have a recipe."""

import re
from collections.abc import Mapping, Sequence

from eidos.engine.app.context import Context
from eidos.engine.app.recipe import name_of, open_catalog
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.recipe import Catalog, Choice, Coverage, Covered
from eidos.engine.selecting.choosing import choose
from eidos.engine.selecting.criteria import stated
from eidos.engine.selecting.linting import queries

_RELEASE = FactAddress("k8s", "server", "version")
_LOWEST = re.compile(r">= \d+(\.\d+)*")


def coverage(
    data: Sequence[str], context: Context, wanted: Mapping[str, str] | None = None
) -> Coverage:
    """Say which combinations of criteria have a recipe.

    Args:
        data: folders of the site.
        context: what is open.
        wanted: only combinations with these values.

    Raises:
        UsageError: a criterion or value does not exist.
    """
    catalog = open_catalog(data, context)
    only = {
        each.dimension: each.value
        for each in stated(catalog.criteria, wanted or {}, "option").values()
    }
    rows = []
    for query in queries(catalog):
        choice = choose(catalog, query)
        if isinstance(choice, Choice) and only.items() <= query.items():
            rows.append(_covered(catalog, query, choice))
    named = {name for row in rows for name in row.criteria}
    return Coverage(tuple(name for name in catalog.criteria if name in named), tuple(rows))


def _covered(catalog: Catalog, query: Mapping[str, str], choice: Choice) -> Covered:
    profiles = {
        profile.dimension: tuple(dict.fromkeys((profile.default, *profile.choices)))
        for each in choice.applied
        for name in each.overlay.profiles
        for profile in (catalog.profiles[name],)
    }
    releases = [
        constraint.wanted
        for each in choice.applied
        for constraint in each.overlay.constraints
        if constraint.fact == _RELEASE
    ]
    return Covered(dict(query), name_of(choice.applied), profiles, _strictest(releases))


def _strictest(ranges: Sequence[str]) -> tuple[str, ...]:
    """Leave out lower bounds, ``>= 1.32``, below the highest: overlays each state their own."""
    lowest = [each for each in dict.fromkeys(ranges) if _LOWEST.fullmatch(each)]
    others = [each for each in dict.fromkeys(ranges) if each not in lowest]
    highest = sorted(lowest, key=lambda each: [int(part) for part in each[3:].split(".")])[-1:]
    return (*highest, *others)
