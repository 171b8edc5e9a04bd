"""The embedded engine against OPA's own cases for Rego v1."""

from pathlib import Path

import pytest

from eidos.engine.rego.light import LightEngine
from fakes.rego_cases import deviations, read_cases

KNOWN = Path(__file__).parent / "known_deviations.txt"


def _known() -> set[str]:
    lines = KNOWN.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and line[0] not in "#["}


def test_it_differs_from_opa_exactly_where_we_know(shared: Path, light: LightEngine) -> None:
    cases = list(read_cases(shared / "data" / "rego-compliance" / "v1.jsonl"))
    found = deviations(light, cases)
    known = _known()
    assert len(cases) > 1900
    assert {case: found[case] for case in found.keys() - known} == {}
    assert known - found.keys() == set(), "listed, but no longer a deviation"


def test_our_own_cases_have_no_deviation(light: LightEngine) -> None:
    cases = list(read_cases(Path(__file__).parent / "cases.jsonl"))
    assert len(cases) >= 20
    assert deviations(light, cases) == {}


@pytest.mark.real
def test_opa_agrees_with_our_own_cases(opa_engine: object) -> None:
    cases = list(read_cases(Path(__file__).parent / "cases.jsonl"))
    assert deviations(opa_engine, cases) == {}  # type: ignore[arg-type]  # absent without the extra
