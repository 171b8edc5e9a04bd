"""``eidos policy backtest`` at the command line."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from fakes.histories import START, Past, state, write_rules

DAY = timedelta(days=1)
TIMES = ("--since", "2026-02-01", "--until", "2026-05-01")
WAIVERS = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
  - {id: W1, rule: T-001, owner: ops, approver: security, reason: a new driver is on its way,
     subjects: [c1/n3], from: 2026-03-01, until: 2026-03-20}
"""
STRICTER = 'deny contains "old" if input.gpu.smi.driver != "590.1"\n'


@pytest.fixture
def past(tmp_path: Path) -> Past:
    past = Past(tmp_path)
    pack = write_rules(tmp_path / "t")
    write_rules(tmp_path / "new", "2.0.0", driver=STRICTER, named='deny contains "x" if false\n')
    (tmp_path / "w.yaml").write_text(WAIVERS)
    waivers = (str(tmp_path / "w.yaml"),)
    for day in range(4):
        driver = "590.1" if day == 3 else "580.1"
        nodes: dict[str, dict[str, Any]] = {
            "n1": {"driver": driver},
            "n2": {"driver": "590.1"},
            "n3": {"driver": "580.1"},
        }
        past.see(state(nodes), START + day * DAY, pack, waivers=waivers)
    past.see(state({"n1": {"driver": "590.1"}}, "c2"), START, pack)
    return past


def backtest(past: Past, *options: str | Path) -> int:
    arguments = ["policy", "backtest", "--db", past.db, *TIMES, *options]
    return console.run(root, list(map(str, arguments)))


def rules(past: Past, capsys: pytest.CaptureFixture[str], *options: str | Path) -> Any:
    assert backtest(past, *options, "-o", "json") == 0
    return {each["rule"]: each for each in json.loads(capsys.readouterr().out)["rules"]}


def test_what_the_new_rules_would_have_said(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    found = rules(past, capsys, "--pack", past.folder / "new")
    driver, named = found["T-001"], found["T-004"]
    assert driver["impact"] == "tightening"
    assert driver["clusters"] == ["c1"]
    assert (driver["subjects"], driver["days"], driver["failing"]) == (2, 4, 7)
    assert (driver["first"], driver["last"]) == ("2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z")
    assert driver["newly"] == 1, "n3 is covered by a waiver"
    assert driver["waived"] == [{"waiver": "W1", "verdicts": 4}]
    [example] = driver["examples"]
    assert (example["before"], example["after"]) == ("pass", "fail")
    assert named["impact"] == "loosening"
    assert named["noLonger"] == 1
    assert found["T-002"]["impact"] == "neutral"


def test_the_same_pack_changes_nothing(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    found = rules(past, capsys, "--pack", past.folder / "t")
    assert {each["impact"] for each in found.values()} == {"neutral"}
    found = rules(past, capsys, "--pack", past.folder / "t", "--against", past.folder / "new")
    assert found["T-001"]["impact"] == "loosening"
    assert found["T-004"]["impact"] == "tightening"


def test_a_rule_of_one_side_can_be_left_out(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    more = write_rules(past.folder / "more", "3.0.0")
    added = (more / "named.rego").read_text().replace("T-004", "T-009").replace(".named", ".added")
    (more / "added.rego").write_text(added)
    for sides in (("t", "more"), ("more", "t")):
        both = ("--pack", past.folder / sides[0], "--against", past.folder / sides[1])
        assert "T-009" in rules(past, capsys, *both)
        assert "T-009" not in rules(past, capsys, *both, "--exclude-rule", "T-009")
        assert backtest(past, *both, "--exclude-rule", "T-099") == 2
        assert "no rule or tag 'T-099'" in capsys.readouterr().err


def test_only_new_failures_close_the_gate(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    new = ("--pack", past.folder / "new")
    assert backtest(past, *new, "--fail-on-new", "0") == 1
    assert "1 would newly have failed (at most 0 may)" in capsys.readouterr().out
    assert backtest(past, *new, "--fail-on-new", "1") == 0
    assert backtest(past, "--pack", past.folder / "t", "--fail-on-new", "0") == 0
    assert backtest(past, *new, "--fail-on-new", "0", "--cluster", "c2") == 0


def test_like_questions_are_evaluated_once(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest(past, "--pack", past.folder / "t", "--rule", "T-001", "-o", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["snapshots"] == 5
    assert found["verdicts"] == 13
    assert found["evaluated"] == 2, "there are two drivers"
    assert ("rule", "T-001") in {(e["setting"], e["value"]) for e in found["relaxations"]}


def test_text_and_csv(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    assert backtest(past, "--pack", past.folder / "new", "--rule", "T-*", "-o", "text") == 0
    said = capsys.readouterr().out
    assert "relaxed: rule: T-* (--rule)" in said.splitlines()
    assert "T-001: tightening" in said
    assert "waiver W1 would have covered 4 verdicts" in said
    assert "c1/n2 at 2026-03-01T00:00:00Z: fail -> pass (snapshot:" in said
    assert backtest(past, "--pack", past.folder / "new", "-o", "csv") == 0
    assert capsys.readouterr().out.startswith("rule,impact,clusters,")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cluster", "c9"], "nothing is recorded about a cluster 'c9'"),
        (["--since", "2026-04-01"], "no snapshot was seen in that time"),
        (["--rule", "T-009"], "T-009"),
        (["--until", "2190-01-01"], "is in the future"),
    ],
)
def test_what_cannot_be_tried(
    past: Past, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert backtest(past, "--pack", past.folder / "t", *options) == 2
    assert message in capsys.readouterr().err
