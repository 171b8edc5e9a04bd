"""``eidos policy quality``: seeded defects are found, and the test that it gives notices them."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from eidos.engine.documents.reading import Document
from eidos.engine.schema import problems
from fakes.opa_server import opa_binary

pytestmark = pytest.mark.real

HEAD = """# METADATA
# title: The count is right
# description: Others were not tested.
# custom:
#   id: T-{number:03}
#   severity: high
#   scope: node
#   requires: [{requires}]
#   reads: [{reads}]
#   params: {{most: 8}}
#   remediation: Change it.
package t.r{number}
"""
TEST = """package t.r{number}_test

import data.t.r{number} as rule

said(count) := findings if {{
	findings := rule.deny with input as {{"gpu": {{"smi": {{"gpu-count": count}}}}}}
		with data.params as {{"most": 8}}
}}
"""


def rule(
    number: int, body: str, tests: str, requires: str = "gpu.smi.gpu-count", reads: str = ""
) -> None:
    head = HEAD.format(number=number, requires=requires, reads=reads)
    Path(f"t/r{number}.rego").write_text(f"{head}\n{body}")
    if tests:
        Path(f"t/r{number}_test.rego").write_text(f"{TEST.format(number=number)}\n{tests}")


COUNTED = """count_ := input.gpu.smi["gpu-count"]

deny contains {"msg": "too many"} if {
	count_ > data.params.most
	not exempt
}

exempt if count_ == 100
"""
TESTED = """test_bound if count(said(8)) == 0

test_over if count(said(9)) == 1

test_exempt if count(said(100)) == 0

test_near_exempt_below if count(said(99)) == 1

test_near_exempt_above if count(said(101)) == 1
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EIDOS_ENGINE", "opa")
    monkeypatch.setenv("EIDOS_OPA", str(Path(opa_binary()).resolve()))
    monkeypatch.chdir(tmp_path)
    Path("t").mkdir()
    Path("t/pack.yaml").write_text("name: t\nversion: 1.0.0\ndescription: T.\nrego: v1\n")


