"""Which mutants tests notice, and the test that would notice the others."""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from eidos.engine.digest import canonical, digest
from eidos.engine.errors import EidosError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module, Rule
from eidos.engine.mutating.observing import Evidence
from eidos.engine.mutating.rules import Mutant
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Program, RegoEngine
from eidos.engine.records import dataclass
from eidos.engine.rego.opa.command import RegoTests
from eidos.engine.rego.opa.faults import module_number

if TYPE_CHECKING:
    from eidos.engine.rego.opa.command import OpaCommand

_ROUNDS: Final = 5
"""How often mutants that do not compile are taken out; OPA tells most of them at once."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the mutants of a rule."""

    noticed: tuple[Mutant, ...]
    unnoticed: tuple[Mutant, ...]
    """Those that compile and that no test failed on."""


def named(package: str, text: str, prefix: str) -> str:
    """Put a package, where a module is in it or names it, below a prefix."""
    name = re.escape(package)
    text = re.sub(rf"(?<![\w.])data\.{name}(?!\w)", f"data.{prefix}.{package}", text)
    return re.sub(
        rf"(?m)^package {name}((?:_\w+)?)[ \t\r]*$", rf"package {prefix}.{package}\1", text
    )


def speaks_of(test: Module, package: str) -> bool:
    """Tell whether a module names a package, or something in it."""
    return re.search(rf"(?<![\w.])data\.{re.escape(package)}(?!\w)", test.source) is not None


def try_mutants(
    command: "OpaCommand",
    rule: Rule,
    tests: Sequence[Module],
    beside: Sequence[Module],
    changed: Sequence[Mutant],
) -> Tried:
    """Run the tests of a rule on each of its mutants, all in one OPA.

    Args:
        command: the OPA.
        rule: of a pack.
        tests: modules with tests that name its package.
        beside: what it and the tests use.
        changed: mutants of its own module.

    Raises:
        EidosError: the tests do not compile with the rule as it is, or OPA does not answer.
    """
    data: dict[str, Json] = {"tables": dict(rule.tables), "params": {}}
    alive = dict(enumerate(changed, 1))
    for _ in range(_ROUNDS):
        modules = [*beside, *_copies(0, rule, rule.modules[0].source, tests)]
        owners = [0] * len(modules)
        for number, mutant in alive.items():
            copies = _copies(number, rule, mutant.source, tests)
            modules += copies
            owners += [number] * len(copies)
        faults = command.check(modules, v0=False)
        dead = {_owner(fault, owners) for fault in faults}
        if not dead:
            return _sorted(command.results(RegoTests(tuple(modules), data)), alive)
        if 0 in dead:
            raise EidosError(f"the tests of {rule.id} do not compile: {faults[0]['message']}")
        alive = {number: each for number, each in alive.items() if number not in dead}
    return Tried((), ())


def _owner(fault: Any, owners: Sequence[int]) -> int:  # noqa: ANN401 -- as OPA writes it
    number = module_number(str((fault.get("location") or {}).get("file") or ""))
    return owners[number] if number is not None and number < len(owners) else 0


def _copies(number: int, rule: Rule, source: str, tests: Sequence[Module]) -> list[Module]:
    prefix = f"mutant{number}"
    own = Module(f"{prefix}/rule.rego", named(rule.package, source, prefix))
    copies = []
    for test in tests:
        text = named(rule.package, test.source, prefix)
        text = re.sub(rf"(?m)^package (?!{prefix}\.)", f"package {prefix}.", text)
        copies.append(Module(f"{prefix}/{test.file}", text))
    return [own, *copies]


def _sorted(results: Sequence[Any], alive: dict[int, Mutant]) -> Tried:
    """Tell the mutants on which a test failed that passes on the rule as it is."""
    failed: dict[int, set[str]] = {}
    for each in results:
        number, name = _split(str(each.get("package")), str(each.get("name")))
        if each.get("fail") or each.get("error"):
            failed.setdefault(number, set()).add(name)
    right = failed.get(0, set())
    noticed = {number for number in alive if failed.get(number, set()) - right}
    return Tried(
        tuple(mutant for number, mutant in alive.items() if number in noticed),
        tuple(mutant for number, mutant in alive.items() if number not in noticed),
    )


