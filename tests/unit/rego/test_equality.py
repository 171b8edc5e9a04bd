"""The light engine against OPA itself: the same answer, or an honest refusal, never another answer.

Generated cases have fixed seeds, so that a run can be repeated; EIDOS_TEST_SEED moves them to look
at others. What once differed is kept in ``past_differences.txt`` with its text.
"""

import itertools
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from eidos.engine.ports import RegoEngine
from eidos.engine.rego.builtins import SERVED
from eidos.engine.rego.light import LightEngine
from fakes.real_opa import RealOpa
from fakes.rego_equality import Outcome, Question, compare
from fakes.rego_generator import HEADER, INPUTS, ODD_ARGUMENTS, generate, in_v0

pytestmark = pytest.mark.real

FIRST_SEED = int(os.environ.get("EIDOS_TEST_SEED", "0"))
CHUNK = 500
TOGETHER = 40
PAST = Path(__file__).with_name("past_differences.txt")


@pytest.fixture(scope="module")
def engine() -> Iterator[RegoEngine]:
    """The engine under test: any other can be put in its place."""
    with closing(LightEngine(workers=1)) as engine:
        yield engine


@pytest.fixture(scope="module")
def opa() -> Iterator[RealOpa]:
    with closing(RealOpa()) as opa:
        yield opa


def compared(engine: RegoEngine, opa: RealOpa, cases: list[Question]) -> Outcome:
    whole = Outcome()
    for start in range(0, len(cases), TOGETHER):
        outcome = compare(engine, opa, HEADER, cases[start : start + TOGETHER], INPUTS)
        whole.counts += outcome.counts
        whole.differences.update(outcome.differences)
    return whole


def generated(seed: int) -> Question:
    return Question(str(seed), tuple(generate(seed)), f"data.gen.r{seed}")


@pytest.mark.parametrize("chunk", range(10))
def test_generated_policies(chunk: int, engine: RegoEngine, opa: RealOpa) -> None:
    start = FIRST_SEED + chunk * CHUNK
    outcome = compared(engine, opa, [generated(seed) for seed in range(start, start + CHUNK)])
    assert outcome.differences == {}
    assert outcome.counts["same"] > CHUNK, "a generator of nothing but refusals proves nothing"


def test_generated_policies_in_v0(engine: RegoEngine) -> None:
    header = in_v0(HEADER).replace("package gen\n", "package gen\n\nimport future.keywords.every\n")
    header = header.replace("keywords.every\n", "keywords.every\nimport future.keywords.in\n")
    counts: Counter[str] = Counter()
    with closing(RealOpa("--v0-compatible")) as opa:
        for start in range(FIRST_SEED, FIRST_SEED + 2 * CHUNK, TOGETHER):
            made = [generated(seed) for seed in range(start, start + TOGETHER)]
            cases = [replace(q, rules=tuple(map(in_v0, q.rules))) for q in made]
            cases = [q for q in cases if " contains " not in " ".join(q.rules)]
            outcome = compare(engine, opa, header, cases, INPUTS, v0=True)
            assert outcome.differences == {}
            counts += outcome.counts
    assert counts["same"] > CHUNK


def test_what_once_differed(engine: RegoEngine, opa: RealOpa) -> None:
    texts = PAST.read_text(encoding="utf-8").strip().split("\n\n")
    cases = [
        Question(
            str(number),
            tuple(text.replace("r!", f"r{number}").replace("p!", f"p{number}").split("\n")),
            f"data.gen.r{number}",
        )
        for number, text in enumerate(texts)
    ]
    assert len(cases) >= 30
    assert compared(engine, opa, cases).differences == {}


def calls(name: str) -> Iterator[Question]:
    """Give calls of a built-in function with odd arguments, whose types OPA cannot see."""
    chance = Random(name)
    arity = len(SERVED[name])
    combinations = list(itertools.product(ODD_ARGUMENTS, repeat=min(arity, 2)))
    for number, chosen in enumerate(chance.sample(combinations, min(80, len(combinations)))):
        more = [chance.choice(ODD_ARGUMENTS) for _ in range(arity - len(chosen))]
        arguments = ", ".join(f"f({argument})" for argument in (*chosen, *more))
        rule = f"r{number} := {name}({arguments})"
        yield Question(f"{name} {number}", (rule,), f"data.gen.r{number}")


@pytest.mark.parametrize("name", sorted(SERVED.keys() - {"sprintf", "time.now_ns", "walk"}))
def test_every_function_that_is_served(name: str, engine: RegoEngine, opa: RealOpa) -> None:
    outcome = compare(engine, opa, HEADER, list(calls(name)), INPUTS[-1:])
    assert outcome.differences == {}
    assert sum(outcome.counts.values()) > 0
