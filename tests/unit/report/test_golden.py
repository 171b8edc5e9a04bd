"""What every format looks like; run with EIDOS_UPDATE_GOLDEN=1 to accept a change, then read it."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eidos.engine.model.report import Report
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import REPORT
from fakes import reports

GOLDEN = Path(__file__).parents[2] / "golden" / "report"
CASES: dict[str, Callable[[], Report]] = {
    "everything": reports.everything,
    "hostile": reports.hostile,
    "fleet-alike": lambda: reports.fleet(40, alike=True),
    "fleet-unlike": lambda: reports.fleet(40, alike=False),
}
FOR_PEOPLE = ("text", "markdown", "github")
WANTED = [
    (name, case)
    for name in REPORT.formats
    for case in CASES
    if name in FOR_PEOPLE or not case.startswith("fleet")
]


@pytest.mark.parametrize(("name", "case"), WANTED)
def test_it_looks_as_before(name: str, case: str) -> None:
    out = io.StringIO()
    REPORT.reporter(name)(CASES[case](), out, Rendering())
    golden = GOLDEN / name / f"{case}.txt"
    if os.environ.get("EIDOS_UPDATE_GOLDEN") == "1":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(out.getvalue().encode())
    assert out.getvalue().encode() == golden.read_bytes()
