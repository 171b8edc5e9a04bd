"""Small policies by chance: what an engine could read otherwise than OPA.

A case is a few rules of the package ``gen``, of which ``r`` is asked; a seed gives the same case
for ever. The text is mostly valid Rego, on purpose not always.
"""

import re
from random import Random
from typing import Any

HEADER = """package gen

t contains x if some x in [1, 2, "a"]

o[k] := v if some k, v in {"a": 1, "b": [2]}

none contains x if some x in []

f(x) := x

g(x) := 1 if x == 1

g(x) := "two" if x == 2

h(x) if x

pair(x, y) := [x, y] if x != y

first([x, _]) := x

hidden := 3 if input.absent

falsy := false

one := 1

words := ["b", "a", "c"]
"""

INPUTS: tuple[Any, ...] = (
    {
        "a": 1,
        "s": "abc",
        "l": [1, 2, "x", None],
        "o": {"k": "v", "n": None, "a": 1},
        "z": 0,
        "f": False,
        "d": {"e": {"f": [{"n": "x", "v": 1}, {"n": "y"}]}},
        "w": ["b", "a", "b"],
        "n": -3,
    },
    {"a": "1", "s": "", "l": "text", "o": [], "f": True, "d": None, "w": {"a": "b"}, "n": 2.5},
    {},
)

_NAMES = ("x", "y", "k", "v", "i")
_SCALARS = (
    *("0", "1", "2", "3", "-1", "10", "1.5", "true", "false", "null"),
    *('""', '"a"', '"b"', '"abc"', '"x y"', '"1"', '"-7"', '"é"', '"a,b"', "`r\\w`", '"\\t"'),
)
_REFERENCES = (
    *("input.a", "input.s", "input.l", "input.o", "input.z", "input.f", "input.d", "input.w"),
    *("input.absent", "input.absent.deeper", "input.o.k", "input.o.n", "input.l[0]", "input.l[9]"),
    *("input.d.e.f", "input.d.e.f[0].n", "input.n", "input", "t", "o", "none", "hidden", "falsy"),
    *(
        "one",
        "words",
        "words[0]",
        "o.a",
        "o.zzz",
        "t[1]",
        "t[7]",
        "data.gen.one",
        "data.gen.hidden",
    ),
    *('input["a"]', 'o["b"][0]', "data.gen.nope", "input.s.x"),
)
_ITERATED = ("input.l[_]", "input.o[_]", "words[_]", "t[_]", "input.d.e.f[_].n", "o[_]", "none[_]")
_PATTERNS = ('"^a"', '"[0-9]+"', "`\\d`", "`(a)(b)?`", '"b|c"', '"a*"', '"."', '"x$"', '"[^a]"')
_FORMATS = ('"%v"', '"%s-%v"', '"%d"', '"%q"', '"%v%%"', '"none"')
_FUNCTIONS = {
    "abs": "n", "array.concat": "aa", "array.reverse": "a", "array.slice": "ann", "ceil": "n",
    "base64.encode": "s", "base64url.encode": "s", "concat": "sw", "contains": "ss", "count": "c",
    "endswith": "ss", "floor": "n", "format_int": "nn", "hex.encode": "s", "indexof": "ss",
    "indexof_n": "ss", "intersection": "m", "is_array": "*", "is_boolean": "*", "is_null": "*",
    "is_number": "*", "is_object": "*", "is_set": "*", "is_string": "*", "json.is_valid": "s",
    "json.marshal": "*", "json.unmarshal": "j", "lower": "s", "max": "c", "min": "c",
    "numbers.range": "nn", "object.filter": "oc", "object.get": "o**", "object.keys": "o",
    "object.remove": "oc", "object.union": "oo", "object.union_n": "q", "replace": "sss",
    "regex.find_all_string_submatch_n": "psn", "regex.find_n": "psn", "regex.match": "ps",
    "regex.replace": "sps", "regex.split": "ps", "round": "n", "sort": "c", "split": "ss",
    "startswith": "ss", "strings.any_prefix_match": "ww", "strings.any_suffix_match": "ww",
    "strings.reverse": "s", "substring": "snn", "sum": "c", "time.clock": "n", "time.date": "n",
    "time.parse_rfc3339_ns": "d", "time.weekday": "n", "to_number": "s", "trim": "ss",
    "trim_left": "ss", "trim_prefix": "ss", "trim_right": "ss", "trim_space": "s",
    "trim_suffix": "ss", "type_name": "*", "union": "m", "upper": "s",
    # not served today; a later engine may
    "bits.and": "nn", "glob.match": "sws", "semver.compare": "ss", "units.parse": "s",
    "json.filter": "ow", "object.subset": "oo", "product": "c", "strings.count": "ss",
}  # fmt: skip
_CHOICES: dict[str, tuple[str, ...]] = {
    "n": ("0", "1", "2", "-1", "7", "16", "1.5", "2.5", "-0.5", "input.a", "input.n", "1000000"),
    "s": (
        '""',
        '"a"',
        '"abc"',
        '"a,b,c"',
        '" x "',
        '"Éa"',
        '"12"',
        '"1.50"',
        "input.s",
        "input.o.k",
    ),
    "a": ("[]", "[1, 2]", '["b", "a"]', "words", "input.l", "input.w", "[[1], 2]"),
    "w": ('["b", "a"]', '{"x", "y"}', "words", "input.w", "[]", '["a", 1]', '"abc"'),
    "c": (
        "[]",
        "[3, 1, 2]",
        "{1, 2}",
        '{"a": 2}',
        '"abc"',
        "words",
        "input.l",
        "t",
        '[1, "a", null]',
    ),
    "o": ("{}", '{"a": 1}', '{"a": {"b": [1]}, "c": null}', "input.o", "o", "input.d"),
    "m": ("{{1, 2}, {2}}", "{t, none}", "set()"),
    "q": ('[{"a": 1}, {"b": 2}]', "[o, input.o]", "[]"),
    "p": _PATTERNS,
    "j": ('"[1, 2]"', '"{\\"a\\": null}"', '"x"', '"1.0"', '"\\"a\\""'),
    "d": (
        '"2024-02-29T12:00:00Z"',
        '"2024-02-30T00:00:00Z"',
        '"2026-11-24T01:02:03.5+02:00"',
        '"x"',
    ),
}


