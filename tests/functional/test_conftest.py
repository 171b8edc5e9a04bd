"""Plain policies give what ``conftest test`` gives, on the real conftest and the real OPA."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
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
    monkeypatch.chdir(tmp_path)
    return write(PAIRS[request.param], tmp_path)


def write(pair: Pair, folder: Path) -> Pair:
    policy = {"a.rego": pair.policy} if isinstance(pair.policy, str) else pair.policy
    files = {**{f"policy/{name}": text for name, text in policy.items()}, **pair.files}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
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


OLD = {
    "sets": Pair(
        'package main\n\ndeny[msg] {\n\tinput.user == "root"\n\tmsg := "root"\n}\n\n'
        'warn[{"msg": "old"}] {\n\tinput.version < 2\n}\n',
        {"a.yaml": "user: root\nversion: 1\n"},
    ),
    "exceptions": Pair(
        'package main\n\ndeny_root[msg] {\n\tinput.user == "root"\n\tmsg := "root"\n}\n\n'
        'exception[rules] {\n\tinput.name == "init"\n\trules := ["root"]\n}\n',
        {"a.yaml": "user: root\nname: init\n", "b.yaml": "user: root\nname: other\n"},
    ),
    "namespaces and data": Pair(
        {
            "a.rego": "package main\n\n"
            "deny[msg] {\n\tmsg := data.lists.banned[_]\n\tinput.image == msg\n}\n",
            "deep/b.rego": 'package k8s\n\nimport data.lists.banned\n\nviolation[{"msg": msg}] {\n'
            '\tcount(banned) > 1\n\tmsg := sprintf("%d", [count(banned)])\n}\n',
        },
        {"a.yaml": "image: x\n", "data/lists/banned.yaml": "banned: [x, y]\n"},
        ("--all-namespaces", "-d", "data"),
        ("a.yaml",),
    ),
    "combined": Pair(
        "package main\n\ndeny[msg] {\n\tsome i, j\n\ti < j\n"
        "\tinput[i].contents.name == input[j].contents.name\n\tmsg := input[i].path\n}\n",
        {"a.yaml": "name: x\n", "b.yaml": "name: x\n---\nname: y\n"},
        ("--combine",),
    ),
    "functions and defaults": Pair(
        "package main\n\ndefault allowed = false\n\nallowed { is_ours(input.image) }\n\n"
        'is_ours(image) { startswith(image, "registry.example.com/") }\n\n'
        'deny["foreign"] { not allowed }\n',
        {"a.yaml": "image: registry.example.com/x\n", "b.yaml": "image: docker.io/x\n"},
    ),
}
"""Policies in Rego v0, which eidos sees by itself and conftest must be told."""


@pytest.mark.parametrize("name", OLD)
def test_rego_v0_gives_what_conftest_gives(
    name: str,
    conftest: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pair = write(OLD[name], tmp_path)
    monkeypatch.chdir(tmp_path)
    told = replace(pair, arguments=(*pair.arguments, "--rego-version", "v0"))
    ours = by_eidos(pair, capsys)
    assert ours == by_conftest(conftest, told)
    assert ours[0] == 1
