"""What the light engine serves of Rego, put into words that its engine reads as OPA does.

A module is read once from its syntax tree. What is not known to mean the same as in OPA raises
`RefusedError`; the rest is written out again, with these changes:

- arguments of a negated expression are bound before it, as OPA's compiler does it, so that an
  undefined one makes the body undefined and not the negation true;
- a name that hides another gets a name of its own;
- ``[path, value] := walk(x)``, which finds nothing there, becomes ``walk(x, [path, value])``;
- arguments whose values decide whether an answer is OPA's pass through the guards of
  `eidos.engine.rego.extensions`.

Lines stay where they are.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from eidos.engine.rego import trees
from eidos.engine.rego.builtins import FORBIDDEN, INTEGERS, OPA_FUNCTIONS, SERVED
from eidos.engine.rego.scopes import Local, Scope
from eidos.engine.rego.syntax import Node, Place, dotted
from eidos.engine.rego.trees import RefusedError

_GUARD: Final = "__light_"
_INTEGER = re.compile(rb"-?(?:0|[1-9][0-9]{0,19})")
_DECIMAL = re.compile(rb"-?(?:0|[1-9][0-9]{0,7})\.[0-9]{0,5}[1-9]")
_VERB = re.compile(r"%(.?)", re.DOTALL)
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_ORDERS: Final = ("Lt", "Le", "Gt", "Ge")
_BASES: Final = ("Array", "Call", "Object", "RefBrack", "RefDot", "Set", "Var")
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


class _Rule:
    """The translation of one rule."""

    def __init__(self, content: bytes, globals_: frozenset[str], *, v0: bool) -> None:
        self._content = content
        self._globals = globals_
        self._v0 = v0
        self._fresh = 0
        self._contains = False
        self._closed: set[str] = set()
        """Names that inner bodies bound without declaring them."""

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
            iterates = any(True for term in terms for _ in self._iterated(term, inner))
            make = self._value if iterates else self._term
            parts, values = [], [make(term, inner) for term in terms]
            if inner.unpacked:
                opening = b" { " if self._v0 else b" if { "
                statements = opening + b"; ".join(inner.unpacked) + b" }"
                parts = [({"start": end, "end": end}, statements)]
        self._close(inner)
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
        for name in self._iterated(term, scope):
            self._bind(name, trees.start(term), scope)
        return self._term(term, scope) if trees.is_defined(term) else self._unpack(term, scope)

    def _in_set(self, rendered: bytes, term: Node) -> bytes:
        return rendered if trees.is_no_set(term) else _guarded("member", rendered)

    def _close(self, scope: Scope) -> None:
        for name, local in scope.names.items():
            if local.declared is not None and not local.used:
                raise RefusedError(f"a declared name that is not used ({name})", local.declared)
            if local.implicit:
                self._closed.add(name)

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
            parts.append((span, self._declare(name, span, scope, bound=False, wanted=True)))
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
                parts.append((span, self._declare(name, span, inner, bound=True, wanted=True)))
        parts.append((trees.span(literal["domain"]), domain))
        body, _ = self._query(literal["query"], [], inner)
        parts.append((literal["query"]["span"], body))
        self._close(inner)
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
        self._fresh += 1
        return b"__light_%d := [1 | %b]" % (
            self._fresh,
            b"; ".join([*inner.unpacked, rendered]),
        )

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
            for name in self._iterated(side, scope):
                self._bind(name, trees.start(side), scope)
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
        return "Var" in node and any(self._unbound(node, scope))

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
        unbound = next(self._unbound(expression, scope), None)
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
            rendered = self.membership(node, scope)
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

    def _unpack(self, node: Node, scope: Scope) -> bytes:
        """Bind an argument before the statement, unless it is always defined."""
        rendered = self._term(node, scope)
        if trees.is_constant(node) or ("Var" in node and scope.find(node["Var"]["value"])):
            return rendered
        self._fresh += 1
        name = b"__light_%d" % self._fresh
        scope.unpacked.append(name + b" := " + rendered)
        return name

    def _around(self, literal: Node, expression: Node, rendered: bytes) -> bytes:
        return trees.splice(self._content, literal["span"], [(trees.span(expression), rendered)])

    # Expressions ------------------------------------------------------------------------------

    def _positive(self, node: Node, scope: Scope) -> bytes:
        """Give an expression whose references may bind names in their brackets."""
        for name in self._iterated(node, scope):
            self._bind(name, trees.start(node), scope)
        return self._term(node, scope)

    def _iterated(self, node: Node, scope: Scope) -> Iterator[str]:
        """Find the unbound names that stand in brackets of references."""
        for kind, content in node.items():
            if kind.endswith("Compr"):
                continue
            if kind == "RefBrack" and "Var" in content["index"]:
                yield from self._unbound(content["index"], scope)
            for child in trees.children(content):
                yield from self._iterated(child, scope)

    def _unbound(self, node: Node, scope: Scope) -> Iterator[str]:
        for kind, content in node.items():
            if kind == "Var":
                name = content["value"]
                local = scope.find(name)
                if (local is None and name not in self._globals) or (local and not local.bound):
                    yield name
            elif not kind.endswith("Compr"):
                for child in trees.children(content):
                    yield from self._unbound(child, scope)

    def _bind(self, name: str, place: Place, scope: Scope) -> None:
        if name == "_":
            return
        local = scope.find(name)
        if local is not None:
            local.bound = True
            return
        if name in self._closed:
            raise RefusedError(f"a name bound again outside of a comprehension ({name})", place)
        scope.names[name] = Local(name.encode(), bound=True, implicit=True)

    def _declare(
        self, name: str, span: Node, scope: Scope, *, bound: bool, wanted: bool = False
    ) -> bytes:
        """Make a name of this body, under another name where it would hide one."""
        if name == "_":
            return b"_"
        arguments = scope.parent.names if scope.parent and scope.parent.arguments else {}
        again = name in scope.names or name in scope.outer or name in arguments
        if name in ("input", "data") or again:
            raise RefusedError(f"a name declared again ({name})", trees.place(span))
        if name in self._closed:
            raise RefusedError(
                f"a name bound in a comprehension before ({name})", trees.place(span)
            )
        written = name.encode()
        if name in self._globals or scope.find(name):
            self._fresh += 1
            written = b"__light_%d_%b" % (self._fresh, written)
        scope.names[name] = Local(written, bound, trees.place(span) if wanted else None)
        return written

    def _pattern(self, node: Node, scope: Scope) -> bytes:
        """Give what ``:=``, ``some``, or an argument declares."""
        ((kind, content),) = node.items()
        if kind == "Var":
            return self._declare(content["value"], content["span"], scope, bound=True)
        if kind in trees.CONSTANTS:
            return self._term(node, scope)
        return self._structure(node, scope, self._pattern)

    def _unifying(self, node: Node, scope: Scope) -> bytes:
        """Give a side of ``=`` that may bind names."""
        ((kind, content),) = node.items()
        if kind == "Var":
            self._bind(content["value"], trees.place(content["span"]), scope)
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
        render = _TERMS.get(kind)
        if render is None:
            raise RefusedError(_KINDS.get(kind, kind), trees.start(node))
        return render(self, content, scope)

    def as_written(self, content: Node, _: Scope) -> bytes:
        span = content["span"]
        return self._content[span["start"] : span["end"]]

    def number(self, content: Node, scope: Scope) -> bytes:
        text = self.as_written(content, scope)
        whole = _INTEGER.fullmatch(text) and int(text) in INTEGERS
        if not whole and not _DECIMAL.fullmatch(text):
            raise RefusedError(f"the number {text.decode()}", trees.place(content["span"]))
        return text

    def variable(self, content: Node, scope: Scope) -> bytes:
        name = content["value"]
        local = scope.find(name)
        if local is None:
            if name == "_" or name in self._globals:
                return self.as_written(content, scope)
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

    def items(self, content: Node, scope: Scope) -> bytes:
        for item in content["items"]:
            self._bare_union(item)
        parts = [(trees.span(item), self._term(item, scope)) for item in content["items"]]
        return trees.splice(self._content, content["span"], parts)

    def set_(self, content: Node, scope: Scope) -> bytes:
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

    def object_(self, content: Node, scope: Scope) -> bytes:
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

    def comprehension(self, content: Node, scope: Scope) -> bytes:
        inner = Scope(scope)
        terms = [content[part] for part in ("key", "value", "term") if part in content]
        query, values = self._query(content["query"], terms, inner)
        self._close(inner)
        if "term" in content and self._content[content["span"]["start"] :][:1] == b"{":
            values = [self._in_set(values[0], terms[0])]
        parts = [(trees.span(term), value) for term, value in zip(terms, values, strict=True)]
        parts.append((content["query"]["span"], query))
        return trees.splice(self._content, content["span"], parts)

    def dot(self, content: Node, scope: Scope) -> bytes:
        parts = [(trees.span(content["refr"]), self._base(content["refr"], scope))]
        return trees.splice(self._content, content["span"], parts)

    def bracket(self, content: Node, scope: Scope) -> bytes:
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

    def binary(self, content: Node, scope: Scope) -> bytes:
        parts = [(trees.span(side), self._term(side, scope)) for side in trees.sides(content)]
        return trees.splice(self._content, content["span"], parts)

    def comparison(self, content: Node, scope: Scope) -> bytes:
        parts = [(trees.span(side), self._term(side, scope)) for side in trees.sides(content)]
        return self._ordered(content, parts)

    def _ordered(self, content: Node, parts: list[tuple[Node, bytes]]) -> bytes:
        """Guard what ``<`` compares, unless one side is a plain constant."""
        if content["op"] in _ORDERS and not any(map(trees.is_scalar, trees.sides(content))):
            parts = [(parts[0][0], _guarded("ordered", parts[0][1])), parts[1]]
        return trees.splice(self._content, content["span"], parts)

    def arithmetic(self, content: Node, scope: Scope) -> bytes:
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

    def membership(self, content: Node, scope: Scope) -> bytes:
        """Bind what is asked: the engine takes an undefined member for none."""
        parts = [
            (trees.span(content[part]), self._unpack(content[part], scope))
            for part in ("key", "value", "collection")
            if content[part]
        ]
        return trees.splice(self._content, content["span"], parts)

    def _is_builtin(self, call: Node) -> bool:
        path = dotted(call["fcn"])
        return path is not None and path.partition(".")[0] not in self._globals

    def call(self, content: Node, scope: Scope) -> bytes:
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


def _guarded(guard: str, *arguments: bytes) -> bytes:
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

_TERMS: Final[Mapping[str, Callable[[_Rule, Node, Scope], bytes]]] = {
    "ArithExpr": _Rule.arithmetic,
    "Array": _Rule.items,
    "ArrayCompr": _Rule.comprehension,
    "BinExpr": _Rule.binary,
    "Bool": _Rule.as_written,
    "BoolExpr": _Rule.comparison,
    "Call": _Rule.call,
    "Membership": _Rule.membership,
    "Null": _Rule.as_written,
    "Number": _Rule.number,
    "Object": _Rule.object_,
    "ObjectCompr": _Rule.comprehension,
    "RawString": _Rule.as_written,
    "RefBrack": _Rule.bracket,
    "RefDot": _Rule.dot,
    "Set": _Rule.set_,
    "SetCompr": _Rule.comprehension,
    "String": _Rule.as_written,
    "Var": _Rule.variable,
}

_KINDS: Final = {
    "AssignExpr": "an assignment inside of an expression",
    "UnaryExpr": "- before what is no number",
}
