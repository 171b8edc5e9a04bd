"""What the checks need of a module's syntax tree, gathered in one walk over each rule."""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec

OPAQUE = re.compile(r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`')
"""A comment, or a text of either kind: what looks like code in it is none."""
Node: TypeAlias = dict[str, Any]
"""A node of the engine's JSON tree."""


class Place(msgspec.Struct, frozen=True):
    """Where something stands; both counted from 1."""

    line: int
    column: int


class Mention(msgspec.Struct, frozen=True):
    """A static path that a rule names: ``data.lib.older``, ``http.send``, ``driver``."""

    path: str
    place: Place
    arguments: int | None = None
    """How many it is called with; None when it is not called."""


class RuleTree(msgspec.Struct):
    """One rule with what it names, local variables left out."""

    name: str
    place: Place
    mentions: list[Mention]


class ModuleTree(msgspec.Struct):
    """One module."""

    file: str
    package: str
    rules: list[RuleTree]
    imports: dict[str, Mention] = msgspec.field(default_factory=dict)
    """By the name under which it is known here."""

    def absolute(self, path: str) -> str:
        """Give a path with its import written out; what starts with no import stays."""
        head, dot, rest = path.partition(".")
        if head in self.imports:
            return self.imports[head].path + dot + rest
        return path


def widen(node: object, content: bytes) -> tuple[int, int] | None:
    """Make each span hold its node and no more, and give that of this one.

    The engine leaves the quotes of a text out of its span, and out of those that begin with it;
    that of ``set()`` reaches into what follows, and that of an object begins at its last key.
    """
    if isinstance(node, list):
        extents = [extent for child in node if (extent := widen(child, content))]
        return _joined(extents) if extents else None
    if not isinstance(node, dict):
        return None
    if "start" in node:
        return node["start"], node["end"]
    _correct(node, content)
    extents = [extent for child in node.values() if (extent := widen(child, content))]
    if not extents:
        return None
    start, end = _joined(extents)
    if node.get("fields"):
        start = _brace_before(node["fields"][0][1], content)
    if node.get("span"):
        node["span"].update(start=start, end=end)
    return start, end


def _correct(node: Node, content: bytes) -> None:
    for kind in ("String", "RawString"):
        if kind in node:
            span = node[kind]["span"]
            span.update(start=span["start"] - 1, end=span["end"] + 1)
    if "Set" in node and node["Set"].get("items") == []:
        span = node["Set"]["span"]
        span.update(end=content.index(b")", span["start"]) + 1)


def _brace_before(key: Node, content: bytes) -> int:
    """Find the brace that opens an object: only space and comments come before its first key."""
    ((_, inner),) = key.items()
    end: int = inner["span"]["start"]
    while end > 0:
        line = content.rfind(b"\n", 0, end) + 1
        code = content[line:end]
        if b"{" in code and not code.lstrip().startswith(b"#"):
            return line + code.rindex(b"{", 0, _comment(code))
        end = line - 1
    begin: int = inner["span"]["start"]
    return begin


def _comment(code: bytes) -> int:
    """Give the place of the comment that ends a line, whose code ends with a brace."""
    found = re.search(rb"\{\s*(?=#)", code)
    return found.end() if found else len(code)


def _joined(extents: list[tuple[int, int]]) -> tuple[int, int]:
    return min(start for start, _ in extents), max(end for _, end in extents)


def read_tree(tree: Node) -> ModuleTree:
    """Take a module's JSON tree apart."""
    text = tree["source"]["contents"].encode()
    module = tree["ast"]
    return ModuleTree(
        file=tree["source"]["file"],
        package=dotted(module["package"]["refr"]) or "",
        rules=[_rule(body, text) for rule in module["rules"] for body in rule.values()],
        imports=dict(_imports(module["imports"], text)),
    )


def dotted(node: Node) -> str | None:
    """Give the path of a reference whose every part is known, else None."""
    if (variable := node.get("Var")) is not None:
        return str(variable["value"])
    if (dot := node.get("RefDot")) is not None:
        base = dotted(dot["refr"])
        return base and f"{base}.{dot['field'][1]}"
    bracket = node.get("RefBrack")
    if bracket is not None and "String" in bracket["index"]:
        base = dotted(bracket["refr"])
        return base and f"{base}.{bracket['index']['String']['value']}"
    return None


def _imports(imports: list[Node], text: bytes) -> Iterator[tuple[str, Mention]]:
    for entry in imports:
        path = dotted(entry["refr"])
        if path is None or path.split(".")[0] in ("future", "rego"):
            continue
        alias = _slice(entry["as"], text) if entry.get("as") else path.rpartition(".")[2]
        yield alias, Mention(path, _place(entry["span"]))


def _rule(body: Node, text: bytes) -> RuleTree:
    reference = _head_reference(body)
    static = reference
    while (name := dotted(static)) is None:
        static = next(iter(static.values()))["refr"]
    walk = _Walk(text)
    for argument in _arguments(body):
        walk.locals.update(variables(argument))
    walk.visit({key: value for key, value in body.items() if key != "span"})
    mentions = [mention for mention in walk.mentions if not walk.is_local(mention)]
    return RuleTree(name, _place(body["span"]), mentions)


def _head_reference(body: Node) -> Node:
    if "head" in body:
        (head,) = body["head"].values()
        body = head
    reference: Node = body["refr"]
    return reference


def _arguments(body: Node) -> list[Node]:
    if "head" in body:
        (head,) = body["head"].values()
        body = head
    return body.get("args") or []


def variables(node: object) -> Iterator[str]:
    """Give the names of all variables under a node."""
    if isinstance(node, dict):
        if "Var" in node:
            yield node["Var"]["value"]
            return
        for child in node.values():
            yield from variables(child)
    elif isinstance(node, list):
        for child in node:
            yield from variables(child)


class _Walk:
    """Gathers mentions and local names of one rule."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.mentions: list[Mention] = []
        self.locals: set[str] = set()

    def is_local(self, mention: Mention) -> bool:
        return mention.path.partition(".")[0] in self.locals

    def visit(self, node: object) -> None:
        if isinstance(node, list):
            for child in node:
                self.visit(child)
        elif isinstance(node, dict):
            self._node(node)

    def _node(self, node: Node) -> None:
        for kind, content in node.items():
            if kind in ("Var", "RefDot", "RefBrack"):
                self._reference(node, content)
            elif kind == "Call" and isinstance(content, dict):
                self._call(content)
            elif isinstance(content, dict | list):
                self._declare(kind, content)
                self.visit(content)

    def _call(self, call: Node) -> None:
        function = call["fcn"]
        content = next(iter(function.values()))
        self._reference(function, content, len(call["params"]))
        self.visit(call["params"])

    def _reference(self, node: Node, content: Node, arguments: int | None = None) -> None:
        path = dotted(node)
        if path is not None:
            self.mentions.append(Mention(path, _beginning(node), arguments))
            return
        self.visit(content.get("refr"))
        self.visit(content.get("index"))

    def _declare(self, kind: str, content: Any) -> None:  # noqa: ANN401 -- any part of the tree
        if kind == "SomeVars":
            self.locals.update(_slice(span, self._text) for span in _spans(content["vars"]))
        elif kind == "SomeIn":
            self.locals.update(variables([content["key"], content["value"]]))
        elif kind == "Every":
            spans = [span for span in (content["key"], content["value"]) if span]
            self.locals.update(_slice(span, self._text) for span in _spans(spans))
        elif kind == "AssignExpr" and content["op"] == "ColEq":
            self.locals.update(variables(content["lhs"]))


def _spans(value: object) -> Iterator[Node]:
    """Give the spans in a value; the engine pairs some with their text."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _spans(item)


def _slice(value: object, text: bytes) -> str:
    span = next(_spans(value))
    return text[span["start"] : span["end"]].decode()


def _beginning(reference: Node) -> Place:
    """Give the place of a reference's first name; the engine's own is that of its last dot."""
    (content,) = reference.values()
    while "refr" in content:
        (content,) = content["refr"].values()
    return _place(content["span"])


def _place(span: Node) -> Place:
    return Place(span["line"], span["col"])
