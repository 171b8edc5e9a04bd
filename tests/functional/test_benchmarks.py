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


def test_bundles_are_measured_without_helm_and_charts() -> None:
    found = subprocess.run(
        [sys.executable, str(RUN.with_name("bundles.py")), "--quick"],
        env={**os.environ, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    assert found.returncode == 0, found.stderr
    bundling, helm, planning = found.stdout.splitlines()
    assert bundling.startswith("eidos bundle, 10 components: ")
    assert helm.startswith("helm template: absent, ")
    assert planning.startswith("planning, 10 components: ")


STORE = RUN.with_name("store.py")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["disk", "--snapshots", "3"], "one more snapshot with 1 % of"),
        # Sixteen writers and eight readers for a minute, scaled down to what a build server has.
        (["crowd", "--seconds", "5", "--writers", "4", "--readers", "2"], "none lost, none twice"),
    ],
)
def test_the_store_is_measured_and_stands(arguments: list[str], told: str) -> None:
    found = subprocess.run(
        [sys.executable, str(STORE), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert found.returncode == 0, found.stderr + found.stdout
    assert told in found.stdout
