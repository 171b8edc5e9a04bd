"""Rules that tell what they said: the copy means the same, and only heads are renamed."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Entrypoint, Module, Rule, Scope, Severity
from eidos.engine.model.verdict import Status
from eidos.engine.packs.observing import observed, outcomes_told
from eidos.engine.ports import Answer, Ask, Job, ModuleFacts, Program
from eidos.engine.rego.light import LightEngine

SOURCE = """package p

# deny contains "a remark"
text := `
deny contains "a text"
`

default applicable := false

applicable if input.on

deny contains "x" if {
	input.x
	not deny_nothing
}

deny contains "y" if input.y

deny_nothing if false

warn contains "z" if {
	some each in [
		"deny",
		deny_list,
	]
	each == input.z
}

deny_list := "list"
"""
NAMES = ["text", "applicable", "deny", "deny_nothing", "warn", "deny_list"]
RULE = Rule(
    id="P-1",
    title="",
    severity=Severity.LOW,
    scope=Scope.NODE,
    package="p",
    modules=(),
    entrypoints=(Entrypoint("data.p.deny", "deny"), Entrypoint("data.p.warn", "warn")),
    digest="",
    has_applicable=True,
)


def copied(source: str, *, v0: bool = False) -> str:
    facts = ModuleFacts("p.rego", "p", dict.fromkeys(NAMES, 1), v0=v0)
    [module] = observed([Module("p.rego", source)], [facts], [RULE])
    return module.source


def test_only_heads_are_renamed_and_lines_stay() -> None:
    before, after = SOURCE.splitlines(), copied(SOURCE).splitlines()
    changed = [line for old, line in zip(before, after, strict=False) if old != line]
    assert changed == [
        "default eidos__applicable := false",
        "eidos__applicable if input.on",
        'eidos__deny contains "x" if {',
        'eidos__deny contains "y" if input.y',
        'eidos__warn contains "z" if {',
    ]


def test_modules_without_such_rules_stay_as_they_are() -> None:
    facts = ModuleFacts("q.rego", "q", {"deny": 1})
    module = Module("q.rego", 'package q\n\ndeny contains "x"\n')
    assert observed([module], [facts], [RULE]) == (module,)


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


FLAGS = dict.fromkeys(["on", "x", "y", "z"], st.sampled_from([True, "deny"]))


@given(document=st.fixed_dictionaries({}, optional=FLAGS))
def test_the_copy_says_the_same_and_tells_it(
    engine: LightEngine, document: dict[str, Json]
) -> None:
    answers: list[Answer] = []
    for number, source in enumerate((SOURCE, copied(SOURCE))):
        program = Program(str(number), (Module("p.rego", source),), {})
        asks = tuple(Ask(f"data.p.{name}", document) for name in ("applicable", "deny", "warn"))
        answers += engine.evaluate([Job(program, asks, 0)])
    plain, told = answers
    assert plain.values == told.values
    seen = outcomes_told(told.prints, [RULE])["P-1"]
    _, deny, warn = plain.values
    assert (Status.FAIL in seen) == bool(deny)
    assert (Status.WARN in seen) == bool(warn)
    assert (Status.PASS in seen) == (not deny and not warn)
    assert (Status.SKIP in seen) == ("on" not in document)


def test_an_undefined_applicable_is_a_skip() -> None:
    prints = ["p.rego:1: eidos:seen data.p.applicable <undefined>", "eidos:seen data.q.deny 1"]
    assert outcomes_told(prints, [RULE]) == {"P-1": {Status.SKIP}}
