"""Plain (conftest) rules: any package, ``deny``, ``violation``, ``warn`` and ``deny_*``."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from eidos.engine.digest import digest
from eidos.engine.errors import Location, PolicyError, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import EXCEPTION, Entrypoint, Module, Pack, Rule, Scope, Severity
from eidos.engine.packs.checking import Names, asked, level_of, refuse_unknown_data
from eidos.engine.packs.files import PolicyFiles
from eidos.engine.packs.plain_data import data_beside, has_path, joined
from eidos.engine.packs.rules import Known, sources
from eidos.engine.ports import ModuleFacts, RegoEngine

_CONFTESTS_OWN = re.compile(r"^[^#\n]*?\b(parse_(?:combined_)?config(?:_files?)?)\(", re.MULTILINE)


def plain_rules(
    files: PolicyFiles, engine: RegoEngine, data: Mapping[str, Json] | None = None
) -> tuple[Rule, ...]:
    """Give one rule for each package and name of a finding rule, wherever it is defined.

    Args:
        files: the modules.
        engine: reads them.
        data: what they see as ``data``; what lies beside them when None.

    Raises:
        PolicyError: a module does not compile, or uses what only conftest has; data beside the
            modules cannot be read.
    """
    _refuse_conftests_own(files.modules)
    known = Known(files.modules, engine.analyse(files.modules), {})
    data = data_beside(files) if data is None else data
    there = Names(known.packages, {**_foreign_roots(known), **data})
    owners: dict[tuple[str, str], tuple[Module, ModuleFacts]] = {}
    for module, facts in zip(known.modules, known.facts, strict=True):
        refuse_unknown_data(module, facts, there)
        for name in asked(module, facts):
            owners.setdefault((facts.package, name), (module, facts))
    rules = (_rule(name, *owner, known) for (_, name), owner in sorted(owners.items()))
    return tuple(_with_data(rule, data) for rule in rules)


def _foreign_roots(known: Known) -> dict[str, Json]:
    """Give what is named below ``data`` and is no package: ``--data`` may bring it, or not."""
    packages = {package.split(".")[0] for package in known.packages}
    named = {path.split(".")[0] for facts in known.facts for path in facts.imports}
    return dict.fromkeys(named - packages)


def _refuse_conftests_own(modules: Sequence[Module]) -> None:
    for module in modules:
        found = _CONFTESTS_OWN.search(module.source)
        if found is not None:
            line = module.source.count("\n", 0, found.start(1)) + 1
            raise PolicyError(
                f"{found[1]} is a built-in function of conftest alone, which eidos does not have",
                location=Location(module.file, line),
                hint="Give what it reads as data (-d) or in the document.",
            )


def _rule(name: str, module: Module, facts: ModuleFacts, known: Known) -> Rule:
    reached = known.reach(facts)
    modules = (module, *(other for other, _ in reached))
    every = [facts, *(fact for _, fact in reached)]
    entrypoints = [Entrypoint(f"data.{facts.package}.{name}", level_of(name) or "deny")]
    if any(EXCEPTION in fact.rules for fact in every if fact.package == facts.package):
        entrypoints.append(Entrypoint(f"data.{facts.package}.{EXCEPTION}", EXCEPTION))
    return Rule(
        id=f"{facts.package}.{name}",
        title=f"{facts.package}.{name}",
        severity=Severity.CRITICAL,  # it says no more than "deny": no --fail-on may pass it over
        scope=Scope.DOCUMENT,
        package=facts.package,
        modules=modules,
        entrypoints=tuple(entrypoints),
        digest=digest([name, sources(modules)]),
        reads_time=facts.reads_time or any(fact.reads_time for _, fact in reached),
        line=facts.rules[name],
        v0=facts.v0,
        strict=False,
        data_paths=tuple(sorted(_undefined(every))),
    )


def _undefined(every: Sequence[ModuleFacts]) -> set[str]:
    """Give the ``data.`` paths that no module of these defines, nor holds."""
    defined = {f"{facts.package}.{name}" for facts in every for name in facts.rules}
    return {
        path
        for facts in every
        for path in facts.imports
        if not any(_leads(path, rule) or _leads(rule, path) for rule in defined)
    }


def _leads(start: str, path: str) -> bool:
    return path == start or path.startswith(f"{start}.")


def _with_data(rule: Rule, data: Mapping[str, Json]) -> Rule:
    if not data:
        return rule
    return replace(rule, data=data, digest=digest([rule.digest, data]))


def plain_pack(pack: Pack, data: Mapping[str, Json], namespaces: Sequence[str]) -> Pack:
    """Give a folder of plain rules what the command line says of it; other packs as they are.

    Args:
        pack: what was loaded.
        data: what ``--data`` names, beside the data in the folder.
        namespaces: packages whose rules are asked, as globs; none means all.

    Raises:
        PolicyError: a rule names ``data`` that is not there: conftest would let it pass for ever.
    """
    if any(rule.scope is not Scope.DOCUMENT for rule in pack.rules):
        return pack
    rules = [rule for rule in pack.rules if in_namespaces(rule.package, namespaces)]
    seen = [_with_data(rule, joined([rule.data, data])) for rule in rules]
    for rule in seen:
        _refuse_undefined(rule)
    return replace(pack, rules=tuple(seen))


def in_namespaces(package: str, namespaces: Sequence[str]) -> bool:
    """Say whether a package is asked for; in a glob, ``*`` stands for dots too."""
    from fnmatch import fnmatchcase

    return not namespaces or any(fnmatchcase(package, each) for each in namespaces)


def refuse_unknown_namespaces(packs: Iterable[Pack], namespaces: Sequence[str]) -> None:
    """Refuse a namespace that no plain rule is in: nothing of it would be judged.

    Raises:
        UsageError: there is none of that name.
    """
    known = sorted({r.package for pack in packs for r in pack.rules if r.scope is Scope.DOCUMENT})
    for each in namespaces:
        if not any(in_namespaces(package, [each]) for package in known):
            problem = f"no plain rule is in the namespace '{each}'"
            raise UsageError(problem, hint=nearest(each, known))


def _refuse_undefined(rule: Rule) -> None:
    for path in rule.data_paths:
        if not has_path(rule.data, path):
            own = "conftest" if _leads("conftest", path) else None
            raise PolicyError(
                f"the rule reads data.{path}, which is not there",
                location=next(_naming(path, rule.modules), Location(rule.modules[0].file)),
                hint="eidos does not tell rules the name of the file."
                if own
                else "Give it with -d FILE, or in a data.yaml beside the policy.",
            )


def _naming(path: str, modules: Sequence[Module]) -> Iterator[Location]:
    """Give the lines that name a path below ``data``, the most telling part of it first."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        wanted = "data." + ".".join(parts[:end])
        for module in modules:
            for number, line in enumerate(module.source.splitlines(), start=1):
                if wanted in line:
                    yield Location(module.file, number)
