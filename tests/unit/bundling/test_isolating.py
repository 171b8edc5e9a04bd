"""A bundler of others may refuse, fail, crash or hang: each ends with a sentence."""

import os
from pathlib import Path

import pytest

from eidos.bundlers.generic import bundler as generic
from eidos.engine.bundling.isolating import is_ours, render_apart
from eidos.engine.bundling.planning import plan
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import SharedInputs, ToRender
from eidos.engine.model.recipe import Catalog, WrittenComponent, WrittenRecipe
from eidos.engine.selecting.reading import read_catalog
from eidos.recipes import FOLDER
from fakes.bundlers import Other

PATIENCE = 60.0


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return read_catalog([FOLDER])


@pytest.fixture
def recipe() -> WrittenRecipe:
    component = WrittenComponent(
        name="cert-manager",
        namespace="cert-manager",
        repository="https://charts.example.org",
        chart="cert-manager",
        version="v1.0.0",
        wave=0,
        depends_on=(),
        values={},
        resources={},
    )
    return WrittenRecipe("r", "sha256:0", {}, (component,), (), {}, (), {}, {}, {}, {})


@pytest.fixture
def wanted(catalog: Catalog, recipe: WrittenRecipe) -> ToRender:
    [component] = recipe.components
    return ToRender(component, catalog.components["cert-manager"], recipe, SharedInputs())


def test_what_it_renders_arrives(wanted: ToRender) -> None:
    rendered = render_apart(Other(), wanted, PATIENCE)
    assert rendered.values["name"] == "cert-manager"


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("refuse", "the bundler of cert-manager: driver.enabled says nothing"),
        ("fail", "the bundler of cert-manager: KeyError: 'driver'"),
        ("crash", "the bundler of cert-manager crashed: SIGSEGV"),
        ("leave", "ended without an answer (exit code 7)"),
    ],
)
def test_whatever_goes_wrong_is_a_sentence(wanted: ToRender, act: str, said: str) -> None:
    with pytest.raises(BundleError) as caught:
        render_apart(Other(act), wanted, PATIENCE)
    assert said in str(caught.value)


def test_one_that_hangs_is_ended(wanted: ToRender, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    with pytest.raises(BundleError, match=r"did not answer within 5 s"):
        render_apart(Other("hang", str(told)), wanted, 5.0)
    if told.exists() and told.read_text():  # it may have been ended before it began
        with pytest.raises(ProcessLookupError):
            os.kill(int(told.read_text()), 0)


def test_only_those_of_others_are_apart(catalog: Catalog, recipe: WrittenRecipe) -> None:
    assert is_ours(generic)
    assert not is_ours(Other())
    made = plan(recipe, catalog, {"generic": generic, "x": Other()}, SharedInputs(), "helm")
    values = made.releases[0].rendered.values
    assert values["name"] == "cert-manager"
    assert values["process"] != os.getpid()