ODD_ARGUMENTS = (
    *("null", "true", "0", "1", "-1", "2", "7", "16", "1.5", "-0.5", "1700000000000000000"),
    *('""', '"a"', '"abc"', '"a b,c"', '"é"', '"ÀÉß"', '"日本"', '"1"', '"-5"', '"1.5"', '" 12 "'),
    *('"a,b,,c"', '"1.2.3"', '"2024-02-29T12:00:00Z"', '"2024-02-30T12:00:00+02:00"', '"a/b"'),
    *(
        '"[a-z]+"',
        '"(a)(b)?"',
        '"\\\\d"',
        '"^a.c$"',
        '"("',
        '"$1"',
        '"YWJj"',
        '"{\\"a\\": [1, null]}"',
    ),
    *("[]", "[1]", "[3, 1, 2]", '["a", "b"]', '["b", "a", "b"]', '[1, "a", null]', "[[1, 2], [3]]"),
    *(
        '[["a", "b"], ["c"]]',
        "[1.5, 2]",
        "[true]",
        '[{"a": 1}, {"b": 2}]',
        "{}",
        '{"a": 1}',
        "{1: 2}",
    ),
    *(
        '{"a": {"b": [1, {"c": 2}]}, "d": null}',
        "set()",
        "{1, 2, 3}",
        '{"a", "b"}',
        '{"a": {1, 2}}',
    ),
    *(
        '{["a"], ["b", "c"]}',
        '"2026-11-24T01:02:03.5+02:00"',
        "1000",
        '"\\tx"',
        '"A_b-9"',
        '"x\\u0000"',
    ),
)
"""Rego values of every kind, for arguments that expect another."""


