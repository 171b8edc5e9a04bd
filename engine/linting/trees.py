"""What an expression of Rego is about: calls, constants, and the paths below ``input`` it reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from eidos.engine.model.jsonvalue import Json
from eidos.engine.records import dataclass
from eidos.engine.rego.opa.reading import Node, Parsed, nodes_below, static_path

Path = tuple[str | None, ...]
"""Steps below ``input`` or ``data``, the root first; None is a step that only running tells."""
_SCALARS: Final = ("string", "number", "boolean", "null")
_DEEPEST: Final = 8
"""Names that stand for names; more is a circle."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator with its arguments."""

    name: str
    """``startswith``; operators as OPA names them: ``lt``, ``equal``, ``assign``."""
    arguments: Sequence[Node]
    row: int
    """Line in the module's own text."""
    column: int


@dataclass(frozen=True, slots=True)
class _Element:
    """What a name stands for that ``some`` or ``every`` takes out of a collection."""

    collection: Node


@dataclass(slots=True)
class Reader:
    """Reads the expressions of one rule, or of a module where no rule is given."""

    module: Parsed
    rule: Node
    imports: Mapping[str, Path]
    constants: Mapping[str, Node]
    """Rules of the module that are one value, whatever the input."""
    names: Mapping[str, Node | _Element | None] = field(default_factory=dict)
    """Local names; None for one that stands for different things."""

    @property
    def name(self) -> str:
        """The name of the rule."""
        head = self.rule["head"].get("ref") or [{"value": self.rule["head"]["name"]}]
        return str(head[0]["value"])

    def place(self, node: Node) -> tuple[str, int, int]:
        """Give file, line and column of a node."""
        at = node["location"]
        return self.module.module.file, at["row"] - self.module.shift, at["col"]

    def calls(self) -> Iterator[Call]:
        """Give every call of the rule, in its order."""
        for node in nodes_below(self.rule):
            if (call := self.call(node)) is not None:
                yield call

    def call(self, node: Node) -> Call | None:
        """Give the call that a term or an expression is."""
        terms = node.get("value") if node.get("type") == "call" else node.get("terms")
        if not isinstance(terms, list) or not terms or terms[0].get("type") != "ref":
            return None
        _, row, column = self.place(node)
        name = ".".join(static_path(terms[0]["value"]))
        return Call(name, terms[1:], row, column)

    def bodies(self) -> Iterator[Sequence[Node]]:
        """Give every body: of the rule, its ``else``, comprehensions and ``every``."""
        for node in nodes_below(self.rule):
            body = node.get("body")
            if isinstance(body, list):
                yield body

    def path(self, term: Node, depth: int = 0) -> Path | None:
        """Give the path that a term reads, names followed; None for what reads none."""
        if depth > _DEEPEST:
            return None
        if term["type"] == "var":
            return self._named(str(term["value"]), depth)
        if term["type"] != "ref" or term["value"][0]["type"] != "var":
            return None
        head, *steps = term["value"]
        base = self._named(str(head["value"]), depth)
        if base is None:
            return None
        return base + tuple(s["value"] if s["type"] == "string" else None for s in steps)

    def _named(self, name: str, depth: int) -> Path | None:
        if name in ("input", "data"):
            return (name,)
        bound = self.names.get(name, self.constants.get(name))
        if isinstance(bound, _Element):
            base = self.path(bound.collection, depth + 1)
            return None if base is None else (*base, None)
        if bound is not None:
            return self.path(bound, depth + 1)
        return None if name in self.names else self.imports.get(name)

    def literal(self, term: Node, depth: int = 0) -> Json:
        """Give the value that a term is, names followed; None where it is no text or number."""
        if term["type"] in _SCALARS:
            value: Json = term.get("value")
            return value
        if term["type"] == "var" and depth < _DEEPEST:
            name = str(term["value"])
            bound = self.names.get(name, self.constants.get(name))
            if bound is not None and not isinstance(bound, _Element):
                return self.literal(bound, depth + 1)
        return None

    def word(self, term: Node) -> str:
        """Give what a term is called: the name of a variable, or the last of a path."""
        if term["type"] == "var":
            return str(term["value"])
        steps = term["value"] if term["type"] == "ref" else ()
        return next((str(s["value"]) for s in reversed(steps) if s["type"] == "string"), "")


