"""``eidos policy test``: the same results as ``opa test`` and ``conftest verify``, and more."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.policy_test import watched
from eidos.engine.app.test_targets import TestRequest
from eidos.engine.cli import console, root
from eidos.engine.model.policytest import Outcome
from fakes.opa_server import opa_binary
from fakes.packs import FOLDER

PLAIN = """package main

deny contains msg if {
	input.replicas > 3
	msg := sprintf("%v replicas", [input.replicas])
}
"""
PLAIN_TESTS = """package main_test

import data.main

test_few_pass if count(main.deny) == 0 with input as {"replicas": 1}

test_many_fail if "9 replicas" in main.deny with input as {"replicas": 9}
"""
WRONG = """package main_test

import data.main

test_wrong if {
	found := main.deny with input as {"replicas": 9}
	print("found", found)
	count(found) == 2
}
"""
PARTS = """package a_test

test_x[name] if {
	some name, value in {"a": 1, "b": 2}
	value == 1
}
"""
RULE = """# METADATA
# title: The driver is the one we approved
# description: Nodes run the driver that we have tested.
# custom:
#   id: ACME-001
#   severity: high
#   scope: node
#   requires: [gpu.smi.driver]
#   params: {approved: ["580.1"]}
#   remediation: Install it.
package acme.driver_pinned

applicable if input.gpu.smi.driver != "999.0"

deny contains {"msg": "Not approved.", "path": "gpu.smi.driver"} if {
	not input.gpu.smi.driver in data.params.approved
}
"""
RULE_TESTS = """package acme.driver_pinned_test

import data.acme.driver_pinned as rule

denied(driver) := found if {
	found := rule.deny with input as {"gpu": {"smi": {"driver": driver}}}
		with data.params as {"approved": ["1"]}
}

test_approved_passes if count(denied("1")) == 0

test_other_fails if count(denied("2")) == 1
"""
CASES = """apiVersion: eidos.dev/v1
kind: PolicyCases
fixture: node.yaml
cases:
  - name: An approved driver passes
    patches:
      - {op: replace, path: /nodes/0/measurements/0/subtypes/0/data/driver, value: "580.1"}
    expect: [{rule: ACME-001, status: pass}]
  - name: Another one fails
    subject: gpu-a
    expect:
      - {rule: "ACME-*", status: fail, path: gpu.smi.driver, message: approved}
  - name: No driver, no question
    patches:
      - {op: replace, path: /nodes/0/measurements/0/subtypes/0/data/driver, value: "999.0"}
    expect: [{rule: ACME-001, status: skip}]
  - name: Nobody looked
    patches: [{op: remove, path: /nodes/0/measurements/0}]
    expect: [{rule: ACME-001, status: unknown, message: gpu.smi}]
"""
NODE = """apiVersion: eidos.dev/v1
kind: Snapshot
metadata: {cluster: demo}
nodes:
  - name: gpu-a
    measurements: [{type: GPU, subtypes: [{subtype: smi, data: {driver: "570.2"}}]}]
