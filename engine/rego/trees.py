"""The light engine's syntax trees: what can be told of a node, and where it stands in the text."""

from collections.abc import Iterator
from typing import Any, Final

from eidos.engine.rego.frames import Fault
from eidos.engine.rego.limits import GET_OPA
from eidos.engine.rego.syntax import Node, Place, dotted

CONSTANTS: Final = ("String", "RawString", "Number", "Bool", "Null")
"""Kinds of nodes that are one value, written out."""


class RefusedError(Exception):
    """The light engine does not serve a module.

    Args:
        construct: what it does not serve, for "the light engine does not serve ...".
        place: where that stands.
    """

    def __init__(self, construct: str, place: Place) -> None:
        super().__init__(construct)
        self.construct = construct
        self.place = place

    def fault(self, file: str) -> Fault:
        """Say it of a module, with the way to an engine that serves it."""
        message = f"the light engine does not serve {self.construct}"
        return Fault(message, file, self.place.line, self.place.column, GET_OPA)


def splice(content: bytes, span: Node, parts: list[tuple[Node, bytes]]) -> bytes:
    """Give the bytes of a span with some parts of it, in order, said in other words."""
    pieces: list[bytes] = []
    position: int = span["start"]
    for part, rendered in parts:
        if part["start"] < position:
            raise RefusedError("an expression whose place is not known", place(part))
        pieces += content[position : part["start"]], rendered
        position = part["end"]
    pieces.append(content[position : span["end"]])
    return b"".join(pieces)


def place(span: Node) -> Place:
    """Give the line and column of a span, as the engine counts them."""
    return Place(span["line"], span["col"])


def span(node: Node) -> Node:
    """Give the span of an expression: ``start`` and ``end`` in bytes, ``line`` and ``col``."""
    (inner,) = node.values()
    span: Node = inner["span"]
    return span


def start(node: Node) -> Place:
    """Give the place where an expression begins; the engine's own may be that of its operator."""
    (inner,) = node.values()
    for part in ("lhs", "refr", "fcn"):
        if part in inner:
            return start(inner[part])
    return place(inner["span"])


def sides(content: Node) -> tuple[Node, Node]:
    """Give the left and the right operand of a binary expression."""
    return content["lhs"], content["rhs"]


def is_scalar(node: Node) -> bool:
    """Tell whether an expression is one value, written out."""
    return next(iter(node)) in CONSTANTS


def is_constant(node: Node) -> bool:
    """Tell whether an expression is written out in all its parts."""
    ((kind, content),) = node.items()
    if kind in ("Array", "Set"):
        return all(map(is_constant, content["items"]))
    if kind == "Object":
        return all(is_constant(key) and is_constant(v) for _, key, v in content["fields"])
    return kind in CONSTANTS


def is_defined(node: Node) -> bool:
    """Tell whether an expression has a value whenever its names have."""
    ((kind, content),) = node.items()
    if kind in ("Array", "Set"):
        return all(map(is_defined, content["items"]))
    if kind == "Object":
        return all(is_defined(key) and is_defined(v) for _, key, v in content["fields"])
    return kind in (*CONSTANTS, "Var") or kind.endswith("Compr")


def is_no_set(node: Node) -> bool:
    """Tell whether an expression can be seen to give no set, nor anything that holds one."""
    ((kind, content),) = node.items()
    if kind == "Object":
        return all(is_no_set(key) and is_no_set(v) for _, key, v in content["fields"])
    if kind == "Array":
        return all(map(is_no_set, content["items"]))
    if kind == "Call":
        return dotted(content["fcn"]) in ("sprintf", "concat", "lower", "format_int", "trim_space")
    return kind in CONSTANTS or kind == "BoolExpr"


def is_walk(node: Node, arguments: int = 1) -> bool:
    """Tell whether an expression is a call of ``walk`` with so many arguments."""
    call = node.get("Call")
    if call is None or dotted(call["fcn"]) != "walk":
        return False
    return len(call["params"]) == arguments


def children(content: Any) -> Iterator[Node]:  # noqa: ANN401 -- any part of the tree
    """Find the expressions right below one."""
    if isinstance(content, list):
        for item in content:
            yield from children(item)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key[0].isupper():
                yield {key: value}
            elif key not in ("span", "field", "fcn"):
                yield from children(value)
