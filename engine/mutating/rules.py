"""Rules with one thing changed: a comparison, a constant, an expression or its ``not``."""

import base64
from collections.abc import Iterator
from typing import Final

from eidos.engine.records import dataclass
from eidos.engine.rego.opa.reading import Node, Parsed, nodes_below, static_path

_FLIPPED: Final = {
    "lt": (("<", "<="), ("<", ">=")),
    "lte": (("<=", "<"), ("<=", ">")),
    "gt": ((">", ">="), (">", "<=")),
    "gte": ((">=", ">"), (">=", "<")),
    "equal": (("==", "!="),),
    "neq": (("!=", "=="),),
}
"""Operator to what is written and what it becomes: a bound moved, and a comparison turned."""
_NAMING: Final = ("assign", "eq")
"""Expressions that give names, without which others do not compile."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one thing changed."""

    kind: str
    """``comparison``, ``constant``, ``expression`` or ``negation``."""
    line: int
    column: int
    old: str
    new: str
    source: str

    @property
    def said(self) -> str:
        """What was changed, for a sentence."""
        if not self.new:
            return f"without '{_short(self.old)}'"
        return f"with '{_short(self.new)}' for '{_short(self.old)}'"


_SHOWN: Final = 60


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def mutants(module: Parsed) -> Iterator[Mutant]:
    """Give every mutant of a module in the order of its text; each is made once."""
    seen: set[str] = set()
    for rule in module.rules:
        for node in nodes_below(rule):
            for kind, old, new, at in (*_comparisons(node), *_constants(node), *_expressions(node)):
                mutant = _mutant(module, kind, (old, new), at)
                if mutant is not None and mutant.source not in seen:
                    seen.add(mutant.source)
                    yield mutant


_Change = tuple[str, str, str, Node]


def _comparisons(node: Node) -> Iterator[_Change]:
    terms = node.get("value") if node.get("type") == "call" else node.get("terms")
    if isinstance(terms, list) and terms and terms[0].get("type") == "ref":
        name = ".".join(static_path(terms[0]["value"]))
        for old, new in _FLIPPED.get(name, ()):
            yield "comparison", old, new, terms[0]


def _constants(node: Node) -> Iterator[_Change]:
    """Change numbers of comparisons; elsewhere they are places in lists, and parts of texts."""
    terms = node.get("value") if node.get("type") == "call" else node.get("terms")
    if not isinstance(terms, list) or not terms or terms[0].get("type") != "ref":
        return
    if ".".join(static_path(terms[0]["value"])) not in _FLIPPED:
        return
    for term in terms[1:]:
        value = term.get("value")
        if term["type"] == "number" and isinstance(value, int):
            yield from (("constant", str(value), str(value + by), term) for by in (1, -1))


def _expressions(node: Node) -> Iterator[_Change]:
    body = node.get("body")
    for expression in body if isinstance(body, list) else ():
        if expression.get("generated"):
            continue
        text = _text(expression)
        if expression.get("negated"):
            yield "negation", text, text.removeprefix("not").lstrip(), expression
        if not _names(expression):
            yield "expression", text, "", expression


def _names(expression: Node) -> bool:
    terms = expression["terms"]
    if isinstance(terms, dict):
        return "symbols" in terms
    return static_path(terms[0].get("value") or [{"value": ""}])[0] in _NAMING


def _text(node: Node) -> str:
    return base64.b64decode(node["location"].get("text", "")).decode(errors="replace")


def _mutant(module: Parsed, kind: str, change: tuple[str, str], node: Node) -> Mutant | None:
    """Make a mutant; None where the text at the place is not what is to be changed."""
    source, (old, new) = module.module.source, change
    row, column = node["location"]["row"] - module.shift, node["location"]["col"]
    lines = source.split("\n")
    if row > len(lines):
        return None
    start = sum(len(line) + 1 for line in lines[: row - 1]) + column - 1
    if not old or not source.startswith(old, start):
        return None
    text = source[:start] + (new or "true") + source[start + len(old) :]
    return Mutant(kind, row, column, old, new, text)
