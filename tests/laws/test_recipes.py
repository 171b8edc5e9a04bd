"""Laws of resolution, over small catalogs that nobody thought of."""

import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.selecting.conftest import REASON, component, overlay, setting, write

from eidos.engine.model.recipe import Catalog, Choice, Refusal
from eidos.engine.selecting.choosing import choose
from eidos.engine.selecting.merging import ConflictError, Merged, merge
from eidos.engine.selecting.reading import read_catalog

VALUES = {
    "service": ["eks", "gke"],
    "accelerator": ["h100", "gb200"],
    "os": ["ubuntu", "cos"],
    "intent": ["training", "inference"],
}
COMPONENTS = ("gpu-operator", "cert-manager")
KEYS = ("a", "b", "c")
queries = st.dictionaries(st.sampled_from(sorted(VALUES)), st.integers(0, 1)).map(
    lambda picked: {name: VALUES[name][at] for name, at in sorted(picked.items())}
)


@st.composite
def overlays(draw: st.DrawFn) -> list[dict[str, object]]:
    """A tree of overlays, each of which narrows its base."""
    made: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 6))):
        base = draw(st.sampled_from([None, *made])) if made else None
        said: dict[str, str] = dict(base["spec"]["all"]) if base else {}
        own = {name: value for name, value in draw(queries).items() if name not in said}
        values = draw(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 1)))
        release = draw(st.none() | st.integers(20, 40))
        spec: dict[str, Any] = {"all": {**said, **own}}
        if base:
            spec["base"] = base["metadata"]["name"]
        if own:
            spec["criteria"] = own
        if draw(st.booleans()):
            spec["abstract"] = True
        if release is not None:
            fact = {"fact": "K8s.server.version", "is": f">= 1.{release}", **REASON}
            spec["constraints"] = [fact]
        if values:
            name = draw(st.sampled_from(COMPONENTS))
            spec["components"] = {name: {"settings": [setting(values)]}}
        made.append(overlay(f"o{number}", **spec))
    for each in made:
        del each["spec"]["all"]
    return made


def catalog_of(objects: list[dict[str, object]]) -> Catalog:
    with tempfile.TemporaryDirectory() as folder:
        parts = [component(name) for name in COMPONENTS]
        return read_catalog([write(Path(folder), *parts, *objects)])


def resolved(catalog: Catalog, query: Mapping[str, str]) -> Merged | Refusal | str:
    """Give what becomes of a query; of a conflict only that there is one."""
    choice = choose(catalog, query)
    if isinstance(choice, Refusal):
        return choice
    try:
        return merge(catalog, choice, ())
    except ConflictError:
        return "conflict"


def told(found: Merged | Refusal | str) -> object:
    """Give what a user would see of it, without candidates that were not chosen."""
    if isinstance(found, Merged):
        values = [(each.path, each.leaf.value, each.leaf.origin.name) for each in found.history]
        names = [(each.name, each.version, each.wave) for each in found.components]
        wanted = [(each.named, each.wanted, each.origin.name) for each in found.constraints]
        return values, names, wanted
    return "refused" if isinstance(found, Refusal) else found


@settings(max_examples=40)
@given(overlays(), queries)
def test_an_overlay_that_matches_nothing_changes_nothing(
    objects: list[dict[str, object]], query: dict[str, str]
) -> None:
    before = told(resolved(catalog_of(objects), query))
    other = {name: next(v for v in VALUES[name] if v != query.get(name)) for name in VALUES}
    conflict = {"gpu-operator": {"settings": [setting(dict.fromkeys(KEYS, 9))]}}
    stranger = overlay("stranger", criteria=other, components=conflict)
    assert told(resolved(catalog_of([*objects, stranger]), query)) == before


@settings(max_examples=40)
@given(overlays(), queries, queries)
def test_more_criteria_never_loosen_a_constraint(
    objects: list[dict[str, object]], query: dict[str, str], more: dict[str, str]
) -> None:
    catalog = catalog_of(objects)
    less, rest = resolved(catalog, query), resolved(catalog, {**more, **query})
    if isinstance(less, Merged) and isinstance(rest, Merged):
        assert {(each.subject, each.wanted) for each in less.constraints} <= {
            (each.subject, each.wanted) for each in rest.constraints
        }


@settings(max_examples=40)
@given(overlays(), queries, st.randoms())
def test_resolution_does_not_depend_on_the_order_of_files(
    objects: list[dict[str, object]], query: dict[str, str], dice: random.Random
) -> None:
    catalog = catalog_of(objects)
    names = list(catalog.overlays)
    dice.shuffle(names)
    other = replace(catalog, overlays={name: catalog.overlays[name] for name in names})
    assert told(resolved(other, query)) == told(resolved(catalog, query))


@settings(max_examples=40)
@given(overlays(), queries)
def test_an_answer_speaks_of_everything_that_was_asked(
    objects: list[dict[str, object]], query: dict[str, str]
) -> None:
    choice = choose(catalog_of(objects), query)
    if isinstance(choice, Choice):
        answering = [each.overlay for each in choice.applied if each.answers]
        assert answering
        assert all(query.keys() <= each.criteria.keys() for each in answering)
        assert not any(each.is_abstract for each in answering)


@settings(max_examples=40)
@given(overlays(), queries, st.data())
def test_what_is_excluded_takes_its_descendants_with_it(
    objects: list[dict[str, object]], query: dict[str, str], data: st.DataObject
) -> None:
    catalog = catalog_of(objects)
    gone = data.draw(st.sampled_from(sorted(catalog.overlays)))
    choice = choose(catalog, query, {gone: ("not here", "SITE-001")})
    if isinstance(choice, Choice):
        assert not any(
            gone in (each.overlay.name, *each.overlay.ancestors) for each in choice.applied
        )


RESOLVE = (
    *("recipe", "--service", "gke", "--accelerator", "h100", "--os", "cos"),
    *("--intent", "training"),
)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_same_bytes_for_another_user_folder_locale_and_zone(form: str, tmp_path: Path) -> None:
    written = []
    for number, (locale, zone) in enumerate((("C", "UTC"), ("tr_TR.UTF-8", "Asia/Kathmandu"))):
        home = tmp_path / f"home {number}"
        home.mkdir()
        environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "USER": f"user{number}",
            "LANG": locale,
            "LC_ALL": locale,
            "TZ": zone,
            "EIDOS_ENGINE": "light",
            "PYTHONHASHSEED": str(number),
        }
        command = [sys.executable, "-m", "eidos.engine", *RESOLVE, "-o", form]
        done = subprocess.run(command, capture_output=True, cwd=home, env=environ, check=False)
        assert done.returncode == 0, done.stderr.decode()
        written.append(done.stdout)
    assert written[0] == written[1]
    assert str(tmp_path).encode() not in written[0]