"""
MANIFEST = "name: acme\nversion: 1.0.0\ndescription: Ours.\nrego: v1\n"
PACK = {
    "acme/pack.yaml": MANIFEST,
    "acme/driver_pinned.rego": RULE,
    "acme/driver_pinned_test.rego": RULE_TESTS,
    "acme/acme_cases.yaml": CASES,
    "acme/node.yaml": NODE,
}


pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture(params=["light", pytest.param("opa", marks=pytest.mark.real)])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "opa":
        monkeypatch.setenv("EIDOS_OPA", str(Path(opa_binary()).resolve()))
    monkeypatch.setenv("EIDOS_ENGINE", request.param)
    return str(request.param)


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def run(*arguments: str) -> int:
    return console.run(root, ["policy", "test", *arguments])


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code = run(*arguments, "-o", "json")
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["exitCode"] == code
    return document


def outcomes(document: dict[str, Any]) -> dict[str, str]:
    return {test["name"].rpartition(".")[2]: test["outcome"] for test in document["tests"]}


# Rego tests -------------------------------------------------------------------------------------


def test_plain_policy(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": PLAIN_TESTS})
    document = found(capsys, "policy")
    assert outcomes(document) == {"test_few_pass": "pass", "test_many_fail": "pass"}
    assert document["exitCode"] == 0
    assert document["engine"].startswith(engine)
    assert document["tests"][0]["location"] == {
        "file": "policy/a_test.rego",
        "line": 5,
        **({"column": 1} if engine == "opa" else {}),
    }


@pytest.mark.usefixtures("engine")
def test_the_folder_is_here_by_default() -> None:
    write({"a.rego": PLAIN, "a_test.rego": PLAIN_TESTS})
    assert run() == 0


@pytest.mark.usefixtures("engine")
def test_a_failure_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": WRONG})
    assert run("policy") == 1
    said = capsys.readouterr().out
    assert "FAIL  data.main_test.test_wrong\n  policy/a_test.rego:5" in said
    assert "found" in said
    assert "1 test: 1 failed" in said


@pytest.mark.usefixtures("opa")
def test_values_of_failing_expressions_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": WRONG})
    [test] = found(capsys, "policy")["tests"]
    assert test["said"][0] == "policy/a_test.rego:8:"
    assert any('{"9 replicas"}' in line for line in test["said"])
    assert 'print: found {"9 replicas"}' in test["said"]


@pytest.mark.usefixtures("engine")
def test_cases_that_are_not_called_so_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    write({**PACK, "acme/acme_case.yaml": CASES})
    assert run("acme") == 2
    told = capsys.readouterr()
    assert "acme/acme_case.yaml:1" in told.out + told.err
    assert "acme_cases.yaml" in told.out + told.err
    write({"plain/main.rego": PLAIN, "plain/cases.yaml": CASES})
    assert run("plain") == 2


def test_nothing_found_is_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    write({"policy/a.rego": PLAIN})
    assert run("policy") == 3
    assert "no tests were found" in capsys.readouterr().out


@pytest.mark.usefixtures("engine")
def test_a_pattern_that_matches_nothing_is_no_pass() -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": PLAIN_TESTS})
    assert run("policy", "--run", "nope") == 3
    assert run("policy", "--run", "few") == 0


def test_a_pattern_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    write({"policy/a.rego": PLAIN})
    assert run("policy", "--run", "(") == 2
    assert "regular expression" in capsys.readouterr().err


@pytest.mark.usefixtures("engine")
def test_todo_is_skipped_and_alone_no_pass(capsys: pytest.CaptureFixture[str]) -> None:
    write(
        {"policy/a.rego": PLAIN, "policy/a_test.rego": "package a_test\n\ntodo_test_x if false\n"}
    )
    document = found(capsys, "policy")
    assert outcomes(document) == {"todo_test_x": "skip"}
    assert document["exitCode"] == 3


@pytest.mark.usefixtures("engine")
def test_what_does_not_compile_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": "package a_test\n\ntest_x if nope(1)\n"})
    document = found(capsys, "policy")
    assert document["exitCode"] == 2
    assert not document["tests"]
    [problem] = document["problems"]
    assert problem["location"]["file"] == "policy/a_test.rego"
    assert problem["location"]["line"] == 3
    assert "nope" in problem["message"]


@pytest.mark.usefixtures("engine")
def test_a_test_that_reaches_out_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    text = 'package a_test\n\ntest_x if http.send({"method": "get", "url": "http://localhost"})\n'
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": text})
    document = found(capsys, "policy")
    assert document["exitCode"] == 2
    assert "http.send is forbidden" in document["problems"][0]["message"]


@pytest.mark.usefixtures("opa")
def test_a_test_that_never_ends_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = "numbers.range(1, 3000)"  # thrice: more steps than anybody waits for
    loops = "".join(f"\tsome {each} in {numbers}\n" for each in "ijk")
    text = f"package a_test\n\ntest_x if {{\n{loops}\ti + j + k == 0\n}}\n"
    write({"policy/a_test.rego": text, "policy/a.rego": PLAIN})
    document = found(capsys, "policy")
    assert document["exitCode"] == 2
    assert outcomes(document) == {"test_x": "error"}
    assert document["tests"][0]["said"][0] == "it took longer than five seconds"


def test_a_test_with_parts_is_not_believed_by_the_light_engine(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": PARTS})
    document = found(capsys, "policy")
    assert document["exitCode"] == 2
    assert "needs OPA" in document["tests"][0]["said"][0]


@pytest.mark.usefixtures("opa")
def test_parts_of_a_test(capsys: pytest.CaptureFixture[str]) -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": PARTS})
    document = found(capsys, "policy")
    assert document["exitCode"] == 1
    assert any("b: FAIL" in line for line in document["tests"][0]["said"])


@pytest.mark.usefixtures("engine")
def test_one_broken_pack_does_not_hide_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    write(PACK)
    write(
        {"bad/pack.yaml": MANIFEST.replace("acme", "bad"), "bad/x.rego": "package x\n\ndeny if\n"}
    )
    document = found(capsys, ".")
    assert document["exitCode"] == 2
    assert [each["location"]["file"] for each in document["problems"]] == ["bad/x.rego"]
    assert document["counts"] == {"pass": 6, "fail": 0, "error": 0, "skip": 0}


@pytest.mark.usefixtures("engine")
def test_data_for_plain_policy() -> None:
    policy = 'package main\n\ndeny contains "x" if input.name in data.banned\n'
    tests = 'package t\n\ntest_x if count(data.main.deny) == 1 with input as {"name": "a"}\n'
    write({"policy/a.rego": policy, "policy/a_test.rego": tests, "more/b.yaml": "banned: [a]\n"})
    assert run("policy") == 1
    assert run("policy", "-d", "more") == 0


def test_v0(engine: str) -> None:
    policy = 'package main\n\ndeny[msg] { input.x; msg := "x" }\n'
    tests = 'package main\n\ntest_x { deny["x"] with input as {"x": true} }\n'
    write({"policy/a.rego": policy, "policy/a_test.rego": tests})
    assert run("policy", "--threshold", "0") == (0 if engine == "opa" else 3)


def test_a_path_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("nope") == 2
    assert "there is no policy pack or folder 'nope'" in capsys.readouterr().err


def test_a_part_of_a_pack(capsys: pytest.CaptureFixture[str]) -> None:
    write(PACK)
    assert run("acme/driver_pinned_test.rego") == 2
    said = capsys.readouterr().err
    assert "is a part of a pack" in said
    assert "eidos policy test acme --run driver_pinned_test" in said


def test_a_pack_that_is_named_twice_is_tested_once(capsys: pytest.CaptureFixture[str]) -> None:
    write(PACK)
    assert found(capsys, "acme", "./acme/", ".")["counts"]["pass"] == 6


def test_not_all_is_shown_that_a_test_prints(
    engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "package a\n\ntest_x if {\n\tevery i in numbers.range(1, 99) { print(i) }\n\tfalse\n}\n"
    write({"policy/a.rego": text})
    [test] = found(capsys, "policy")["tests"]
    assert test["said"][-1] == "print: ... and 49 more lines", engine
    assert len(test["said"]) < 60


# The real peers ---------------------------------------------------------------------------------


def by_opa(binary: str, *paths: str) -> dict[str, str]:
    done = subprocess.run(
        [binary, "test", "--format", "json", *paths], capture_output=True, text=True, check=False
    )
    return {
        entry["package"] + "." + entry["name"]: next(
            (word for word in ("fail", "error", "skip") if entry.get(word)), "pass"
        )
        for entry in json.loads(done.stdout)
    }


MIXED = PLAIN_TESTS + WRONG.partition("import data.main\n")[2] + "\ntodo_test_later if false\n"


@pytest.mark.real
@pytest.mark.parametrize(
    "paths", [["."], ["policy"], ["policy", "tests"], ["policy/a.rego", "tests"]]
)
def test_the_same_results_as_opa(
    opa: str, paths: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": MIXED})
    write({"tests/b_test.rego": PLAIN_TESTS.replace("main_test", "other_test")})
    document = found(capsys, *paths)
    ours = {test["name"]: test["outcome"] for test in document["tests"]}
    assert ours == by_opa(opa, *paths)
    assert ours


@pytest.mark.real
def test_the_same_results_as_opa_on_a_shipped_pack(
    opa: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = found(capsys, "operators", "--run", "^data")
    monkeypatch.chdir(FOLDER)
    theirs = by_opa(opa, "-b", "lib", "operators")
    theirs = {name: outcome for name, outcome in theirs.items() if ".lib." not in name}
    assert {test["name"]: test["outcome"] for test in document["tests"]} == theirs


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_the_same_results_as_conftest(capsys: pytest.CaptureFixture[str]) -> None:
    conftest = os.environ.get("EIDOS_TEST_CONFTEST") or shutil.which("conftest")
    if conftest is None:
        pytest.skip("there is no conftest: put it on PATH or name it in EIDOS_TEST_CONFTEST")
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": MIXED, "data/d.yaml": "x: 1\n"})
    done = subprocess.run(
        [conftest, "verify", "-p", "policy", "-d", "data", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads(done.stdout)
    document = found(capsys, "policy", "-d", "data")
    assert document["counts"]["pass"] == sum(each["successes"] for each in results)
    assert document["counts"]["fail"] == sum(len(each.get("failures") or ()) for each in results)
    assert (document["exitCode"] == 0) == (done.returncode == 0)


@pytest.mark.real
def test_the_same_lines_as_opa(opa: str, capsys: pytest.CaptureFixture[str]) -> None:
    policy = PLAIN + '\nwarn contains "y" if {\n\tinput.y\n\tinput.z\n}\n'
    write({"policy/a.rego": policy, "policy/a_test.rego": PLAIN_TESTS})
    done = subprocess.run(
        [opa, "test", "--coverage", "policy"], capture_output=True, text=True, check=True
    )
    theirs = json.loads(done.stdout)["files"]["policy/a.rego"]
    [file] = found(capsys, "policy", "--coverage")["coverage"]["files"]
    assert file["covered"] == theirs["covered_lines"]
    assert sum(last - first + 1 for first, last in file["missed"]) == theirs["not_covered_lines"]


# Cases ------------------------------------------------------------------------------------------


def test_a_pack_with_cases_is_covered(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(PACK)
    document = found(capsys, "acme", "--coverage")
    assert document["counts"] == {"pass": 6, "fail": 0, "error": 0, "skip": 0}
    [rule] = document["coverage"]["rules"]
    assert rule["location"] == {"file": "acme/driver_pinned.rego", "line": 1}
    assert rule["needed"] == ["pass", "fail", "skip", "unknown"]
    assert rule["missing"] == []
    lines = document["coverage"]["linesPercent"]
    assert lines is None if engine == "light" else 0 < lines < 100


@pytest.mark.usefixtures("engine")
def test_outcomes_that_rego_tests_see(capsys: pytest.CaptureFixture[str]) -> None:
    write({name: text for name, text in PACK.items() if "cases" not in name})
    [rule] = found(capsys, "acme", "--coverage")["coverage"]["rules"]
    assert rule["seen"] == ["fail", "pass"]
    assert rule["missing"] == ["skip", "unknown"]


@pytest.mark.usefixtures("opa")
def test_the_threshold(capsys: pytest.CaptureFixture[str]) -> None:
    write({name: text for name, text in PACK.items() if "cases" not in name})
    assert run("acme", "--threshold", "50") == 0
    assert run("acme", "--threshold", "51") == 1
    assert "below the threshold: 50.0 % of outcomes were seen" in capsys.readouterr().out


def test_lines_that_nobody_counted_meet_no_threshold() -> None:
    write(PACK)
    assert run("acme", "--coverage") == 0
    assert run("acme", "--threshold", "1") == 3


WRONG_CASES = {
    "status": ("status: pass}]", "status: fail}]", "expected fail, got pass"),
    "path": ("path: gpu.smi.driver", "path: gpu.smi.x", "expected path 'gpu.smi.x' and message"),
    "message": ("message: approved", "message: other", "(gpu.smi.driver: Not approved.)"),
    "subject": ("subject: gpu-a", "subject: gpu-b", "it was asked of nothing"),
}


@pytest.mark.parametrize("wrong", WRONG_CASES)
def test_a_case_that_is_not_met(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, said = WRONG_CASES[wrong]
    assert before in CASES
    write({**PACK, "acme/acme_cases.yaml": CASES.replace(before, after, 1)})
    assert run("acme") == 1
    out = capsys.readouterr().out
    assert said in out
    assert "acme/acme_cases.yaml:" in out


BROKEN_CASES = {
    "fixture": ("fixture: node.yaml", "fixture: nope.yaml", "nope.yaml"),
    "outside": ("fixture: node.yaml", "fixture: ../../../../etc/hostname", "is outside"),
    "patch": ("op: remove, path: /nodes/0", "op: remove, path: /nodes/7", "patch does not fit"),
    "rule": ("rule: ACME-001, status: pass", "rule: ACME-002, status: pass", "no rule 'ACME-002'"),
}


@pytest.mark.parametrize("broken", BROKEN_CASES)
def test_a_case_that_cannot_be_run(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, said = BROKEN_CASES[broken]
    assert before in CASES
    write({**PACK, "acme/acme_cases.yaml": CASES.replace(before, after, 1)})
    document = found(capsys, "acme")
    assert document["exitCode"] == 2
    assert any(said in line for test in document["tests"] for line in test.get("said", ()))


INVALID_CASES = {
    "status": ("status: pass", "status: good", "good"),
    "key": ("subject:", "sujbect:", "sujbect"),
    "time": ("fixture: node", "effectiveTime: not a day at all\nfixture: node", "not a day"),
    "no fixture": ("fixture: node.yaml\n", "", "no fixture"),
}


@pytest.mark.parametrize("invalid", INVALID_CASES)
def test_a_file_of_cases_that_is_not_valid(
    invalid: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after, said = INVALID_CASES[invalid]
    write({**PACK, "acme/acme_cases.yaml": CASES.replace(before, after, 1)})
    document = found(capsys, "acme")
    assert document["exitCode"] == 2
    assert document["problems"][0]["location"]["file"] == "acme/acme_cases.yaml"
    assert said in json.dumps(document["problems"])
    assert document["counts"]["pass"] == 2, "tests in Rego are run all the same"


def test_validate_knows_cases(capsys: pytest.CaptureFixture[str]) -> None:
    write(PACK)
    assert console.run(root, ["validate", "acme/acme_cases.yaml"]) == 0
    Path("acme/acme_cases.yaml").write_text(CASES.replace("status: pass", "status: good"))
    assert console.run(root, ["validate", "acme/acme_cases.yaml"]) == 1
    assert "acme/acme_cases.yaml:8" in capsys.readouterr().out


def test_a_link_out_of_the_pack_is_not_followed(capsys: pytest.CaptureFixture[str]) -> None:
    write(PACK)
    Path("acme/node.yaml").unlink()
    Path("acme/node.yaml").symlink_to("/etc/hostname")
    document = found(capsys, "acme")
    assert document["counts"]["error"] == 4


def test_cases_of_plain_rules(capsys: pytest.CaptureFixture[str]) -> None:
    cases = """apiVersion: eidos.dev/v1
