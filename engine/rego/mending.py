"""Saying in other words what the embedded engine reads and answers wrongly.

``[path, value] := walk(x)`` finds nothing in the embedded engine; ``walk(x, [path, value])``, which
means the same, is right. The first is the usual way to say it, so modules are reworded before they
are compiled; lines stay where they are.
"""

import re
from collections.abc import Callable, Iterator

import msgspec
import regorus

from eidos.engine.rego.syntax import Node, variables

_SOLE = re.compile(rb"\bif\s*$")


def mend(new_engine: Callable[[], regorus.Engine], file: str, text: str) -> str:
    """Give the text to compile instead of a module's own.

    Args:
        new_engine: gives an empty engine to parse with.
        file: name of the module for errors.
        text: the module.

    Raises:
        RuntimeError: the module does not parse.
    """
    while "walk(" in text:
        engine = new_engine()
        engine.add_policy(file, text)
        rules = msgspec.json.decode(engine.get_ast_as_json())[0]["ast"]["rules"]
        last = max(_walks(rules), key=_start, default=None)
        if last is None:
            break
        text = _reworded(last, text.encode()).decode()
    return text


def _start(statement: Node) -> int:
    start: int = statement["span"]["start"]
    return start


def _walks(node: object) -> Iterator[Node]:
    """Find assignments of what walk with one argument gives."""
    if isinstance(node, list):
        for child in node:
            yield from _walks(child)
    elif isinstance(node, dict):
        if (statement := node.get("AssignExpr")) is not None and _is_walk(statement["rhs"]):
            yield statement
        for child in node.values():
            yield from _walks(child)


def _is_walk(node: Node) -> bool:
    call = node.get("Call")
    return (
        call is not None
        and call["fcn"].get("Var", {}).get("value") == "walk"
        and len(call["params"]) == 1
    )


def _reworded(statement: Node, content: bytes) -> bytes:
    """Give the module with one statement said in other words."""
    call = statement["rhs"]["Call"]["span"]
    before, pattern = content[: _start(statement)], content[_start(statement) : call["start"]]
    pattern = pattern.rstrip().removesuffix(b"=").removesuffix(b":").rstrip()
    argument = content[call["start"] : call["end"]].removesuffix(b")")
    walk = argument + b", " + pattern + b")"
    names = sorted({name for name in variables(statement["lhs"]) if name != "_"})
    if statement["op"] == "ColEq" and names and not _SOLE.search(before):
        walk = f"some {', '.join(names)}; ".encode() + walk
    return before + walk + content[call["end"] :]
