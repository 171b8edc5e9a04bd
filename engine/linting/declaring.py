"""What a rule says of itself, held against what it reads."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from eidos.engine.linting.kinds import (
    APPLICABLE_UNSEEN,
    DECLARED_UNREAD,
    FACT_SCOPE,
    FACT_UNKNOWN,
    FINDING_PATH,
    ID_FORM,
    METADATA_INCOMPLETE,
    PLACEHOLDER_LEFT,
    found,
)
from eidos.engine.linting.trees import Path, Reader, readers
from eidos.engine.model.facts import FactAddress, split_path
from eidos.engine.model.lint import LintFinding
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.packs import scaffold
from eidos.engine.packs.shipped import OPEN
from eidos.engine.rego.annotations import read_annotations
from eidos.engine.rego.opa.reading import Node, Parsed, nodes_below
from eidos.engine.vocabulary import vocabulary

_ID: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-[0-9]+")
_OWN: Final = ("node",)
"""Types of facts that every subject has, whoever collects: ``node.name``."""


def said(rule: Rule) -> Iterator[LintFinding]:
    """Give what a rule does not say of itself, or says so that it will not last."""
    line = rule.line
    file = rule.modules[0].file
    if not _ID.fullmatch(rule.id):
        place = _spot(rule, "custom", "id")
        hint = "Write letters, hyphens and a number: ACME-001. It stays when titles change."
        yield found(ID_FORM, f"'{rule.id}' is no lasting id", place, hint)
    for name, value, hint in (
        ("description", rule.description, "Say why it must hold, for who has to defend it."),
        ("custom.remediation", rule.remediation, "Say what a tired operator does now."),
    ):
        if not value and not (rule.selects and name.startswith("custom")):
            message = f"{rule.id} has no {name}"
            yield found(METADATA_INCOMPLETE, message, (file, line, None), hint)


def left(rule: Rule) -> Iterator[LintFinding]:
    """Give what ``policy new`` says of a rule, and that its author did not change."""
    titles = {scaffold.title(str(fact)) for fact in rule.requires}
    is_left = {
        ("title",): rule.title in titles,
        ("description",): scaffold.left(rule.description, scaffold.DESCRIPTION),
        ("related_resources",): scaffold.REFERENCE in rule.references,
        ("custom", "remediation"): scaffold.left(rule.remediation, scaffold.REMEDIATION),
    }
    for path in (path for path, left in is_left.items() if left):
        what = "reference" if path == ("related_resources",) else path[-1]
        message = f"the {what} of {rule.id} is what 'policy new' put there"
        yield found(PLACEHOLDER_LEFT, message, _spot(rule, *path), "Say what only you know.")


def left_in_manifest(file: str, text: str) -> Iterator[LintFinding]:
    """Give the description of a pack, where its author did not change it."""
    for line in scaffold.lines_with(text, scaffold.ABOUT):
        message = "the description of the pack is what 'policy new' put there"
        yield found(PLACEHOLDER_LEFT, message, (file, line, None), "Say what the rules are about.")


def unknown_facts(rule: Rule) -> Iterator[LintFinding]:
    """Give facts that a rule declares and that our vocabulary does not have."""
    known = vocabulary()
    for where, fact in _declared(rule):
        if fact.type in _OWN or (known.subtype(fact) is None and _is_open(fact)):
            continue
        subtype = known.subtype(fact)
        if subtype is None or (fact.key is not None and subtype.type_of(fact.key) is None):
            near = nearest(str(fact._replace(every_node=False)), known.known_facts())
            hint = near if near.startswith("Did") else "A collector of your own must give it."
            message = f"no collector of eidos gives {fact}"
            yield found(FACT_UNKNOWN, message, _spot(rule, "custom", where, str(fact)), hint)


def misplaced(rule: Rule) -> Iterator[LintFinding]:
    """Give facts that a rule declares and that its scope never has: it is unknown for ever."""
    for where, fact in _declared(rule):
        place = _spot(rule, "custom", where, str(fact))
        bare = fact._replace(every_node=False)
        if rule.scope is Scope.NODE and fact.every_node:
            message = f"a rule of scope node is asked of one, and sees no {fact}"
            yield found(FACT_SCOPE, message, place, f"Declare {bare}, or write scope: cluster.")
        elif rule.scope is Scope.CLUSTER and not fact.every_node and _is_of_nodes(fact):
            message = f"{fact} is a fact of nodes, and a rule of scope cluster sees no single one"
            yield found(FACT_SCOPE, message, place, f"Declare nodes.{fact}, or write scope: node.")


def _is_of_nodes(fact: FactAddress) -> bool:
    return fact.type in _NODE_TYPES or (fact.type, fact.subtype) in _NODE_SUBTYPES


_NODE_TYPES: Final = ("gpu", "network", "os", "systemd", "node")
_NODE_SUBTYPES: Final = (("k8s", "node"), ("k8s", "kubelet"))


def unseen(rule: Rule, module: Parsed) -> Iterator[LintFinding]:
    """Give what ``applicable`` reads and never sees: it sees only what is required.

    Args:
        rule: of a pack.
        module: the tree of its own module.
    """
    required = [_steps(fact) for fact in rule.requires]
    if rule.scope not in (Scope.NODE, Scope.CLUSTER):
        return
    for reader in readers(module):
        for node in nodes_below(reader.rule) if reader.name == "applicable" else ():
            path = reader.path(node) if node.get("type") in ("ref", "var") else None
            steps = tuple(map(str, _without_node(path))) if path else ()
            if steps[:1] != ("input",) or len(steps) <= _SUBTYPE:
                continue
            if not any(_meets(steps, each) for each in required):
                message = f"'applicable' sees only what is required, and never {'.'.join(steps)}"
                hint = "Move it from custom.reads to custom.requires, or ask for it in deny."
                yield found(APPLICABLE_UNSEEN, message, reader.place(node), hint)
                break


_SUBTYPE: Final = 2
"""Steps of a path below ``input`` from which on it names a fact."""


def astray(rule: Rule, module: Parsed) -> Iterator[LintFinding]:
    """Give findings whose ``path`` names no fact that the rule declares: reports lead nowhere."""
    declared = [_steps(fact) for _, fact in _declared(rule)]
    if rule.scope not in (Scope.NODE, Scope.CLUSTER) or not declared:
        return
    for reader in readers(module):
        for node in nodes_below(reader.rule):
            for key, value in node["value"] if node.get("type") == "object" else ():
                text = value.get("value") if value["type"] == "string" else None
                if key.get("value") == "path" and isinstance(text, str):
                    yield from _stray(rule, text, reader.place(value), declared)


def _stray(
    rule: Rule, text: str, place: tuple[str, int, int], declared: Sequence[tuple[str, ...]]
) -> Iterator[LintFinding]:
    try:
        steps = ("input", *map(str, split_path(text)))
    except ValueError:
        steps = ("input", text)
    if not any(_meets(steps, each) for each in declared):
        near = nearest(text, [str(fact) for _, fact in _declared(rule)])
        yield found(FINDING_PATH, f"the path '{text}' is no fact of this rule", place, near)


def _is_open(fact: FactAddress) -> bool:
    return fact.type == "systemd" or f"{fact.type}.{fact.subtype}" in OPEN


def unread(rule: Rule, modules: Iterable[Parsed]) -> Iterator[LintFinding]:
    """Give facts, parameters and tables that a rule declares and never reads.

    Args:
        rule: of a pack.
        modules: the trees of all its modules.
    """
    reads = [path for module in modules for path in _reads(module)]
    facts = [(where, str(fact), _steps(fact)) for where, fact in _declared(rule)]
    facts += [("params", name, ("data", "params", name)) for name in rule.param_specs]
    facts += [("tables", name, ("data", "tables", name)) for name in rule.tables]
    for where, name, steps in facts:
        if not any(_meets(read, steps) for read in reads):
            message = f"custom.{where} names {name}, which the rule never reads"
            hint = "Take it away, or read it; what is required and missing makes it unknown."
            yield found(DECLARED_UNREAD, message, _spot(rule, "custom", where, name), hint)


def _declared(rule: Rule) -> Iterator[tuple[str, FactAddress]]:
    yield from (("requires", fact) for fact in rule.requires)
    yield from (("reads", fact) for fact in rule.reads)


def _steps(fact: FactAddress) -> tuple[str, ...]:
    """Give the path of a fact below the root, names of nodes left out."""
    return ("input", *(("nodes",) if fact.every_node else ()), *fact.segments)


def _reads(module: Parsed) -> Iterator[Path]:
    """Give every path that a module reads; a name for a path counts where it is used."""
    for reader in readers(module):
        skipped = {id(node) for node in _namings(reader)}
        for node in nodes_below(reader.rule):
            if node.get("type") == "ref":
                skipped.add(id(node["value"][0]))
            if id(node) not in skipped and node.get("type") in ("ref", "var"):
                path = reader.path(node)
                if path is not None:
                    yield _without_node(path)
    for node in module.imports:
        steps = tuple(str(step["value"]) for step in node["path"]["value"])
        if steps[0] == "input" or steps[:2] in (("data", "params"), ("data", "tables")):
            yield steps


def _namings(reader: Reader) -> Iterator[Node]:
    """Give terms that only give a path a name: both sides of ``smi := input.gpu.smi``."""
    if reader.name in reader.constants:
        yield reader.rule["head"]["value"]
    for node in nodes_below(reader.rule):
        call = reader.call(node)
        if call is not None and call.name == "assign" and _is_name(reader, call.arguments[0]):
            yield from call.arguments
        elif call is not None and call.name in ("internal.member_2", "internal.member_3"):
            *names, collection = call.arguments
            if _is_name(reader, names[-1]) and reader.path(collection) == ("input", "nodes"):
                yield from (names[-1], collection)


def _is_name(reader: Reader, term: Node) -> bool:
    """Tell whether a term is a local name of which it is known what it stands for."""
    return term["type"] == "var" and reader.names.get(str(term["value"])) is not None


def _without_node(path: Path) -> Path:
    """Leave out which node it is, and what comes after the first step that is not known."""
    steps = path[:2] + path[3:] if path[1:2] == ("nodes",) else path
    return steps[: steps.index(None)] if None in steps else steps


def _meets(read: Path, declared: Sequence[str]) -> bool:
    """Tell whether what is read holds what is declared, or is a part of it."""
    keys = ".".join(str(step) for step in read), ".".join(declared)
    one, other = sorted(keys, key=len)
    return other == one or other.startswith(f"{one}.")


def _spot(rule: Rule, *path: str) -> tuple[str, int, int | None]:
    """Give the place of a key, or of an entry of a list by its text, in the METADATA of a rule."""
    module = rule.modules[0]
    [annotation] = (each for each in read_annotations(module) if each.line == rule.line)
    steps: list[str | int] = []
    node: Any = annotation.value
    for step in path:
        found = _at(node, step)
        if found is None:
            break
        steps.append(found)
        node = node[found]
    return module.file, *annotation.place(steps)


def _at(node: Any, step: str) -> str | int | None:  # noqa: ANN401 -- whatever METADATA says
    """Give the key, or the number of the entry, that a step names."""
    if isinstance(node, dict):
        return step if step in node else None
    names = [str(FactAddress.parse(each)) if step != each else each for each in node]
    return names.index(step) if step in names else None
