"""Plain (conftest) rules: any package, ``deny``, ``violation``, ``warn`` and ``deny_*``."""

from eidos.engine.digest import digest
from eidos.engine.model.rule import Entrypoint, Module, Rule, Scope, Severity
from eidos.engine.packs.files import PolicyFiles
from eidos.engine.packs.levels import level_of
from eidos.engine.packs.reach import Library, sources
from eidos.engine.ports import ModuleFacts, RegoEngine


def plain_rules(files: PolicyFiles, engine: RegoEngine) -> tuple[Rule, ...]:
    """Give one rule for each package and name of a finding rule, wherever it is defined.

    Raises:
        PolicyError: a module does not compile.
    """
    facts = engine.analyse(files.modules)
    library = Library(files.modules, facts)
    owners: dict[tuple[str, str], tuple[Module, ModuleFacts]] = {}
    for module, fact in zip(files.modules, facts, strict=True):
        for name in fact.rules:
            if level_of(name) is not None:
                owners.setdefault((fact.package, name), (module, fact))
    return tuple(
        _rule(name, module, fact, library) for (_, name), (module, fact) in sorted(owners.items())
    )


def _rule(name: str, module: Module, facts: ModuleFacts, library: Library) -> Rule:
    reached = library.reach(facts)
    modules = (module, *(other for other, _ in reached))
    level = level_of(name) or "deny"
    return Rule(
        id=f"{facts.package}.{name}",
        title=f"{facts.package}.{name}",
        severity=Severity.CRITICAL,  # it says no more than "deny": no --fail-on may pass it over
        scope=Scope.DOCUMENT,
        package=facts.package,
        modules=modules,
        entrypoints=(Entrypoint(f"data.{facts.package}.{name}", level),),
        digest=digest([name, sources(modules)]),
        reads_time=facts.reads_time or any(fact.reads_time for _, fact in reached),
        line=facts.rules[name],
        v0=facts.v0,
        strict=False,
    )
