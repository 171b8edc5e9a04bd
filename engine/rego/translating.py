"""What the light engine serves of Rego, put into words that its engine reads as OPA does.

A module is read once from its syntax tree. What is not known to mean the same as in OPA raises
`RefusedError`; the rest is written out again, with these changes:

- arguments of a negated expression are bound before it, as OPA's compiler does it, so that an
  undefined one makes the body undefined and not the negation true;
- a name that hides another gets a name of its own;
- ``[path, value] := walk(x)``, which finds nothing there, becomes ``walk(x, [path, value])``;
- arguments whose values decide whether an answer is OPA's pass through the guards of
  `eidos.engine.rego.extensions`.

Lines stay where they are. Here are rules, bodies and statements; terms are in
`eidos.engine.rego.terms`, names in `eidos.engine.rego.scopes`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from eidos.engine.rego import trees
from eidos.engine.rego.builtins import SERVED
from eidos.engine.rego.scopes import Names, Scope
from eidos.engine.rego.syntax import Node, dotted
from eidos.engine.rego.terms import Terms
from eidos.engine.rego.trees import RefusedError

_MATCHED: Final = ("Array", "Call", "RefBrack", "RefDot", "Var")
_ITERATED = "iteration of an unbound name in a negated expression"


def rule_names(tree: Node) -> tuple[str, frozenset[str]]:
    """Give the package of a module and the names of its rules.

    Raises:
        RefusedError: a rule has a name of several parts.
    """
    module = tree["ast"]
    rules = [rule for entry in module["rules"] for rule in entry.values()]
    names = frozenset(_rule_name(_reference(rule)) for rule in rules)
    return dotted(module["package"]["refr"]) or "", names


def translate(tree: Node, names: frozenset[str], *, v0: bool) -> str:
    """Give the text that the engine compiles instead of a module's own.

    Args:
        tree: the module's entry of the engine's JSON syntax tree.
        names: those of all rules of its package, in this module or another.
        v0: it is written in Rego v0.

    Raises:
        RefusedError: the module uses what is not served.
    """
    content = tree["source"]["contents"].encode()
    module = tree["ast"]
    globals_ = names | {"input", "data"} | _imported(module["imports"], content)
    parts = []
    for entry in module["rules"]:
        ((kind, rule),) = entry.items()
        translation = _Rule(content, globals_, v0=v0)
        rendered = translation.default(rule) if kind == "Default" else translation.rule(rule)
        parts.append((rule["span"], rendered))
    return trees.splice(content, {"start": 0, "end": len(content)}, parts).decode()


def _imported(imports: list[Node], content: bytes) -> set[str]:
    names: set[str] = set()
    for entry in imports:
        path = dotted(entry["refr"]) or ""
        if path.partition(".")[0] == "input":
            raise RefusedError("an import of a part of input", trees.place(entry["span"]))
        alias = entry.get("as")
        name = content[alias["start"] : alias["end"]].decode() if alias else path.split(".")[-1]
        if path.partition(".")[0] not in ("future", "rego"):
            names.add(name)
    return names


def _reference(rule: Node) -> Node:
    if "head" in rule:
        (head,) = rule["head"].values()
        rule = head
    reference: Node = rule["refr"]
    return reference


def _rule_name(reference: Node) -> str:
    """Give the name of a rule whose head is ``name`` or ``name[key]``."""
    bracket = reference.get("RefBrack")
    base = bracket["refr"] if bracket else reference
    if "Var" not in base:
        raise RefusedError("a rule whose name has several parts", trees.start(reference))
    return str(base["Var"]["value"])


class _Rule(Terms):
    """The translation of one rule."""

    def __init__(self, content: bytes, globals_: frozenset[str], *, v0: bool) -> None:
        super().__init__(content, Names(globals_))
        self._v0 = v0
        self._contains = False

    # Rules ------------------------------------------------------------------------------------

    def default(self, rule: Node) -> bytes:
        if not trees.is_constant(rule["value"]):
            raise RefusedError("a default that is no constant", trees.place(rule["span"]))
        value = rule["value"]
        return trees.splice(
            self._content, rule["span"], [(trees.span(value), self._term(value, Scope()))]
        )

    def rule(self, rule: Node) -> bytes:
        ((kind, head),) = rule["head"].items()
        scope = Scope(arguments=True)
        parts = [
            (trees.span(argument), self._pattern(argument, scope))
            for argument in head.get("args") or []
        ]
        bodies = list(rule["bodies"])
        self._contains = kind == "Set"
        first = bodies.pop(0) if bodies and not bodies[0]["is_else"] else None
        query = first["query"] if first else None
        parts += self._section(_head_terms(kind, head), query, head["span"]["end"], scope)
        for body in bodies:
            if not body["is_else"]:
                raise RefusedError("several bodies of one head", trees.place(body["span"]))
            terms = [body["assign"]["value"]] if body.get("assign") else []
            parts += self._section(terms, body["query"], body["span"]["end"], scope)
        return trees.splice(self._content, rule["span"], sorted(parts, key=lambda p: p[0]["start"]))

    def _section(
        self, terms: list[Node], query: Node | None, end: int, scope: Scope
    ) -> list[tuple[Node, bytes]]:
        """Give a head or ``else`` with its body, in parts."""
        inner = Scope(scope)
        if query is not None and query["stmts"]:
            body, values = self._query(query, terms, inner, braced=True)
            parts = [(query["span"], body)]
        else:
            iterates = any(True for term in terms for _ in self._names.iterated(term, inner))
            make = self._value if iterates else self._term
            parts, values = [], [make(term, inner) for term in terms]
            if inner.unpacked:
                opening = b" { " if self._v0 else b" if { "
                statements = opening + b"; ".join(inner.unpacked) + b" }"
                parts = [({"start": end, "end": end}, statements)]
        self._names.close(inner)
        if self._contains:
            values = [*values[:-1], self._in_set(values[-1], terms[-1])]
        return parts + [
            (trees.span(term), value) for term, value in zip(terms, values, strict=True)
        ]

    # Bodies -----------------------------------------------------------------------------------

    def _query(
        self, query: Node, terms: list[Node], scope: Scope, *, braced: bool = False
    ) -> tuple[bytes, list[bytes]]:
        """Give a body and the terms that are made of its names.

        Where statements were added to one without braces that needs them, it gets them.
        """
        rendered = []
        for statement in query["stmts"]:
            text = self._statement(statement, scope)
            rendered.append(b"; ".join([*scope.unpacked, text]))
            scope.unpacked.clear()
        values = [self._value(term, scope) for term in terms]
        rendered[-1] = b"; ".join([rendered[-1], *scope.unpacked])
        spans = [statement["span"] for statement in query["stmts"]]
        body = trees.splice(self._content, query["span"], list(zip(spans, rendered, strict=True)))
        bare = spans[0]["start"] == query["span"]["start"]
        return (b"{ " + body + b" }" if braced and bare else body), values

    def _value(self, term: Node, scope: Scope) -> bytes:
        """Give what a head is made of: where it may be undefined, bound in the body.

        The engine ends the whole iteration at the first undefined head.
        """
        for name in self._names.iterated(term, scope):
            self._names.bind(name, trees.start(term), scope)
        return self._term(term, scope) if trees.is_defined(term) else self._unpack(term, scope)

    def _statement(self, statement: Node, scope: Scope) -> bytes:
        ((kind, literal),) = statement["literal"].items()
        mods = statement.get("with_mods") or []
        modifiers = self._modifiers(statement, mods, scope)
        before = list(scope.unpacked)
        scope.unpacked.clear()
        if mods and kind in ("SomeVars", "SomeIn", "Every"):
            raise RefusedError(f"with after {kind.lower()}", trees.place(statement["span"]))
        rendered = _STATEMENTS[kind](self, literal, scope)
        if modifiers:
            scope.unpacked[:] = [prefix + b" " + modifiers for prefix in scope.unpacked]
            rendered += b" " + modifiers
        scope.unpacked[:0] = before
        return rendered

    def _modifiers(self, statement: Node, mods: list[Node], scope: Scope) -> bytes:
        parts = []
        for modifier in mods:
            target = dotted(modifier["refr"]) or ""
            if target.partition(".")[0] not in ("input", "data") and target != "time.now_ns":
                raise RefusedError(
                    f"with {target or 'a computed path'}", trees.start(modifier["refr"])
                )
            value = modifier["as"]
            parts.append((trees.span(value), self._unpack(value, scope)))
        if not mods:
            return b""
        (literal,) = statement["literal"].values()
        begin = self._content.index(b"with", literal["span"]["end"])
        return trees.splice(self._content, {"start": begin, "end": statement["span"]["end"]}, parts)

    def some_vars(self, literal: Node, scope: Scope) -> bytes:
        parts = []
        for entry in literal["vars"]:
            span = entry if isinstance(entry, dict) else entry[0]
            name = self._content[span["start"] : span["end"]].decode()
            parts.append((span, self._names.declare(name, span, scope, bound=False, wanted=True)))
        return trees.splice(self._content, literal["span"], parts)

    def some_in(self, literal: Node, scope: Scope) -> bytes:
        collection = self._positive(literal["collection"], scope)
        parts = [
            (trees.span(pattern), self._pattern(pattern, scope))
            for pattern in (literal["key"], literal["value"])
            if pattern
        ]
        parts.append((trees.span(literal["collection"]), collection))
        return trees.splice(self._content, literal["span"], parts)

    def every(self, literal: Node, scope: Scope) -> bytes:
        parts = []
        if scope.after_walk():
            raise RefusedError("every after walk", trees.place(literal["span"]))
        domain = self._positive(literal["domain"], scope)
        inner = Scope(scope)
        for entry in (literal["key"], literal["value"]):
            if entry:
                span = entry if isinstance(entry, dict) else entry[0]
                name = self._content[span["start"] : span["end"]].decode()
                parts.append(
                    (span, self._names.declare(name, span, inner, bound=True, wanted=True))
                )
        parts.append((trees.span(literal["domain"]), domain))
        body, _ = self._query(literal["query"], [], inner)
        parts.append((literal["query"]["span"], body))
        self._names.close(inner)
        return trees.splice(self._content, literal["span"], parts)

    def expression(self, literal: Node, scope: Scope) -> bytes:
        expression = literal["expr"]
        ((kind, node),) = expression.items()
        if kind == "Set":
            raise RefusedError("a set as a condition", trees.start(expression))
        if kind == "AssignExpr":
            return self._assignment(literal, node, scope)
        if kind == "Call" and dotted(node["fcn"]) == "print":
            return self._print(node, scope)
        if kind == "Call" and self._has_output(node):
            return self._output(node, scope)
        if trees.is_walk(expression, arguments=2):
            rendered = self._walk("Eq", node["params"][1], node["params"][0], scope)
        else:
            rendered = self._positive(expression, scope)
        return self._around(literal, expression, rendered)

    def _assignment(self, literal: Node, node: Node, scope: Scope) -> bytes:
        if trees.is_walk(node["rhs"]):
            walk = self._walk(node["op"], node["lhs"], node["rhs"]["Call"]["params"][0], scope)
            return self._around(literal, literal["expr"], walk)
        if node["op"] == "ColEq":
            self._matched(node["lhs"], node["rhs"])
            right = self._positive(node["rhs"], scope)
            left = self._pattern(node["lhs"], scope)
        else:
            left, right = self._unified(node, scope)
        parts = [(trees.span(node["lhs"]), left), (trees.span(node["rhs"]), right)]
        return trees.splice(self._content, literal["span"], parts)

    def _print(self, call: Node, scope: Scope) -> bytes:
        """Print where it decides nothing: OPA prints what is undefined and goes on."""
        inner = Scope(scope)
        arguments = [(trees.span(part), self._positive(part, inner)) for part in call["params"]]
        rendered = trees.splice(self._content, call["span"], arguments)
        statements = b"; ".join([*inner.unpacked, rendered])
        return b"%b := [1 | %b]" % (self._names.fresh(), statements)

    def _has_output(self, call: Node) -> bool:
        """Tell whether a built-in function is given a name for its answer: ``count(x, n)``."""
        guards = SERVED.get(dotted(call["fcn"]) or "")
        return (
            self._is_builtin(call) and guards is not None and len(call["params"]) == len(guards) + 1
        )

    def _output(self, call: Node, scope: Scope) -> bytes:
        *arguments, target = call["params"]
        value = self._positive({"Call": {**call, "params": arguments}}, scope)
        end = call["span"]["end"]
        last = trees.span(arguments[-1])["end"] if arguments else trees.span(target)["start"]
        cut = self._content[last:end]
        value = value.removesuffix(cut) + b")"
        return self._unifying(target, scope) + b" = " + value

    def _unified(self, node: Node, scope: Scope) -> tuple[bytes, bytes]:
        """Give both sides of ``=``, of which one at most may have names to bind."""
        sides = (node["lhs"], node["rhs"])
        for side in sides:
            for name in self._names.iterated(side, scope):
                self._names.bind(name, trees.start(side), scope)
        open_ = [self._is_open(side, scope) for side in sides]
        self._matched(*sides)
        self._matched(*sides[::-1])
        if all(open_):
            raise RefusedError("= with unbound names on both sides", trees.start(node["lhs"]))
        rendered: list[bytes] = [b"", b""]
        for number in sorted((0, 1), key=lambda side: open_[side]):
            render = self._unifying if open_[number] else self._positive
            rendered[number] = render(sides[number], scope)
        return rendered[0], rendered[1]

    def _is_open(self, node: Node, scope: Scope) -> bool:
        """Tell whether a side of ``=`` has names to bind, outside of brackets of references."""
        if "Array" in node:
            return any(self._is_open(item, scope) for item in node["Array"]["items"])
        return "Var" in node and any(self._names.unbound(node, scope))

    def _matched(self, pattern: Node, value: Node) -> None:
        if "Object" in pattern:  # the engine takes objects that have more
            raise RefusedError("a pattern of an object", trees.start(pattern))
        if "Array" in pattern and next(iter(value)) not in _MATCHED:
            raise RefusedError("a pattern for what it cannot match", trees.start(pattern))

    def _walk(self, operator: str, target: Node, value: Node, scope: Scope) -> bytes:
        scope.walks = True
        argument = self._positive(value, scope)
        known = set(scope.names)
        declares = operator == "ColEq"
        pattern = self._pattern(target, scope) if declares else self._unifying(target, scope)
        fresh = sorted(scope.names.keys() - known) if declares else []
        if fresh:
            names = b", ".join(scope.names[name].written for name in fresh)
            scope.unpacked.append(b"some " + names)
        return b"walk(" + argument + b", " + pattern + b")"

    def negation(self, literal: Node, scope: Scope) -> bytes:
        expression = literal["expr"]
        unbound = next(self._names.unbound(expression, scope), None)
        if unbound is not None:
            raise RefusedError(f"{_ITERATED} ({unbound})", trees.start(expression))
        ((kind, node),) = expression.items()
        if trees.is_constant(expression):
            raise RefusedError("the negation of a constant", trees.start(expression))
        if kind in ("Var", "RefDot", "RefBrack"):
            rendered = self._negated_reference(expression, scope)
        elif kind == "BoolExpr":
            keep = node["op"] == "Eq"
            parts = [
                (trees.span(side), self._negated_side(side, scope, keep=keep))
                for side in (node["lhs"], node["rhs"])
            ]
            rendered = self._ordered(node, parts)
        elif kind == "Call" and not self._is_builtin(node):
            parts = [(trees.span(p), self._unpack(p, scope)) for p in node["params"]]
            rendered = trees.splice(self._content, node["span"], parts)
        elif kind == "Membership":
            rendered = self._term(expression, scope)
        elif kind == "AssignExpr":
            raise RefusedError("an assignment in a negated expression", trees.start(expression))
        else:
            rendered = self._unpack(expression, scope)
        return self._around(literal, expression, rendered)

    def _negated_reference(self, node: Node, scope: Scope) -> bytes:
        ((kind, content),) = node.items()
        if kind == "Var":
            return self._term(node, scope)
        base = content["refr"]
        if next(iter(base)) not in ("Var", "RefDot", "RefBrack"):
            return self._unpack(node, scope)
        parts = [(trees.span(base), self._negated_reference(base, scope))]
        if kind == "RefBrack":
            self._adjacent(content)
            parts.append((trees.span(content["index"]), self._unpack(content["index"], scope)))
        return trees.splice(self._content, content["span"], parts)

    def _negated_side(self, node: Node, scope: Scope, *, keep: bool) -> bytes:
        if keep and next(iter(node)) in ("Var", "RefDot", "RefBrack"):
            return self._negated_reference(node, scope)
        return self._unpack(node, scope)

    def _around(self, literal: Node, expression: Node, rendered: bytes) -> bytes:
        return trees.splice(self._content, literal["span"], [(trees.span(expression), rendered)])


def _head_terms(kind: str, head: Node) -> list[Node]:
    """Give the terms of a head that stand for its key and value."""
    terms: list[Node] = []
    bracket = head["refr"].get("RefBrack")
    if bracket is not None:
        terms.append(bracket["index"])
    if kind == "Set" and head.get("key"):
        if next(iter(head["key"])) in ("Set", "SetCompr"):
            raise RefusedError("a set in a set", trees.start(head["key"]))
        terms.append(head["key"])
    if head.get("assign"):
        terms.append(head["assign"]["value"])
    return terms


_STATEMENTS: Final[Mapping[str, Callable[[_Rule, Node, Scope], bytes]]] = {
    "Every": _Rule.every,
    "Expr": _Rule.expression,
    "NotExpr": _Rule.negation,
    "SomeIn": _Rule.some_in,
    "SomeVars": _Rule.some_vars,
}
