"""Tests that cannot fail, and tests that ask for what there is not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eidos.engine.errors import Problem
from eidos.engine.linting.kinds import TEST_MISNAMED, TEST_UNKNOWN, TEST_VACUOUS, found
from eidos.engine.linting.trees import Path, Reader, readers
from eidos.engine.model.lint import LintFinding
from eidos.engine.model.rule import Module
from eidos.engine.packs.checking import Names, unknown_data
from eidos.engine.packs.misnamed import misnamed_rules
from eidos.engine.ports import ModuleFacts
from eidos.engine.rego.opa.reading import Node, Parsed

_TEST = "test_"
_TESTS = (_TEST, "todo_test_")
_CONSTANTS = ("string", "number", "boolean", "null")


def unread_cases(problems: Iterable[Problem]) -> Iterator[LintFinding]:
    """Give files with cases that nobody reads."""
    for each in problems:
        file = each.location.file if each.location else ""
        yield found(TEST_MISNAMED, each.message, (file, 1, None), each.hint)


def misplaced_tests(
    modules: Sequence[Module], facts: Sequence[ModuleFacts]
) -> Iterator[LintFinding]:
    """Give the tests that stand in modules of a pack that judge."""
    for module, each in zip(modules, facts, strict=True):
        tests = [name for name in each.rules if name.startswith(_TESTS)]
        if tests:
            message = f"{tests[0]} stands in a module that judges, and is packed and signed with it"
            hint = "Put tests into a file whose name ends with _test.rego."
            yield found(TEST_MISNAMED, message, (module.file, each.rules[tests[0]], None), hint)


def never_run(modules: Sequence[Module], facts: Mapping[str, ModuleFacts]) -> Iterator[LintFinding]:
    """Give the rules in modules of tests that read like tests and are none."""
    for module in modules:
        rules = facts[module.file].rules
        for name in misnamed_rules(rules):
            message = f"{name} is never run: tests are called test_... or todo_test_..."
            place = (module.file, rules[name], None)
            yield found(TEST_MISNAMED, message, place, "Give it such a name, or a quite other one.")


def sets_of(modules: Sequence[Parsed]) -> frozenset[Path]:
    """Give the paths of all rules that make sets: they are true even with nothing in them."""
    return frozenset(
        ("data", *module.package.split("."), str(rule["head"].get("name")))
        for module in modules
        for rule in module.rules
        if "key" in rule["head"] and "value" not in rule["head"]
    )


def vacuous(module: Parsed, sets: frozenset[Path]) -> Iterator[LintFinding]:
    """Give the tests of a module that pass whatever policy says.

    Args:
        module: of tests.
        sets: see `sets_of`.
    """
    for reader in readers(module):
        value = reader.rule["head"].get("value") or {}
        if not reader.name.startswith(_TEST) or value.get("value") is not True:
            continue
        body = [each for each in reader.rule["body"] if not each.get("generated")]
        if all(_holds(reader, each, sets) for each in body):
            place = reader.place(reader.rule["head"])
            hint = "Compare: count(rule.deny) == 1; a set is true also with nothing in it."
            yield found(TEST_VACUOUS, f"{reader.name} passes whatever policy says", place, hint)


def _holds(reader: Reader, expression: Node, sets: frozenset[Path]) -> bool:
    """Tell whether an expression holds whatever the rule says."""
    terms = expression["terms"]
    if expression.get("negated"):
        return False
    if isinstance(terms, dict):
        return terms.get("value") is True or _is_set(reader, terms, sets)
    call = reader.call(expression)
    if call is None or call.name not in ("assign", "print", "eq"):
        return False
    return call.name == "print" or (
        call.arguments[0]["type"] == "var"
        and (call.arguments[1]["type"] in _CONSTANTS or _is_set(reader, call.arguments[1], sets))
    )


def _is_set(reader: Reader, term: Node, sets: frozenset[Path]) -> bool:
    return term.get("type") == "ref" and reader.path(term) in sets


def unknown(
    tests: Sequence[Module], facts: Mapping[str, ModuleFacts], names: Names
) -> Iterator[LintFinding]:
    """Give what tests ask for in the packages of their policy, and what there is not.

    Args:
        tests: modules.
        facts: what was read of them, by file.
        names: what there is.
    """
    roots = {package.partition(".")[0] for package in names.packages} - {"params", "tables"}
    for module in tests:
        for path, line in unknown_data(module, facts[module.file], names):
            if path.partition(".")[0] in roots:
                message = f"data.{path} does not exist, and what is undefined denies nothing"
                yield found(TEST_UNKNOWN, message, (module.file, line, None), names.near(path))
