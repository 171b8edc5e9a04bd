"""The language of constraints: ``>= 1.30, < 1.33 || 1.35``.

A comma means "and", ``||`` means "or" and binds weaker. What stands between them is a comparison
(``>=``, ``>``, ``<=``, ``<``, ``==`` or ``=``, ``!=``, and a value), ``in [a, b]``, ``not in [a]``,
``contains a``, ``exists``, ``absent``, or a bare value, which means "equal". How values compare
follows from the type of the fact; ``policies/lib/constraints.rego`` does it, for rules and recipes
alike. Nothing that is not understood is ever taken for a literal.
"""

import re
from dataclasses import dataclass

from eidos.engine.model.jsonvalue import Json

_COMPARISON = re.compile(r"(>=|<=|==|!=|>|<|=(?!~))\s*(\S.*)", re.DOTALL)
_MEMBERSHIP = re.compile(r"(in|not in)\s*\[(.*)\]", re.DOTALL)
_CONTAINS = re.compile(r"contains\s+(\S.*)", re.DOTALL)
_ODD = re.compile(r"[~^]|=~|[<>=!]|\*|(?<=[0-9]\.)[xX](?!\w)")
"""Signs of other languages: pessimistic operators, regular expressions, wildcards (``1.33.x``), a
second operator without a comma. A value in quotes may hold them."""
_ORDER = frozenset({">=", ">", "<=", "<"})


@dataclass(frozen=True, slots=True)
class Atom:
    """One comparison."""

    operator: str
    """``>=``, ``>``, ``<=``, ``<``, ``==``, ``!=``, ``in``, ``not in``, ``contains``, ``exists``,
    ``absent``."""
    operands: tuple[str, ...] = ()
    """One, or any number for ``in`` and ``not in``, or none."""

    @property
    def is_bound(self) -> bool:
        """Say whether it puts values in an order."""
        return self.operator in _ORDER

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        if self.operator in {"in", "not in"}:
            return f"{self.operator} [{', '.join(self.operands)}]"
        return " ".join((self.operator, *self.operands))


Expression = tuple[tuple[Atom, ...], ...]
"""Alternatives, of which one must hold; each of atoms that must all hold."""


def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        ValueError: it is none; says what is not understood.
    """
    alternatives = tuple(
        tuple(_atom(part) for part in _split(alternative, ","))
        for alternative in _split(text, "||")
    )
    for atom in (atom for alternative in alternatives for atom in alternative):
        if atom.operator in {"exists", "absent"} and alternatives != ((atom,),):
            raise ValueError(f"{atom.operator!r} stands alone, and this is {text!r}")
    return alternatives


def as_json(expression: Expression) -> Json:
    """Give an expression as Rego sees it: ``[[{"op": ">=", "values": ["1.32"]}]]``."""
    return [
        [{"op": atom.operator, "values": list(atom.operands)} for atom in alternative]
        for alternative in expression
    ]


def _split(text: str, separator: str) -> list[str]:
    """Split where no bracket and no quotes are open."""
    parts, depth, quoted, start, at = [], 0, False, 0, 0
    while at < len(text):
        sign = text[at]
        quoted ^= sign == '"'
        depth += 0 if quoted else (sign == "[") - (sign == "]")
        if not quoted and depth == 0 and text.startswith(separator, at):
            parts.append(text[start:at])
            at = start = at + len(separator)
            continue
        at += 1
    if quoted or depth:
        raise ValueError(f"{text!r} has {'quotes' if quoted else 'a bracket'} with no other end")
    return [*parts, text[start:]]


def _atom(text: str) -> Atom:
    said = text.strip()
    if said in {"exists", "absent"}:
        return Atom(said)
    if match := _MEMBERSHIP.fullmatch(said):
        return Atom(match[1], tuple(_operand(each) for each in _split(match[2], ",")))
    if match := _CONTAINS.fullmatch(said):
        return Atom("contains", (_operand(match[1]),))
    if match := _COMPARISON.fullmatch(said):
        return Atom("==" if match[1] == "=" else match[1], (_operand(match[2]),))
    return Atom("==", (_operand(said),))


def _operand(text: str) -> str:
    """Give a value; one in quotes as it is, any other without signs of other languages."""
    said = text.strip()
    if len(said) > 1 and said[0] == said[-1] == '"':
        return said[1:-1]
    if not said:
        raise ValueError("a value is missing")
    if odd := _ODD.search(said):
        raise ValueError(f"{said!r} holds {odd[0]!r}; put it in quotes if it is meant as it stands")
    if re.search(r"\s", said) and re.search(r"[<>=]", said):
        raise ValueError(f"{said!r} is two comparisons; put a comma between them")
    return said
