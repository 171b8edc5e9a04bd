"""``eidos history facts`` and ``timeline`` at the command line."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from eidos.engine.cli import console, root
from fakes.histories import START, Past, state, write_rules

HOUR = timedelta(hours=1)
TIMES = ("--since", "2026-03-01", "--until", "2026-03-02T00:00:00Z")


@pytest.fixture
def past(tmp_path: Path) -> Past:
    past = Past(tmp_path)
    pack = write_rules(tmp_path / "t")
    past.see(state({"n1": {}, "n3": {}}), START, pack)
    past.see(state({"n1": {"driver": "570.1"}, "n3": {"y": [1]}}), START + 6 * HOUR, pack)
    past.see(state({"n1": {"driver": "570.1"}}), START + 9 * HOUR, pack)
    past.see(state({"n1": {"driver": "=1+1"}}), START + 12 * HOUR, pack)
    return past


def eidos(past: Past, *arguments: str) -> int:
    return console.run(root, ["history", *arguments, "--db", str(past.db), *TIMES])


def test_every_value_with_node_and_time(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos(past, "facts", "gpu.smi.driver", "-o", "json") == 0
    values = json.loads(capsys.readouterr().out)["values"]
    assert [
        (each["node"], each.get("value"), each["since"][11:13], each.get("until", "")[11:13])
        for each in values
    ] == [
        ("n1", "580.1", "00", "06"),
        ("n1", "570.1", "06", "12"),
        ("n1", "=1+1", "12", ""),
        ("n3", "580.1", "00", ""),
    ]


def test_values_as_seen_when_a_rule_was_asked(
    past: Past, capsys: pytest.CaptureFixture[str]
) -> None:
    assert eidos(past, "facts", "gpu.smi.driver", "--rule", "T-0*", "-o", "csv") == 0
    every = capsys.readouterr().out
    assert eidos(past, "facts", "gpu.smi.driver", "-o", "csv") == 0
    assert capsys.readouterr().out == every
    assert eidos(past, "facts", "gpu.smi.driver", "--rule", "X-*") == 2


def test_a_path_may_lead_into_a_value(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos(past, "facts", "os.noise.y[0]", "--node", "n3") == 0
    assert capsys.readouterr().out.splitlines() == [
        "c1/n3",
        "  2026-03-01T06:00:00Z to now, seen 2026-03-01T06:00:00Z: 1",
    ]


def test_csv_is_harmless_to_a_spreadsheet(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos(past, "facts", "gpu.smi.driver", "-o", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert [row["value"] for row in rows] == ["580.1", "570.1", "'=1+1", "580.1"]


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ("gpu", "is not a fact"),
        ("gpu.smi.nothing", "no snapshot of that period has gpu.smi.nothing"),
    ],
)
def test_no_such_fact(
    past: Past, capsys: pytest.CaptureFixture[str], fact: str, message: str
) -> None:
    assert eidos(past, "facts", fact) == 2
    assert message in capsys.readouterr().err


def test_a_timeline_is_a_bar_for_each_rule(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    assert eidos(past, "timeline", "--node", "n1", "--rule", "T-001") == 0
    times, cluster, line, legend = capsys.readouterr().out.splitlines()
    assert times == "2026-03-01T00:00:00Z to 2026-03-02T00:00:00Z"
    assert cluster == "c1"
    name, bar = line.split("[")
    assert name.split() == ["T-001", "n1"]
    assert abs(bar.count("=") / len(bar) - 0.25) < 0.05, bar
    assert "fail" in legend


def test_a_timeline_in_json_and_as_a_table(past: Past, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--node", "n1", "--rule", "T-001")
    assert eidos(past, "timeline", "-o", "json", *options) == 0
    [line] = json.loads(capsys.readouterr().out)["lines"]
    assert [(each["status"], each["seconds"] / 3600) for each in line["intervals"]] == [
        ("pass", 6),
        ("fail", 6),
        ("unknown", 12),  # a driver that is no version
    ]
    assert eidos(past, "timeline", "-o", "table", *options) == 0
    titles, *rows = capsys.readouterr().out.splitlines()
    assert titles.split()[:4] == ["CLUSTER", "SUBJECT", "RULE", "STATUS"]
    assert len(rows) == 3
