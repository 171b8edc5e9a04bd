"""Engines against OPA's own 2,067 cases for Rego v1, with the rates that docs/rego.md tells.

An engine may leave a case to OPA, never answer it otherwise; EIDOS_UPDATE_GOLDEN=1 writes the rates
anew, unless one fell.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.rego.light import LightEngine
from fakes.real_opa import RealOpa
from fakes.rego_cases import ANSWERS, DIFFERS, Case, outcomes, read_cases

PAGE = Path(__file__).parents[3] / "docs" / "rego.md"
_ROW = re.compile(
    r"^\| (?P<category>\S+) \| (?P<cases>\d+) \| (?P<light>\d+) \| (?P<opa>\d+) \|$", re.MULTILINE
)

OPAS_OWN = 34
"""Cases that OPA 1.22.3 itself answers otherwise than its suite: its GraphQL parser names one more
key (28), one cycle of graph.reachable_paths, one conflict of data and rules, what opa.runtime
shows, a function of its test suite, and two that ask for ``data``: our question is part of it."""


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Case]:
    return list(read_cases(shared / "data" / "rego-compliance" / "v1.jsonl"))


@pytest.fixture(scope="module")
def real() -> Iterator[RealOpa]:
    with closing(RealOpa()) as opa:
        yield opa


def told() -> dict[str, dict[str, int]]:
    rows = _ROW.finditer(PAGE.read_text(encoding="utf-8"))
    return {
        row["category"]: {column: int(row[column]) for column in ("cases", "light", "opa")}
        for row in rows
    }


def rates(cases: list[Case], found: dict[str, tuple[str, str]]) -> Counter[str]:
    return Counter(case.category for case in cases if found[case.id][0] == ANSWERS)


def check(column: str, cases: list[Case], answered: Counter[str]) -> None:
    """Compare with the page, or bring the page up to date."""
    rows = told()
    total = Counter(case.category for case in cases)
    fallen = {c: row for c, row in rows.items() if answered[c] < row[column]}
    assert fallen == {}, "a rate fell"
    now = {c: {**rows.get(c, {"light": 0, "opa": 0}), "cases": total[c]} for c in sorted(total)}
    for category, row in now.items():
        row[column] = answered[category]
    if os.environ.get("EIDOS_UPDATE_GOLDEN"):
        write(now)
    assert told() == now, "run again with EIDOS_UPDATE_GOLDEN=1"


def write(rows: dict[str, dict[str, int]]) -> None:
    sums = {
        column: sum(row[column] for row in rows.values()) for column in ("cases", "light", "opa")
    }
    lines = ["| category | cases | light | OPA |", "|---|---|---|---|"]
    lines += [f"| {c} | {r['cases']} | {r['light']} | {r['opa']} |" for c, r in rows.items()]
    lines.append(f"| **all** | **{sums['cases']}** | **{sums['light']}** | **{sums['opa']}** |")
    start, end = "<!-- rates: start -->\n", "<!-- rates: end -->"
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(start)
    tail = rest.partition(end)[2]
    PAGE.write_text(f"{head}{start}{chr(10).join(lines)}\n{end}{tail}", encoding="utf-8")


def test_the_light_engine_answers_as_opa_or_not_at_all(
    cases: list[Case], light: LightEngine
) -> None:
    assert len(cases) == 2067
    found = outcomes(light, cases, time.time_ns())
    assert {case: said for case, (what, said) in found.items() if what == DIFFERS} == {}
    check("light", cases, rates(cases, found))


@pytest.mark.real
def test_opa_answers_its_own_cases(cases: list[Case], real: RealOpa) -> None:
    found: dict[str, tuple[str, str]] = {}
    for real.strict in (True, False):
        asked = [case for case in cases if case.strict is real.strict]
        found.update(outcomes(real, asked, 0))
    answered = rates(cases, found)
    left = {case: said for case, (what, said) in found.items() if what != ANSWERS}
    assert len(left) <= OPAS_OWN, left
    check("opa", cases, answered)


def test_our_own_cases(light: LightEngine) -> None:
    cases = list(read_cases(Path(__file__).with_name("cases.jsonl")))
    assert len(cases) >= 20
    found = outcomes(light, cases, time.time_ns())
    assert {case: said for case, (what, said) in found.items() if what == DIFFERS} == {}


@pytest.mark.real
def test_opa_agrees_with_our_own_cases(real: RealOpa) -> None:
    cases = list(read_cases(Path(__file__).with_name("cases.jsonl")))
    real.strict = True
    found = outcomes(real, cases, 0)
    assert {case: said for case, (what, said) in found.items() if what != ANSWERS} == {}
