"""Hostile policies are errors in bounded time, and the next job answers."""

import re
import signal
import sys
import threading
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eidos.engine.errors import EidosError, PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import Ask, Job, Program, RegoEngine
from eidos.engine.rego.frames import Bundle, Evaluate, Question, Source
from eidos.engine.rego.light import LightEngine
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.runtime import Runtime

GOOD = Program("good", (Module("good.rego", "package good\n\nanswer := input.n"),))

HOSTILE = {
    "function recursion": ("f(n) := f(n + 1)\nx := f(1)", "recursion", "reaches itself"),
    "huge range": (
        "x := numbers.range(1, 2000000000)",
        "ran out of memory",
        "timed out after 0.5 s|ran out of memory",
    ),
    "runaway comprehension": (
        "r := numbers.range(1, 20000)\nx := count([1 | r[_] + r[_] + r[_] == 0])",
        "timed out after 0.5 s",
        "timed out after 0.5 s",
    ),
    "runaway without memory": (
        "r := numbers.range(1, 3000)\nx if { a := r[_]; b := r[_]; c := r[_]; a + b + c == 0 }",
        "timed out after 0.5 s",
        "timed out after 0.5 s",
    ),
    "string blow-up": (
        (
            'a := concat("", [s | s := "aaaaaaaaaa"; numbers.range(1, 100000)[_]])\n'
            'x := concat("", [a | numbers.range(1, 100000)[_]])'
        ),
        "",
        "timed out after 0.5 s|ran out of memory",
    ),
    "one great built-in": ("x := bits.lsh(1, 100000000000)", None, "timed out|ran out of memory"),
    "wide format": ('x := sprintf("%999999999d", [1])', "does not serve sprintf with %9", None),
    "huge network": ('x := net.cidr_expand("::/0")', "", "timed out|ran out of memory"),
    "huge output": (
        'a := [s | s := "012345678901234567890123456789"; numbers.range(1, 50000)[_]]\nx := a',
        "over the limit",
        "over the limit",
    ),
    "huge regular expression": (
        'x := regex.match("((a{1,1000}){1,1000}){1,1000}", "aaa")',
        "",
        "invalid repeat count",
    ),
    "rule recursion": ("x := y\ny := x", "recursion", "reaches itself"),
    "division by zero": ("x := 1 / 0", "divide by zero", "divide by zero"),
    "conflict": ("x := 1\nx := 2", "", "conflicting values: 1 at bad.rego:3"),
    "nested literals": ("x := " + "[" * 31 + "]" * 31, "", None),
    "forbidden function": (
        "x := http.send({})",
        "http.send is forbidden",
        "http.send is forbidden",
    ),
    "forbidden function in brackets": ('x := http["send"]({})', "", "http.send is forbidden"),
    "forbidden function through with": (
        "x := y with http.send as 1\ny := http.send({})",
        "",
        "http.send is forbidden",
    ),
}
"""Text, what the light engine says, and what OPA says: None where it is no harm to it."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_policy_is_an_error_and_harms_no_other_job(
    name: str, hasty_engine: RegoEngine
) -> None:
    text, light, real = HOSTILE[name]
    cause = real if hasty_engine.name == "opa" else light
    program = Program(name, (Module("bad.rego", f"package bad\n\n{text}\n"),))
    bad = Job(program, (Ask("data.bad.x", {}),), now_ns=0)
    jobs = [_good(0), bad, *(_good(n) for n in range(1, 40)), bad, _good(40)]

    answers = list(hasty_engine.evaluate(jobs))

    errors = [answers[1].error, answers[-2].error]
    assert cause is None or all(error and re.search(cause, error) for error in errors), errors
    others = [*answers[:1], *answers[2:-2], *answers[-1:]]
    assert [answer.values for answer in others] == [(n,) for n in range(41)]


def _good(number: int) -> Job:
    return Job(GOOD, (Ask("data.good.answer", {"n": number}),), now_ns=0)


def test_a_linear_regular_expression_is_no_trouble(hasty_engine: RegoEngine) -> None:
    text = 'package p\n\nx := regex.match("^(a+)+$", input)'
    program = Program("redos", (Module("p.rego", text),))
    (answer,) = hasty_engine.evaluate([Job(program, (Ask("data.p.x", "a" * 20000 + "b"),), 0)])
    assert answer.values == (False,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x := " + "[" * 13 + "]" * 13, "nested more than 12 deep"),
        ("x := " + '{"a": ' * 13 + "1" + "}" * 13, "nested more than 12 deep"),
        ("x := " + "-" * 5000 + "1", "line has"),
        ("x := " + "-\n" * 20000 + "1", "reading the module crashed"),
        ("f(x) := g(x)\ng(x) := h(x)\nh(x) := f(x)", "reaches itself: f -> g -> h -> f"),
        ("x contains y if { y := count(x) }", "reaches itself: x -> x"),
        ("x := {", "expecting expression"),
        ('x := $"a {input.x}"', "does not serve template strings"),
        ("x := " + ".\n" + ".a" * 900, "invalid|expecting"),
        ("# " + "a" * (1 << 20), "over the limit"),
    ],
)
def test_a_hostile_text_is_refused(text: str, message: str, hasty: LightEngine) -> None:
    module = Module("bad.rego", f"package bad\n\n{text}\n")
    with pytest.raises(PolicyError, match=message) as caught:
        hasty.analyse([Module("good.rego", "package good\n\nx := 1\n"), module])
    assert caught.value.location
    assert caught.value.location.file == "bad.rego"
    assert "\n" not in caught.value.message


@pytest.mark.real
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x := " + "-" * 5000 + "1", "unexpected minus token"),
        ("f(x) := g(x)\ng(x) := h(x)\nh(x) := f(x)", "reaches itself: f -> g -> h -> f"),
        ("x contains y if { y := count(x) }", "reaches itself: x -> x"),
        ("x := {", "unexpected eof token"),
        ("x := " + "[" * 200_000, "max parsing recursion depth"),
        ("# " + "a" * (1 << 20), "over the limit"),
    ],
)
def test_a_hostile_text_is_refused_by_opa(text: str, message: str, hasty_opa: RegoEngine) -> None:
    module = Module("bad.rego", f"package bad\n\n{text}\n")
    with pytest.raises(PolicyError, match=message) as caught:
        hasty_opa.analyse([Module("good.rego", "package good\n\nx := 1\n"), module])
    assert caught.value.location
    assert caught.value.location.file == "bad.rego"
    assert caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.real
def test_opa_reads_what_is_right(hasty_opa: RegoEngine) -> None:
    text = "package p\n\nx := " + "[" * 40 + "]" * 40 + '\n\ny := $"a {input.x} # {input["z"]}"\n'
    (facts,) = hasty_opa.analyse([Module("p.rego", text)])
    assert facts.rules == {"x": 3, "y": 5}
    assert facts.inputs == {"input.x": 5, "input.z": 5}


def test_noise_of_the_engine_never_fills_up() -> None:
    """The engine panics when its standard error takes no more, so a worker keeps making room."""
    engine = LightEngine(workers=1)
    warned = "x if input.y\n\n" * 100  # each is a warning when it is tried as v0
    bad = Module("bad.rego", f"package p\n\n{warned}x := [\n")
    messages = set()
    for _ in range(200):
        with pytest.raises(PolicyError) as caught:
            engine.analyse([bad])
        messages.add(str(caught.value))
    assert len(messages) == 1
    engine.close()


def test_brackets_in_text_and_comments_do_not_count(light: LightEngine) -> None:
    deep = "[" * 40
    text = f'package p\n\n# {deep}\nx := "{deep}\\"{deep}"\n\ny := `{deep}\n"{deep}`\n'
    assert light.analyse([Module("p.rego", text)])[0].rules == {"x": 4, "y": 6}


def test_a_worker_that_cannot_start_is_an_error_and_no_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    engine = LightEngine(workers=1)
    with pytest.raises(EidosError, match="the process that runs policy ended"):
        list(engine.evaluate([_good(1)]))
    engine.close()


def test_a_parent_that_ignores_the_end_of_children_harms_nothing() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with closing(LightEngine(workers=1)) as engine:
            assert [answer.values for answer in engine.evaluate([_good(1)])] == [(1,)]
    finally:
        signal.signal(signal.SIGCHLD, before)


# The engine also complains when another thread than its own lets go of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_panic_is_an_error() -> None:
    """The engine panics when another thread than its own uses it; a panic is no `Exception`."""
    runtime = Runtime(EngineLimits())
    runtime.learn([Bundle("k", [Source("p.rego", "package p\n\nx := 1")], "{}", v0=False)])
    task = Evaluate("k", [Question("data.p.x", 0)], ["{}"], 0)
    replies = [runtime.evaluate(1, task)]
    thread = threading.Thread(target=lambda: replies.append(runtime.evaluate(2, task)))
    thread.start()
    thread.join()
    assert replies[0].fault is None
    assert replies[1].fault
    assert "the engine gave up" in replies[1].fault.message


PIECES = st.sampled_from(
    [
        *("package p", "x := 1", "y contains z if {", "}", "{", "[", "]", "(", ")", "\n", " ", '"'),
        *(
            "`",
            "#",
            "import data.x as y",
            "some k, v in input",
            "every x in y {",
            "not ",
            "with input",
        ),
        *(
            " as ",
            "else := ",
            "default ",
            "f(x) := ",
            "walk(",
            "http.send({})",
            ":=",
            "=",
            "|",
            ";",
        ),
        *("data.p.x", "input", "[path, value] := walk(input)", "1e400", "\x00", "é", "$", "-", "."),
    ]
)


_TEXT = st.tuples(st.booleans(), st.lists(PIECES, max_size=40)).map(
    lambda parts: ("package p\n\n" if parts[0] else "") + "".join(parts[1])
)


@given(text=_TEXT)
@settings(deadline=None)
def test_any_text_is_read_or_refused(hasty: LightEngine, text: str) -> None:
    _read_or_refused(hasty, text)


@pytest.mark.real
@given(text=_TEXT)
@settings(deadline=None, max_examples=20)
def test_any_text_is_read_or_refused_by_opa(opa: RegoEngine, text: str) -> None:
    _read_or_refused(opa, text)


def _read_or_refused(engine: RegoEngine, text: str) -> None:
    refusal = None
    try:
        (facts,) = engine.analyse([Module("p.rego", text)])
        assert facts.file == "p.rego"
    except PolicyError as error:
        refusal = error
    assert refusal is None or (refusal.location and "\n" not in refusal.message)
