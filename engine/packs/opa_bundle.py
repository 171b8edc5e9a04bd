"""Packs as one OPA bundle, the same bytes for the same packs.

Plain OPA loads it with ``-b``; ``data.eidos.bundle.answers`` (see ``answers.rego``) gives what each
rule says, and ``eidos check --opa`` asks a server that serves it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eidos.engine.digest import canonical, digest
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module, Pack, Rule
from eidos.engine.packs.archives import write_archive
from eidos.engine.packs.choosing import RuleChoice, choose
from eidos.engine.packs.files import library, policy_contents
from eidos.engine.ports import RegoEngine
from eidos.engine.rego.server import FORMAT, program_address

ANSWERS = Path(__file__).with_name("answers.rego")
_OURS = "eidos.bundle"
_PATH = re.compile(r"data(\.[A-Za-z_]\w*)+")
_HOW = "Make one bundle of each pack, and serve each by an OPA of its own."


def revision(packs: Sequence[Pack]) -> str:
    """Give the digest that a bundle of these packs has: of one pack, the pack's own."""
    return packs[0].digest if len(packs) == 1 else digest(sorted(pack.digest for pack in packs))


def opa_bundle(
    packs: Sequence[Pack], engine: RegoEngine, sources: Mapping[str, Mapping[str, bytes]]
) -> bytes:
    """Give packs, and what they use of the library, as the gzipped tar of an OPA bundle.

    Args:
        packs: what the bundle is made of, at least one; with parameters as they are to be.
        engine: reads the modules.
        sources: by the name of each pack, its files: with them, eidos judges by the bundle too.

    Raises:
        UsageError: two packs have a rule of the same id.
        PolicyError: they cannot be together in one bundle: of two packs that have a package or a
            table of the same name, one would change what the other says.
    """
    packs = sorted(packs, key=lambda pack: pack.name)
    rules = choose(packs, RuleChoice(), {})
    modules = _modules(packs)
    packages = _packages(modules, engine)
    manifest: dict[str, Any] = {
        "revision": revision(packs),
        "roots": sorted({"tables", "eidos", *(name.split(".")[0] for name in packages)}),
        "rego_version": 1,
    }
    own = {
        f"packs/{name}/{file}": content
        for name, files in sources.items()
        for file, content in policy_contents(files).items()
    }
    if any(file.rpartition("/")[2].startswith("data.") for file in own):
        manifest["roots"] = sorted({*manifest["roots"], "packs"})  # OPA takes them for data
    contents = {
        **own,
        ".manifest": canonical(manifest),
        "data.json": canonical(_data(packs, rules)),
        "eidos/answers.rego": ANSWERS.read_bytes(),
        "eidos/at.rego": _paths(rules).encode(),
        **{name: module.source.encode() for name, module in modules.items()},
    }
    return write_archive(contents)


def _modules(packs: Sequence[Pack]) -> dict[str, Module]:
    """Give every module that a rule reaches, by its path in the bundle."""
    shared = set(library().modules)
    modules: dict[str, Module] = {}
    for pack in packs:
        if sum(other.name == pack.name for other in packs) > 1:
            raise PolicyError(f"two packs have the name '{pack.name}'", hint=_HOW)
        for module in {module: None for rule in pack.rules for module in rule.modules}:
            inside = module.file.partition("/")[2]
            folder = "lib" if module in shared else f"packs/{pack.name}"
            modules[f"{folder}/{inside}"] = module
    return modules


def _packages(modules: Mapping[str, Module], engine: RegoEngine) -> set[str]:
    """Give every package; refuse what two packs share, and what is ours."""
    owners: dict[str, tuple[str, Module]] = {}
    for (name, module), facts in zip(
        modules.items(), engine.analyse(list(modules.values())), strict=True
    ):
        if f"{facts.package}.".startswith(f"{_OURS}."):
            raise PolicyError(
                f"the package {facts.package} is taken by the bundle itself",
                location=Location(module.file),
                hint="Give the package another name.",
            )
        pack = "/".join(name.split("/")[:2]) if name.startswith("packs/") else "lib"
        other, theirs = owners.setdefault(facts.package, (pack, module))
        if other != pack:
            raise PolicyError(
                f"the package {facts.package} is also in {theirs.file}, of another pack",
                location=Location(module.file),
                hint=_HOW,
            )
    return set(owners)


def _data(packs: Sequence[Pack], rules: Sequence[Rule]) -> dict[str, Json]:
    programs: dict[str, Json] = {
        program_address(rule.modules, rule.tables): list(_asked(rule)) for rule in rules
    }
    refs: list[Json] = [
        {"name": pack.name, "version": pack.version, "digest": pack.digest} for pack in packs
    ]
    about: dict[str, Json] = {
        "format": FORMAT,
        "revision": revision(packs),
        "packs": refs,
        "programs": programs,
    }
    described: dict[str, Json] = {rule.id: _description(rule) for rule in rules}
    return {"eidos": {"bundle": {"about": about, "rules": described}}, "tables": _tables(rules)}


def _tables(rules: Sequence[Rule]) -> dict[str, Json]:
    tables: dict[str, Json] = {}
    for rule in rules:
        for name, table in rule.tables.items():
            if tables.setdefault(name, table) != table:
                raise PolicyError(
                    f"two packs have a table '{name}', and {rule.id} needs its own", hint=_HOW
                )
    return tables


def _asked(rule: Rule) -> Iterator[str]:
    if rule.has_applicable:
        yield f"data.{rule.package}.applicable"
    yield from (entry.path for entry in rule.entrypoints)


def _description(rule: Rule) -> dict[str, Json]:
    levels: dict[str, list[Json]] = {}
    for entry in rule.entrypoints:
        levels.setdefault(entry.level, []).append(entry.path)
    findings: dict[str, Json] = {level: paths for level, paths in levels.items()}  # noqa: C416 -- retyped
    return {
        "title": rule.title,
        "severity": rule.severity.value,
        "scope": rule.scope.value,
        "params": dict(rule.params),
        "tables": list(rule.tables),
        "requires": [_fact(path) for path in rule.requires],
        "reads": [_fact(path) for path in rule.reads],
        "applicable": f"data.{rule.package}.applicable" if rule.has_applicable else False,
        "findings": findings,
    }


def _fact(path: FactAddress) -> dict[str, Json]:
    """Give a fact's path in parts; no key means all of the subtype."""
    fact: dict[str, Json] = {
        "name": str(path),
        "type": path.type,
        "subtype": path.subtype,
        "every_node": path.every_node,
    }
    return fact if path.key is None else {**fact, "key": path.key}


def _paths(rules: Sequence[Rule]) -> str:
    """Write the module that leads from a path, as text, to its value."""
    paths = sorted({path for rule in rules for path in _asked(rule)})
    for path in paths:
        if not _PATH.fullmatch(path):
            raise PolicyError(
                f"{path} cannot be asked in a bundle", hint="Name packages with letters and digits."
            )
    lines = (f"at[{json.dumps(path)}] := {path}" for path in paths)
    return "\n\n".join([f"package {_OURS}", *lines]) + "\n"
