"""What a set of modules must not do: reach out, call what is not there, or call itself for ever."""

from collections.abc import Iterable, Iterator

import msgspec

from eidos.engine.rego.builtins import DEPRECATED, FORBIDDEN, OPA_FUNCTIONS
from eidos.engine.rego.frames import Fault
from eidos.engine.rego.limits import GET_OPA
from eidos.engine.rego.syntax import Mention, ModuleTree, Place, RuleTree

_LONGEST_NAME = 3
"""Parts of the longest forbidden name: ``io.jwt.encode_sign``."""


class Dialect(msgspec.Struct, frozen=True):
    """What modules are written for."""

    v0: bool
    every_function: bool
    """The engine is OPA."""
    packages: frozenset[str] = frozenset()
    """All that are compiled together, with ``data.`` in front."""


def check(modules: list[ModuleTree], dialect: Dialect) -> Fault | None:
    """Say what is wrong with modules that are compiled together, or None."""
    defined = {f"data.{module.package}.{rule.name}" for module in modules for rule in module.rules}
    for module in modules:
        for rule in module.rules:
            for mention in rule.mentions:
                if fault := _mention(module, mention, defined, dialect):
                    return fault
    return _recursion(modules, defined)


def _mention(
    module: ModuleTree, mention: Mention, defined: set[str], dialect: Dialect
) -> Fault | None:
    name = ".".join(mention.path.split(".")[:_LONGEST_NAME])
    for forbidden in (name, name.rpartition(".")[0]):
        if forbidden in FORBIDDEN:
            message = f"{forbidden} is forbidden: it {FORBIDDEN[forbidden]}"
            hint = "Collect what it would fetch as a fact, or give it as a parameter."
            return _fault(module, mention.place, message, hint)
    if mention.arguments is None and not dialect.every_function:
        return _whole_package(module, mention, dialect)
    if mention.arguments is None or _rule_of(module, mention.path, defined) is not None:
        return None
    return _unknown(module, mention, dialect)


def _whole_package(module: ModuleTree, mention: Mention, dialect: Dialect) -> Fault | None:
    path = module.absolute(mention.path)
    if path == "data" or any(f"{package}.".startswith(f"{path}.") for package in dialect.packages):
        message = f"the light engine does not serve {path}, a whole package as a value"
        return _fault(module, mention.place, message, GET_OPA)
    return None


def _unknown(module: ModuleTree, mention: Mention, dialect: Dialect) -> Fault | None:
    name = mention.path
    if name in DEPRECATED and not dialect.v0:
        hint = "Say it in Rego v1: 'some' and 'every' instead of 'any' and 'all', 'regex.match'."
        return _fault(module, mention.place, f"{name} is no longer there in Rego v1", hint)
    if name in OPA_FUNCTIONS:  # the translation refuses those that the light engine does not serve
        return None
    if name.partition(".")[0] == "input":
        message = f"the light engine does not serve a line that begins with ( after {name}"
        return _fault(module, mention.place, message, f"It reads a call there. {GET_OPA}")
    hint = "Check its name and its import, and that its module is part of the pack."
    return _fault(module, mention.place, f"there is no function {name}", hint)


def _rule_of(module: ModuleTree, path: str, defined: set[str]) -> str | None:
    """Give the full path of the rule that a path in this module leads to."""
    written = module.absolute(path)
    if not written.startswith("data."):
        written = f"data.{module.package}.{path}"
    while written not in defined:
        written = written.rpartition(".")[0]
        if not written:
            return None
    return written


def _recursion(modules: list[ModuleTree], defined: set[str]) -> Fault | None:
    owners: dict[str, tuple[ModuleTree, RuleTree]] = {}
    calls: dict[str, list[str]] = {}
    for module in modules:
        for rule in module.rules:
            name = f"data.{module.package}.{rule.name}"
            owners.setdefault(name, (module, rule))
            calls.setdefault(name, []).extend(_targets(module, rule, defined))
    for cycle in _cycles(calls):
        module, rule = owners[cycle[0]]
        chain = " -> ".join(name.removeprefix(f"data.{module.package}.") for name in cycle)
        hint = "Rego has no recursion; use walk, graph.reachable or numbers.range."
        return _fault(module, rule.place, f"a rule reaches itself: {chain}", hint)
    return None


def _targets(module: ModuleTree, rule: RuleTree, defined: set[str]) -> Iterator[str]:
    own_head_seen = False
    for mention in rule.mentions:
        if not own_head_seen and mention.path == rule.name:
            own_head_seen = True  # the head names the rule itself
            continue
        target = _rule_of(module, mention.path, defined)
        if target is not None:
            yield target


def _cycles(calls: dict[str, list[str]]) -> Iterable[list[str]]:
    """Give a cycle for each that a walk from any rule closes."""
    done: set[str] = set()
    for start, first in calls.items():
        path = [start]
        stack = [(start, iter(first))] if start not in done else []
        while stack:
            name, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                done.add(name)
                stack.pop()
                path.pop()
            elif target in path:
                yield [*path[path.index(target) :], target]
            elif target not in done:
                stack.append((target, iter(calls.get(target, ()))))
                path.append(target)


def _fault(module: ModuleTree, place: Place, message: str, hint: str) -> Fault:
    return Fault(message, module.file, place.line, place.column, hint)
