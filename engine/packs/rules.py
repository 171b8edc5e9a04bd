"""From the modules of a pack to its rules, which say what they are."""

from collections.abc import Iterator, Mapping, Sequence

from eidos.engine.digest import digest
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Entrypoint, Module, Rule
from eidos.engine.packs.checking import (
    PACK_LEVELS,
    asked,
    level_of,
    names_of_rule,
    refuse_undeclared,
    refuse_unknown_data,
)
from eidos.engine.packs.metadata import RuleMetadata, parse_metadata
from eidos.engine.ports import ModuleFacts
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """What the rules of a pack may use: modules with what was read of them, and tables."""

    modules: Sequence[Module]
    facts: Sequence[ModuleFacts]
    tables: Mapping[str, Json]

    @property
    def packages(self) -> Mapping[str, frozenset[str]]:
        """Every package with the names of its rules."""
        found: dict[str, frozenset[str]] = {}
        for facts in self.facts:
            found[facts.package] = found.get(facts.package, frozenset()) | facts.rules.keys()
        return found

    def reach(self, start: ModuleFacts) -> list[tuple[Module, ModuleFacts]]:
        """Give every module that a module uses, directly or through others, by file.

        They belong to its meaning, and to its digest.
        """
        modules = {module.file: module for module in self.modules}
        found: dict[str, ModuleFacts] = {}
        frontier = [start]
        while frontier:
            user = frontier.pop()
            fresh = {each.file: each for each in self.facts if _uses(user, each)}
            fresh = {file: each for file, each in fresh.items() if file not in found}
            fresh.pop(start.file, None)
            found.update(fresh)
            frontier.extend(fresh.values())
        return [(modules[file], found[file]) for file in sorted(found)]


def _uses(user: ModuleFacts, library: ModuleFacts) -> bool:
    """Say whether an import names the package, something inside it, or a package around it."""
    package = library.package
    return package == user.package or any(
        path == package or path.startswith(f"{package}.") or package.startswith(f"{path}.")
        for path in user.imports
    )


def sources(modules: Sequence[Module]) -> Mapping[str, str]:
    """Give sources by file, as they enter a digest."""
    return {module.file: module.source for module in modules}


def pack_rules(own: Sequence[Module], known: Known) -> tuple[Rule, ...]:
    """Give the rules of a pack, sorted by id.

    Args:
        own: the modules of the pack.
        known: they again, first, and those of the library.

    Raises:
        PolicyError: a rule does not say what it is, names what there is not, or finds nothing.
    """
    rules, wrong = read_rules(own, known)
    if wrong:
        raise PolicyError.joined([error.problem for error in wrong])
    return rules


def read_rules(own: Sequence[Module], known: Known) -> tuple[tuple[Rule, ...], list[PolicyError]]:
    """Give the rules that are right, sorted by id, and what is wrong with the others.

    Args: see `pack_rules`.
    """
    rules: list[Rule] = []
    wrong: list[PolicyError] = []
    for module, facts in zip(own, known.facts, strict=False):  # the library's come after those
        try:
            if names := asked(module, facts, PACK_LEVELS):
                rules.append(_pack_rule(module, facts, names, known))
            else:
                _refuse_dumb(module, facts)
        except PolicyError as error:
            wrong.append(error)
    wrong += _twins(rules)
    return tuple(sorted(rules, key=lambda rule: rule.id)), wrong


def _pack_rule(module: Module, facts: ModuleFacts, names: Sequence[str], known: Known) -> Rule:
    metadata = _metadata(module, facts)
    refuse_undeclared(module, facts, metadata)
    reached = known.reach(facts)
    tables = {name: _table(name, module, metadata, known.tables) for name in metadata.tables}
    there = names_of_rule(metadata, tables, known.packages)
    for each, read in ((module, facts), *reached):
        refuse_unknown_data(each, read, there)
    modules = (module, *(each for each, _ in reached))
    return Rule(
        id=metadata.id,
        title=metadata.title,
        severity=metadata.severity,
        scope=metadata.scope,
        package=facts.package,
        modules=modules,
        entrypoints=_entrypoints(facts, names),
        digest=digest([sources(modules), tables, [str(path) for path in metadata.requires]]),
        has_applicable="applicable" in facts.rules,
        reads_time=facts.reads_time or any(each.reads_time for _, each in reached),
        description=metadata.description,
        remediation=metadata.remediation,
        requires=metadata.requires,
        reads=metadata.reads,
        controls=metadata.controls,
        tags=metadata.tags,
        references=metadata.references,
        params={name: param.default for name, param in metadata.params.items()},
        param_specs=metadata.params,
        tables=tables,
        line=metadata.line,
        waivable_days=metadata.waivable_days,
    )


def _entrypoints(facts: ModuleFacts, names: Sequence[str]) -> tuple[Entrypoint, ...]:
    return tuple(
        Entrypoint(f"data.{facts.package}.{name}", level_of(name, PACK_LEVELS) or "deny")
        for name in names
    )


def _metadata(module: Module, facts: ModuleFacts) -> RuleMetadata:
    from eidos.engine.rego.annotations import read_annotations  # not for packs in the index

    for annotation in read_annotations(module):
        if "custom" in annotation.value:
            return parse_metadata(module.file, annotation)
    raise PolicyError(
        f"the rule in package {facts.package} has no METADATA with 'custom'",
        location=Location(module.file, 1),
        hint="Put a '# METADATA' comment block with title and custom.id above 'package'.",
    )


def _refuse_dumb(module: Module, facts: ModuleFacts) -> None:
    """Refuse a rule that can find nothing, which would never be asked and never be missed."""
    from eidos.engine.rego.annotations import read_annotations

    for annotation in read_annotations(module):
        custom = annotation.value.get("custom")
        if isinstance(custom, Mapping) and "id" in custom:
            raise PolicyError(
                f"the rule {custom['id']} has no deny, violation or warn in package "
                f"{facts.package}, only {', '.join(sorted(facts.rules)) or 'nothing'}",
                location=Location(module.file, annotation.line),
                hint="Name what it finds 'deny', or take custom.id away if it is a library.",
            )


def _table(name: str, module: Module, metadata: RuleMetadata, tables: Mapping[str, Json]) -> Json:
    if name not in tables:
        raise PolicyError(
            f"METADATA names the table '{name}', which does not exist",
            location=Location(module.file, metadata.line),
            hint=f"Known: {', '.join(sorted(tables))}; a pack's own is tables/{name}/data.yaml.",
        )
    return tables[name]


def _twins(rules: Sequence[Rule]) -> Iterator[PolicyError]:
    seen: dict[str, Rule] = {}
    for rule in rules:
        if (twin := seen.setdefault(rule.id, rule)) is not rule:
            yield PolicyError(
                f"two rules have the id {rule.id}; the other is in {twin.modules[0].file}",
                location=Location(rule.modules[0].file, rule.line),
                hint="Give one of them a new id; ids are never reused.",
            )
