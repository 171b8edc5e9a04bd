"""What modules say about themselves, as OPA reads them, and whether OPA takes them."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from typing import Any, Final

from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import ModuleFacts
from eidos.engine.records import dataclass
from eidos.engine.rego.builtins import BOUND, CLOCKS, FORBIDDEN, SCHEMAS
from eidos.engine.rego.faults import V1_KEYWORDS, WRITTEN_AS_V0, mixed
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.command import OpaCommand
from eidos.engine.rego.opa.faults import Fault, forbidden, module_of, place_of, policy_error
from eidos.engine.rego.syntax import OPAQUE

_PACKAGE: Final = re.compile(
    r'(?P<before>\s*)package\s+(?P<path>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*|\["[^"\\\n]*"\])*)'
)
_STEP: Final = re.compile(r'[A-Za-z_]\w*|"[^"]*"')

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Reference:
    """A static path that a module names, with its place."""

    path: tuple[str, ...]
    row: int
    column: int


@dataclass(slots=True)
class _Text:
    """What was found in one module."""

    module: Module
    package: str
    rules: dict[str, int] = field(default_factory=dict)
    references: list[_Reference] = field(default_factory=list)
    imports: list[_Reference] = field(default_factory=list)
    calls: list[Node] = field(default_factory=list)
    """Terms or expressions that call what must be looked at."""


def read_modules(
    command: OpaCommand, modules: Sequence[Module], *, v0: bool | None = None
) -> list[ModuleFacts]:
    """Read modules that are compiled together.

    Args:
        command: reads them.
        modules: what is compiled together.
        v0: their dialect; None to find out.

    Raises:
        PolicyError: OPA does not take them, or they use what rules must not use.
    """
    _refuse_large(modules)
    if v0 is not None:
        return _read_as(command, modules, v0=v0)
    with ThreadPoolExecutor(2) as beside:
        reading = beside.submit(_texts, command, modules, v0=False)
        faults = beside.submit(command.check, modules, v0=False).result()
        if not faults:
            return _facts(reading.result(), v0=False)
        old = beside.submit(_texts, command, modules, v0=True)
        older_faults = beside.submit(command.check, modules, v0=True).result()
        told = _told(faults, older_faults, old.result())
        if told is older_faults and _is_broken(faults[0], older_faults[0], command, modules):
            told = faults
        if told is None:
            return _facts(old.result(), v0=True)
        if WRITTEN_AS_V0 in str(faults[0].get("message")):
            _refuse_mixed(faults[0], older_faults[0], modules)
        texts = reading.result() if told is faults else old.result()
        raise _refusal(told[0], modules, texts)


def _read_as(command: OpaCommand, modules: Sequence[Module], *, v0: bool) -> list[ModuleFacts]:
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(_texts, command, modules, v0=v0)
        faults = command.check(modules, v0=v0)
        if faults:
            raise _refusal(faults[0], modules, reading.result())
        return _facts(reading.result(), v0=v0)


def _refuse_large(modules: Sequence[Module]) -> None:
    for module in modules:
        size, limit = len(module.source.encode(errors="surrogatepass")), EngineLimits().module_bytes
        if size > limit:
            message = f"the module has {size} bytes, over the limit of {limit}"
            raise PolicyError(message, hint="Split it.", location=Location(module.file))


def _told(faults: list[Fault], older: list[Fault], texts: list[_Text] | None) -> list[Fault] | None:
    """Give the faults that are told: those of the dialect in which OPA read further.

    Returns:
        None where the modules are right as v0.
    """
    strange = any(not V1_KEYWORDS.isdisjoint(text.rules) for text in texts or ())
    if strange or not _is_syntax(faults[0]):
        return faults
    if not older:
        return None
    old = WRITTEN_AS_V0 in str(faults[0].get("message"))
    if not old and place_of(older[0])[0] != place_of(faults[0])[0]:
        return faults  # v1 beside it, a library, is no v0: that says nothing of this module
    if not _is_syntax(older[0]) or place_of(older[0]) > place_of(faults[0]):
        return older
    return faults


def _is_broken(fault: Fault, older: Fault, command: OpaCommand, modules: Sequence[Module]) -> bool:
    """Say whether the module with a fault reads as neither dialect, and another one has `older`.

    OPA stops at some module that it cannot read; as v0 that may be one that is right.
    """
    module = module_of(fault, modules)
    if module is None or module is module_of(older, modules):
        return False
    return command.parse(module.source, v0=True) is None


def _refuse_mixed(fault: Fault, older: Fault, modules: Sequence[Module]) -> None:
    """Refuse a module of v0 because of another, which does not read as v0."""
    module, other = module_of(fault, modules), module_of(older, modules)
    if module is None or other is None or module is other or not _is_syntax(older):
        return
    message, hint = mixed(other.file)
    place = Location(module.file, place_of(fault)[1], fault["location"].get("col"))
    raise PolicyError(message, hint=hint, location=place)


def _is_syntax(fault: Fault) -> bool:
    return fault.get("code") == "rego_parse_error"


def _refusal(fault: Fault, modules: Sequence[Module], texts: list[_Text] | None) -> PolicyError:
    """Word a fault; one on the line of a forbidden built-in is about that."""
    row = (fault.get("location") or {}).get("row")
    module = module_of(fault, modules)
    for text in texts or ():
        for reference in text.references:
            name = _forbidden(reference.path)
            if name and text.module is module and reference.row == row:
                message, hint = forbidden(name)
                location = Location(text.module.file, reference.row, reference.column)
                return PolicyError(message, hint=hint, location=location)
    return policy_error(fault, modules)


def _forbidden(path: tuple[str, ...]) -> str | None:
    names = (".".join(path[:length]) for length in range(2, len(path) + 1))
    return next((name for name in names if name in FORBIDDEN), None)


# Facts ------------------------------------------------------------------------------------------


def _facts(texts: list[_Text] | None, *, v0: bool) -> list[ModuleFacts]:
    if texts is None:  # OPA checked them, so this is our fault
        raise PolicyError(
            "an expression is too long or nested too deeply",
            hint="Give parts of it names of their own, as rules or variables.",
        )
    for text in texts:
        _refuse_clocks(text)
    return [_module_facts(text, v0=v0) for text in texts]


def _module_facts(text: _Text, *, v0: bool) -> ModuleFacts:
    named = [*text.references, *text.imports]
    inputs = {
        ".".join(found.path): found.row
        for found in sorted(named, key=lambda each: -each.row)  # the first line stays
        if found.path[0] == "input" and len(found.path) > 1
    }
    data = {".".join(found.path[1:]) for found in named if found.path[0] == "data"}
    return ModuleFacts(
        file=text.module.file,
        package=text.package,
        rules=text.rules,
        imports=tuple(sorted(data - {""})),
        reads_time=any(found.path[:2] == ("time", "now_ns") for found in named),
        v0=v0,
        inputs=inputs,
    )


def _refuse_clocks(text: _Text) -> None:
    """Refuse calls that read the real clock or fetch, which OPA's own check lets pass."""
    for call in text.calls:
        function, *arguments = call["value"]
        name = ".".join(static_path(function["value"]))
        if name in CLOCKS and not _has(arguments[1], CLOCKS[name]):
            message = f"{name} without a time reads the machine's clock"
            hint = f'Say the time in place: {{"{CLOCKS[name]}": time.now_ns(), ...}}.'
        elif name in SCHEMAS and _fetches(arguments[SCHEMAS[name]]):
            message = f"{name} with a $ref to another document would fetch it"
            hint = "Put what it refers to into the schema."
        else:
            continue
        place = call["location"]
        raise PolicyError(
            message, hint=hint, location=Location(text.module.file, place["row"], place["col"])
        )
    _refuse_stand_ins(text)


