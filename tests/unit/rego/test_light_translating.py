"""What the light engine refuses, by name and line, and what it puts into other words."""

from typing import Any

import pytest

from eidos.engine.errors import PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Program
from eidos.engine.rego.light import LightEngine


def ask(engine: LightEngine, text: str, document: Any = None) -> Answer:
    module = Module("p.rego", f"package p\n\n{text}\n")
    engine.analyse([module])
    (answer,) = engine.evaluate([Job(Program(text, (module,)), (Ask("data.p.x", document),), 0)])
    return answer


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ("x := y\n\ny := 0.1 + 0.2", "arithmetic with decimals"),
        ("x := 1e300", "the number 1e300"),
        ("x := 1.0", "the number 1.0"),
        ("x := 18446744073709551616", "the number 18446744073709551616"),
        ('x := sprintf("%o", [input.mode])', "sprintf with %o"),
        ('x := sprintf("%-6s", [input.name])', "sprintf with %-"),
        ('x := sprintf("%v and %v", [input.name])', "sprintf with more or fewer values"),
        ("x := sprintf(input.form, [1])", "sprintf with a format that is not written out"),
        ('x := semver.is_valid("v1")', "the function semver.is_valid"),
        ("x := time.add_date(0, 0, 1, 1)", "the function time.add_date"),
        ('x := strings.replace_n({"a": "b"}, "ab")', "the function strings.replace_n"),
        ("x := crypto.sha256(input)", "the function crypto.sha256"),
        ("x if input.a == z", "the unsafe name z"),
        ("x if { y == 1; y := 1 }", "the unsafe name y"),
        ("x if not input.l[_] == 1", "iteration of an unbound name in a negated expression"),
        ("x if { some y; true }", "a declared name that is not used (y)"),
        ("x if every y in [1] { true }", "a declared name that is not used (y)"),
        ("f(y) := z if { y := 2; z := y }\n\nx := f(1)", "a name declared again (y)"),
        (
            "x if { input.spread\n(input.max - 1) < 3 }",
            "a line that begins with ( after input.spread",
        ),
        ('f("a")\n\nx if f("a")', "a rule without a body"),
        ("x.y := 1", "a rule whose name has several parts"),
        ("x if input.a with count as 1", "with count"),
        ("x := data.p", "data.p, a whole package as a value"),
        ('x if {"a": y} = input', "a pattern of an object"),
        ("x := {{1}, {2}}", "a set in a set"),
        ("x := -input.a", "- before what is no number"),
        ("x if { some y, v; walk(input, [y, v]); every i in [1] { i != y } }", "every after walk"),
        ("x := walk(input)[1]", "walk in an expression"),
        ("x if not true", "the negation of a constant"),
    ],
)
def test_what_is_not_proven_is_refused_by_name(
    light: LightEngine, text: str, construct: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        light.analyse([Module("p.rego", f"package p\n\n{text}\n")])
    assert f"does not serve {construct}" in caught.value.message
    assert "eidos engine install" in str(caught.value.hint)
    assert caught.value.location
    assert caught.value.location.file == "p.rego"
    assert caught.value.location.line


@pytest.mark.parametrize(
    "body",
    [
        'x { input.a == "1" } { input.b == 2 }',
        "x[y] { y := 1 } { y := 2 }",
        "f(y) = z { y == 1; z := 2 } { y == 2; z := 3 }\n\nx = f(1)",
    ],
)
def test_chained_v0_bodies_are_refused(light: LightEngine, body: str) -> None:
    with pytest.raises(PolicyError) as caught:
        light.analyse([Module("p.rego", f"package p\n\n{body}\n")])
    assert caught.value.location
    assert caught.value.location.line == 3


def test_the_fault_of_a_v0_policy_is_told_as_one(light: LightEngine) -> None:
    with pytest.raises(PolicyError, match="the unsafe name refused") as caught:
        light.analyse(
            [Module("p.rego", 'package p\n\ndeny[m] {\n\tinput.k == refused\n\tm := "x"\n}')]
        )
    assert caught.value.location
    assert caught.value.location.line == 4


@pytest.mark.parametrize(
    "condition",
    [
        'not startswith(input.image, "a")',
        "not input.image in [1]",
        "not 1 in input.image",
        "not input.image > 1",
        "not input.image != 1",
        "not [input.image]",
        '"a" in [1]; not {"a": input.image}',
        "not {input.image}",
        "not f(input.image)",
        "not f(f(input.image))",
        "not f([input.image])",
        "not f(input.image) == 1",
        "not input.image + 1 == 2",
        "not input.list[input.image]",
        'not startswith(input.image, "a") with input.other as 1',
        "count([1 | not f(input.image)]) > 0",
        "every y in [1] { not f(input.image) == y }",
    ],
)
def test_an_undefined_argument_makes_the_body_undefined_and_no_negation_true(
    light: LightEngine, condition: str
) -> None:
    text = f"f(y) := y\n\nx if {{ {condition} }}\n\nlist := 1"
    assert ask(light, text, {"list": [1]}).values == (UNDEFINED,)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("x if not input.image", True),
        ("x if not input.image == 1", True),
        ("f(y) if y\n\nx if not f(input.no)", True),
        ("x contains input.list[_].image", []),
        ("x contains y if some y in input.images\n\nimages := 1", []),
        ("x := [n | n := 1; same := [n | some n in [1]]; count(same) == 1]", [1]),
        ("x := {p | [p, v] := walk({1}); v == 1}", [[1]]),
        ("x := [y | some y in {3, 1, 2}]", [1, 2, 3]),
        ("x if { print(input.absent); true }", True),
        ("x := n if { count([1, 2], n) }", 2),
    ],
)
def test_what_it_serves_means_what_it_means_in_opa(
    light: LightEngine, text: str, answer: Any
) -> None:
    assert ask(light, text, {"no": False, "b": "b"}).values == (answer,)


@pytest.mark.parametrize("number", [2**70 + 1, -(2**64)])
def test_a_number_that_would_change_is_an_error(light: LightEngine, number: int) -> None:
    answer = ask(light, "x := input.n", {"n": number, "t": "12345678901234567890"})
    assert answer.error
    assert f"does not serve the number {number}" in answer.error


def test_long_numbers_that_stay_are_served(light: LightEngine) -> None:
    document = {"a": 2**64 - 1, "b": -(2**63), "c": 1 / 3, "d": 1e300, "e": "9" * 40}
    assert ask(light, "x := input", document).values == (document,)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("x := input.a + input.b", {"a": 0.1, "b": 0.2}),
        ("x := sum(input)", [0.1, 0.2]),
        ("x := input * input", 2**40),
        ("x := input / 2", 3),
        ('x := sprintf("%s", [input])', 1),
        ('x := sprintf("%d", [input])', -5),
        ('x := sprintf("%d", [input])', "500m"),
        ("x := upper(input)", "straße"),
        ('x := regex.match(input, "a")', "\\bz"),
        ('x := regex.match("\\\\d", input)', "٣"),
        ('x := indexof("abc", input)', ""),
        ("x := to_number(input)", " 12 "),
        ("x := json.marshal(input)", "<"),
        ("x := sort([{1}, input])", {}),
    ],
)
def test_values_that_are_not_proven_are_an_error_that_names_opa(
    light: LightEngine, text: str, document: Any
) -> None:
    answer = ask(light, text, document)
    assert answer.error
    assert "the light engine does not serve" in answer.error
    assert "eidos engine install" in answer.error
    assert answer.error.startswith("p.rego:3:")
