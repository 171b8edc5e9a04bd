"""Every test of every pack, on the light engine and, where there is one, on real OPA."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policy_test import policy_test
from eidos.engine.app.test_targets import TestRequest
from eidos.engine.model.policytest import Outcome, PolicyTestRun
from fakes.packs import FOLDER, folders, packs


def whole_run(context: Context) -> PolicyTestRun:
    return policy_test(TestRequest(paths=(str(FOLDER),), threshold=100), context)


def failed(run: PolicyTestRun) -> list[str]:
    return [f"{each.name}: {each.said}" for each in run.tests if each.outcome is not Outcome.PASS]


def test_on_the_light_engine() -> None:
    with Context(Opening(engine="light")) as context:
        run = whole_run(context)
    assert failed(run) == []
    assert run.problems == ()
    assert run.coverage is not None
    assert {each.rule: each.missing for each in run.coverage.rules if each.missing} == {}
    assert {test.kind for test in run.tests} == {"rego", "cases"}


@pytest.mark.real
def test_on_opa(opa: str) -> None:
    with Context(Opening(engine="opa", opa_binary=Path(opa))) as context:
        run = whole_run(context)
    assert failed(run) == []
    assert run.problems == ()
    assert run.coverage is not None
    assert {each.rule: each.missing for each in run.coverage.rules if each.missing} == {}
    assert [each for each in run.coverage.lines or () if each.missed] == []
    assert run.exit_code == 0


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
