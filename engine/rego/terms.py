"""Terms of Rego, put into words that the light engine reads as OPA does.

A term is what stands in a statement or a head: a constant, a name, a reference, a call, a
comprehension, an operation. Statements and rules are said by `eidos.engine.rego.translating`.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from eidos.engine.rego import trees
from eidos.engine.rego.builtins import FORBIDDEN, INTEGERS, OPA_FUNCTIONS, SERVED
from eidos.engine.rego.scopes import Names, Scope
from eidos.engine.rego.syntax import Node, Place, dotted
from eidos.engine.rego.trees import RefusedError

_GUARD: Final = "__light_"
"""How the functions of `eidos.engine.rego.extensions` begin."""
_INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]{0,19})")
_DECIMAL = re.compile(rb"-?(?:0|[1-9][0-9]{0,7})\.[0-9]{0,5}[1-9]")
"""At most 14 digits, which a double keeps, and no zero at the end, which only one engine keeps."""
_VERB = re.compile(r"%(.?)", re.DOTALL)
_ORDERS: Final = ("Lt", "Le", "Gt", "Ge")
_BASES: Final = ("Array", "Call", "Object", "RefBrack", "RefDot", "Set", "Var")
_REFUSED: Final = {
    "AssignExpr": "an assignment inside of an expression",
    "UnaryExpr": "- before what is no number",
}


class Terms(ABC):
    """The terms of one rule.

    Args:
        content: the module as written.
        names: what the rule has bound so far.
    """

    def __init__(self, content: bytes, names: Names) -> None:
        self._content = content
        self._names = names

    @abstractmethod
    def _query(
        self, query: Node, terms: list[Node], scope: Scope, *, braced: bool = False
    ) -> tuple[bytes, list[bytes]]:
        """Give a body, as that of a comprehension, and the terms that are made of its names."""

    def _positive(self, node: Node, scope: Scope) -> bytes:
        """Give an expression whose references may bind names in their brackets."""
        for name in self._names.iterated(node, scope):
            self._names.bind(name, trees.start(node), scope)
        return self._term(node, scope)

    def _unpack(self, node: Node, scope: Scope) -> bytes:
        """Bind an argument before the statement, unless it is always defined."""
        rendered = self._term(node, scope)
        if trees.is_constant(node) or ("Var" in node and scope.find(node["Var"]["value"])):
            return rendered
        name = self._names.fresh()
        scope.unpacked.append(name + b" := " + rendered)
        return name

    def _in_set(self, rendered: bytes, term: Node) -> bytes:
        return rendered if trees.is_no_set(term) else _guarded("member", rendered)

    def _pattern(self, node: Node, scope: Scope) -> bytes:
        """Give what ``:=``, ``some``, or an argument declares."""
        ((kind, content),) = node.items()
        if kind == "Var":
            return self._names.declare(content["value"], content["span"], scope, bound=True)
        if kind in trees.CONSTANTS:
            return self._term(node, scope)
        return self._structure(node, scope, self._pattern)

    def _unifying(self, node: Node, scope: Scope) -> bytes:
        """Give a side of ``=`` that may bind names."""
        ((kind, content),) = node.items()
        if kind == "Var":
            self._names.bind(content["value"], trees.place(content["span"]), scope)
            return self._term(node, scope)
        if kind in ("Array", "Object"):
            return self._structure(node, scope, self._unifying)
        return self._positive(node, scope)

    def _structure(self, node: Node, scope: Scope, render: Callable[[Node, Scope], bytes]) -> bytes:
        ((kind, content),) = node.items()
        if kind == "Array":
            parts = [(trees.span(item), render(item, scope)) for item in content["items"]]
        else:
            raise RefusedError(f"a pattern that is no array but {kind.lower()}", trees.start(node))
        return trees.splice(self._content, content["span"], parts)

    def _term(self, node: Node, scope: Scope) -> bytes:
        ((kind, content),) = node.items()
        render = self._RENDERERS.get(kind)
        if render is None:
            raise RefusedError(_REFUSED.get(kind, kind), trees.start(node))
        return render(self, content, scope)

    def _as_written(self, content: Node, _: Scope) -> bytes:
        span = content["span"]
        return self._content[span["start"] : span["end"]]

    def _number(self, content: Node, scope: Scope) -> bytes:
        text = self._as_written(content, scope)
        whole = _INTEGER.fullmatch(text) and int(text) in INTEGERS
        if not whole and not _DECIMAL.fullmatch(text):
            raise RefusedError(f"the number {text.decode()}", trees.place(content["span"]))
        return text

    def _variable(self, content: Node, scope: Scope) -> bytes:
        name = content["value"]
        local = scope.find(name)
        if local is None:
            if name == "_" or self._names.is_global(name):
                return self._as_written(content, scope)
            raise RefusedError(
                f"the unsafe name {name}, used before it is bound,", trees.place(content["span"])
            )
        if not local.bound:
            raise RefusedError(
                f"the unsafe name {name}, used before it is bound,", trees.place(content["span"])
            )
        local.used = True
        scope.use(name)
        return local.written

    def _bare_union(self, item: Node) -> None:
        """Refuse ``[a | b]``, which is a comprehension in OPA and not always one in the engine."""
        union = item.get("BinExpr")
        if union is None or union["op"] != "Union":
            return
        before = self._content[: union["span"]["start"]].rstrip()
        if not before.endswith(b"("):
            raise RefusedError("| in a literal without parentheses", trees.start(item))

    def _items(self, content: Node, scope: Scope) -> bytes:
        for item in content["items"]:
            self._bare_union(item)
        parts = [(trees.span(item), self._term(item, scope)) for item in content["items"]]
        return trees.splice(self._content, content["span"], parts)

    def _set(self, content: Node, scope: Scope) -> bytes:
        for item in content["items"]:
            if next(iter(item)) in ("Set", "SetCompr"):
                raise RefusedError("a set in a set", trees.start(item))
        parts = [(trees.span(item), self._member(item, scope)) for item in content["items"]]
        for item in content["items"]:
            self._bare_union(item)
        return trees.splice(self._content, content["span"], parts)

    def _member(self, node: Node, scope: Scope) -> bytes:
        """Give an element of a set, which must be no set: they order them otherwise."""
        rendered = self._term(node, scope)
        return rendered if trees.is_no_set(node) else _guarded("member", rendered)

    def _object(self, content: Node, scope: Scope) -> bytes:
        parts = []
        for _, key, value in content["fields"]:
            if next(iter(key)) in ("Set", "SetCompr"):
                raise RefusedError("a set as a key", trees.start(key))
            self._bare_union(value)
            parts += [
                (trees.span(key), self._term(key, scope)),
                (trees.span(value), self._term(value, scope)),
            ]
        return trees.splice(self._content, content["span"], parts)

    def _comprehension(self, content: Node, scope: Scope) -> bytes:
        inner = Scope(scope)
        terms = [content[part] for part in ("key", "value", "term") if part in content]
        query, values = self._query(content["query"], terms, inner)
        self._names.close(inner)
        if "term" in content and self._content[content["span"]["start"] :][:1] == b"{":
            values = [self._in_set(values[0], terms[0])]
        parts = [(trees.span(term), value) for term, value in zip(terms, values, strict=True)]
        parts.append((content["query"]["span"], query))
        return trees.splice(self._content, content["span"], parts)

    def _dot(self, content: Node, scope: Scope) -> bytes:
        parts = [(trees.span(content["refr"]), self._base(content["refr"], scope))]
        return trees.splice(self._content, content["span"], parts)

    def _bracket(self, content: Node, scope: Scope) -> bytes:
        self._adjacent(content)
        parts = [
            (trees.span(content["refr"]), self._base(content["refr"], scope)),
            (trees.span(content["index"]), self._term(content["index"], scope)),
        ]
        return trees.splice(self._content, content["span"], parts)

    def _base(self, node: Node, scope: Scope) -> bytes:
        if next(iter(node)) not in _BASES:
            raise RefusedError("a reference into an expression", trees.start(node))
        return self._term(node, scope)

    def _adjacent(self, content: Node) -> None:
        """Refuse space before a bracket, which OPA reads as a new expression."""
        if self._content[trees.span(content["refr"])["end"] :][:1] != b"[":
            raise RefusedError("space before a bracket", trees.place(content["span"]))

    def _binary(self, content: Node, scope: Scope) -> bytes:
        parts = [(trees.span(side), self._term(side, scope)) for side in trees.sides(content)]
        return trees.splice(self._content, content["span"], parts)

    def _comparison(self, content: Node, scope: Scope) -> bytes:
        parts = [(trees.span(side), self._term(side, scope)) for side in trees.sides(content)]
        return self._ordered(content, parts)

    def _ordered(self, content: Node, parts: list[tuple[Node, bytes]]) -> bytes:
        """Guard what ``<`` compares, unless one side is a plain constant."""
        if content["op"] in _ORDERS and not any(map(trees.is_scalar, trees.sides(content))):
            parts = [(parts[0][0], _guarded("ordered", parts[0][1])), parts[1]]
        return trees.splice(self._content, content["span"], parts)

    def _arithmetic(self, content: Node, scope: Scope) -> bytes:
        parts = []
        for side in trees.sides(content):
            rendered = self._term(side, scope)
            if "Number" not in side:
                rendered = _guarded("whole", rendered)
            elif b"." in rendered:
                raise RefusedError("arithmetic with decimals", trees.start(side))
            parts.append((trees.span(side), rendered))
        rendered = trees.splice(self._content, content["span"], parts)
        return _guarded("whole", rendered) if content["op"] in ("Mul", "Div") else rendered

    def _membership(self, content: Node, scope: Scope) -> bytes:
        """Bind what is asked: the engine takes an undefined member for none."""
        parts = [
            (trees.span(content[part]), self._unpack(content[part], scope))
            for part in ("key", "value", "collection")
            if content[part]
        ]
        return trees.splice(self._content, content["span"], parts)

    def _is_builtin(self, call: Node) -> bool:
        path = dotted(call["fcn"])
        return path is not None and not self._names.is_global(path.partition(".")[0])

    def _call(self, content: Node, scope: Scope) -> bytes:
        function = content["fcn"]
        path = dotted(function)
        if path is None:
            raise RefusedError("a call of a computed name", trees.start(function))
        if self._content[trees.span(function)["end"] :][:1] != b"(":
            raise RefusedError("space before the parenthesis of a call", trees.start(function))
        rendered = [self._term(argument, scope) for argument in content["params"]]
        if self._is_builtin(content):
            rendered = self._guard_arguments(path, content, rendered)
        parts = [
            (trees.span(argument), text)
            for argument, text in zip(content["params"], rendered, strict=True)
        ]
        return trees.splice(self._content, content["span"], parts)

    def _guard_arguments(self, path: str, call: Node, rendered: list[bytes]) -> list[bytes]:
        if path in FORBIDDEN or path not in OPA_FUNCTIONS:
            return rendered  # the checks say what is wrong with it
        place = trees.start(call["fcn"])
        if path == "walk":
            raise RefusedError("walk in an expression", place)
        guards = SERVED.get(path)
        if guards is None:
            raise RefusedError(f"the function {path}", place)
        if path == "sprintf":
            verbs = _verbs(call["params"], place)
            return [rendered[0], _guarded(f"formatted_{verbs}" if verbs else "", rendered[1])]
        if len(rendered) != len(guards):
            raise RefusedError(f"{path} with {len(rendered)} arguments", place)
        pattern = rendered[1:2] if path == "regex.replace" else rendered[:1]
        return [
            _guarded(guard, *(pattern if guard == "subject" else ()), text)
            for guard, text in zip(guards, rendered, strict=True)
        ]

    _RENDERERS: ClassVar[Mapping[str, Callable[["Terms", Node, Scope], bytes]]] = {
        "ArithExpr": _arithmetic,
        "Array": _items,
        "ArrayCompr": _comprehension,
        "BinExpr": _binary,
        "Bool": _as_written,
        "BoolExpr": _comparison,
        "Call": _call,
        "Membership": _membership,
        "Null": _as_written,
        "Number": _number,
        "Object": _object,
        "ObjectCompr": _comprehension,
        "RawString": _as_written,
        "RefBrack": _bracket,
        "RefDot": _dot,
        "Set": _set,
        "SetCompr": _comprehension,
        "String": _as_written,
        "Var": _variable,
    }


def _guarded(guard: str, *arguments: bytes) -> bytes:
    """Call a guard, ``NAME`` or ``NAME_OPTION``, on the last of the arguments; none for ``""``."""
    if not guard:
        return arguments[-1]
    name, _, option = guard.partition("_")
    if option:
        arguments = (f'"{option}"'.encode(), *arguments)
    return _GUARD.encode() + name.encode() + b"(" + b", ".join(arguments) + b")"


def _verbs(arguments: list[Node], place: Place) -> str:
    """Give the verbs of a call of sprintf, one letter each."""
    literal = arguments[0].get("String") or arguments[0].get("RawString")
    if literal is None or len(arguments) != 2:  # noqa: PLR2004 -- a format and its values
        raise RefusedError("sprintf with a format that is not written out", place)
    verbs = _VERB.findall(literal["value"])
    for verb in verbs:
        if verb not in tuple("vsdq%"):
            raise RefusedError(f"sprintf with %{verb}", place)
    wanted = "".join(verb for verb in verbs if verb != "%")
    values = arguments[1].get("Array")
    if values is not None and len(values["items"]) != len(wanted):
        raise RefusedError("sprintf with more or fewer values than verbs", place)
    return wanted or "-"
