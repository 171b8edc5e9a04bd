"""Recipes for bundlers: small ones by hand, and every one that the catalog resolves."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from eidos import recipes
from eidos.engine.documents.reading import Document
from eidos.engine.documents.recipes import read_recipe, recipe_document
from eidos.engine.model.bundle import Rendered, SharedInputs, ToRender
from eidos.engine.model.recipe import (
    Catalog,
    Choice,
    Chosen,
    Criterion,
    Recipe,
    WrittenComponent,
    WrittenRecipe,
)
from eidos.engine.plugins import find_plugins
from eidos.engine.ports import Bundler
from eidos.engine.selecting.choosing import choose
from eidos.engine.selecting.linting import queries, shapes
from eidos.engine.selecting.merging import merge
from eidos.engine.selecting.reading import read_catalog

GROUP = "eidos.bundlers"
Values = Mapping[str, Any]


@cache
def shipped() -> Catalog:
    """Give the catalog as it ships."""
    return read_catalog([recipes.FOLDER])


@cache
def bundlers() -> Mapping[str, Bundler]:
    """Give every bundler that ships, by its entry point."""
    found = find_plugins(GROUP)
    assert not found.broken
    return found.loaded  # type: ignore[return-value]  # held against the port by a test


def bundler_of(component: str) -> Bundler:
    """Give the bundler that renders a component."""
    claimed = [each for each in bundlers().values() if component in each.components]
    return claimed[0] if claimed else bundlers()["generic"]


def written(
    name: str, values: Values | None = None, resources: Values | None = None, **more: Any
) -> WrittenComponent:
    """Give a component of a recipe with the chart that the registry names."""
    registry = shipped().components[name]
    chart = registry.chart
    said: dict[str, Any] = {
        "name": name,
        "namespace": registry.namespace,
        "repository": chart and chart.repository,
        "chart": chart and chart.name,
        "version": chart and chart.version,
        "wave": 0,
        "depends_on": (),
        "values": values or {},
        "resources": resources or {},
    }
    return WrittenComponent(**{**said, **more})


def recipe_of(
    *components: WrittenComponent,
    tuning: Values | None = None,
    criteria: Mapping[str, str] | None = None,
) -> WrittenRecipe:
    """Give a recipe of these components."""
    return WrittenRecipe(
        name="small",
        digest="sha256:" + "0" * 64,
        criteria=criteria or {},
        components=components,
        constraints=(),
        tuning=tuning or {},
        checks=(),
        profiles={},
        provenance={},
        lock={},
        document={},
    )


def rendered(
    component: WrittenComponent,
    *others: WrittenComponent,
    shared: SharedInputs | None = None,
    tuning: Values | None = None,
    criteria: Mapping[str, str] | None = None,
) -> Rendered:
    """Render a component as a part of a recipe with others."""
    recipe = recipe_of(component, *others, tuning=tuning, criteria=criteria)
    return rendered_of(recipe, component, shared or SharedInputs())


def rendered_of(
    recipe: WrittenRecipe, component: WrittenComponent, shared: SharedInputs
) -> Rendered:
    """Render a component of a recipe with the bundler that claims it."""
    registry = shipped().components[component.name]
    wanted = ToRender(component, registry, recipe, shared)
    return bundler_of(component.name).render(wanted)


def every_recipe(catalog: Catalog) -> Iterator[tuple[str, WrittenRecipe]]:
    """Give every recipe that a catalog resolves, in every shape, with what was asked for."""
    seen: set[tuple[tuple[str, ...], str]] = set()
    for query in queries(catalog):
        for asked in _narrowed(catalog, query):
            choice = choose(catalog, asked)
            if not isinstance(choice, Choice):
                continue
            applied = tuple(each.overlay.name for each in choice.applied)
            if (applied, str(query)) not in seen:
                seen.add((applied, str(query)))
                for profiles in shapes(catalog, choice):
                    words = [*asked.values(), *(each.choice.name for each in profiles)]
                    yield ", ".join(words), _resolved(catalog, choice, profiles, asked)


def recipe_for(catalog: Catalog, query: Mapping[str, str]) -> WrittenRecipe:
    """Give what a catalog resolves for a query that is enough, in its first shape."""
    choice = choose(catalog, query)
    assert isinstance(choice, Choice), choice
    return _resolved(catalog, choice, next(iter(shapes(catalog, choice))), query)


def _narrowed(catalog: Catalog, query: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give a query, and with each value of each dimension that only narrows: the fabric."""
    yield dict(query)
    for dimension in catalog.criteria.values():
        if dimension.refines and not dimension.is_count and dimension.name not in query:
            for value in dimension.values:
                yield {**query, dimension.name: value}


def _resolved(
    catalog: Catalog, choice: Choice, profiles: Sequence[Chosen], query: Mapping[str, str]
) -> WrittenRecipe:
    merged = merge(catalog, choice, profiles)
    recipe = Recipe(
        name="resolved",
        criteria=tuple(Criterion(name, value, "option") for name, value in query.items()),
        choice=choice,
        profiles=tuple(profiles),
        components=merged.components,
        tuning=merged.tuning,
        constraints=merged.constraints,
        relaxed=merged.relaxed,
        checks=merged.checks,
        history=merged.history,
        lock={"recipes/criteria.yaml": "sha256:" + "0" * 64},
    )
    return read_recipe(Document("recipe.yaml", 0, recipe_document(recipe)))
