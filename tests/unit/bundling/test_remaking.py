"""What rules saw gives the whole bundle again, whatever was rendered."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eidos.engine.bundling.planning import plan
from eidos.engine.bundling.remaking import plan_of
from eidos.engine.bundling.writing import as_input, bundle_files
from eidos.engine.digest import canonical
from eidos.engine.documents.reading import read_text
from eidos.engine.documents.recipes import read_recipe
from eidos.engine.documents.writing import to_json
from eidos.engine.model.bundle import (
    BundleSource,
    File,
    Plan,
    Rendered,
    Resource,
    SharedInputs,
    When,
    Written,
)
from eidos.engine.model.recipe import WrittenRecipe
from eidos.engine.plugins import find_deployers
from fakes.bundling import bundlers, every_recipe, recipe_of, shipped, written

SOURCE = BundleSource("https://git.example.com/team/clusters", "main", "gpu/prod")
INPUTS = SharedInputs(
    system_selector={"node-role": "system"}, registry_mirror="r.example.com/m", source=SOURCE
)


def files_of(planned: Plan, recipe: WrittenRecipe, *, annotate: bool) -> tuple[File, ...]:
    deployers, broken = find_deployers()
    assert not broken
    return bundle_files(planned, recipe, deployers, annotate=annotate)


def refuse_otherwise(planned: Plan, recipe: WrittenRecipe, *, annotate: bool) -> None:
    """See that the plan is had again from what rules see, written and read as evidence is."""
    files = files_of(planned, recipe, annotate=annotate)
    [own] = [each for each in files if each.path == "recipe.yaml"]
    read = read_recipe(read_text(own.content.decode(), own.path)[0]) if recipe.document else recipe
    seen: Any = read_text(to_json(as_input(planned, recipe, files)), "rendered.json")[0].value
    notes = {each.name: each.rendered.provenance for each in planned.releases}
    names = tuple(find_deployers()[0])
    written = Written((planned.deployer, *names), SOURCE, notes if annotate else None)
    again = plan_of(seen, read, written)
    assert files_of(again, read, annotate=annotate) == files
    assert canonical(as_input(again, read, files)) == canonical(seen)


@pytest.mark.parametrize("annotate", [False, True])
def test_every_shipped_recipe_is_made_again(*, annotate: bool) -> None:
    recipes = list(islice(every_recipe(shipped()), 0, None, 40))
    assert recipes
    for _, recipe in recipes:
        planned = plan(recipe, shipped(), bundlers(), INPUTS, "flux")
        refuse_otherwise(planned, recipe, annotate=annotate)


TEXTS = st.text(max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3),
    max_leaves=8,
)


@given(
    values=st.dictionaries(TEXTS, VALUES, max_size=4),
    said=st.dictionaries(TEXTS, TEXTS, max_size=3),
)
@settings(max_examples=50, deadline=None)
def test_whatever_was_rendered_is_made_again(
    values: Mapping[str, Any], said: Mapping[str, str]
) -> None:
    recipe = recipe_of(written("cert-manager"))
    planned = plan(recipe, shipped(), bundlers(), INPUTS, "flux")
    [release] = planned.releases
    rendered = Rendered(
        values, (Resource("x", When.AFTER, {"kind": "X", "spec": values}),), provenance=said
    )
    planned = replace(planned, releases=(replace(release, rendered=rendered),))
    refuse_otherwise(planned, recipe, annotate=True)


@given(path=TEXTS, by=TEXTS)
@settings(max_examples=20, deadline=None)
def test_no_comment_becomes_a_value(path: str, by: str) -> None:
    """A line break in who set a value began a line of its own, which charts took for a value."""
    recipe = recipe_of(written("cert-manager"))
    planned = plan(recipe, shipped(), bundlers(), INPUTS, "helm")
    [release] = planned.releases
    said = {"kept": f"{by}\nevil: true", f"kept.{path}\nevil: true": by}
    rendered = Rendered({"kept": {"a": 1}}, provenance=said)
    planned = replace(planned, releases=(replace(release, rendered=rendered),))
    files = files_of(planned, recipe, annotate=True)
    [values] = [each for each in files if each.path.endswith("/values.yaml")]
    assert read_text(values.content.decode(), "values.yaml")[0].value == {"kept": {"a": 1}}
