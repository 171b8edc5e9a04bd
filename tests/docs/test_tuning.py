"""docs/tuning.md is what the tuning profiles say; EIDOS_UPDATE_GOLDEN=1 writes it anew."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from eidos.engine.model.recipe import Catalog, Tuned, TuningProfile
from eidos.engine.selecting.reading import read_catalog

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tuning.md"
OPENING = """\
# How nodes are tuned, and why

What the shipped recipes set on nodes with GPUs: kernel arguments, kernel parameters, modules,
properties of systemd units, and the packages that carry it out. Every setting has a reason, where
it comes from, what it costs, and the hardening rules that want otherwise; a rule that fails on a
tuned node is to be waived, not silenced. None of the values was measured by us: they are those of
NVIDIA's published profiles and of the clouds' own images.

A profile adds to its bases, and goes before them in what both set. Of kernel arguments the order
counts: each `hugepages=` belongs to the `hugepagesz=` before it. Numbers with `at least` are
floors, since other agents (EFA's installer for example) add to them. Where a profile is for
kernels with pages of one size it says so. CPU frequency governors, which NVIDIA's profiles set to
`performance`, are not part of a recipe: most virtual machines have none.

`PREFIX:path@commit` in a source is a file at a commit of a repository that `recipes/sources.yaml`
names.
"""
AREAS = {
    "arguments": "Kernel arguments",
    "sysctls": "Kernel parameters",
    "modules": "Kernel modules",
    "units": "systemd units",
    "packages": "Packages",
}
COMPARED = {"equal": "=", "at-least": "at least", "at-most": "at most"}


def shown(tuned: Tuned) -> str:
    """Write what a setting sets."""
    said = tuned.said
    match tuned.area:
        case "arguments":
            return f"`{said['set']}`"
        case "sysctls":
            compared = COMPARED[str(said.get("compare", "equal"))]
            return f"`{said['key']}` {compared} `{said['value']}`"
        case "modules":
            return f"`{said['name']}` {said['state']}"
        case "units":
            return f"`{said['unit']}`: `{said['property']}={said['value']}`"
        case _:
            restart = f", then {said['interrupt']}" if "interrupt" in said else ""
            return f"`{said['name']}` {said['version']}{restart}"


def row(tuned: Tuned) -> str:
    cells = (
        shown(tuned),
        tuned.reason.because,
        tuned.reason.tradeoff or "",
        ", ".join(tuned.conflicts),
        f"`{tuned.reason.source}`",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def section(profile: TuningProfile, users: list[str]) -> Iterator[str]:
    """Write what one profile says."""
    yield f"## {profile.title} (`{profile.name}`)\n"
    if profile.bases:
        yield f"It adds to {', '.join(f'`{each}`' for each in profile.bases)}.\n"
    if profile.page_sizes:
        yield f"For kernels with pages of {' or '.join(profile.page_sizes)} only.\n"
    if users:
        yield f"Overlays that name it: {', '.join(f'`{each}`' for each in users)}.\n"
    for area, title in AREAS.items():
        rows = [row(each) for each in profile.settings if each.area == area]
        if rows:
            yield f"| {title} | why | costs | against | source |\n|---|---|---|---|---|"
            yield "\n".join(rows) + "\n"


def rendered(catalog: Catalog) -> str:
    """Write the whole page, bases before what builds on them."""
    users: dict[str, list[str]] = defaultdict(list)
    for name, overlay in sorted(catalog.overlays.items()):
        base = catalog.overlays.get(overlay.base or "")
        for each in overlay.tuning:
            if not base or each not in base.tuning:
                users[each].append(name)
    parts = [OPENING]
    for name in ordered(catalog):
        parts += section(catalog.tuning[name], users[name])
    return "\n".join(parts)


def ordered(catalog: Catalog) -> list[str]:
    done: list[str] = []
    todo = sorted(catalog.tuning)
    while todo:
        name = next(each for each in todo if set(catalog.tuning[each].bases) <= set(done))
        done.append(name)
        todo.remove(name)
    return done


def test_the_page_says_what_the_profiles_say() -> None:
    page = rendered(read_catalog([ROOT / "recipes"]))
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "run again with EIDOS_UPDATE_GOLDEN=1"


def test_rules_that_want_otherwise_exist() -> None:
    """A conflict is told by the id of a rule, which must not be gone."""
    catalog = read_catalog([ROOT / "recipes"])
    rules = {
        line.split()[-1]
        for path in (ROOT / "policies").glob("*/*.rego")
        for line in path.read_text().splitlines()
        if line.startswith("#   id: ")
    }
    named = {
        rule
        for profile in catalog.tuning.values()
        for setting in profile.settings
        for rule in setting.conflicts
    }
    assert named
    assert named <= rules
