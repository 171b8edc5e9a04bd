"""``eidos history why``: the planted cause is named, and when."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from eidos.engine.cli import console, root
from fakes.histories import START, Past, state, write_rules

DAY = timedelta(days=1)
WAIVERS = """\
apiVersion: eidos.dev/v1
kind: Waivers
waivers:
  - {id: W1, rule: T-001, owner: ops, approver: security, reason: a new driver is on its way,
     from: 2026-03-01, until: 2026-03-05}
"""


@pytest.fixture
def past(tmp_path: Path) -> Past:
    write_rules(tmp_path / "t")
    (tmp_path / "w.yaml").write_text(WAIVERS)
    (tmp_path / "p.yaml").write_text("T-001: {floor: 590}\n")
    return Past(tmp_path)


def asked(past: Past, capsys: pytest.CaptureFixture[str], rule: str, *options: str) -> Any:
    times = ("--since", "2026-02-01", "--until", "2026-05-01", "--db", str(past.db))
    code = console.run(root, ["history", "why", "c1", rule, *times, "-o", "json", *options])
    said = capsys.readouterr()
    assert code == 0, said.err
    return json.loads(said.out)


def only(found: Any) -> Any:
    [turn] = found["turns"]
    return turn


def test_a_fact_is_named_with_its_values(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    pack = past.folder / "t"
    past.see(state({"n1": {}, "n3": {}}), START, pack)
    past.see(state({"n1": {"driver": "570.1", "count": 8, "x": 1}, "n3": {}}), START + DAY, pack)

    found = asked(past, capsys, "T-001")

    turn = only(found)
    assert turn["name"] == "n1"
    assert turn["causes"] == [["state"]]
    assert turn["changed"]["state"] == [
        {"name": "gpu.smi.driver", "before": "580.1", "after": "570.1", "isEnough": True}
    ]
    assert turn["before"]["at"] == "2026-03-01T00:00:00Z"
    assert turn["after"]["at"] == "2026-03-02T00:00:00Z"
    assert [each["name"] for each in found["steady"]] == ["n3"]


def test_a_rule_is_named(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    new = write_rules(past.folder / "new", "2.0.0", driver='deny contains "never"\n')
    past.see(state({"n1": {}}), START, past.folder / "t")
    past.see(state({"n1": {"x": 1}}), START + DAY, new)

    turn = only(asked(past, capsys, "T-001"))

    assert turn["causes"] == [["policy"]]
    assert turn["changed"]["policy"] == [{"name": "T-001", "before": "t 1.0.0", "after": "t 2.0.0"}]


def test_a_parameter_is_named(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    pack = past.folder / "t"
    past.see(state({"n1": {}}), START, pack)
    past.see(state({"n1": {}}), START + DAY, pack, params_files=(str(past.folder / "p.yaml"),))

    turn = only(asked(past, capsys, "T-001"))

    assert turn["causes"] == [["parameters"]]
    assert turn["changed"]["parameters"] == [{"name": "floor", "before": 580, "after": 590}]


def test_a_waiver_that_ran_out_is_named_to_the_second(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    pack, waivers = past.folder / "t", (str(past.folder / "w.yaml"),)
    bad = state({"n1": {"driver": "570.1"}})
    past.see(state({"n1": {}}), START, pack, waivers=waivers)
    for day in range(1, 8):
        past.see(bad, START + day * DAY, pack, waivers=waivers)

    turn = only(asked(past, capsys, "T-001"))

    assert (turn["before"]["status"], turn["after"]["status"]) == ("waived", "fail")
    assert turn["causes"] == [["waiver"]]
    assert turn["changed"]["waiver"][0]["note"] == "expired 2026-03-05"
    assert turn["turnedAt"][:19] in {"2026-03-05T23:59:59", "2026-03-06T00:00:00"}
    assert turn["withoutWaiversSince"] == "2026-03-02T00:00:00Z"
    assert turn["withoutWaiversIsExact"]


def test_a_waiver_that_was_withdrawn_is_named(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    pack, bad = past.folder / "t", state({"n1": {"driver": "570.1"}})
    past.see(bad, START, pack, waivers=(str(past.folder / "w.yaml"),))
    past.see(bad, START + DAY, pack)

    turn = only(asked(past, capsys, "T-001"))

    assert turn["causes"] == [["waiver"]]
    assert turn["changed"]["waiver"][0]["note"] == "withdrawn"
    assert turn["withoutWaiversIsExact"] is False


def test_the_day_is_named(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    pack, old = past.folder / "t", state({"n1": {"release": "old"}})
    past.see(old, START, pack)
    past.see(old, START + 20 * DAY, pack)

    turn = only(asked(past, capsys, "T-003"))

    assert turn["causes"] == [["date"]]
    assert turn["turnedAt"][:10] == "2026-03-11"  # rules see the beginning of a day


def test_two_that_only_turn_it_together(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    pack = past.folder / "t"
    past.see(state({"n1": {"driver": "600.1"}}), START, pack)
    higher = (str(past.folder / "p.yaml"),)
    past.see(state({"n1": {"driver": "585.1"}}), START + DAY, pack, params_files=higher)

    turn = only(asked(past, capsys, "T-001"))

    assert turn["causes"] == [["state", "parameters"]]


def test_a_cluster_names_the_node(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    pack = past.folder / "t"
    past.see(state({"n1": {}, "n3": {}}), START, pack)
    past.see(state({"n1": {}, "n3": {"count": 3}}), START + DAY, pack)

    turn = only(asked(past, capsys, "T-002"))

    assert turn["scope"] == "cluster"
    assert turn["changed"]["state"][0]["name"] == "nodes.n3.gpu.smi.count"


def test_text_says_it_in_a_few_lines(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    pack = past.folder / "t"
    past.see(state({"n1": {}, "n3": {}}), START, pack)
    past.see(state({"n1": {"driver": "570.1"}, "n3": {}}), START + DAY, pack)
    times = ["--since", "2026-02-01", "--until", "2026-05-01", "--db", str(past.db)]

    assert console.run(root, ["history", "why", "c1", "T-001", *times]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("n1: pass -> fail between 2026-03-01T00:00:00Z (run ")
    assert "  cause: state" in lines
    assert "    state: gpu.smi.driver: 580.1 -> 570.1 (alone enough)" in lines
    assert lines[-1] == "n3: pass since 2026-03-01T00:00:00Z or before"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["c9", "T-001"], "nothing is recorded about a cluster 'c9'"),
        (["c1", "T-0011"], "'T-0011' was not asked on c1"),
        (["c1", "T-001", "--until", "2026-01-01", "--since", "2026-03-01"], "is not before"),
        (["c1", "T-001", "--until", "2190-01-01"], "is in the future"),
    ],
)
def test_what_cannot_be_told(
    past: Past, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    past.see(state({"n1": {}}), START, past.folder / "t")
    times = [] if "--until" in arguments else ["--until", "2026-05-01", "--since", "2026-02-01"]
    assert console.run(root, ["history", "why", *arguments, *times, "--db", str(past.db)]) == 2
    assert message in capsys.readouterr().err