kind: PolicyCases
cases:
  - name: many
    fixture: {replicas: 9}
    expect: [{rule: main.deny, status: fail, message: 9 replicas}]
  - name: few
    fixture: {replicas: 1}
    expect: [{rule: main.deny, status: pass}]
"""
    write({"policy/a.rego": PLAIN, "policy/a_cases.yaml": cases})
    document = found(capsys, "policy", "--coverage")
    assert document["exitCode"] == 0
    assert document["coverage"]["outcomesPercent"] == 100


def test_rule_time_and_parameters_of_a_case() -> None:
    rule = RULE.replace(
        '"path": "gpu.smi.driver"} if {',
        '"path": "gpu.smi.driver"} if {\n\ttime.now_ns() > 1795478400000000000',
    )
    cases = CASES.replace("fixture: node.yaml", 'effectiveTime: "2026-11-25"\nfixture: node.yaml')
    write({**PACK, "acme/driver_pinned.rego": rule, "acme/acme_cases.yaml": cases})
    assert run("acme", "--run", "cases") == 0
    Path("acme/acme_cases.yaml").write_text(cases.replace("2026-11-25", "2026-11-24"))
    assert run("acme", "--run", "Another") == 1
    given = cases.replace(
        "subject: gpu-a", 'subject: gpu-a\n    params: {ACME-001: {approved: ["570.2"]}}'
    )
    Path("acme/acme_cases.yaml").write_text(given)
    assert run("acme", "--run", "Another") == 1


# Formats ----------------------------------------------------------------------------------------

HOSTILE = """package main_test

