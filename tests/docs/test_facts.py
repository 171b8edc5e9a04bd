"""docs/facts.md is what the vocabulary says; EIDOS_UPDATE_GOLDEN=1 writes it anew."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.app.policies import load_packs
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.facttypes import FactType
from eidos.engine.model.rule import Rule
from eidos.engine.rego.light import LightEngine
from eidos.engine.vocabulary import Subtype, is_pattern, vocabulary

PAGE = Path(__file__).parents[2] / "docs" / "facts.md"
OPENING = """\
# Facts

What every fact of our vocabulary is, and which of the shipped rules look at it. A value that is
not what its row says, and a text that says the source could not tell (`N/A`, `[Unknown Error]`,
`ERR!`, `Unknown`, nothing at all), is *unreadable*: a rule that requires the fact is `unknown` and
says why, and one that only reads it neither passes nor skips. Where something *in* a list or map is
unreadable, a rule still fails [by what can be read](snapshot.md#what-cannot-be-read). `eidos
validate` names every unreadable fact with its line. Facts that stand in no row, a plugin's for
example, are taken as they are.

Each subtype says since which version a collector has it; a collector that it does not name never
has, and where nothing is said all have. `eidos facts` searches this page and shows values.

`*` in a name is anything and `?` one character; the first row that fits counts, and a full name
goes before a pattern. Rules that declare a whole subtype stand above its table. How values are
written is told with [the snapshot format](snapshot.md), where they come from with [the
collectors](collectors.md).
"""

Readers = Mapping[FactAddress, set[str]]


@pytest.fixture(scope="module")
def rules() -> Iterator[list[Rule]]:
    with closing(LightEngine(workers=1)) as engine:
        yield [rule for pack in load_packs((), engine) for rule in pack.rules]


def readers(rules: list[Rule]) -> Readers:
    """Give the rules that declare a fact, or a whole subtype, of a node or of every node."""
    found: dict[FactAddress, set[str]] = defaultdict(set)
    for rule in rules:
        for path in (*rule.requires, *rule.reads):
            found[path._replace(every_node=False)].add(rule.id)
    return found


def section(names: Sequence[FactAddress], subtype: Subtype, readers: Readers) -> str:
    """Write a table of a subtype's facts; several subtypes may be described alike."""
    title = ", ".join(f"`{name}`" for name in names)
    since = vocabulary().since(names[0])
    told = f" Since {', '.join(f'{one} {first}' for one, first in since.items())}." if since else ""
    lines = [f"### {title}", "", f"{subtype.about}.{told}", ""]
    for whole in names:
        if whole in readers:
            lines += [f"All of `{whole}`: {ids(readers[whole])}.", ""]
    lines += ["| key | is | says | rules |", "|---|---|---|---|"]
    for key, kind in subtype.facts.items():
        rules = set().union(*(readers.get(whole.at(key), ()) for whole in names))
        shown = key.replace("|", "\\|")
        lines.append(f"| `{shown}` | {kind.words} | {kind.about} | {ids(rules)} |")
        lines += [
            f"| `{path}` | {below.words} | {below.about} | |" for path, below in parts(shown, kind)
        ]
    return "\n".join(lines) + "\n"


def parts(path: str, kind: FactType) -> Iterator[tuple[str, FactType]]:
    """Give what stands below a fact and is described, lists with `[]`."""
    if kind.kind == "list" and kind.of is not None:
        yield from parts(f"{path}[]", kind.of)
    for name, below in kind.fields.items():
        if below.about:
            yield f"{path}.{name}", below
        yield from parts(f"{path}.{name}", below)


def ids(rules: set[str]) -> str:
    return ", ".join(sorted(rules))


def rendered(readers: Readers) -> str:
    """Write the whole page."""
    parts = [OPENING]
    for type_, subtypes in sorted(vocabulary().types.items()):
        parts.append(f"## {type_}\n")
        alike: dict[tuple[int, str], list[FactAddress]] = defaultdict(list)
        for name, row in subtypes.items():
            if not is_pattern(name):
                alike[id(row), str(vocabulary().since(FactAddress(type_, name)))].append(
                    FactAddress(type_, name)
                )
        parts += [section(names, subtypes[names[0].subtype], readers) for names in alike.values()]
    return "\n".join(parts)


def test_the_page_says_what_the_vocabulary_says(rules: list[Rule]) -> None:
    page = rendered(readers(rules))
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "run again with EIDOS_UPDATE_GOLDEN=1"


def test_every_fact_that_a_rule_declares_has_a_type(rules: list[Rule]) -> None:
    for path in readers(rules):
        if path.type != "node":
            known = vocabulary()
            assert known.subtype(path), path
            kind = known.type_of(path)
            assert path.key is None or (kind and kind.kind not in {"any", "flat"}), path