def quality(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = console.run(root, ["policy", "quality", "t", "-o", "json", *arguments])
    said = capsys.readouterr()
    document = json.loads(said.out) if said.out else said.err
    if said.out:
        assert problems(Document("x", 0, document), "pack-quality/v1") == []
    return code, document


def doubts(document: Any) -> list[tuple[str, str]]:
    return [(each["doubt"], each["rule"]) for each in document["doubts"]]


def test_a_rule_whose_tests_notice_everything_has_no_doubts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rule(1, COUNTED, TESTED)
    code, document = quality(capsys)
    assert (code, document["doubts"], document["score"]) == (0, [], 100.0)
    [numbers] = document["rules"]
    assert numbers["mutants"] == numbers["noticed"] > 5
    assert numbers["evidence"] == 5
    assert numbers["variations"] > 5


def test_a_missing_test_is_given_and_notices_its_mutant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rule(1, COUNTED, TESTED.replace("said(8)", "said(1)"))
    code, document = quality(capsys)
    assert (code, doubts(document)) == (1, [("unnoticed", "T-001")])
    [doubt] = document["doubts"]
    assert doubt["message"] == "no test fails with '>=' for '>'"
    file = Path(doubt["location"]["file"])
    line = file.read_text().splitlines()[doubt["location"]["line"] - 1]
    assert line[doubt["location"]["column"] - 1] == ">"

    console.run(root, ["policy", "quality", "t", "-o", "rego=missing_test.rego"])
    capsys.readouterr()
    assert (
        subprocess.run(
            [opa_binary(), "test", "t/r1.rego", "missing_test.rego"], check=False
        ).returncode
        == 0
    )
    file.write_text(file.read_text().replace("count_ > data", "count_ >= data"))
    failed = subprocess.run([opa_binary(), "test", "t/r1.rego", "missing_test.rego"], check=False)
    assert failed.returncode == 2
    file.write_text(file.read_text().replace("count_ >= data", "count_ > data"))
    shutil.move("missing_test.rego", "t/missing_test.rego")
    assert quality(capsys)[1]["doubts"] == []


@pytest.mark.parametrize(
    ("left_out", "mutant"),
    [
        ("test_over if count(said(9)) == 1\n", None),  # 99 and 101 notice what it noticed
        ("test_exempt if count(said(100)) == 0\n", "without 'not exempt'"),
        ("test_near_exempt_below if count(said(99)) == 1\n", "with '<=' for '=='"),
    ],
)
def test_what_other_tests_notice_is_not_missing(
    left_out: str, mutant: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    rule(1, COUNTED, TESTED.replace(left_out, ""))
    _, document = quality(capsys)
    said = [each["message"] for each in document["doubts"]]
    if mutant is None or "<=" in mutant:  # '==' has no such mutant
        assert not any("<= for '=='" in each for each in said)
    else:
        assert f"no test fails {mutant}" in said


def test_rules_that_do_nothing_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    test = "test_one if count(said(1)) == {0}\n\ntest_two if count(said(2)) == {0}\n"
    never = 'deny contains {"msg": "x"} if input.gpu.smi["gpu-count"] < -5\n'
    rule(1, never, test.format(0))
    rule(2, 'deny contains {"msg": "x"} if input.gpu.smi["gpu-count"] > -5\n', test.format(1))
    rule(
        3,
        'applicable if input.gpu.smi["gpu-count"] < -9\n\n' + never,
        "test_it if {\n\tnot rule.applicable with input as "
        '{"gpu": {"smi": {"gpu-count": 3}}}\n\tcount(said(1)) == 0\n}\n',
    )
    rule(4, never, "")
    code, document = quality(capsys)
    found = doubts(document)
    assert code == 1
    for each in (
        ("never-fails", "T-001"),
        ("always-fails", "T-002"),
        ("never-applies", "T-003"),
        ("untested", "T-004"),
    ):
        assert each in found
    assert ("never-fails", "T-002") not in found
    assert ("always-fails", "T-001") not in found


def test_a_rule_that_another_implies_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    rule(1, COUNTED, TESTED)
    narrower = COUNTED.replace("count_ > data.params.most", "count_ > data.params.most + 10")
    rule(2, narrower, TESTED.replace("(9)", "(19)").replace("(8)", "(18)"))
    _, document = quality(capsys)
    assert ("implied", "T-002") in doubts(document)
    assert ("implied", "T-001") not in doubts(document)


WITH_DRIVER = """
with_driver(count) := findings if {
	findings := rule.deny with input as {"gpu": {"smi": {"gpu-count": count, "driver": "580.1"}}}
		with data.params as {"most": 8}
}
"""


def test_facts_without_effect_and_without_a_collector_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    body = COUNTED.replace("not exempt\n", "not exempt\n\tis_string(input.gpu.smi.driver)\n")
    test = TESTED.replace("said(", "with_driver(") + WITH_DRIVER
    rule(1, body, test, "gpu.smi.gpu-count, gpu.smi.driver", "acme.thing.size")
    _, document = quality(capsys)
    found = doubts(document)
    assert ("no-effect", "T-001") in found
    assert ("no-collector", "T-001") in found


def test_the_same_seed_takes_the_same_mutants(capsys: pytest.CaptureFixture[str]) -> None:
    rule(1, COUNTED, TESTED.splitlines()[0] + "\n")
    taken = [quality(capsys, "--max-mutants", "4", "--seed", seed)[1] for seed in ("7", "7", "8")]
    assert taken[0] == taken[1]
    assert taken[0]["rules"][0]["mutants"] <= 4
    assert taken[2]["seed"] == 8


def test_when_the_time_is_over_the_rest_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    rule(1, COUNTED, TESTED)
    code, document = quality(capsys, "--time-limit", "0s")
    assert (code, document["left"], document["score"]) == (3, ["T-001"], None)


def test_what_cannot_be_tried_is_no_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(1, COUNTED, "test_broken if nothing_here(1)\n")
    code, said = quality(capsys)
    assert (code, "the tests of T-001 do not compile" in said) == (2, True)
    assert quality(capsys, "--rule", "T-999")[0] == 2
    Path("t/pack.yaml").unlink()
    code, said = quality(capsys)
    assert code == 2
    monkeypatch.setenv("EIDOS_OPA", "/nowhere/opa")
    assert quality(capsys)[0] == 2


def test_people_are_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    rule(1, COUNTED, TESTED.replace("said(8)", "said(1)"))
    assert console.run(root, ["policy", "quality", "t"]) == 1
    told = capsys.readouterr().out
    assert "unnoticed T-001 no test fails with '>=' for '>'" in told
    assert "1 doubt about 1 rule of t@1.0.0" in told
    assert console.run(root, ["policy", "quality", "t", "-v"]) == 1
    assert "count(findings) == 0" in capsys.readouterr().out


CASES = """apiVersion: eidos.dev/v1
kind: PolicyCases
fixture:
  apiVersion: eidos.dev/v1
  kind: Snapshot
  nodes:
    - name: a
      measurements: [{type: GPU, subtypes: [{subtype: smi, data: {gpu-count: 8}}]}]
cases:
"""
CASE = """  - name: a count of {count}
    patches:
      - op: replace
        path: /nodes/0/measurements/0/subtypes/0/data/gpu-count
        value: {count}
    expect: [{{rule: "T-*", status: {status}}}]
"""
WANTED = {8: "pass", 9: "fail", 100: "pass", 99: "fail", 101: "fail"}


def cases(wanted: dict[int, str]) -> None:
    told = [CASE.format(count=count, status=status) for count, status in wanted.items()]
    Path("t/r1_cases.yaml").write_text(CASES + "".join(told))


def test_cases_notice_mutants_and_are_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    rule(1, COUNTED, "")
    cases(WANTED)
    code, document = quality(capsys)
    assert (code, document["doubts"], document["score"]) == (0, [], 100.0)
    [numbers] = document["rules"]
    assert numbers["mutants"] == numbers["noticed"] > 5
    assert numbers["evidence"] == 5


@pytest.mark.parametrize(
    ("bound", "expected"),
    [
        ({8: "pass"}, []),
        ({8: "fail"}, [("unnoticed", "T-001")]),  # a case that fails anyhow notices nothing
        ({1: "pass"}, [("unnoticed", "T-001")]),
    ],
)
def test_cases_and_tests_in_rego_notice_together(
    capsys: pytest.CaptureFixture[str], bound: dict[int, str], expected: list[tuple[str, str]]
) -> None:
    rule(1, COUNTED, TESTED.replace("said(8)", "said(1)"))
    cases(bound)
    assert doubts(quality(capsys)[1]) == expected


def test_cases_of_other_rules_are_no_tests_of_this_one(capsys: pytest.CaptureFixture[str]) -> None:
    rule(1, COUNTED, "")
    rule(2, COUNTED, "")
    cases(WANTED)
    file = Path("t/r1_cases.yaml")
    file.write_text(file.read_text().replace("T-*", "T-001"))
    assert ("untested", "T-001") not in doubts(quality(capsys)[1])
    assert doubts(quality(capsys, "--rule", "T-002")[1]) == [("untested", "T-002")]


def test_cases_that_cannot_be_read_are_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    rule(1, COUNTED, TESTED)
    Path("t/r1_cases.yaml").write_text("cases: []\n")
    code, said = quality(capsys)
    assert (code, "t/r1_cases.yaml" in said) == (2, True)
