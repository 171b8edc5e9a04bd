"""What is refused when policy is loaded, because it could never be answered and so would pass.

A rule names only facts that it declares and paths below ``data`` that exist; nothing that is called
like a finding is a function; a rule of a pack is asked only as part of its pack.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import CANNOT_TELL, SELECTING, Module, Scope
from eidos.engine.packs.finding import MANIFEST, PolicySource
from eidos.engine.packs.metadata import RuleMetadata
from eidos.engine.packs.shipped import near, slip_of
from eidos.engine.ports import ModuleFacts
from eidos.engine.records import dataclass
from eidos.engine.rego.syntax import OPAQUE

LEVELS = ("deny", "violation", "warn")
"""How Rego rules are called that yield findings."""
PACK_LEVELS = (*LEVELS, CANNOT_TELL, *sorted(SELECTING))
"""Those of packs, which may also select recipes, and say what they cannot tell."""
_IMPORT = re.compile(r"^[ \t]*import[ \t]+data\.([\w.]+)(?:[ \t]+as[ \t]+(\w+))?", re.MULTILINE)
_IN_PACK = "A pack's data are its parameters (custom.params) and tables (custom.tables)."


@dataclass(frozen=True, slots=True)
class Names:
    """What there is below ``data`` for a module."""

    packages: Mapping[str, frozenset[str]]
    """Package to the names of its rules."""
    data: Mapping[str, Json] = field(default_factory=dict)
    """Documents; a path into one is followed as far as there are maps."""
    declared: frozenset[str] = frozenset()
    """Roots of `data` of which only what is below them may be named, since only that is checked."""
    hint: str = "Is it misspelt, or in a file that was not given?"
    """What to do about a path that is nowhere."""

    def near(self, path: str) -> str:
        """Give what to do about a path that is nowhere: the one that is most like it, or `hint`."""
        known = [f"data.{package}" for package in self.packages]
        for package, rules in self.packages.items():
            if path.startswith(f"{package}."):
                known += [f"data.{package}.{rule}" for rule in rules]
        for root, inside in self.data.items():
            known += [f"data.{root}.{name}" for name in inside] if isinstance(inside, dict) else []
        close = nearest(f"data.{path}", known)
        return close if close.startswith("Did") else self.hint


def level_of(name: str, levels: Iterable[str] = LEVELS) -> str | None:
    """Give what a Rego rule of that name says: ``deny`` and ``deny_x`` are ``deny``; else None."""
    for level in levels:
        if name == level or name.startswith(f"{level}_"):
            return level
    return None


def asked(module: Module, facts: ModuleFacts, levels: Iterable[str] = LEVELS) -> list[str]:
    """Give the names of rules of a module that yield findings, sorted.

    Raises:
        PolicyError: one of them is a function, which is never asked; functions that the module
            calls itself are helpers, whatever their name.
    """
    return [
        name
        for name in sorted(facts.rules)
        if level_of(name, levels) is not None and not _is_helper(module, facts, name)
    ]


def _is_helper(module: Module, facts: ModuleFacts, name: str) -> bool:
    lines = module.source.splitlines()
    line = facts.rules[name]
    head = rf"\s*(?:default\s+)?{re.escape(name)}\s*\("
    if line > len(lines) or not re.match(head, lines[line - 1]):
        return False
    if re.search(
        rf"(?<![\w.\n]){re.escape(name)}\s*\(", re.sub(rf"(?m)^{head}", "", _bare(module))
    ):
        return True
    raise PolicyError(
        f"{name}(...) is a function, and functions report no findings",
        location=Location(module.file, line),
        hint=f"Write '{name} contains finding if {{ ... }}', or give the function another name.",
    )


# Paths below data -------------------------------------------------------------------------------


def refuse_unknown_data(module: Module, facts: ModuleFacts, names: Names) -> None:
    """Refuse a module that names a path below ``data`` that is nowhere: it would be undefined.

    Raises:
        PolicyError: such a path is named, or one of `Names.declared` as a whole.
    """
    for path, line in unknown_data(module, facts, names):
        raise PolicyError(
            f"data.{path} does not exist",
            location=Location(module.file, line),
            hint=names.near(path),
        )
    _refuse_whole(module, names)


def unknown_data(module: Module, facts: ModuleFacts, names: Names) -> Iterator[tuple[str, int]]:
    """Give the paths below ``data`` that a module names and that are nowhere, with their lines."""
    for path, line in (*_written(module, facts), *_imported(module)):
        if not _exists(path, names):
            yield path, line


def _written(module: Module, facts: ModuleFacts) -> Iterator[tuple[str, int]]:
    for path in facts.imports:
        steps = [rf'(?:\s*\.\s*|\[\s*"){re.escape(step)}(?:"\s*\])?' for step in path.split(".")]
        yield path, _line(module, re.search("data" + "".join(steps), module.source))


def _imported(module: Module) -> Iterator[tuple[str, int]]:
    """Give the paths that are named through an import: ``versions.older``."""
    source = _bare(module)
    for imported in _IMPORT.finditer(source):
        target = imported[1]
        alias = imported[2] or target.rpartition(".")[2]
        uses = rf"(?<![\w.\"`]){re.escape(alias)}((?:\.\w+)+)"
        for use in re.finditer(uses, source):
            if not imported.start() <= use.start() < imported.end():
                yield f"{target}{use[1]}", _line(module, use)


def _refuse_whole(module: Module, names: Names) -> None:
    source = _bare(module)
    aliases = {root: [rf"data\.{root}"] for root in names.declared}
    for imported in _IMPORT.finditer(source):
        if imported[1] in aliases:
            aliases[imported[1]].append(re.escape(imported[2] or imported[1]))
    source = _IMPORT.sub(lambda found: " " * len(found[0]), source)
    for root, written in aliases.items():
        use = re.search(rf'(?<![\w.])(?:{"|".join(written)})\b(?!\s*\.\w|\[")', source)
        if use is not None:
            raise PolicyError(
                f"data.{root} is used as a whole, so eidos cannot tell what the rule reads there",
                location=Location(module.file, _line(module, use)),
                hint=f"Name each: data.{root}.NAME.",
            )


def _exists(path: str, names: Names) -> bool:
    if any(
        _leads(root, path) and _is_in(value, path[len(root) + 1 :])
        for root, value in names.data.items()
    ):
        return True
    owners = [each for each in names.packages if path.startswith(f"{each}.")]
    if any(each == path or each.startswith(f"{path}.") for each in names.packages):
        return True
    rest = [(each, path.removeprefix(f"{each}.")) for each in owners]
    return any(
        _leads(name, rule) or _leads(rule, name)
        for each, name in rest
        for rule in names.packages[each]
    )


def _is_in(data: Json, path: str) -> bool:
    """Follow a path as far as there are maps; keys may hold dots."""
    if not isinstance(data, dict) or not path:
        return True
    return any(
        _is_in(value, path[len(key) + 1 :]) for key, value in data.items() if _leads(key, path)
    )


def names_of_rule(
    metadata: RuleMetadata, tables: Mapping[str, Json], packages: Mapping[str, frozenset[str]]
) -> Names:
    """Give what there is for a rule of a pack: what it declares, and packages."""
    params: dict[str, Json] = dict.fromkeys(metadata.params)
    data: dict[str, Json] = {"params": params, "tables": dict(tables)}
    return Names(packages, data, frozenset(data), _IN_PACK)


def _bare(module: Module) -> str:
    """Give the source with comments and the inside of texts blanked, every place kept."""
    return OPAQUE.sub(_blank, module.source)


def _blank(found: re.Match[str]) -> str:
    text = found[0]
    if text[0] == "#":
        return " " * len(text)
    return text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]


def _line(module: Module, found: re.Match[str] | None) -> int:
    return module.source.count("\n", 0, found.start()) + 1 if found else 1


# Facts ------------------------------------------------------------------------------------------


def refuse_undeclared(module: Module, facts: ModuleFacts, metadata: RuleMetadata) -> None:
    """Refuse a rule that names a fact which it can never see; it would be silent, and so pass.

    Raises:
        PolicyError: such a fact is named.
    """
    declared = [_dotted(path) for path in (*metadata.requires, *metadata.reads)]
    beside = _BESIDE.get(metadata.scope, ())
    for named, line in facts.inputs.items():
        fact = named.removeprefix("input.")
        if fact.partition(".")[0] in beside:
            continue
        if not any(_leads(fact, path) or _leads(path, fact) for path in declared):
            _refuse_slips(module, metadata)
            close = near(fact, declared)
            raise PolicyError(
                f"the rule uses {named}, which its METADATA does not declare",
                location=Location(module.file, line),
                hint=f"Did you mean 'input.{close}'?"
                if close
                else "Add it to custom.requires, or to custom.reads where it may be absent.",
            )


def _refuse_slips(module: Module, metadata: RuleMetadata) -> None:
    """Tell of a slip in METADATA first: what the rule uses may be right."""
    for fact in (*metadata.requires, *metadata.reads):
        if slip := slip_of(fact, fact_place(module, metadata.line, fact)):
            raise PolicyError.joined([slip])


def fact_place(module: Module, line: int, fact: FactAddress) -> Location:
    """Give where METADATA that begins on a line declares a fact."""
    from eidos.engine.rego.annotations import read_annotations  # not for packs in the index

    annotation = next((each for each in read_annotations(module) if each.line == line), None)
    if annotation is None:
        return Location(module.file, line)
    custom: Any = annotation.value.get("custom")
    paths = (
        ("custom", key, number)
        for key in ("requires", "reads")
        for number, text in enumerate(custom.get(key) or ())
        if FactAddress.parse(text) == fact
    )
    path = next(paths, None)
    return Location(module.file, *annotation.place(path)) if path else Location(module.file, line)


_BESIDE = {
    Scope.RECIPE: ("recipe", "answers"),
    Scope.BUNDLE: ("bundle",),
    Scope.ADMISSION: ("request", "claims"),
}
"""What rules of a scope see beside the facts that they declare."""


def _dotted(path: FactAddress) -> str:
    parts = ("nodes" if path.every_node else None, path.type, path.subtype, path.key)
    return ".".join(part for part in parts if part is not None)


def _leads(start: str, path: str) -> bool:
    return path == start or path.startswith(f"{start}.")


# Rules of packs outside of one ------------------------------------------------------------------


def refuse_pack_rules(source: PolicySource, modules: Sequence[Module]) -> None:
    """Refuse plain policy that holds a rule of a pack: as a plain rule it would see no facts.

    Raises:
        PolicyError: says which folder to give instead.
    """
    for module in modules:
        found = _pack_rule(module)
        if found is not None:
            rule, line = found
            inside = module.file.partition("/")[2] if source.path.is_dir() else ""
            raise PolicyError(
                f"{rule} is a rule of a pack, and '{source.path}' was not given as one",
                location=Location(module.file, line),
                hint=_folder_to_give(source.path, source.path / inside),
            )


def _pack_rule(module: Module) -> tuple[str, int] | None:
    """Give id and line of a rule that says what only rules of packs say."""
    from eidos.engine.rego.annotations import read_annotations  # not for packs in the index

    try:
        annotations = read_annotations(module)
    except PolicyError:  # plain policy may write what it likes, but not what looks like ours
        if re.search(r"(?m)^#\s+scope:\s*(node|cluster)\b", module.source):
            raise
        return None
    for annotation in annotations:
        custom = annotation.value.get("custom")
        if not isinstance(custom, dict):
            continue
        declares = not {"requires", "reads"}.isdisjoint(custom) or custom.get("scope") in _BESIDE
        if {"id", "scope"} <= custom.keys() and declares:
            return str(custom["id"]), annotation.line
    return None


def _folder_to_give(given: Path, file: Path) -> str:
    folders = [*file.absolute().parents]
    for folder in folders:
        if (folder / MANIFEST).is_file():
            return f"Give the folder of the pack: --pack {_relative(folder)}"
    for folder in folders[: 1 + len(file.parts) - len(given.parts)]:
        for other in sorted(folder.iterdir()):
            if other.is_file() and nearest(other.name.lower(), [MANIFEST]).startswith("Did"):
                return (
                    f"Rename {_relative(other)} to {MANIFEST}, and give --pack {_relative(folder)}"
                )
    home = _relative(file.absolute().parent)
    return (
        f"Write {home}/{MANIFEST} (name, version, description, 'rego: v1'), and give --pack {home}"
    )


def _relative(path: Path) -> str:
    try:
        return f"./{path.relative_to(Path.cwd())}"
    except ValueError:
        return str(path)
