"""docs/bundlers/ is what registry and bundlers say; EIDOS_UPDATE_GOLDEN=1 writes it anew."""

import inspect
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from eidos.engine.model.recipe import Component, Leaf
from eidos.engine.ports import Bundler
from fakes.bundling import bundlers, shipped

FOLDER = Path(__file__).parents[2] / "docs" / "bundlers"
INDEX = FOLDER / "README.md"
START = "<!-- made of the registry and the bundlers -->\n"
LAST = "**Rolling back**\n"
STEPS = """\
## Deployment

1. Resolve a recipe that has {them}, and bundle it:
   `eidos bundle RECIPE --snapshot SNAPSHOT -o PLACE`.
2. In `PLACE/NNN-COMPONENT/` are `values.yaml` and, where there are any, resources in `before/`,
   `with/` and `after/`.
3. `PLACE/install.sh` makes the namespace {labels},
   applies what comes before the chart, installs the chart and waits, then applies what comes after
   it. Other deployers keep the same order.
"""


def pages() -> dict[str, str]:
    """Give each page by the name of its bundler; ``generic`` has none of its own."""
    return {name: page(name, each) for name, each in bundlers().items() if name != "generic"}


def page(name: str, bundler: Bundler) -> str:
    """Write the page of a bundler."""
    said = inspect.getdoc(sys.modules[type(bundler).__module__]) or ""
    first, _, rest = said.partition("\n\n")
    before, _, last = rest.partition(LAST)
    title, _, what = first.partition(":")
    components = [shipped().components[each] for each in bundler.components]
    parts = [
        f"# {title}\n",
        f"{what.strip()[:1].upper()}{what.strip()[1:]}\n" if what else "",
        f"The bundler `{name}` renders {named(bundler.components)}.\n",
        f"{before.strip()}\n" if before.strip() else "",
        *(component(each) for each in components),
        STEPS.format(them=named(bundler.components), labels=labels(said)),
        f"## Rolling back\n\n{last.strip()}\n" if last else "",
    ]
    return "\n".join(each for each in parts if each).replace("``", "`")


def labels(said: str) -> str:
    """Say how the namespace is made."""
    return "with its label for privileged pods" if "label of" in said else "where it is not there"


def named(names: Iterable[str]) -> str:
    """List names as code."""
    return ", ".join(f"`{each}`" for each in names)


def component(each: Component) -> str:
    """Write what a component is, and every value that the registry states of it."""
    chart = each.chart
    facts: list[Sequence[str]] = [("namespace", f"`{each.namespace}`")]
    if chart:
        released = f", released {chart.released}" if chart.released else ""
        where = f"`{chart.name}` {chart.version}{released}, from {chart.repository}"
        facts.append(("chart", where))
        facts.append(("source", f"`{chart.source}`"))
    if each.kubernetes:
        facts.append(("Kubernetes", f"{each.kubernetes.wanted}: {each.kubernetes.reason.because}"))
    if each.crds:
        owner = each.crd_owner.removeprefix("component:")
        facts.append((f"definitions, owned by the {owner}", named(each.crds)))
    parts = [
        f"## {each.title}\n\n{each.description}\n",
        table(("what", "is"), facts),
        section("Values that are set", ("value", "default here", "why", "source"), values(each)),
        section("Resources that are applied", ("resource", "kind", "when", "why"), objects(each)),
        section("Shared inputs", ("input", "goes to"), inputs(each)),
        section("After", ("component", "why", "source"), needs(each)),
        section("Values that have no effect", ("value", "write instead"), dead(each)),
        section("Upgrades", ("from", "to", "verdict", "why", "source"), moves(each)),
    ]
    return "\n".join(part for part in parts if part)


def section(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table below a title; nothing where it is empty."""
    there = list(rows)
    return f"### {title}\n\n{table(heads, there)}" if there else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(cell, each))} |\n" for each in lines)


def cell(text: str) -> str:
    """Keep a text in its cell."""
    return " ".join(text.replace("|", "\\|").split())


def shown(value: object) -> str:
    """Show a value in a cell; a long one by its beginning."""
    if isinstance(value, str) and "\n" in value:
        return f"{len(value.splitlines())} lines"
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text if len(text) <= 90 else f'{text[:87]}...'}`"


def values(each: Component) -> Iterator[Sequence[str]]:
    for leaf in each.values:
        why = leaf.reason.because + (f" *{leaf.reason.tradeoff}*" if leaf.reason.tradeoff else "")
        yield f"`{'.'.join(leaf.path)}`", shown(leaf.value), why, leaf.reason.source


def objects(each: Component) -> Iterator[Sequence[str]]:
    by_name: dict[str, dict[str, Leaf]] = {}
    for leaf in each.resources:
        by_name.setdefault(leaf.path[0], {})[".".join(leaf.path[1:])] = leaf
    for name, leaves in by_name.items():
        kind = leaves["kind"]
        when = str(leaves["apply"].value) if "apply" in leaves else "after"
        yield f"`{name}`", str(kind.value), when, kind.reason.because


def inputs(each: Component) -> Iterator[Sequence[str]]:
    for nodes, title in (("system", "system nodes"), ("accelerated", "accelerated nodes")):
        said = each.scheduling.get(nodes)
        for kind, paths in (said if isinstance(said, Mapping) else {}).items():
            if kind != "taints":  # of which no shared input speaks
                yield f"{title}: {kind}", named(map(str, paths if isinstance(paths, list) else []))
    counts = each.scheduling.get("nodeCount")
    if isinstance(counts, list):
        yield "number of nodes", named(map(str, counts))
    for name, paths in each.shared_inputs.items():
        yield name, named(paths)


def needs(each: Component) -> Iterator[Sequence[str]]:
    for other in each.dependencies:
        there = ", where it is there" if other.optional else ""
        yield f"`{other.component}`{there}", other.reason.because, other.reason.source


def dead(each: Component) -> Iterator[Sequence[str]]:
    for path, instead in each.dead_keys.items():
        yield f"`{path}`", f"`{instead}`" if instead else "nothing"


def moves(each: Component) -> Iterator[Sequence[str]]:
    for move in each.upgrades:
        yield move.since, move.to, move.verdict, move.reason.because, move.reason.source


def index() -> str:
    """Write the table of all components."""
    owners = {name: plugin for plugin, each in bundlers().items() for name in each.components}
    rows = []
    for name, each in sorted(shipped().components.items()):
        owner = owners.get(name)
        rows.append((f"`{name}`", each.title, f"[{owner}]({owner}.md)" if owner else "generic"))
    return table(("component", "what", "bundler"), rows)


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_says_what_registry_and_bundler_say(name: str) -> None:
    path = FOLDER / f"{name}.md"
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        path.write_text(pages()[name])
        return
    assert path.read_text() == pages()[name], "run again with EIDOS_UPDATE_GOLDEN=1"


def test_the_index_has_every_component() -> None:
    before, _, rest = INDEX.read_text().partition(START)
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        INDEX.write_text(f"{before}{START}{index()}")
        return
    assert rest == index(), "run again with EIDOS_UPDATE_GOLDEN=1"


def test_every_page_is_that_of_a_bundler() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {*pages(), "README"}


def test_every_bundler_says_how_to_roll_back() -> None:
    assert [name for name, text in pages().items() if "## Rolling back" not in text] == []
