"""Every format against its published schema, or the constraints of its specification."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
import yaml

from eidos.engine.errors import Location
from eidos.engine.model.gate import Gate
from eidos.engine.model.lint import Level, Linted, LintFinding, LintKind
from eidos.engine.model.report import Report
from eidos.engine.model.rule import Scope, Severity
from eidos.engine.model.verdict import Finding
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import LINT, REPORT
from fakes import reports

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT / "tests" / "schemas"
CASES: dict[str, Callable[[], Report]] = {
    "everything": reports.everything,
    "clean": reports.clean,
    "nothing": reports.nothing,
    "hostile": reports.hostile,
    "allowed": lambda: reports.report(
        reports.node("a", reports.HUGEPAGES), gate=Gate(allow_incomplete=True)
    ),
    "incomplete": lambda: reports.report(reports.node("a", reports.HUGEPAGES)),
    "failed": lambda: reports.report(reports.node("a", reports.DRIVER)),
}
every_case = pytest.mark.parametrize("case", CASES)


def rendered(name: str, report: Report, *, verbose: bool = False) -> str:
    out = io.StringIO()
    REPORT.reporter(name)(report, out, Rendering(verbose=verbose))
    return out.getvalue()


@pytest.mark.parametrize("name", REPORT.formats)
@every_case
def test_equal_reports_give_equal_bytes(name: str, case: str) -> None:
    assert rendered(name, CASES[case]()).encode() == rendered(name, CASES[case]()).encode()


# JSON -------------------------------------------------------------------------------------------


def own_schema() -> Any:
    return json.loads((ROOT / "schemas/report/v1.schema.json").read_text())


@every_case
def test_json_keeps_our_schema(case: str) -> None:
    validator = jsonschema.Draft202012Validator(own_schema())
    validator.validate(json.loads(rendered("json", CASES[case]())))


def test_our_schema_describes_every_property() -> None:
    jsonschema.Draft202012Validator.check_schema(own_schema())

    def undescribed(schema: Any, at: str) -> list[str]:
        if not isinstance(schema, dict):
            return []
        missing = [
            f"{at}.{name}"
            for name, value in schema.get("properties", {}).items()
            if "description" not in value
        ]
        below = [path for key in schema for path in undescribed(schema[key], f"{at}.{key}")]
        return missing + below

    assert undescribed(own_schema(), "$") == []


def test_json_has_every_verdict() -> None:
    report = reports.everything()
    document = json.loads(rendered("json", report))
    told = [(s["identity"], v["rule"]) for s in document["subjects"] for v in s["verdicts"]]
    assert told == [(subject.identity, verdict.rule) for subject, verdict in report.verdicts()]


def test_json_says_where_actual_and_expected() -> None:
    document = json.loads(rendered("json", reports.report(reports.node("a", reports.DRIVER))))
    finding = document["subjects"][0]["verdicts"][0]["findings"][0]
    assert finding["location"]["line"] == 14
    assert (finding["actual"], finding["expected"]) == ("580.82.07", ">= 580.159.03")


def test_numbers_that_json_has_not_become_strings() -> None:
    document = json.loads(rendered("json", reports.hostile("x", [float("nan"), float("inf")])))
    assert document["subjects"][0]["verdicts"][1]["findings"][0]["actual"] == ["nan", "inf"]


# SARIF ------------------------------------------------------------------------------------------


def sarif(report: Report, *, verbose: bool = False) -> Any:
    return json.loads(rendered("sarif", report, verbose=verbose))


@every_case
@pytest.mark.parametrize("verbose", [False, True])
def test_sarif_keeps_its_schema(case: str, *, verbose: bool) -> None:
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text())
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    jsonschema.Draft4Validator(schema, format_checker=checker).validate(
        sarif(CASES[case](), verbose=verbose)
    )


def fingerprints(*findings: Finding, line: int = 3) -> list[str]:
    node = reports.node("a", replace(reports.DRIVER, findings=findings))
    node = replace(node, locations={"gpu.smi.driver": Location("x.yaml", line)})
    results = sarif(reports.report(node))["runs"][0]["results"]
    return [result["partialFingerprints"]["eidos/v1"] for result in results]


def test_sarif_fingerprints_survive_new_words_and_moved_lines() -> None:
    said = reports.DRIVER.findings[0]
    [before] = fingerprints(said)

    assert fingerprints(replace(said, msg="new words"), line=30) == [before]
    assert fingerprints(replace(said, path="gpu.smi.other")) != [before]


@pytest.mark.parametrize("key", ["keys", "words"])
def test_sarif_fingerprints_do_not_depend_on_order(key: str) -> None:
    said = reports.DRIVER.findings[0]
    one, two, three = (
        replace(said, msg=text, key=text if key == "keys" else None) for text in ("a", "b", "c")
    )
    known = dict(zip("abc", fingerprints(one, two, three), strict=True))

    assert len(set(known.values())) == 3
    assert fingerprints(three, one) == [known["c"], known["a"]]


def test_sarif_suppresses_what_is_waived_and_nothing_else() -> None:
    results = sarif(reports.everything())["runs"][0]["results"]
    waived = [result["ruleId"] for result in results if result["suppressions"]]
    assert waived == ["K8S-001"]


def test_sarif_tells_the_unknown_as_notification_and_as_open_result_when_verbose() -> None:
    report = reports.report(reports.node("a", reports.HUGEPAGES))
    (run,) = sarif(report)["runs"]
    assert run["results"] == []
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "was not collected" in told["message"]["text"]
    (result,) = sarif(report, verbose=True)["runs"][0]["results"]
    assert (result["kind"], result["level"]) == ("open", "none")


# JUnit ------------------------------------------------------------------------------------------


@every_case
def test_junit_keeps_the_schema_of_jenkins(case: str) -> None:
    root = ET.fromstring(rendered("junit", CASES[case]()))  # noqa: S314 -- our own output
    for test in root.iter("testcase"):
        test.attrib.pop("file", None)  # as pytest writes it and GitLab reads it
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(root)


def test_junit_says_how_bad_and_where() -> None:
    root = ET.fromstring(rendered("junit", reports.everything()))  # noqa: S314 -- our own output
    [case, *_] = [each for each in root.iter("testcase") if each.find("failure") is not None][1:]

    assert case.get("group") in {"critical", "high", "medium", "low", "info"}
    assert case.get("file")


@every_case
def test_junit_counts_are_true(case: str) -> None:
    root = ET.fromstring(rendered("junit", CASES[case]()))  # noqa: S314 -- our own output
    for suite in root.iter("testsuite"):
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    for count in ("tests", "failures", "errors"):
        assert int(root.attrib[count]) == sum(int(each.attrib[count]) for each in root)


# CTRF, OpenReports, GitLab ----------------------------------------------------------------------


@every_case
def test_ctrf_keeps_its_schema(case: str) -> None:
    schema = json.loads((SCHEMAS / "ctrf-0.0.json").read_text())
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    document = json.loads(rendered("ctrf", CASES[case]()))
    jsonschema.Draft7Validator(schema, format_checker=checker).validate(document)
    summary = document["results"]["summary"]
    statuses = [test["status"] for test in document["results"]["tests"]]
    assert summary["tests"] == len(statuses)
    for status in ("passed", "failed", "skipped", "pending", "other"):
        assert summary[status] == statuses.count(status)


def crd(name: str) -> Any:
    document = yaml.safe_load((SCHEMAS / name).read_text())
    (version,) = document["spec"]["versions"]
    return version["schema"]["openAPIV3Schema"]


@every_case
def test_openreports_keep_their_definition(case: str) -> None:
    kinds = {
        "ClusterReport": crd("openreports.io_clusterreports.yaml"),
        "Report": crd("openreports.io_reports.yaml"),
    }
    listed = json.loads(rendered("openreports", CASES[case]()))
    names = [item["metadata"]["name"] for item in listed["items"]]
    assert len(names) == len(set(names))
    for item in listed["items"]:
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,251}[a-z0-9])?", item["metadata"]["name"])
        jsonschema.Draft202012Validator(kinds[item["kind"]]).validate(item)
        assert sum(item["summary"].values()) == len(item["results"])
        _has_only_known_fields(kinds[item["kind"]], item)


def _has_only_known_fields(schema: Any, value: Any) -> None:
    """A cluster drops fields its definition does not name."""
    if isinstance(value, dict) and "properties" in schema:
        assert set(value) <= set(schema["properties"])
        for key, item in value.items():
            _has_only_known_fields(schema["properties"][key], item)
    if isinstance(value, list):
        for item in value:
            _has_only_known_fields(schema["items"], item)


def test_a_document_becomes_a_report_in_a_namespace() -> None:
    subject = replace(reports.node("deploy.yaml", reports.MIG), scope=Scope.DOCUMENT)
    (item,) = json.loads(rendered("openreports", reports.report(subject)))["items"]
    assert item["kind"] == "Report"
    jsonschema.Draft202012Validator(crd("openreports.io_reports.yaml")).validate(item)


GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32,64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""From GitLab's documentation, "Code Quality report format"."""