import data.main

test_hostile if {
	print("\\u001b[31m::error::x]]>&<\\n##[error]y")
	count(main.deny) == 5 with input as {"replicas": 9}
}
"""


@pytest.mark.parametrize("form", ["text", "json", "junit", "tap", "github"])
@pytest.mark.usefixtures("engine")
def test_hostile_texts_give_no_orders(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": HOSTILE})
    assert run("policy", "-o", form) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "##[error]" not in out
    lines = [line.lstrip() for line in out.splitlines()]
    allowed = ("::error file=", "::error title=") if form == "github" else ()
    assert all(line.startswith(allowed) for line in lines if line.startswith("::"))
    if form == "junit":
        assert ET.fromstring(out).attrib["failures"] == "1"  # noqa: S314 -- our own


@pytest.mark.parametrize("form", ["junit", "tap", "github"])
def test_nothing_found_is_red_in_every_format(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write({"policy/a.rego": PLAIN})
    assert run("policy", "-o", form) == 3
    out = capsys.readouterr().out
    assert re.search(
        {"junit": 'errors="1"', "tap": "^not ok", "github": "^::error"}[form], out, re.MULTILINE
    )


@pytest.mark.usefixtures("engine")
def test_json_is_what_its_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    write({**PACK, "policy/a.rego": PLAIN, "policy/a_test.rego": MIXED, "bad/a.rego": "package\n"})
    run("acme", "policy", "bad", "--threshold", "100", "-o", "json=out.json")
    assert console.run(root, ["validate", "out.json"]) == 0, capsys.readouterr().out


# Watching ---------------------------------------------------------------------------------------


class Steps:
    """A clock by which each wait does the next thing, and the last one ends it all."""

    def __init__(self, *steps: Any) -> None:
        self.steps = list(steps)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, _seconds: float) -> bool:
        if not self.steps:
            return True
        self.steps.pop(0)()
        return False


def test_watching_runs_again_after_a_change() -> None:
    write({"policy/a.rego": PLAIN, "policy/a_test.rego": PLAIN_TESTS})
    break_it = lambda: Path("policy/a_test.rego").write_text(WRONG)  # noqa: E731
    clock = Steps(break_it, lambda: None)
    with Context(Opening(engine="light"), clock=clock) as context:
        runs = list(watched(TestRequest(paths=("policy",)), context))
    assert [len(each.of(Outcome.PASS)) for each in runs] == [2, 0]
