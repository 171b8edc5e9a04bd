"""Rules that tell what they said: a copy of modules in which each finding rule prints its size.

Tests of rules in Rego ask ``deny`` directly, so what a rule said is in no verdict. In the copy the
rule is renamed, and one of its old name gives the same value after it has printed how much that is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from eidos.engine.model.rule import CANNOT_TELL, EXCEPTION, Module, Rule
from eidos.engine.model.verdict import Status
from eidos.engine.ports import ModuleFacts
from eidos.engine.rego.syntax import OPAQUE

_MARK: Final = "eidos:seen"
_OWN: Final = "eidos__"
_BRACKETS: Final = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}
_HEAD: Final = re.compile(
    r"^[ \t]*(?:default[ \t]+)?(?P<name>[A-Za-z_]\w*)\b(?!\s*\.)", re.MULTILINE
)
_TOLD: Final = re.compile(rf"{_MARK} (?P<path>data\.\S+) (?P<value>\S+)")


def observed(
    modules: Sequence[Module], facts: Sequence[ModuleFacts], rules: Iterable[Rule]
) -> tuple[Module, ...]:
    """Give modules in which the rules that findings come from print what they yield.

    Args:
        modules: those that are tested.
        facts: what was read of each of them.
        rules: the rules that are to be observed.

    Returns:
        The modules in their order; every line stays where it is.
    """
    names: dict[str, set[str]] = {}
    for path in (path for rule in rules for path in _asked(rule)):
        package, _, name = path.removeprefix("data.").rpartition(".")
        names.setdefault(package, set()).add(name)
    told: set[tuple[str, str]] = set()
    copies = []
    for module, read in zip(modules, facts, strict=True):
        here = names.get(read.package, set()) & read.rules.keys()
        fresh = sorted(name for name in here if (read.package, name) not in told)
        told.update((read.package, name) for name in fresh)
        tellers = [_teller(read.package, name, v0=read.v0) for name in fresh]
        source = "\n".join([_renamed(module.source, here), *tellers])
        copies.append(replace(module, source=source) if here else module)
    return tuple(copies)


def _asked(rule: Rule) -> Iterator[str]:
    if rule.has_applicable:
        yield f"data.{rule.package}.applicable"
    yield from (entry.path for entry in rule.entrypoints if entry.level != EXCEPTION)


def _renamed(source: str, names: set[str]) -> str:
    plain = OPAQUE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)
    outside = _outside(plain)
    parts, end = [], 0
    for head in _HEAD.finditer(plain):
        start = head.start("name")
        if head["name"] in names and outside[start]:
            parts += [source[end:start], _OWN]
            end = start
    return "".join([*parts, source[end:]])


def _outside(plain: str) -> list[bool]:
    """Say of each character whether it stands outside of all brackets, where heads stand."""
    depth, found = 0, []
    for character in plain:
        found.append(depth == 0)
        depth += _BRACKETS.get(character, 0)
    return found


def _teller(package: str, name: str, *, v0: bool) -> str:
    own = f"{_OWN}{name}"
    told = own if name == "applicable" else f"count({own})"
    equals, opens = ("=", "{") if v0 else (":=", "if {")
    return f'{name} {equals} {own} {opens} print("{_MARK}", "data.{package}.{name}", {told}) }}\n'


def outcomes_told(prints: Iterable[str], rules: Sequence[Rule]) -> Mapping[str, frozenset[Status]]:
    """Give by rule id the outcomes that its observed rules told of.

    Args:
        prints: lines that were printed; others than ours are passed over.
        rules: those that were observed.
    """
    said: dict[str, set[str]] = {}
    for line in prints:
        for found in _TOLD.finditer(line):
            said.setdefault(found["path"], set()).add(found["value"])
    return {rule.id: frozenset(_outcomes(rule, said)) for rule in rules}


def _outcomes(rule: Rule, said: Mapping[str, set[str]]) -> Iterator[Status]:
    if said.get(f"data.{rule.package}.applicable", set()) & {"false", "<undefined>"}:
        yield Status.SKIP
    silent = True
    for entry in rule.entrypoints:
        if entry.level == EXCEPTION:
            continue
        sizes = said.get(entry.path, set())
        if any(size.isdecimal() and size != "0" for size in sizes):
            yield _STATUS.get(entry.level, Status.FAIL)
        silent = silent and (entry.level == CANNOT_TELL or "0" in sizes)
    if silent:
        yield Status.PASS


_STATUS: Final = {"warn": Status.WARN, CANNOT_TELL: Status.UNKNOWN}