def _split(package: str, name: str) -> tuple[int, str]:
    found = re.match(r"data\.mutant(\d+)\.(.*)", package)
    return (int(found[1]), f"{found[2]}.{name}") if found else (0, name)


# Asking -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says of one question."""

    status: str
    """``skip``, ``pass``, ``warn``, ``fail`` or ``error``."""
    values: tuple[Json, ...]
    """Of ``applicable``, where it has it, and of each entry point."""


def outcomes(
    engine: RegoEngine, rule: Rule, source: str, questions: Sequence[Evidence]
) -> list[Outcome]:
    """Ask a rule, or a mutant of it, everything; one answer for each question, in order."""
    modules = (Module(rule.modules[0].file, source), *rule.modules[1:])
    texts = [module.source for module in modules]
    jobs = [
        Job(
            Program(
                digest([texts, each.params, each.tables]),
                modules,
                {"params": each.params, "tables": each.tables},
            ),
            tuple(Ask(query, each.input) for query in queries(rule)),
            each.now_ns,
        )
        for each in questions
    ]
    return [_outcome(rule, answer) for answer in engine.evaluate(jobs)]


def queries(rule: Rule) -> tuple[str, ...]:
    """Give what a rule is asked: ``applicable``, where it has it, and its entry points."""
    first = (f"data.{rule.package}.applicable",) if rule.has_applicable else ()
    return (*first, *(entry.path for entry in rule.entrypoints))


def _outcome(rule: Rule, answer: Answer) -> Outcome:
    if answer.error is not None:
        return Outcome("error", ())
    values = tuple(None if each is UNDEFINED else each for each in answer.values)
    plain: tuple[Any, ...] = values
    if rule.has_applicable and plain[0] is not True:
        return Outcome("skip", plain)
    found = plain[1:] if rule.has_applicable else plain
    levels = {entry.level for entry, said in zip(rule.entrypoints, found, strict=True) if said}
    status = "fail" if levels - {"warn"} else "warn" if levels else "pass"
    return Outcome(status, plain)


# The missing test -------------------------------------------------------------------------------


def missing_test(
    rule: Rule, mutant: Mutant, question: Evidence, before: Outcome, after: Outcome
) -> str:
    """Write the Rego test that passes on a rule and fails on its mutant.

    Args:
        rule: as it is.
        mutant: of it.
        question: on which they differ.
        before: what the rule says.
        after: what the mutant says.
    """
    differing = [
        n
        for n, pair in enumerate(zip(before.values, after.values, strict=True))
        if pair[0] != pair[1]
    ]
    number = differing[0]
    query, said = queries(rule)[number], before.values[number]
    given = [f"with input as {_written(question.input)}"]
    given += [f"with data.params as {_written(question.params)}"] if rule.param_specs else []
    given += [f"with data.tables as {_written(question.tables)}"] if rule.tables else []
    given += [f"with time.now_ns as {question.now_ns}"] if rule.reads_time else []
    asked = "\n\t\t".join([query, *given])
    name = f"test_line_{mutant.line}_{mutant.kind}_{digest([mutant.source])[7:13]}"
    head = f"# {rule.id}, line {mutant.line}, {mutant.said}\n{name} if {{\n"
    if isinstance(said, list):
        return f"{head}\tfindings := {asked}\n\t{_counted(said, after, number)}\n}}\n"
    holds = "" if said is True else "not "
    return f"{head}\t{holds}{asked}\n}}\n"


def _counted(said: list[Any], after: Outcome, number: int) -> str:
    other: Any = after.values[number] if number < len(after.values) else None
    if not isinstance(other, list) or len(other) != len(said):
        return f"count(findings) == {len(said)}"
    return f"findings == {{{', '.join(_written(each) for each in said)}}}"


def _written(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def size(question: Evidence) -> int:
    """Give how long a question is; the shortest makes the best test."""
    return len(canonical([question.input, question.params, question.tables]))
