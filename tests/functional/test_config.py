"""``eidos config``, and configuration as defaults of options."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from eidos.engine.cli import console, root
from eidos.engine.documents.limits import Limits

TRUSTING = "--trust-project"


pytestmark = pytest.mark.usefixtures("here")


def test_init_gives_a_file_that_is_valid_and_is_not_overwritten(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.run(root, ["config", "init"]) == 0
    text = (here / "eidos.yaml").read_text()
    assert console.run(root, ["config", "validate"]) == 0
    assert console.run(root, ["config", "init"]) == 2
    assert (here / "eidos.yaml").read_text() == text
    assert console.run(root, ["config", "init", "--user"]) == 0
    assert "already exists" in capsys.readouterr().err


def test_init_shows_the_limits_that_hold(here: Path) -> None:
    assert console.run(root, ["config", "init"]) == 0
    lines = (here / "eidos.yaml").read_text().splitlines()
    start = lines.index("# limits:")
    limits = yaml.safe_load("\n".join(line.removeprefix("# ") for line in lines[start : start + 6]))
    assert limits == {
        "limits": {name.replace("_", "-"): value for name, value in asdict(Limits()).items()}
    }


def test_a_configuration_of_remarks_only_says_nothing(here: Path) -> None:
    (here / "eidos.yaml").write_text("# fail-on: high\n---\n")
    assert console.run(root, ["config", "validate"]) == 0
    (here / "eidos.yaml").write_text("")
    assert console.run(root, ["config", "validate"]) == 2


def test_a_second_document_is_not_passed_over(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text("fail-on: high\n---\nallow-incomplete: true\n")
    assert console.run(root, ["config", "validate"]) == 1
    assert "eidos.yaml:3:1 $: a configuration is one document" in capsys.readouterr().out


def test_show_says_where_each_value_comes_from(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text("snapshot:\n  labels: {a: b}\n")
    monkeypatch.setenv("EIDOS_FAIL_ON", "high")

    assert console.run(root, ["--trust-project", "config", "show", "--format", "json"]) == 0

    shown = {one["key"]: one for one in json.loads(capsys.readouterr().out)["settings"]}
    assert shown["snapshot.labels.a"]["origin"] == f"{here / 'eidos.yaml'}:2"
    assert shown["fail-on"] == {"key": "fail-on", "value": "high", "origin": "EIDOS_FAIL_ON"}
    assert shown["snapshot.timeout"]["origin"] == "default"


def test_validate_lists_every_fault(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "eidos.yaml").write_text("fial-on: high\ndb: 5\n")

    assert console.run(root, ["config", "validate"]) == 1

    said = capsys.readouterr().out
    assert "eidos.yaml:1:1 $.fial-on" in said
    assert "Did you mean 'fail-on'?" in said
    assert "eidos.yaml:2:1 $.db: 'db' must be text" in said


def test_validate_tells_files_and_the_environment_apart(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text("fail-on: info\n")
    monkeypatch.setenv("EIDOS_FAIL_ON", "worst")

    assert console.run(root, ["config", "validate", "-o", "json"]) == 1

    file, environment = json.loads(capsys.readouterr().out)["documents"]
    assert (file["file"], file["valid"]) == (str(here / "eidos.yaml"), True)
    (problem,) = environment["problems"]
    assert problem["location"] == {"file": "EIDOS_FAIL_ON"}
    assert problem["code"] == "configuration"


def test_show_tells_what_is_wrong_and_still_shows_the_rest(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text("fial-on: high\n")

    assert console.run(root, ["config", "show", "-o", "json"]) == 2

    shown = capsys.readouterr()
    assert "there is no setting 'fial-on'" in shown.err
    document = json.loads(shown.out)
    assert document["problems"][0]["location"]["line"] == 1
    assert {one["key"] for one in document["settings"]} >= {"db", "fail-on"}


def test_a_wrong_configuration_stops_every_other_command(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text("db: 5\n")

    assert console.run(root, ["snapshot"]) == 2
    assert "'db' must be text" in capsys.readouterr().err


def test_options_go_before_the_configuration(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text("snapshot: {cluster: file, filter: [os.boot], timeout: 30s}\n")

    for arguments, cluster in (([], "file"), (["--cluster", "option"], "option")):
        assert console.run(root, [TRUSTING, "snapshot", "--format", "json", *arguments]) == 0
        snapshot = json.loads(capsys.readouterr().out)
        assert snapshot["metadata"]["cluster"] == cluster
        assert len(snapshot["nodes"][0]["measurements"][0]["subtypes"]) == 1


def refused(captured: pytest.CaptureFixture[str]) -> list[int]:
    """Give the lines of ``eidos.yaml`` that are complained about."""
    said = captured.readouterr().out
    return [int(line) for line in re.findall(r"^/.*?eidos.yaml:(\d+)", said, re.MULTILINE)]


def test_validate_lists_what_commands_would_refuse(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text(
        "packs:\n- gpu\n- kubernets\n"
        "waivers: [none.yaml]\n"
        "output:\n- text\n- sarfi=x\n"
        "ignore:\n- os\n- {pattern: a.b, reason: r}\n"
        "levels:\n  nope: high\n"
        "snapshot:\n  root: nowhere\n  filter: [gpu, gup]\n  exclude: ['nope.*']\n"
    )

    assert console.run(root, [TRUSTING, "config", "validate"]) == 1

    assert sorted(refused(capsys)) == [3, 4, 7, 9, 10, 12, 14, 15, 16]


def test_validate_knows_the_rules_of_every_pack_that_may_be_chosen(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "eidos.yaml").write_text(
        "packs: [gpu]\n"
        "params:\n  GPU-001: {nope: 1}\n  NOPE-1: {}\n"
        "enforcement:\n  OS-001: warn\n  NOPE-2: warn\n"
    )

    assert console.run(root, [TRUSTING, "config", "validate"]) == 1

    assert refused(capsys) == [3, 4, 7]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("effective-time: 2026-13-45", 1),
        ("effective-time: 2263-01-01", 1),
        ("effective-time: 2026-11-01T10:00:00", 1),
        ("snapshot:\n  timeout: 5 minutes", 2),
        ("redact-text:\n- ok\n- '('", 3),
        ("ignore:\n- {pattern: a.b.c, reason: r, until: 2026-02-30}", 2),
    ],
)
def test_a_wrong_value_is_told_with_file_and_line_by_every_command(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, line: int
) -> None:
    (here / "eidos.yaml").write_text(text + "\n")

    for command in (["config", "validate"], ["check", "x.yaml"], ["history", "runs"]):
        assert console.run(root, command) == (1 if "config" in command else 2)
        assert f"eidos.yaml:{line}:" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("packs: [./none]", ["check", "x.yaml"]),
        ("packs: [./none]", ["diff", "x.yaml", "y.yaml"]),
        ("waivers: [none.yaml]", ["check", "x.yaml"]),
        ("output: htlm", ["check", "x.yaml"]),
        ("snapshot: {root: none}", ["snapshot"]),
        ("snapshot: {filter: [gup]}", ["snapshot"]),
    ],
)
def test_what_a_command_refuses_of_the_configuration_is_told_with_file_and_line(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, command: list[str]
) -> None:
    (here / "eidos.yaml").write_text("# first\n" + text + "\n")

    assert console.run(root, [TRUSTING, *command]) == 2
    assert capsys.readouterr().err.startswith(f"error: {here / 'eidos.yaml'}:2: '")


def test_a_wrong_variable_is_named_by_the_command_that_refuses_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EIDOS_EFFECTIVE_TIME", "2026-13-45")
    assert console.run(root, ["check", "x.yaml"]) == 2
    assert capsys.readouterr().err.startswith("error: EIDOS_EFFECTIVE_TIME: 'effective-time'")
    monkeypatch.delenv("EIDOS_EFFECTIVE_TIME")
    monkeypatch.setenv("EIDOS_WAIVERS", "none.yaml")
    assert console.run(root, ["check", "x.yaml"]) == 2
    assert capsys.readouterr().err.startswith("error: EIDOS_WAIVERS: 'waivers.0'")


def test_an_option_of_all_commands_is_told_where_it_goes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert console.run(root, ["check", "--no-config", "x.yaml"]) == 2
    assert "It goes before the command: eidos --no-config" in capsys.readouterr().err


def test_a_named_file_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.run(root, ["--config", "none.yaml", "history", "runs"]) == 2
    assert "--config names no file: none.yaml" in capsys.readouterr().err
    monkeypatch.setenv("EIDOS_CONFIG", "none.yaml")
    assert console.run(root, ["config", "show"]) == 2
    assert "EIDOS_CONFIG names no file: none.yaml" in capsys.readouterr().err
    assert console.run(root, ["--no-config", "history", "runs"]) == 0


def test_two_ways_that_contradict_each_other_are_refused() -> None:
    for other in (["--config", "x.yaml"], ["--trust-project"]):
        assert console.run(root, ["--no-config", *other, "history", "runs"]) == 2