def readers(module: Parsed) -> Iterator[Reader]:
    """Give a reader for each rule of a module, default values left out."""
    imports = {_alias(each): _import(each) for each in module.imports}
    constants = _constants(module)
    for rule in module.rules:
        if not rule.get("default"):
            yield Reader(module, rule, imports, constants, _names(rule))


def aliases(module: Parsed) -> dict[str, Node]:
    """Give each import by the name that it has in the module."""
    return {_alias(each): each for each in module.imports}


def _import(node: Node) -> Path:
    return tuple(step["value"] for step in node["path"]["value"])


def _alias(node: Node) -> str:
    return str(node.get("alias") or node["path"]["value"][-1]["value"])


def _constants(module: Parsed) -> dict[str, Node]:
    """Give the rules that have one value and no condition; several of a name are none."""
    found: dict[str, list[Node]] = {}
    for rule in module.rules:
        found.setdefault(str(rule["head"].get("name")), []).append(rule)
    return {
        name: each[0]["head"]["value"]
        for name, each in found.items()
        if len(each) == 1 and _is_constant(each[0])
    }


def _is_constant(rule: Node) -> bool:
    head = rule["head"]
    plain = "value" in head and "args" not in head and "key" not in head
    return plain and all(each.get("generated") for each in rule["body"]) and "else" not in rule


def _names(rule: Node) -> dict[str, Node | _Element | None]:
    found: dict[str, Node | _Element | None] = {}
    for name, bound in _bindings(rule):
        found[name] = None if name in found else bound
    return found


def _bindings(rule: Node) -> Iterator[tuple[str, Node | _Element | None]]:
    """Give every name that a rule makes, with what it stands for where that is one thing."""
    for declared, bound, _ in declared_names(rule):
        yield declared, bound


def declared_names(rule: Node) -> Iterator[tuple[str, Node | _Element | None, Node]]:
    """Give every name that a rule declares, what it stands for, and the node it stands in."""
    for argument in rule["head"].get("args") or ():
        yield from ((str(var["value"]), None, var) for var in _variables(argument))
    for node in nodes_below(rule):
        terms = node.get("terms")
        if isinstance(terms, list):
            yield from _assigned(terms)
        elif isinstance(terms, dict) and "symbols" in terms:
            for symbol in terms["symbols"]:
                yield from _some(symbol)
        elif isinstance(terms, dict) and "domain" in terms:
            value, key = terms["value"], terms["key"]
            yield from _elements(value, terms["domain"])
            yield from ((str(v["value"]), None, v) for v in _variables(key))


def _assigned(terms: Sequence[Node]) -> Iterator[tuple[str, Node | None, Node]]:
    if static_path(terms[0].get("value") or [{"value": ""}]) != ("assign",):
        return
    _, left, right = terms
    if left["type"] == "var":
        yield str(left["value"]), right, left
    else:
        yield from ((str(var["value"]), None, var) for var in _variables(left))


def _some(symbol: Node) -> Iterator[tuple[str, _Element | None, Node]]:
    if symbol["type"] != "call":
        yield from ((str(var["value"]), None, var) for var in _variables(symbol))
        return
    _, *names, collection = symbol["value"]
    yield from _elements(names[-1], collection)
    for name in names[:-1]:
        yield from ((str(var["value"]), None, var) for var in _variables(name))


def _elements(value: Node, collection: Node) -> Iterator[tuple[str, _Element | None, Node]]:
    alone = value["type"] == "var"
    for var in _variables(value):
        yield str(var["value"]), _Element(collection) if alone else None, var


def _variables(node: Node | None) -> Iterator[Node]:
    for each in nodes_below(node):
        if each.get("type") == "var" and not str(each["value"]).startswith("$"):
            yield each