@every_case
def test_gitlab_keeps_the_documented_form(case: str) -> None:
    entries = json.loads(rendered("gitlab", CASES[case]()))
    jsonschema.Draft202012Validator(GITLAB).validate(entries)
    fingerprints = [entry["fingerprint"] for entry in entries]
    assert len(fingerprints) == len(set(fingerprints))


def test_gitlab_can_tell_two_snapshots_of_one_node_apart() -> None:
    node = reports.node("a", reports.DRIVER)
    entries = json.loads(rendered("gitlab", reports.report(node, replace(node, file="b.yaml"))))
    assert len({entry["fingerprint"] for entry in entries}) == 2


# TAP --------------------------------------------------------------------------------------------

TEST_POINT = re.compile(r"(not )?ok (\d+) - ((?:[^#\\]|\\\\|\\#)*?)(?: # (TODO|SKIP)\b(.*))?")


def read_tap(text: str) -> list[tuple[bool, str | None]]:
    """Read TAP 14 strictly; give (ok, directive) of every test point."""
    lines = text.split("\n")
    assert lines[0] == "TAP version 14"
    plan = re.fullmatch(r"1\.\.(\d+)", lines[1])
    assert plan
    points: list[tuple[bool, str | None]] = []
    block: list[str] | None = None
    for line in lines[2:]:
        if block is not None:
            block.append(line.removeprefix("  "))
            if line == "  ...":
                assert isinstance(yaml.safe_load("\n".join(block[:-1])), dict)
                block = None
        elif line == "  ---":
            block = []
        elif line and not line.startswith("# "):
            match = TEST_POINT.fullmatch(line)
            assert match, line
            assert int(match[2]) == len(points) + 1
            points.append((match[1] is None, match[4]))
    assert len(points) == int(plan[1])
    return points


