"""Every Rego test of every pack, on the light engine and, where there is one, on real OPA."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eidos.engine.ports import Ask, Job
from eidos.engine.rego.light import LightEngine
from fakes.packs import FOLDER, RegoTest, all_rego_tests, folders, packs, program

TODAY_NS = 1795478400 * 10**9  # 2026-11-24


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    with closing(LightEngine(workers=1)) as engine:
        yield engine


@pytest.mark.parametrize("test", all_rego_tests(), ids=lambda test: test.query)
def test_on_the_light_engine(test: RegoTest, engine: LightEngine) -> None:
    job = Job(program(test.file.parent), (Ask(test.query, None),), TODAY_NS)
    [answer] = engine.evaluate([job])
    assert answer.error is None
    assert answer.values == (True,)


@pytest.fixture(scope="module")
def opa() -> str:
    found = os.environ.get("EIDOS_TEST_OPA") or shutil.which("opa")
    if not found:
        pytest.skip("no opa on PATH, and EIDOS_TEST_OPA is not set")
    return found


def run(*arguments: str) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=FOLDER)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.real
def test_on_opa(opa: str) -> None:
    run(opa, "test", "-b", *(folder.name for folder in folders()))


@pytest.mark.real
def test_tests_reach_every_line(opa: str) -> None:
    text = run(opa, "test", "--coverage", "-b", *(folder.name for folder in folders()))
    missed = {
        file: [lines["start"]["row"] for lines in report["not_covered"]]
        for file, report in json.loads(text)["files"].items()
        if "not_covered" in report and not file.endswith("_test.rego")
    }
    assert missed == {}


@pytest.mark.real
def test_opa_finds_nothing_to_remark(opa: str) -> None:
    run(opa, "check", "--strict", "-b", *(folder.name for folder in folders()))


@pytest.mark.real
def test_formatted_as_opa_does(opa: str) -> None:
    run(opa, "fmt", "--list", "--fail", *(folder.name for folder in folders()))


@pytest.mark.real
@pytest.mark.parametrize("pack", packs(), ids=lambda pack: pack.name)
def test_pack_is_an_opa_bundle(opa: str, pack: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    run(opa, "build", "-o", str(bundle), "-b", "lib", pack.name)
    assert bundle.stat().st_size > 0
