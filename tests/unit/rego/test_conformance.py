"""What every Rego engine does alike."""

import pytest

from eidos.engine.errors import PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Program, RegoEngine

POLICY = """package main

import data.lib.words

deny contains message if {
	input.name == data.params.forbidden[_]
	message := words.shout(input.name)
}

time_of_day := time.now_ns()

broken := 1 / input.zero

half := [input.zero, 10 / input.zero]

pair := {"a": [1, 2.5, null, true], "b": {3, 4}}

nothing if input.absent
"""
WORDS = """package lib.words

shout(text) := concat("", [upper(text), data.tables.marks.end])
"""
MODULES = (Module("main.rego", POLICY), Module("lib/words.rego", WORDS))
PROGRAM = Program(
    "conformance",
    MODULES,
    {"params": {"forbidden": ["root", "guest"]}, "tables": {"marks": {"end": "!"}}},
)


def ask(engine: RegoEngine, query: str, document: Json, program: Program = PROGRAM) -> Answer:
    (answer,) = engine.evaluate([Job(program, (Ask(query, document),), now_ns=42)])
    return answer


def test_a_set_is_a_list(engine: RegoEngine) -> None:
    assert ask(engine, "data.main.deny", {"name": "root"}).values == (["ROOT!"],)
    assert ask(engine, "data.main.deny", {"name": "me"}).values == ([],)


def test_values_keep_their_types(engine: RegoEngine) -> None:
    expected = {"a": [1, 2.5, None, True], "b": [3, 4]}
    assert ask(engine, "data.main.pair", {}).values == (expected,)


@pytest.mark.parametrize(
    "query", ["data.main.nothing", "data.main.no_such_rule", "data.none.at.all"]
)
def test_undefined_is_no_value(engine: RegoEngine, query: str) -> None:
    assert ask(engine, query, {}).values == (UNDEFINED,)


def test_the_clock_is_the_jobs(engine: RegoEngine) -> None:
    jobs = [Job(PROGRAM, (Ask("data.main.time_of_day", {}),), now) for now in (1, 2, 2**62)]
    assert [answer.values for answer in engine.evaluate(jobs)] == [(1,), (2,), (2**62,)]


@pytest.mark.parametrize("document", [{}, [], None, False, 0, "", {"a": "ü\u2028\x00"}])
def test_any_document_is_an_input(engine: RegoEngine, document: Json) -> None:
    program = Program("echo", (Module("echo.rego", "package echo\n\ndocument := input"),))
    assert ask(engine, "data.echo.document", document, program).values == (document,)


def test_an_error_of_a_builtin_is_an_error_and_harms_no_other_job(engine: RegoEngine) -> None:
    asks = (Ask("data.main.deny", {"name": "root"}), Ask("data.main.broken", {"zero": 0}))
    good = Job(PROGRAM, asks[:1], 0)
    answers = list(engine.evaluate([good, Job(PROGRAM, asks, 0), good]))
    assert [answer.values for answer in answers] == [(["ROOT!"],), (), (["ROOT!"],)]
    error = answers[1].error
    assert error
    assert error.startswith("main.rego:12:")
    assert "divide by zero" in error
    assert "\n" not in error


def test_answers_come_in_the_order_of_jobs(engine: RegoEngine) -> None:
    program = Program("order", (Module("o.rego", "package o\n\nn := input.n * 2"),))
    jobs = (Job(program, (Ask("data.o.n", {"n": n}),), 0) for n in range(200))
    assert [answer.values for answer in engine.evaluate(jobs)] == [(2 * n,) for n in range(200)]


def test_programs_of_one_package_do_not_mix(engine: RegoEngine) -> None:
    one, two = (
        Program(
            f"p{n}",
            (Module("p.rego", f"package p\n\nx := data.params.n + {n}"),),
            {"params": {"n": n}},
        )
        for n in (10, 20)
    )
    jobs = [Job(program, (Ask("data.p.x", {}),), 0) for program in (one, two, one)]
    assert [answer.values for answer in engine.evaluate(jobs)] == [(20,), (40,), (20,)]


def test_no_jobs_no_answers(engine: RegoEngine) -> None:
    assert list(engine.evaluate([])) == []


def test_reading_tells_packages_rules_and_data(engine: RegoEngine) -> None:
    main, words = engine.analyse(MODULES)
    assert (main.file, main.package, main.v0) == ("main.rego", "main", False)
    assert main.rules["deny"] == 5
    assert main.rules["time_of_day"] == 10
    assert set(main.imports) >= {"lib.words", "params.forbidden"}
    assert main.reads_time
    assert not words.reads_time
    assert words.rules == {"shout": 3}
    assert words.imports == ("tables.marks.end",)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x := )", 3, ""),
        ("y := 1\n\nx if { z == 1 }", 5, "unsafe"),
        ("x := no_such_function(1)", 3, "no_such_function"),
        ("x := http.send({})", 3, "http.send is forbidden: it reaches out to the network"),
        ("x := y with http.send as 1\n\ny := 1", 3, ""),
        ("x if { true with http.send as y }\n\ny := 1", 3, "http.send is forbidden"),
        ("x := net.lookup_ip_addr(input.name)", 3, "net.lookup_ip_addr is forbidden"),
        ("x := opa.runtime().env", 3, "opa.runtime is forbidden"),
        ("x := opa.runtime()", 3, "opa.runtime is forbidden"),
        ('x := rand.intn("a", 3)', 3, "rand.intn is forbidden"),
        ("f(n) := f(n - 1)", 3, "a rule reaches itself: f -> f"),
    ],
)
def test_what_does_not_compile_is_refused_with_its_place(
    engine: RegoEngine, text: str, line: int, message: str
) -> None:
    bad = Module("bad.rego", f"package bad\n\n{text}\n")
    with pytest.raises(PolicyError) as caught:
        engine.analyse([*MODULES, bad])
    assert message in caught.value.message
    assert caught.value.location
    assert (caught.value.location.file, caught.value.location.line) == ("bad.rego", line)


def test_a_guard_decides_whether_the_others_are_asked(engine: RegoEngine) -> None:
    text = """package guarded

import rego.v1

applicable if input.yes

odd := input.other

late contains sprintf("%d", [to_number(input.number)])
"""
    program = Program("guarded", (Module("guarded.rego", text),))

    def answers(document: Json, *names: str) -> Answer:
        asks = tuple(Ask(f"data.guarded.{name}", document) for name in names)
        [answer] = engine.evaluate([Job(program, asks, 0, guarded=True)])
        return answer

    assert answers({"yes": True, "number": "7"}, "applicable", "late").values == (True, ["7"])
    assert answers({"number": "x"}, "applicable", "late") == Answer((UNDEFINED,))
    assert answers({"other": False, "number": "x"}, "odd", "late") == Answer((False,))


NEITHER = Module("n.rego", "package n\n\nx[y] { y := input.a[_] }\n")
BOTH = Module("b.rego", "package b\n\nx := 1\n")


def test_the_dialect_can_be_said(engine: RegoEngine) -> None:
    assert [facts.v0 for facts in engine.analyse([NEITHER, BOTH], v0=True)] == [True, True]
    assert [facts.v0 for facts in engine.analyse([BOTH], v0=False)] == [False]
    with pytest.raises(PolicyError, match=r"n\.rego:3"):
        engine.analyse([NEITHER], v0=False)
    with pytest.raises(PolicyError, match=r"w\.rego"):
        engine.analyse([Module("w.rego", "package w\n\nx contains 1 if true\n")], v0=True)
