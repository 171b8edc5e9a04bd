"""What may be waived, by whom and for how long, as a user meets it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.cli import root
from eidos.engine.cli.console import run
from fakes.policies import DRIVER_RULE, write_pack

SNAPSHOT = """\
apiVersion: eidos.dev/v1
kind: Snapshot
metadata: {cluster: c1, timestamp: "2026-11-23T10:00:00Z"}
nodes:
  - name: n1
    measurements:
      - type: GPU
        subtypes: [{subtype: smi, data: {driver: "570.1"}}]
      - type: OS
        subtypes: [{subtype: grub, data: {}}]
"""
Check = Callable[..., int]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Check a snapshot that fails, with one waiver of the given fields."""
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(SNAPSHOT)
    options = ["check", "s.yaml", "-p", "t", "--no-record", "--effective-time", "2026-11-24"]

    def checked(*more: str, severity: str = "high", **fields: Any) -> int:
        write_pack(tmp_path / "t", a=DRIVER_RULE.replace("severity: high", f"severity: {severity}"))
        waiver = {
            "id": "W-1",
            "rule": "T-001",
            "owner": "platform",
            "approver": "security",
            "reason": "the fix breaks training",
            "ticket": "OPS-17",
            "until": "2026-12-01",
            **{name.rstrip("_"): value for name, value in fields.items()},
        }
        document = {"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": [waiver]}
        Path("w.yaml").write_text(yaml.safe_dump(document))
        return int(run(root, [*options, "--waivers", "w.yaml", *more]))

    return checked


@pytest.mark.parametrize(
    ("severity", "longest", "too_long"),
    [
        ("critical", "2026-12-24", "2026-12-25"),
        ("high", "2027-02-22", "2027-02-23"),
        ("medium", "2027-05-23", "2027-05-24"),
        ("low", "2027-11-24", "2027-11-25"),
        ("info", "2027-11-24", "9999-12-31"),
    ],
)
def test_a_waiver_lasts_no_longer_than_the_severity_of_its_rule_allows(
    check: Check,
    severity: str,
    longest: str,
    too_long: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert check(severity=severity, until=longest) == 0
    capsys.readouterr()
    assert check(severity=severity, until=too_long) == 2
    said = capsys.readouterr().err
    assert f"w.yaml:4:3 $.waivers[0]: the waiver W-1 holds until {too_long}" in said
    assert f"Let it end on {longest} or before" in said


def test_the_term_is_counted_from_the_day_it_begins(check: Check) -> None:
    assert check(from_="2026-11-01", until="2027-01-30") == 0
    assert check(from_="2026-11-01", until="2027-01-31") == 2
    assert check(from_="2026-08-01", until="2026-12-01") == 2


def test_terms_can_be_set(
    check: Check,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = tmp_path / "config" / "eidos"
    own.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own.parent))
    (own / "config.yaml").write_text("waiver-terms: {high: 7d}\n")
    assert check(until="2026-12-01") == 0
    assert check(until="2026-12-02") == 2
    (own / "config.yaml").write_text("waiver-terms: {high: 400d}\n")
    assert check(until="2027-12-29") == 0
    for wrong in ("{high: soon}", "{hihg: 7d}", "{high: 7}"):
        (own / "config.yaml").write_text(f"waiver-terms: {wrong}\n")
        capsys.readouterr()
        assert check() == 2
        assert "config.yaml:1" in capsys.readouterr().err


@pytest.mark.parametrize("field", ["owner", "approver", "reason"])
@pytest.mark.parametrize("blank", ["", " ", "\t", "\u00a0", "\u200b", "-", "..."])
def test_nobody_and_nothing_accept_nothing(
    check: Check, field: str, blank: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(**{field: blank}) == 2
    said = capsys.readouterr().err
    assert "w.yaml" in said
    assert field in said


@pytest.mark.parametrize(
    ("rule", "hint"), [("T-01", "Did you mean 'T-001'?"), ("GPU-0001", "Did you mean 'GPU-001'?")]
)
def test_a_rule_that_there_is_not_cannot_be_waived(
    check: Check, rule: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(rule=rule) == 2
    said = capsys.readouterr().err
    assert (
        f"w.yaml:4:3 $.waivers[0]: the waiver W-1 is for rule '{rule}', which there is not" in said
    )
    assert hint in said


def test_a_waiver_for_a_shipped_rule_that_is_not_asked_is_no_mistake(check: Check) -> None:
    assert check(rule="GPU-002") == 1


def test_a_waiver_begins_before_it_ends(check: Check) -> None:
    assert check(from_="2026-12-02", until="2026-12-01") == 2
    assert check(from_="2026-12-01", until="2026-12-01") == 1


def test_who_accepted_it_is_reported(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("-o", "json") == 0
    [waiver] = json.loads(capsys.readouterr().out)["waivers"]
    assert waiver == {
        "id": "W-1",
        "rule": "T-001",
        "owner": "platform",
        "approver": "security",
        "reason": "the fix breaks training",
        "ticket": "OPS-17",
        "until": "2026-12-01T23:59:59Z",
        "subjects": ["*"],
        "location": {"file": "w.yaml", "line": 4, "column": 3, "path": "$.waivers[0]"},
    }
    for format_ in ("text", "markdown", "junit"):
        assert check("-o", format_) == 0
        said = capsys.readouterr().out
        assert "owner platform, approver security, until 2026-12-01, ticket OPS-17" in said


@pytest.mark.parametrize("approver", ["platform", " Platform "])
def test_who_approves_what_he_owns_is_told(
    check: Check, approver: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(approver=approver) == 0
    assert "platform is its owner and its approver" in capsys.readouterr().out