@every_case
def test_tap_is_tap(case: str) -> None:
    points = read_tap(rendered("tap", CASES[case]()))
    harness_is_happy = all(ok or directive for ok, directive in points)
    assert harness_is_happy == (CASES[case]().exit_code == 0)


# GitHub -----------------------------------------------------------------------------------------

COMMAND = re.compile(r"::(error|warning|notice|group|endgroup)(?: ([^:]*))?::(.*)")


@every_case
def test_github_lines_are_commands_or_harmless(case: str) -> None:
    for line in rendered("github", CASES[case]()).removesuffix("\n").split("\n"):
        assert line.startswith("- ") or COMMAND.fullmatch(line), line


def test_github_shows_no_more_than_it_keeps() -> None:
    many = tuple(reports.rule(f"R-{n:03}", Severity.HIGH, "x") for n in range(40))
    fails = [replace(reports.DRIVER, rule=rule.id) for rule in many]
    text = rendered("github", reports.report(reports.node("a", *fails), rules=many))
    assert len(re.findall(r"^::error ", text, re.MULTILINE)) == 10
    assert text.count("\n- error ") == 31
    assert "::group::31 more annotations" in text
    assert text.rstrip().rsplit("\n", 1)[-1].startswith("::error title=eidos::failed (exit code 1)")


# Markdown ---------------------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("verbose", [False, True])
def test_markdown_fits_a_comment_and_closes_what_it_opens(case: str, *, verbose: bool) -> None:
    text = rendered("markdown", CASES[case](), verbose=verbose)
    assert len(text) <= 65_000
    assert text.count("<details") == text.count("</details>")
    assert text.count("<code>") == text.count("</code>")


def test_markdown_says_what_it_left_out() -> None:
    many = tuple(reports.rule(f"R-{n:03}", Severity.HIGH, "x" * 900) for n in range(90))
    fails = [replace(reports.DRIVER, rule=rule.id) for rule in many]
    text = rendered("markdown", reports.report(reports.node("a", *fails), rules=many))
    assert len(text) <= 65_000
    assert re.search(r"_\d+ sections left out", text)


# Lint -------------------------------------------------------------------------------------------


def linted(form: str) -> str:
    out = io.StringIO()
    LINT.reporter(form)(LINTED, out, Rendering())
    return out.getvalue()


HOSTILE = "x\x1b[31m\n::error::]]>&<\u202e"
LINTED = Linted(
    ("p",),
    1,
    tuple(
        LintFinding(
            LintKind(HOSTILE, level, HOSTILE, "https://a b"),
            HOSTILE,
            Location(HOSTILE, 1),
            HOSTILE,
            excuse,
        )
        for level in Level
        for excuse in (None, HOSTILE)
    ),
    (HOSTILE,),
)


def test_sarif_of_lint_keeps_its_schema() -> None:
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text())
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    document = json.loads(linted("sarif"))
    jsonschema.Draft4Validator(schema, format_checker=checker).validate(document)
    assert sum(bool(each["suppressions"]) for each in document["runs"][0]["results"]) == 3


def test_junit_of_lint_keeps_the_schema_of_jenkins() -> None:
    root = ET.fromstring(linted("junit"))  # noqa: S314 -- our own output
    for test in root.iter("testcase"):
        test.attrib.pop("file", None)
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(root)


def test_annotations_of_lint_are_one_line_each() -> None:
    lines = linted("github").splitlines()
    assert [line.partition(" ")[0] for line in lines[:2]] == ["::warning", "::error"]
    assert not any("\x1b" in line or "\u202e" in line for line in lines)
