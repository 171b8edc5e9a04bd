"""What may be waived, by whom and for how long, as a user meets it."""

import html
import itertools
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from eidos.engine.cli import root
from eidos.engine.cli.console import run
from eidos.engine.report.registry import REPORT
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
_GONE = object()
"""A field that the waiver has not."""


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Check a snapshot that fails, with one waiver of the given fields."""
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(SNAPSHOT)
    options = ["check", "s.yaml", "-p", "t", "--no-record", "--effective-time", "2026-11-24"]

    def checked(
        *more: str, severity: str = "high", tags: str = "", config: str = "", **fields: Any
    ) -> int:
        rule = DRIVER_RULE.replace("severity: high", f"severity: {severity}")
        if tags:
            rule = rule.replace("#   scope:", f"#   {tags}\n#   scope:")
        write_pack(tmp_path / "t", a=rule)
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
        waiver = {name: value for name, value in waiver.items() if value is not _GONE}
        document = {"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": [waiver]}
        Path("w.yaml").write_text(yaml.safe_dump(document))
        own = ["--config", config] if config else []
        return int(run(root, [*own, *options, "--waivers", "w.yaml", *more]))

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


# Terms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_", "last", "too_late"),
    [
        ("2028-02-29", "2028-03-30", "2028-03-31"),
        ("2028-01-31", "2028-03-01", "2028-03-02"),
        ("2027-01-31", "2027-03-02", "2027-03-03"),
        ("2026-12-02", "2027-01-01", "2027-01-02"),
    ],
)
def test_a_term_is_so_many_days_in_every_calendar(
    check: Check, from_: str, last: str, too_late: str
) -> None:
    at = ("--effective-time", from_)
    assert check(*at, severity="critical", from_=from_, until=last) == 0
    assert check(*at, severity="critical", from_=from_, until=too_late) == 2


# Whose violations -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subjects", "status"),
    [
        (["c1/*"], 0),
        ({"names": ["n1"]}, 0),
        ({"clusters": ["c?"], "nodes": ["n*"]}, 0),
        ({"clusters": ["c2"], "nodes": ["n*"]}, 1),
        ({"nodes": ["c1/n1"]}, 1),
        ({"labels": {"env": "prod"}}, 0),
        ({"labels": {"zone": "a"}}, 0),
        ({"labels": {"env": "node"}}, 1),
        ({"labels": {"env": "prod", "zone": "b"}}, 1),
    ],
)
def test_it_is_for_the_subjects_that_meet_all_it_asks(
    check: Check, subjects: Any, status: int
) -> None:
    labelled = SNAPSHOT.replace("cluster: c1,", "cluster: c1, labels: {env: prod},").replace(
        "      - type: GPU\n",
        "      - type: K8s\n        subtypes:\n"
        "          - {subtype: node, data: {labels: {zone: a, kubernetes.io/hostname: n1}}}\n"
        "      - type: GPU\n",
    )
    Path("s.yaml").write_text(labelled)
    assert check(subjects=subjects) == status


def test_a_tag_is_for_every_rule_with_it(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(rule=_GONE, tag="drivers") == 2
    assert "the waiver W-1 is for tag 'drivers', which no rule has" in capsys.readouterr().err
    assert check(rule=_GONE, tag="drivers", tags="tags: [drivers]") == 0
    told = "waives 1 finding of 1 rule at 1 subject; it is for 1 of the rules asked"
    assert f"waiver broad W-1 (tag drivers): {told}" in capsys.readouterr().out
    assert check(rule=_GONE, tag="cis", tags="controls: [{framework: cis, id: '1'}]") == 0
    assert check(rule=_GONE, tag="drivers", tags="tags: [drivers]", until="2027-03-01") == 2
    assert "a waiver of T-001, a high rule may last 90 days" in capsys.readouterr().err


@pytest.mark.parametrize("about", [{}, {"rule": None, "tag": "drivers"}])
def test_a_rule_may_forbid_waivers(
    check: Check, about: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    about = {name: value or _GONE for name, value in about.items()}
    assert check(**about, tags="tags: [drivers]\n#   waivable: never") == 2
    said = capsys.readouterr().err
    assert "w.yaml:4:3 $.waivers[0]" in said
    assert "forbidden" in said


def test_a_rule_may_limit_waivers(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    limit = {"tags": "waivable: 7d"}
    assert check(**limit, until="2026-12-01") == 0
    assert check(**limit, until="2026-12-02") == 2
    assert "its METADATA says so" in capsys.readouterr().err
    Path("own.yaml").write_text("waiver-terms: {high: 400d}\n")
    assert check(**limit, until="2026-12-02", config="own.yaml") == 2
    assert check(tags="waivable: 400d", until="2027-02-23") == 2, "it can only tighten"


@pytest.mark.parametrize("wrong", ["no", "0d", "12h", "soon", "14", "[never]"])
def test_a_rule_says_how_long_in_days(
    check: Check, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tags=f"waivable: {wrong}") == 2
    assert "custom.waivable" in capsys.readouterr().err


def test_over_is_over_whatever_becomes_of_the_rule(check: Check) -> None:
    ended = {"at": "2026-11-01", "by": "chief", "reason": "fixed"}
    assert check(rule="T-999", revoked=ended) == 1
    assert check(rule="T-999", until="2026-11-01") == 1
    assert check(from_="2020-01-01", until="2026-12-31", revoked=ended) == 1


# What is shown, and what stays unknown ------------------------------------------------------------


@pytest.mark.parametrize("format_", list(REPORT.formats))
def test_every_format_shows_what_is_waived_by_whom_until_when(
    check: Check, format_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("-o", format_, reason="why not") == 0
    said = html.unescape(re.sub(r"</?code>", "", capsys.readouterr().out))
    assert "too old" in said
    assert re.search(r"W-1.{1,3}owner platform, approver security, until 2026-12-01", said)


def test_a_gap_stays_unknown_when_what_was_found_is_waived(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.yaml").write_text(SNAPSHOT.replace("subtype: grub", "subtype: sysctl"))
    assert check(until="2026-11-01") == 1
    assert check() == 3
    for format_ in REPORT.formats:
        capsys.readouterr()
        assert check("-o", format_) == 3
        said = html.unescape(re.sub(r"</?code>", "", capsys.readouterr().out))
        assert "os.grub" in said
        assert "W-1" in said
    assert check("--allow-incomplete") == 0


# Folders ----------------------------------------------------------------------------------------


def entry(name: str, **fields: Any) -> str:
    about = {
        "id": name,
        "rule": "T-001",
        "owner": "platform",
        "approver": "security",
        "reason": "the fix breaks training",
        "until": "2026-12-01",
        **fields,
    }
    document = {"apiVersion": "eidos.dev/v1", "kind": "Waivers", "waivers": [about]}
    return yaml.safe_dump(document)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_pack(tmp_path / "t", a=DRIVER_RULE)
    Path("s.yaml").write_text(SNAPSHOT)
    (tmp_path / "waivers").mkdir()
    return tmp_path / "waivers"


def checked(*more: str, waivers: tuple[str, ...] = ("waivers",)) -> int:
    given = [part for each in waivers for part in ("--waivers", each)]
    day = ["--effective-time", "2026-11-24", "--no-record"]
    return int(run(root, ["check", "s.yaml", "-p", "t", *day, *given, *more]))


def test_a_folder_is_read_whole_and_in_no_order(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "team").mkdir()
    (folder / "b.yaml").write_text(entry("W-1", until="2026-12-01"))
    (folder / "team/a.json").write_text(json.dumps(yaml.safe_load(entry("W-2"))))
    (folder / "README.md").write_text("how we waive")
    reports = []
    for given in (("waivers",), ("waivers/team", "waivers/b.yaml"), ("waivers/b.yaml", "waivers")):
        assert checked("-o", "json", waivers=given) == 0
        found = json.loads(capsys.readouterr().out)
        reports.append([found[part] for part in ("waivers", "waiverNotes", "counts", "subjects")])
    assert reports[0] == reports[1] == reports[2]
    assert [each["id"] for each in reports[0][0]] == ["W-1", "W-2"]


@pytest.mark.parametrize("name", ["W-1", "w-1"])
def test_one_id_is_one_waiver_and_what_is_revoked_stays_so(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = {"at": "2026-11-01", "by": "chief", "reason": "fixed"}
    (folder / "b.yaml").write_text(entry("W-1", revoked=ended))
    assert checked() == 1
    (folder / "a.yaml").write_text(entry(name))
    assert checked() == 2
    said = capsys.readouterr().err
    assert "is there twice and revoked" in said
    assert "waivers/a.yaml" in said
    assert "waivers/b.yaml" in said


def test_another_waiver_holds_where_one_was_revoked(folder: Path) -> None:
    ended = {"at": "2026-11-01", "by": "chief", "reason": "fixed"}
    (folder / "a.yaml").write_text(entry("W-1", revoked=ended))
    (folder / "b.yaml").write_text(entry("W-2"))
    assert checked() == 0


def _link(folder: Path) -> None:
    (folder.parent / "out.yaml").write_text(entry("W-2"))
    (folder / "b.yaml").symlink_to("../out.yaml")


def _hidden_folder(each: Path) -> None:
    (each / ".b").mkdir()
    (each / ".b/b.yaml").write_text(entry("W-2"))


def _folder_link(folder: Path) -> None:
    (folder.parent / "out").mkdir()
    (folder / "more").symlink_to("../out")


def _bomb(folder: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{y}: &{y} [{', '.join([f'*{x}'] * 10)}]" for x, y in itertools.pairwise("abcdefgh")]
    (folder / "b.yaml").write_text("\n".join(lines))


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link out": (_link, "b.yaml: this link points outside the folder of waivers"),
    "a dangling link": (lambda each: (each / "b.yaml").symlink_to("none"), "b.yaml"),
    "a link to a folder": (_folder_link, "more: this link to a folder is of no review"),
    "names in other capitals": (
        lambda each: (each / "A.yaml").write_text(entry("W-2")),
        "differs from A.yaml in capitals alone",
    ),
    "a hidden file": (
        lambda each: (each / ".b.yaml").write_text(entry("W-2")),
        ".b.yaml: its name is hidden, or ends in capitals",
    ),
    "a hidden folder": (_hidden_folder, ".b/b.yaml: it lies in a hidden folder"),
    "an ending in capitals": (
        lambda each: (each / "b.YAML").write_text(entry("W-2")),
        "b.YAML: its name is hidden, or ends in capitals",
    ),
    "a bomb": (_bomb, "values through aliases"),
    "no text": (lambda each: (each / "b.yaml").write_bytes(b"\xff\xfe\0"), "b.yaml"),
    "nothing": (lambda each: (each / "b.yaml").write_text(""), "b.yaml: the document is empty"),
    "another document": (lambda each: (each / "b.yaml").write_text(SNAPSHOT), "b.yaml:2:1 $.kind"),
    "two keys of a name": (
        lambda each: (each / "b.yaml").write_text(entry("W-2") + "waivers: []\n"),
        "the key 'waivers' is there twice",
    ),
    "a typed date": (
        lambda each: (each / "b.yaml").write_text(
            entry("W-2").replace("'2026-12-01'", "!!timestamp 2026-12-01")
        ),
        "the tag !!timestamp is not allowed",
    ),
    "a pipe": (lambda each: os.mkfifo(each / "b.yaml"), "b.yaml: this is not a regular file"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hidden_or_broken_in_a_folder_is_refused(
    folder: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plant, said = HOSTILE[case]
    (folder / "a.yaml").write_text(entry("W-1"))
    assert checked() == 0
    plant(folder)
    capsys.readouterr()
    assert checked() == 2
    assert said in capsys.readouterr().err


def test_a_mounted_config_map_is_a_folder_of_links_into_itself(folder: Path) -> None:
    (folder / "..2026").mkdir()
    (folder / "..2026/a.yaml").write_text(entry("W-1"))
    (folder / "..data").symlink_to("..2026")
    (folder / "a.yaml").symlink_to("..data/a.yaml")
    assert checked() == 0


def test_a_date_may_be_written_without_quotes(folder: Path) -> None:
    (folder / "a.yaml").write_text(entry("W-1").replace("'2026-12-01'", "2026-12-01"))
    assert checked() == 0


def test_all_that_is_wrong_is_told_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = entry("W-1", owner="-") + entry("W-2", until="2027-02-29").partition("waivers:\n")[2]
    (folder / "a.yaml").write_text(text)
    assert checked() == 2
    said = capsys.readouterr().err
    assert "$.waivers[0].owner: the waiver W-1 has no owner" in said
    assert "$.waivers[1]: the waiver W-2 has a date that does not exist" in said


def test_the_configuration_is_told_what_check_would_refuse(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.yaml").write_text(entry("W-1", rule="GPU-001", from_="2026-11-01"))
    own = folder.parent / "own.yaml"
    monkeypatch.setenv("EIDOS_EFFECTIVE_TIME", "2026-11-24")

    def validated(text: str) -> tuple[int, str]:
        own.write_text(f"effective-time: 2026-11-24\n{text}")
        status = int(run(root, ["--config", str(own), "config", "validate"]))
        return status, capsys.readouterr().out

    (folder / "a.yaml").write_text(entry("W-1", rule="GPU-001", **{"from": "2026-11-20"}))
    assert validated(f"waivers: [{folder}]")[0] == 0
    status, said = validated(f"waivers: [{folder}]\nwaiver-terms: {{critical: 5d}}\n")
    assert (status, "may last 5 days" in said, "own.yaml:2" in said) == (1, True, True)
    status, said = validated(f"gates: {{prod: {{waivers: [{folder}/none.yaml]}}}}\n")
    assert (status, "'gates.prod'" in said) == (1, True)
    for wrong in ("12h", "0d", "soon"):
        assert validated(f"waiver-terms: {{low: {wrong}}}\n")[0] == 1