def _refuse_stand_ins(text: _Text) -> None:
    """Refuse what must be looked at where it is called, and is named without a call: ``with``."""
    calls = Counter(static_path(call["value"][0]["value"]) for call in text.calls)
    for reference in text.references:
        name = ".".join(reference.path)
        if name not in BOUND:
            continue
        calls[reference.path] -= 1
        if calls[reference.path] < 0:
            raise PolicyError(
                f"{name} stands for another function",
                hint="Call it where it is needed, so that its arguments can be looked at.",
                location=Location(text.module.file, reference.row, reference.column),
            )


def _has(term: Node, name: str) -> bool:
    return term["type"] == "object" and any(key.get("value") == name for key, _ in term["value"])


def _fetches(term: Node) -> bool:
    if term["type"] == "string":
        return (
            '"$ref"' in term["value"]
            and re.search(r'"\$ref"\s*:\s*"[^#"]', term["value"]) is not None
        )
    if term["type"] == "object":
        return any(_is_far(key, value) or _fetches(value) for key, value in term["value"])
    if term["type"] in ("array", "set"):
        return any(map(_fetches, term["value"]))
    return False


def _is_far(key: Node, value: Node) -> bool:
    return key.get("value") == "$ref" and not str(value.get("value")).startswith("#")


# Syntax -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parsed:
    """The syntax tree of one module, as ``opa parse`` writes it with places."""

    module: Module
    package: str
    rules: tuple[Node, ...]
    imports: tuple[Node, ...]
    shift: int
    """What a row of a node is more than the line of the module's own text."""


