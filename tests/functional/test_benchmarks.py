"""The benchmarks run, and say what they compare."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / "benchmarks" / "run.py"


@pytest.mark.parametrize("name", ["check", "recheck", "fleet", "distinct", "history"])
def test_every_row_is_measured(name: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": os.environ.get("EIDOS_BENCH_BIN", ""),
        "HOME": str(tmp_path),
    }
    environment.pop("XDG_CACHE_HOME", None)
    found = subprocess.run(
        [sys.executable, str(RUN), "--quick", name],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    assert found.returncode == 0, found.stderr
    header, *rows = found.stdout.splitlines()
    assert "absent: " in header
    assert rows
    word = {"check": "check", "recheck": "re-check", "fleet": "alike", "distinct": "distinct"}
    assert all(word.get(name, "") in row for row in rows)
    assert all(" x" in row or "absent" in row for row in rows)
