"""From a recipe to a plan: every component is rendered by its bundler, in its wave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from eidos.engine.bundling.isolating import is_ours, render_apart
from eidos.engine.errors import BundleError, EidosError
from eidos.engine.model.bundle import Plan, Release, Rendered, SharedInputs, ToRender
from eidos.engine.model.nearest import nearest
from eidos.engine.model.recipe import Catalog, Component, WrittenComponent, WrittenRecipe
from eidos.engine.ports import Bundler

GENERIC = "generic"
"""The bundler of what no other claims."""


def plan(
    recipe: WrittenRecipe,
    catalog: Catalog,
    bundlers: Mapping[str, Bundler],
    shared: SharedInputs,
    deployer: str,
) -> Plan:
    """Plan a recipe and render it; see `outlined` and `rendered`."""
    return rendered(outlined(recipe, catalog, shared, deployer), recipe, catalog, bundlers)


def outlined(recipe: WrittenRecipe, catalog: Catalog, shared: SharedInputs, deployer: str) -> Plan:
    """Plan a recipe without rendering anything: what is deployed, in which order.

    Args:
        recipe: what is deployed.
        catalog: what is known of its components.
        shared: inputs of many components.
        deployer: the tool that deploys it.

    Returns:
        A plan whose releases have neither values nor resources; `rendered` gives them.

    Raises:
        BundleError: a component is not known or lacks what it depends on.
    """
    _refuse_missing(recipe)
    refuse_unknown(shared.extra_values, recipe)
    return Plan(
        recipe=recipe.name,
        criteria=recipe.criteria,
        releases=tuple(_release(each, recipe, catalog) for each in recipe.components),
        deployer=deployer,
        shared=shared,
    )


def rendered(
    outline: Plan, recipe: WrittenRecipe, catalog: Catalog, bundlers: Mapping[str, Bundler]
) -> Plan:
    """Have every component of an outline rendered by its bundler.

    Args:
        outline: as `outlined` gives it.
        recipe: the same as there.
        catalog: the same as there.
        bundlers: by the name of their entry point.

    Raises:
        BundleError: two bundlers claim one component, or one cannot render it.
    """
    claims = _claims(bundlers)
    return replace(
        outline,
        releases=tuple(
            replace(release, rendered=_rendered(component, recipe, catalog, claims, outline.shared))
            for release, component in zip(outline.releases, recipe.components, strict=True)
        ),
    )


def _refuse_missing(recipe: WrittenRecipe) -> None:
    """A recipe that somebody shortened may lack what the rest waits for."""
    names = {each.name for each in recipe.components}
    for each in recipe.components:
        for needed in each.depends_on:
            if needed not in names:
                raise BundleError(
                    f"{each.name} depends on {needed}, which the recipe does not have",
                    hint="Resolve the recipe anew, or take it out of dependsOn if it is there.",
                )


def refuse_unknown(named: Iterable[str], recipe: WrittenRecipe) -> None:
    """Refuse components that the user names and the recipe does not have.

    Raises:
        BundleError: says the first.
    """
    names = [each.name for each in recipe.components]
    for name in named:
        if name not in names:
            raise BundleError(f"the recipe has no component {name!r}", hint=nearest(name, names))


def _claims(bundlers: Mapping[str, Bundler]) -> dict[str, Bundler]:
    """Give the bundler of each component; ``generic`` for all others."""
    claims: dict[str, Bundler] = {}
    owners: dict[str, str] = {}
    for plugin, bundler in bundlers.items():
        for component in bundler.components:
            if component in claims:
                raise BundleError(
                    f"the bundlers {owners[component]} and {plugin} both render {component}",
                    hint="Remove one of them: eidos plugin list shows where each comes from.",
                )
            claims[component] = bundler
            owners[component] = plugin
    claims[""] = bundlers[GENERIC]
    return claims


def _release(component: WrittenComponent, recipe: WrittenRecipe, catalog: Catalog) -> Release:
    registry = catalog.components.get(component.name)
    if registry is None:
        raise BundleError(
            f"the registry has no component {component.name!r}",
            hint=nearest(component.name, catalog.components),
        )
    return release_of(component, _owner(registry, recipe.components), Rendered({}))


def release_of(component: WrittenComponent, crds_by: str | None, rendered: Rendered) -> Release:
    """Give a component of a recipe as it will be deployed.

    Args:
        component: as the recipe says it.
        crds_by: the component that owns its definitions, where that is another one.
        rendered: what a bundler made of it.
    """
    return Release(
        name=component.name,
        namespace=component.namespace,
        wave=component.wave,
        depends_on=component.depends_on,
        rendered=rendered,
        repository=component.repository,
        chart=component.chart,
        version=component.version,
        crds_by=crds_by,
    )


def _rendered(
    component: WrittenComponent,
    recipe: WrittenRecipe,
    catalog: Catalog,
    claims: Mapping[str, Bundler],
    shared: SharedInputs,
) -> Rendered:
    bundler = claims.get(component.name, claims[""])
    wanted = ToRender(component, catalog.components[component.name], recipe, shared)
    if not is_ours(bundler):
        return render_apart(bundler, wanted)
    try:
        return bundler.render(wanted)
    except EidosError:
        raise
    except Exception as error:
        raise BundleError(
            f"the bundler of {wanted.component.name} failed: {type(error).__name__}: {error}",
            hint="Report it to whoever wrote the bundler; --debug shows where.",
        ) from error


def _owner(registry: Component, components: Sequence[WrittenComponent]) -> str | None:
    kind, _, owner = registry.crd_owner.partition(":")
    there = any(each.name == owner for each in components)
    return owner if kind == "component" and there else None
