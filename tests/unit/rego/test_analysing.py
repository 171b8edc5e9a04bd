"""Reading modules: what they define and reach, and what is refused before it runs."""

import pytest

from eidos.engine.errors import PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import ModuleFacts, RegoEngine
from eidos.engine.rego.light import LightEngine


def read(engine: RegoEngine, *texts: str) -> list[ModuleFacts]:
    return engine.analyse([Module(f"m{n}.rego", text) for n, text in enumerate(texts)])


def test_rules_have_their_first_line(light: LightEngine) -> None:
    rules = "default a := 1\n\na := 2 if input.x\n\nb[k] := k if some k in [1]\n\nf(_) := 1\n"
    text = f"package p\n\n{rules}"
    assert read(light, text)[0].rules == {"a": 3, "b": 7, "f": 9}


def test_imports_and_references_below_data_are_told(light: LightEngine) -> None:
    library = "package lib.v\n\nolder(x) := x\n"
    rule = 'x := [w.older(1), data.tables["eol"].k8s]'
    text = f"package p\n\nimport data.lib.v as w\n\n{rule}\n"
    facts = read(light, text, library)[0]
    assert set(facts.imports) == {"lib.v", "tables.eol.k8s"}


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("x := time.now_ns()", True),
        ("x if { time.now_ns() > 3 }", True),
        ("x := time.date(1)", False),
        ('x := "time.now_ns()" # time.now_ns()', False),
    ],
)
def test_reading_the_clock_is_told(light: LightEngine, text: str, *, reads: bool) -> None:
    assert read(light, f"package p\n\n{text}\n")[0].reads_time is reads


@pytest.mark.parametrize(
    "text",
    [
        "driver := f(input.x)\n\nf(driver) := g(driver)\n\ng(x) := x",
        "test_x if { x with data.p.y as 3 }\n\nx := y\n\ny := 1",
        "total := sum([size | some size in sizes])\n\nsizes := input.total",
    ],
)
def test_what_only_looks_like_recursion_is_no_recursion(light: LightEngine, text: str) -> None:
    assert read(light, f"package p\n\n{text}\n")


@pytest.mark.parametrize(
    ("texts", "chain"),
    [
        (["package a\n\nf(x) := data.b.g(x)", "package b\n\ng(x) := data.a.f(x)"], "data.b.g"),
        (["package a\n\nimport data.b\n\nf(x) := b.g(x)", "package b\n\ng(x) := data.a.f(x)"], "f"),
        (["package a\n\nf(x) := y if y := f(x - 1)"], "f -> f"),
        (["package a\n\nf(x) := [y | y := f(x)]"], "f -> f"),
        (["package a\n\nf(x) := 1 if not f(x)"], "f -> f"),
        (["package a\n\nf(x) := 1 if { every y in x { f(y) } }"], "f -> f"),
        (["package a\n\nf(x) := 1 if x == 0\n\nelse := f(x - 1)"], "f -> f"),
    ],
)
def test_recursion_is_found_wherever_it_hides(
    light: LightEngine, texts: list[str], chain: str
) -> None:
    with pytest.raises(PolicyError, match="reaches itself") as caught:
        read(light, *texts)
    assert chain in caught.value.message


def test_v1_is_tried_before_v0_and_its_error_is_told(light: LightEngine) -> None:
    assert not read(light, "package p\n\nimport rego.v1\n\ndeny contains 1 if input.x\n")[0].v0
    assert read(light, "package p\n\ndeny[1] { input.x }\n")[0].v0
    with pytest.raises(PolicyError) as caught:
        read(light, "package p\n\ndeny contains 1 if {\n\tx := \n}\n")
    assert caught.value.location
    assert caught.value.location.line == 4


def test_broken_v1_is_not_taken_for_v0(light: LightEngine) -> None:
    with pytest.raises(PolicyError) as caught:
        read(light, "package p\n\nx if f(1)\n\nf(_)\n")
    assert caught.value.location


V0 = "package p\n\ndeny[1] { input.x }\n"
V1 = "package q\n\nx if {\n\tsome y in input\n\ty\n}\n"


@pytest.mark.parametrize(("texts", "file"), [((V1, V0), 1), ((V0, V1), 0), ((V1, V0, V1), 1)])
def test_v0_beside_v1_is_told_where_the_v0_is(
    engine: RegoEngine, texts: tuple[str, ...], file: int
) -> None:
    with pytest.raises(PolicyError, match="this is Rego v0") as caught:
        read(engine, *texts)
    assert caught.value.location
    assert (caught.value.location.file, caught.value.location.line) == (f"m{file}.rego", 3)
    assert "--v0-v1" in str(caught.value.hint)


def test_errors_are_one_sentence_with_a_place(light: LightEngine) -> None:
    with pytest.raises(PolicyError) as caught:
        read(light, "package good", 'package p\n\nx := "unclosed\n')
    assert str(caught.value).startswith("m1.rego:3:")
    assert "\n" not in str(caught.value)
    assert "|" not in str(caught.value)