def parse_modules(
    command: OpaCommand, modules: Sequence[Module], *, v0: bool = False
) -> list[Parsed] | None:
    """Parse all modules in one run of OPA, or one by one where they cannot be joined.

    Returns:
        A tree for each module, in order; None where one of them cannot be read.
    """
    headless = [_behead(module) for module in modules]
    starts, joined = _join(text for _, text in headless)
    tree = command.parse(joined, v0=v0)
    if tree is None:
        if len(modules) == 1:
            return None
        alone = [parse_modules(command, [module], v0=v0) for module in modules]
        return None if None in alone else [each for parsed in alone for each in parsed or ()]
    rules, imports = _divided(tree.get("rules"), starts), _divided(tree.get("imports"), starts)
    return [
        Parsed(module, package, tuple(rules[number]), tuple(imports[number]), start - 1)
        for number, (module, (package, _), start) in enumerate(
            zip(modules, headless, starts, strict=True)
        )
    ]


def _divided(nodes: Sequence[Node] | None, starts: Sequence[int]) -> list[list[Node]]:
    """Give each module, by where it starts, the nodes that are its own."""
    found: list[list[Node]] = [[] for _ in starts]
    for node in nodes or ():
        found[bisect_right(starts, node["location"]["row"]) - 1].append(node)
    return found


def _texts(command: OpaCommand, modules: Sequence[Module], *, v0: bool) -> list[_Text] | None:
    parsed = parse_modules(command, modules, v0=v0)
    if parsed is None:
        return None
    texts = []
    for each in parsed:
        text = _Text(each.module, each.package)
        for node in each.rules:
            _take_rule(text, node, each.shift)
        for node in each.imports:
            _take_import(text, node, each.shift)
        texts.append(text)
    return texts


def _behead(module: Module) -> tuple[str, str]:
    """Give a module's package, and its text without package line and remarks; lines stay."""
    text = OPAQUE.sub(lambda found: "" if found[0][0] == "#" else found[0], module.source)
    package = _PACKAGE.match(text)
    if package is None:
        return "", text
    path = ".".join(step.strip('"') for step in _STEP.findall(package["path"]))
    return path, "\n" * package[0].count("\n") + text[package.end() :]


def _join(texts: Iterable[str]) -> tuple[list[int], str]:
    """Give the first line of each text in all of them together."""
    starts, lines, row = [], ["package joined"], 2
    for text in texts:
        starts.append(row)
        lines.append(text)
        row += text.count("\n") + 1
    return starts, "\n".join(lines)


def _take_import(text: _Text, node: Node, shift: int) -> None:
    path = static_path(node["path"]["value"])
    if path[0] not in ("rego", "future"):
        place = node["location"]
        text.imports.append(_Reference(path, place["row"] - shift, place["col"]))


def _take_rule(text: _Text, node: Node, shift: int) -> None:
    place = node["location"]
    head = node["head"].get("ref") or [{"type": "var", "value": node["head"]["name"]}]
    text.rules.setdefault(".".join(static_path(head)), place["row"] - shift)
    for reference, at in _references(node):
        text.references.append(_Reference(reference, at["row"] - shift, at["col"]))
    text.calls += _calls(node, shift)


def _references(root: Node) -> Iterator[tuple[tuple[str, ...], Mapping[str, int]]]:
    for node in nodes_below(root):
        if node.get("type") == "ref" and node["value"][0]["type"] == "var":
            yield static_path(node["value"]), node["location"]


def _calls(root: Node, shift: int) -> Iterator[Node]:
    """Give calls of what the check cannot judge, whether they are terms or whole expressions."""
    for node in nodes_below(root):
        terms = node.get("value") if node.get("type") == "call" else node.get("terms")
        if not isinstance(terms, list) or not terms or terms[0].get("type") != "ref":
            continue
        if ".".join(static_path(terms[0]["value"])) in BOUND:
            place = node["location"]
            yield {"value": terms, "location": {"row": place["row"] - shift, "col": place["col"]}}


def nodes_below(root: object) -> Iterator[Node]:
    """Give every node below one, without recursion: trees of long expressions are deep."""
    open_nodes = [root]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, dict):
            yield node
            open_nodes.extend(reversed(node.values()))
        elif isinstance(node, list):
            open_nodes.extend(reversed(node))


def static_path(terms: Sequence[Node]) -> tuple[str, ...]:
    """Give the names at the start of a reference, as far as they are known."""
    names = [str(terms[0]["value"])]
    for term in terms[1:]:
        if term["type"] != "string":
            break
        names.append(term["value"])
    return tuple(names)
