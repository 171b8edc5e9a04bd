"""Plain policies give what ``conftest test`` gives, on the real conftest and the real OPA."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from fakes.conftest_pairs import PAIRS, Pair
from fakes.opa_server import opa_binary

pytestmark = pytest.mark.real
Found = dict[str, Counter[str]]
ALIKE = [name for name, pair in PAIRS.items() if pair.differs is None]
DIFFERENT = [name for name, pair in PAIRS.items() if pair.differs is not None]


@pytest.fixture(scope="session")
def conftest() -> str:
    binary = os.environ.get("EIDOS_TEST_CONFTEST") or shutil.which("conftest")
    if binary is None:
        pytest.skip("there is no conftest: put it on PATH or name it in EIDOS_TEST_CONFTEST")
    return binary


@pytest.fixture
def laid_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Pair:
    pair = PAIRS[request.param]
    policy = {"a.rego": pair.policy} if isinstance(pair.policy, str) else pair.policy
    files = {**{f"policy/{name}": text for name, text in policy.items()}, **pair.files}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    monkeypatch.chdir(tmp_path)
    return pair


def by_conftest(binary: str, pair: Pair) -> tuple[int, Found]:
    command = [binary, "test", "-o", "json", "-p", "policy", *pair.arguments]
    ran = subprocess.run(
        [*command, *(pair.named or pair.files)], capture_output=True, text=True, check=False
    )
    found: Found = {kind: Counter() for kind in ("failures", "warnings", "exceptions")}
    for result in json.loads(ran.stdout or "[]"):
        for kind, counted in found.items():
            counted.update(each["msg"] for each in result.get(kind, ()))
    excepted = {_exception(text) for text in found["exceptions"]}
    return ran.returncode, {**found, "exceptions": Counter(excepted)}


def _exception(text: str) -> str:
    match = re.fullmatch(r'data\.(.*)\.exception\[_]\[_] == "(.*)"', text)
    assert match, text
    return f"data.{match[1]}.exception names {match[2]!r}"


def by_eidos(pair: Pair, capsys: pytest.CaptureFixture[str]) -> tuple[int, Found]:
    engine = ("--engine", "opa", "--opa-binary", opa_binary())
    arguments = ["check", "--no-record", *engine, "-o", "json", "-p", "policy", *pair.arguments]
    code = console.run(root, [*arguments, *(pair.named or pair.files)])
    out = capsys.readouterr().out
    found: Found = {kind: Counter() for kind in ("failures", "warnings", "exceptions")}
    for verdict in _verdicts(json.loads(out) if out else {}):
        if verdict["status"] == "waived":
            found["exceptions"][verdict["reason"]] = 1
            continue
        for finding in verdict.get("findings", ()):
            kind = "warnings" if finding["level"] == "warn" else "failures"
            found[kind][finding["msg"]] += 1
    return code, found


def _verdicts(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [verdict for subject in report.get("subjects", ()) for verdict in subject["verdicts"]]


@pytest.mark.parametrize("laid_out", ALIKE, indirect=True)
def test_gives_what_conftest_gives(
    laid_out: Pair, conftest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert by_eidos(laid_out, capsys) == by_conftest(conftest, laid_out)


@pytest.mark.parametrize("laid_out", DIFFERENT, indirect=True)
def test_differs_only_where_it_is_documented(
    laid_out: Pair, conftest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = by_conftest(conftest, laid_out)[0], by_eidos(laid_out, capsys)[0]
    assert codes == laid_out.differs