class _Case:
    """One case in the making."""

    def __init__(self, chance: Random, mark: str) -> None:
        self.chance = chance
        self.mark = mark
        self.rules: list[str] = []

    def pick(self, *options: Any) -> Any:
        return self.chance.choice(options)

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    # Expressions

    def expression(self, names: list[str], depth: int = 2) -> str:
        if depth <= 0 or self.often(0.3):
            return self.leaf(names)
        make = self.pick(
            self.builtin, self.builtin, self.builtin, self.own_call, self.composite, self.composite,
            self.comprehension, self.comprehension, self.arithmetic, self.comparison,
            self.membership, self.sets, self.reference, self.formatted,
        )  # fmt: skip
        return str(make(names, depth - 1))

    def untyped(self, names: list[str], depth: int) -> str:
        """Give an expression of whose type OPA knows nothing at load."""
        return f"f({self.expression(names, depth)})"

    def leaf(self, names: list[str]) -> str:
        if names and self.often(0.5):
            return str(self.pick(*names))
        return str(self.pick(*(_REFERENCES if self.often(0.6) else _SCALARS)))

    def builtin(self, names: list[str], depth: int) -> str:
        function, kinds = self.pick(*_FUNCTIONS.items())
        arguments = [
            self.untyped(names, depth)
            if kind == "*" or self.often(0.2)
            else str(self.pick(*_CHOICES[kind]))
            for kind in kinds
        ]
        return f"{function}({', '.join(arguments)})"

    def own_call(self, names: list[str], depth: int) -> str:
        name = self.pick("f", "f", "g", "h", "pair", "first", "data.gen.f")
        count = 2 if name == "pair" else 1
        arguments = [self.expression(names, depth) for _ in range(count)]
        return f"{name}({', '.join(arguments)})"

    def composite(self, names: list[str], depth: int) -> str:
        parts = [self.expression(names, depth) for _ in range(self.pick(0, 1, 2, 2, 3))]
        kind = self.pick("array", "array", "object", "set")
        if kind == "array":
            return f"[{', '.join(parts)}]"
        if kind == "set":
            return f"{{{', '.join(parts)}}}" if parts else "set()"
        keys = self.chance.sample(['"a"', '"b"', '"c"', "1", "input.s"], len(parts))
        return "{" + ", ".join(f"{k}: {p}" for k, p in zip(keys, parts, strict=True)) + "}"

    def comprehension(self, names: list[str], depth: int) -> str:
        body, inner = self.body(names, depth, self.pick(1, 1, 2))
        head = self.expression(inner, depth)
        shape = self.pick("[{} | {}]", "[{} | {}]", "{{{} | {}}}", '{{"k": {} | {}}}')
        return str(shape.format(head, body))

    def arithmetic(self, names: list[str], depth: int) -> str:
        sides = [
            str(self.pick(*_CHOICES["n"])) if self.often(0.6) else self.untyped(names, depth)
            for _ in range(2)
        ]
        return f"({sides[0]} {self.pick('+', '-', '*', '/', '%')} {sides[1]})"

    def comparison(self, names: list[str], depth: int) -> str:
        operator = self.pick("==", "!=", "<", "<=", ">", ">=")
        return f"({self.expression(names, depth)} {operator} {self.expression(names, depth)})"

    def membership(self, names: list[str], depth: int) -> str:
        value, collection = self.expression(names, depth), self.expression(names, depth)
        key = f"{self.leaf(names)}, " if self.often(0.2) else ""
        return f"({key}{value} in {collection})"

    def sets(self, names: list[str], depth: int) -> str:
        sides = [
            str(self.pick("t", "none", "{1, 2}", '{"a"}', "set()", self.untyped(names, depth)))
            for _ in range(2)
        ]
        return f"({sides[0]} {self.pick('|', '&', '-')} {sides[1]})"

    def reference(self, names: list[str], depth: int) -> str:
        base = self.pick("input.l", "input.o", "o", "t", "words", "input", *names)
        return f"{base}[{self.untyped(names, depth)}]"

    def formatted(self, names: list[str], depth: int) -> str:
        form = self.pick(*_FORMATS)
        count = form.replace("%%", "").count("%")
        values = [self.expression(names, depth) for _ in range(count)]
        return f"sprintf({form}, [{', '.join(values)}])"

    # Bodies

    def body(self, names: list[str], depth: int, length: int) -> tuple[str, list[str]]:
        """Give statements and the names that are bound after them."""
        bound = list(names)
        statements = [self.statement(bound, depth) for _ in range(length)]
        return "; ".join(statements), bound

    def fresh(self, bound: list[str]) -> str:
        """Give a name, now and then one that is there already."""
        free = [name for name in _NAMES if name not in bound]
        name = str(self.pick(*(free if free and not self.often(0.08) else _NAMES)))
        if name not in bound:
            bound.append(name)
        return name

    def statement(self, bound: list[str], depth: int) -> str:
        kind = self.pick(
            "some", "some", "pairs", "assign", "assign", "not", "not", "not", "plain", "plain",
            "iterate", "every", "unify", "with", "declared", "walk", "destructure",
        )  # fmt: skip
        made: str = getattr(self, f"_{kind}")(bound, depth)
        return made

    def _collection(self, bound: list[str], depth: int) -> str:
        if self.often(0.6):
            return str(self.pick("input.l", "input.o", "t", "words", "o", "[1, 2, 1]", "input.w"))
        return self.untyped(list(bound), depth)

    def _some(self, bound: list[str], depth: int) -> str:
        collection = self._collection(bound, depth)
        return f"some {self.fresh(bound)} in {collection}"

    def _pairs(self, bound: list[str], depth: int) -> str:
        collection = self._collection(bound, depth)
        return f"some {self.fresh(bound)}, {self.fresh(bound)} in {collection}"

    def _assign(self, bound: list[str], depth: int) -> str:
        value = self.expression(list(bound), depth)
        return f"{self.fresh(bound)} := {value}"

    def _not(self, bound: list[str], depth: int) -> str:
        return f"not {self.expression(list(bound), depth + 1)}"

    def _plain(self, bound: list[str], depth: int) -> str:
        return self.expression(list(bound), depth)

    def _iterate(self, bound: list[str], _: int) -> str:
        reference = self.pick(*_ITERATED)
        return f"{self.fresh(bound)} := {reference}"

    def _every(self, bound: list[str], depth: int) -> str:
        domain = self._collection(bound, depth)
        inner = list(bound)
        name = self.fresh(inner)
        body, _ = self.body(inner, depth - 1, 1)
        use = f"{name} != {self.leaf(inner)}" if self.often(0.8) else "true"
        return f"every {name} in {domain} {{ {use}; {body} }}"

    def _unify(self, bound: list[str], depth: int) -> str:
        left = self.pick("[1, {}]", '{{"a": {}}}', "{}", "{}")
        value = self.expression(list(bound), depth)
        return f"{left.format(self.fresh(bound))} = {value}"

    def _with(self, bound: list[str], depth: int) -> str:
        target = self.pick("input", "input.a", "input.o.k", "data.gen.one", "input.absent")
        value = self.expression(list(bound), depth)
        subject = self.pick("hidden", "input.a", "one", "not hidden", "f(input.a) == 1", "input")
        if not subject.startswith("not") and self.often(0.5):
            subject = f"{self.fresh(bound)} := {subject}"
        return f"{subject} with {target} as {value}"

    def _declared(self, bound: list[str], _: int) -> str:
        name = self.fresh(bound)
        base = self.pick("input.l", "input.o", "words", "o", "t", "input.d.e.f")
        test = self.pick("{}[{}]", "{}[{}] == 1", "{}[{}] != null", "not {}[{}]")
        return f"some {name}; {test.format(base, name)}"

    def _walk(self, bound: list[str], depth: int) -> str:
        value = self.pick("input.d", "input.o", "words", self.expression(list(bound), depth))
        return f"[{self.fresh(bound)}, {self.fresh(bound)}] := walk({value})"

    def _destructure(self, bound: list[str], depth: int) -> str:
        value = self.pick("[1, 2]", "input.w", self.expression(list(bound), depth))
        return f"[{self.fresh(bound)}, {self.fresh(bound)}] := {value}"

    # Rules

    def make(self) -> list[str]:
        shape = self.pick(
            "value", "value", "complete", "complete", "contains", "contains", "object", "default",
            "else", "function", "patterns", "boolean", "boolean", "two",
        )  # fmt: skip
        made: list[str] = getattr(self, f"_{shape}_rule")(f"r{self.mark}")
        return made

    def some_body(self) -> tuple[str, str]:
        """Give a body, and a value that may use its names."""
        body, names = self.body([], 2, self.pick(0, 1, 1, 2, 3))
        return body or "true", self.expression(names, 2)

    def _value_rule(self, r: str) -> list[str]:
        return [f"{r} := {self.expression([], 3)}"]

    def _complete_rule(self, r: str) -> list[str]:
        body, value = self.some_body()
        return [f"{r} := {value} if {{ {body} }}"]

    def _boolean_rule(self, r: str) -> list[str]:
        body, _ = self.some_body()
        bare = ";" not in body and self.often(0.5)
        return [f"{r} if {body}" if bare else f"{r} if {{ {body} }}"]

    def _contains_rule(self, r: str) -> list[str]:
        body, value = self.some_body()
        more = [f"{r} contains {self.expression([], 1)}"] if self.often(0.3) else []
        return [f"{r} contains {value} if {{ {body} }}", *more]

    def _object_rule(self, r: str) -> list[str]:
        body, names = self.body([], 2, self.pick(1, 2))
        return [f"{r}[{self.leaf(names)}] := {self.expression(names, 2)} if {{ {body} }}"]

    def _default_rule(self, r: str) -> list[str]:
        default = f"default {r} := {self.pick('0', '[]', 'false', 'null')}"
        return [default, *self._complete_rule(r)]

    def _else_rule(self, r: str) -> list[str]:
        body, value = self.some_body()
        other, names = self.body([], 2, 1)
        second = f"else := {self.expression(names, 1)} if {{ {other} }}"
        return [f"{r} := {value} if {{ {body} }} {second} else := 9"]

    def _two_rule(self, r: str) -> list[str]:
        return [f"{r} := 1 if {{ {self.some_body()[0]} }}" for _ in range(2)]

    def _patterns_rule(self, r: str) -> list[str]:
        p = f"p{self.mark}"
        pattern = self.pick("1", '"a"', "[x, 1]", '{"a": x}', "null")
        return [
            f"{p}({pattern}, y) := [y] if {{ {self.body(['y'], 1, 1)[0]} }}",
            f"{p}(x, y) := x if x == y",
            f"{r} := [{p}({self.leaf([])}, {self.expression([], 1)})]",
        ]

    def _function_rule(self, r: str) -> list[str]:
        p = f"p{self.mark}"
        body, names = self.body(["x"], 2, 1)
        collection = self.pick("words", "t", "input.l")
        return [
            f"{p}(x) := {self.expression(names, 1)} if {{ {body} }}",
            f"{r} := [y | some z in {collection}; y := {p}(z)]",
        ]


_CONTAINS = re.compile(r"(\w+) contains (.*?) if (?:\{ (.*) \}|([^{].*))")
_BARE = re.compile(r"(.*?) if ([^{].*)")


def in_v0(rule: str) -> str:
    """Say a rule, or several on lines of their own, as Rego v0 does."""
    lines = []
    for line in rule.split("\n"):
        text = _CONTAINS.sub(lambda m: f"{m[1]}[{m[2]}] {{ {m[3] or m[4]} }}", line)
        text = text.replace(" if { ", " { ")
        lines.append(_BARE.sub(r"\1 { \2 }", text))
    return "\n".join(lines)


def generate(seed: int) -> list[str]:
    """Give the rules of a case; the one to ask is ``r<seed>``."""
    return _Case(Random(seed), str(seed)).make()
