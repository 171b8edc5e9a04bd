"""``eidos policy eval`` answers as ``opa eval`` does, and says why."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from fakes.policies import write_pack

POLICY = """package main

import data.limits

deny contains msg if {
	input.replicas > limits.most
	msg := sprintf("%v replicas", [input.replicas])
}

deny contains "no name" if {
	not input.metadata.name
}

deny contains "hurried" if {
	input.replicas > 1
	slow := input.spec.slow
	odd(slow)
}

odd(value) if value % 2 == 1

broken := 1 / input.zero

big := 12345678901234567890

decimal := 1.0

said if print("replicas", input.replicas)
"""
INPUT = {"replicas": 9, "metadata": {"name": "web"}, "spec": {"slow": 4}, "zero": 0}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("policy/limits").mkdir(parents=True)
    Path("policy/main.rego").write_text(POLICY)
    Path("policy/limits/some.json").write_text('{"most": 3}')
    Path("in.json").write_text(json.dumps(INPUT))
    Path("in.yaml").write_text("replicas: 2\nmetadata: {name: db}\n")
    return tmp_path


def ours(*arguments: str) -> int:
    return console.run(root, ["policy", "eval", *arguments])


QUERIES = [
    ["data.main.deny"],
    ["data.main", "-i", "in.json"],
    ["data.main.deny", "-i", "in.yaml"],
    ["data.nope"],
    ["x := 1; y := [x, data.limits.most]"],
    ["data.main.broken", "-i", "in.json"],
    ["data.main.broken", "-i", "in.json", "--strict-builtin-errors"],
    ["data.main.["],
    ["1 == 2"],
    ["some i; [1, 2][i] > 0"],
    ["data.main.deny", "-i", "in.json", "-o", "values"],
    ["x := data.limits", "-o", "bindings"],
    ["data.main.deny", "-i", "in.json", "-o", "raw"],
    ["data.limits.most", "-o", "pretty"],
]


@pytest.mark.real
@pytest.mark.parametrize("asked", QUERIES, ids=" ".join)
def test_the_same_as_opa(asked: list[str], opa: str, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = [{"-o": "--format"}.get(word, word) for word in asked]
    done = subprocess.run(
        [opa, "eval", "-d", "policy", *theirs], capture_output=True, text=True, check=False
    )
    code = ours("-d", "policy", *asked)
    assert capsys.readouterr().out == done.stdout
    assert code == done.returncode


@pytest.mark.real
@pytest.mark.parametrize(("query", "how"), [("data.nope", "undefined"), ("1", "defined")])
def test_failing_on_request(query: str, how: str, opa: str) -> None:
    flag = {"undefined": "--fail", "defined": "--fail-defined"}[how]
    done = subprocess.run([opa, "eval", flag, query], capture_output=True, check=False)
    assert ours(query, "--fail", how) == done.returncode == 1


@pytest.mark.parametrize("asked", [["data.main.deny", "-i", "in.yaml"], ["data.nope"]])
def test_the_light_engine_answers_paths(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("policy/main.rego").write_text(POLICY.partition("broken :=")[0])
    assert ours("-d", "policy", *asked) == 0
    answer = json.loads(capsys.readouterr().out)
    if asked == ["data.nope"]:
        assert answer == {}
    else:
        [expression] = answer["result"][0]["expressions"]
        assert expression == {
            "value": [],
            "text": "data.main.deny",
            "location": {"row": 1, "col": 1},
        }


@pytest.mark.parametrize("asked", [["x := 1"], ["data.main.deny", "--explain"]])
def test_the_light_engine_says_what_it_cannot(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("policy/main.rego").write_text(POLICY.partition("broken :=")[0])
    assert ours("-d", "policy", *asked) == 2
    assert "OPA" in capsys.readouterr().err


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_why(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["data.main.deny", "-d", "policy", "-i", "in.json", "--explain"]
    assert ours(*asked, "-o", "json") == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["result"][0]["expressions"][0]["value"] == ["9 replicas"]
    bodies = {
        (body["location"]["line"], body["rule"]): (
            body["held"],
            [(stop["location"]["line"], stop["text"]) for stop in body["stops"]],
        )
        for body in answer["explained"]["bodies"]
    }
    assert bodies == {
        (5, "deny"): (1, []),
        (10, "deny"): (0, [(11, "not input.metadata.name")]),
        (14, "deny"): (0, [(17, "odd(slow)")]),
        (20, "odd"): (0, [(20, "odd(value) if value % 2 == 1")]),
    }
    reads = {read["path"]: read.get("value") for read in answer["explained"]["reads"]}
    assert reads == {
        "input.replicas": 9,
        "input.metadata.name": "web",
        "input.spec.slow": 4,
    }
    assert ours(*asked) == 0
    out = capsys.readouterr().out
    assert "policy/main.rego:14 deny: did not hold\n    stopped at line 17: odd(slow)" in out
    assert "input.spec.slow = 4" in out


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_a_fact_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert ours("data.main.deny", "-d", "policy", "-i", "in.yaml", "--explain") == 0
    assert "input.spec.slow is not there" in capsys.readouterr().out


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    assert ours("data.main.deny", "-d", "policy", "-i", "in.json", "--profile") == 0
    answer = json.loads(capsys.readouterr().out)
    assert {"policy/main.rego"} <= {entry["location"]["file"] for entry in answer["profile"]}
    assert ours("data.main.deny", "-d", "policy", "-i", "in.json", "--profile", "-o", "pretty") == 0
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    assert any("policy/main.rego:6" in line for line in table)
    assert len({len(line) for line in table[-3:]}) == 1


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_a_rule_of_a_pack_on_a_node(capsys: pytest.CaptureFixture[str]) -> None:
    write_pack(Path("t"))
    example = str(Path(__file__).parents[2] / "ci-examples" / "cluster.yaml")
    asked = ["-p", "t", "--rule", "T-001", "-i", example]
    assert ours(*asked) == 2
    assert "Say which one: --node gpu-a" in capsys.readouterr().err
    assert ours(*asked, "--node", "gpu-x") == 2
    capsys.readouterr()
    assert ours("data.eidos.t.driver.deny", *asked, "--node", "gpu-b", "--explain") == 0
    out = capsys.readouterr().out
    assert "t/driver.rego:17 deny: did not hold" in out
    assert re.search(r'input\.gpu\.smi\.driver = "580', out)


WRONG = {
    "no query": (["-d", "policy"], "no query is given"),
    "no file": (["1", "-d", "nope"], "nope"),
    "no input": (["1", "-i", "nope.json"], "nope.json"),
    "no rule": (["-p", "gpu", "--rule", "GPU-999"], "there is no rule 'GPU-999'"),
    "rule without a pack": (["--rule", "GPU-001"], "Name its pack"),
    "no pack": (["1", "-p", "policy"], "is no pack"),
    "explained and profiled": (["1", "--explain", "--profile"], "one at a time"),
    "text": (["1", "-o", "text"], "is how --explain is written"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_asked(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked, said = WRONG[wrong]
    assert ours(*asked) == 2
    assert said in capsys.readouterr().err


LONG = "count([1 | some x in numbers.range(1, 3000); some y in numbers.range(1, 3000); x + y == 0])"


@pytest.mark.parametrize("engine", ["light", pytest.param("opa", marks=pytest.mark.real)])
def test_what_takes_too_long_is_ended_and_says_how_to_go_on(
    engine: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    if engine == "opa":
        request.getfixturevalue("opa")
    Path("long.rego").write_text(f"package long\n\nx := {LONG}\n")
    asked = ["policy", "eval", "data.long.x", "-d", "long.rego"]
    assert console.run(root, [*asked, "--timeout", "200ms"]) == 2
    err = capsys.readouterr().err
    assert "timed out after 0.2 s" in err
    assert "--timeout 5m" in err
    assert console.run(root, [*asked, "--timeout", "0s"]) == 2
    assert "longer than nothing" in capsys.readouterr().err


HOSTILE = {
    "network": 'x := http.send({"method": "get", "url": "http://localhost:1"})',
    "environment": "x := opa.runtime()",
    "memory": "x := bits.lsh(1, 100000000000)",
}


@pytest.mark.real
@pytest.mark.usefixtures("opa")
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_policy_is_ended(hostile: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ours(HOSTILE[hostile]) == 2
    out, err = capsys.readouterr()
    assert "undefined function" in out or "ran out of memory" in err or "timed out" in err


@pytest.mark.real
@pytest.mark.usefixtures("opa")
def test_prints_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert ours("data.main.said", "-d", "policy", "-i", "in.yaml") == 0
    out, err = capsys.readouterr()
    assert "replicas 2" in err
    assert json.loads(out)
