"""From a recipe to a plan."""

import pytest

from eidos.engine.bundling.planning import plan
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import SharedInputs
from fakes.bundling import bundlers, recipe_of, shipped, written


def test_what_a_component_depends_on_must_be_there() -> None:
    notes = written("kueue", depends_on=("cert-manager",))
    with pytest.raises(BundleError, match="kueue depends on cert-manager, which the recipe does"):
        plan(recipe_of(notes), shipped(), bundlers(), SharedInputs(), "helm")
    both = recipe_of(written("cert-manager"), notes)
    assert plan(both, shipped(), bundlers(), SharedInputs(), "helm").releases[1].depends_on
