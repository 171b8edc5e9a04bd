"""Suites in gator's format: what is asked, what is counted, and what cannot be asked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.gator_suite import find_suites, run_suites
from eidos.engine.cli import console, root
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import ExitCode, UsageError
from eidos.engine.model.suite import CaseResult, Outcome, SuiteRun, TestResult
from fakes.gatekeeper import SYNC, UNIQUE, coded, constraint, ingress, lay_out, template, thing

Run = Callable[..., SuiteRun]
HEAD = "kind: Suite\napiVersion: test.gatekeeper.sh/v1alpha1\nmetadata: {name: own}\ntests:\n"
OWNED = "- name: owned\n  template: t.yaml\n  constraint: c.yaml\n  cases:\n"
FILES = {
    "t.yaml": template(),
    "c.yaml": constraint(),
    "good.yaml": thing(labels="{owner: a}"),
    "bad.yaml": thing(),
    "u.yaml": coded("UniqueHost", UNIQUE, annotations=SYNC),
    "uc.yaml": constraint("UniqueHost", "hosts", ""),
    "one.yaml": ingress("one", "a.example"),
    "two.yaml": ingress("two", "a.example"),
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def ran(tests: str, pattern: str | None = None, **files: str) -> SuiteRun:
        lay_out(tmp_path, {**FILES, "suite.yaml": HEAD + tests, **files})
        with Context(Opening(engine="light")) as context:
            return run_suites(find_suites([str(tmp_path)], Limits()), context, pattern)

    return ran


def case(object_: str, assertions: str = "[{violations: yes}]", more: str = "") -> str:
    return f"  - {{name: {object_}, object: {object_}.yaml, assertions: {assertions}{more}}}\n"


def only(found: SuiteRun) -> CaseResult:
    [suite] = found.suites
    [test] = suite.tests
    [result] = test.cases
    return result


def only_test(found: SuiteRun) -> TestResult:
    [suite] = found.suites
    [test] = suite.tests
    return test


def test_cases_that_hold_pass(run: Run) -> None:
    found = run(OWNED + case("good", "[{violations: no}]") + case("bad"))
    assert list(found.outcomes()) == [Outcome.PASSED, Outcome.PASSED]
    assert found.exit_code is ExitCode.OK
    assert (found.suites[0].name, found.suites[0].outcome) == ("own", Outcome.PASSED)


@pytest.mark.parametrize(
    ("object_", "assertions"),
    [
        ("bad", "[{violations: 1}]"),
        ("bad", "[{violations: yes, message: 'web lacks .*owner'}]"),
        ("bad", "[{message: owner}, {violations: 0, message: nothing}]"),
        ("bad", "[{violations: 'yes'}]"),
        ("good", "[{violations: 'no'}]"),
        ("good", "[{violations: 0}]"),
    ],
)
def test_what_is_asserted_holds(run: Run, object_: str, assertions: str) -> None:
    assert only(run(OWNED + case(object_, assertions))).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("object_", "assertions", "words"),
    [
        ("bad", "[{violations: no}]", "1 violations, and none wanted"),
        ("good", "[{violations: yes}]", "said is: nothing"),
        ("good", "[{}]", "at least one wanted"),
        ("bad", "[{violations: 2}]", "1 violations, and 2 wanted"),
        ("bad", "[{message: ^lacks}]", "0 violations that match '^lacks'"),
    ],
)
def test_what_does_not_hold_fails(run: Run, object_: str, assertions: str, words: str) -> None:
    found = run(OWNED + case(object_, assertions))
    assert only(found).outcome is Outcome.FAILED
    assert words in str(only(found).message)
    assert only(found).location.line == 9
    assert found.exit_code is ExitCode.FAILED


def test_the_inventory_of_a_case_is_its_own(run: Run) -> None:
    head = "- name: hosts\n  template: u.yaml\n  constraint: uc.yaml\n  cases:\n"
    alone = case("one", "[{violations: no}]")
    beside = case("one", "[{violations: 1, message: taken by two}]", ", inventory: [two.yaml]")
    assert run(head + alone + beside).exit_code is ExitCode.OK


def test_what_is_not_matched_has_no_violations(run: Run) -> None:
    narrow = constraint(spec="parameters: {labels: [owner]}\nmatch: {kinds: [{kinds: [Job]}]}\n")
    found = run(OWNED + case("bad", "[{violations: no}]"), **{"c.yaml": narrow})
    assert found.exit_code is ExitCode.OK


def test_a_constraint_may_have_to_be_invalid(run: Run) -> None:
    text = "- {name: bad, template: t.yaml, constraint: c.yaml, invalid: true}\n"
    wrong = constraint(spec="parameters: {labels: [7]}\n")
    assert only_test(run(text, **{"c.yaml": wrong})).outcome is Outcome.PASSED
    fits = only_test(run(text, **{"c.yaml": constraint()}))
    assert (fits.outcome, "fits its template" in str(fits.message)) == (Outcome.FAILED, True)


def test_skipping(run: Run) -> None:
    skipped = case("bad", "[{violations: no}]", ", skip: true")
    found = run(OWNED + skipped)
    assert list(found.outcomes()) == [Outcome.SKIPPED]
    assert found.exit_code is ExitCode.INCOMPLETE
    test = OWNED.replace("- name", "- skip: true\n  name") + case("bad", "[{violations: no}]")
    assert only_test(run(test)).outcome is Outcome.SKIPPED


@pytest.mark.parametrize(
    ("pattern", "asked"),
    [("good", 1), ("owned", 2), ("owned//bad", 1), ("//d$", 2), ("other", 0), ("other//good", 0)],
)
def test_a_pattern_chooses(run: Run, pattern: str, asked: int) -> None:
    found = run(OWNED + case("good", "[{violations: no}]") + case("bad"), pattern)
    assert list(found.outcomes()).count(Outcome.PASSED) == asked


@pytest.mark.parametrize("pattern", ["a//b//c", "("])
def test_a_pattern_that_is_none(run: Run, pattern: str) -> None:
    with pytest.raises(UsageError):
        run(OWNED + case("good"), pattern)


@pytest.mark.parametrize(
    ("tests", "words"),
    [
        (OWNED + case("gone"), "there is no file"),
        (OWNED + case("bad", "[]"), "the case asserts nothing"),
        (OWNED + case("bad", "[{violations: maybe}]"), "must be yes, no, or a number"),
        (OWNED + case("bad", "[{violations: -1}]"), "must be yes, no, or a number"),
        (OWNED + case("bad", "[{message: '('}]"), "'message' is no pattern"),
        (OWNED + case("bad", "[{mesage: a}]"), "Did you mean 'message'?"),
        (OWNED + case("bad", more=", objekt: a"), "'objekt' is not known here"),
        (OWNED + case("bad", more=", inventory: [gone.yaml]"), "there is no file"),
    ],
)
def test_cases_that_cannot_be_asked(run: Run, tests: str, words: str) -> None:
    found = run(tests)
    assert only(found).outcome is Outcome.ERROR
    assert words in str(only(found).message)
    assert found.exit_code is ExitCode.NO_ANSWER


def test_an_object_of_several_is_refused(run: Run) -> None:
    found = run(OWNED + case("both"), **{"both.yaml": f"{thing('a')}---\n{thing('b')}"})
    assert "the file holds 2 objects" in str(only(found).message)


def test_a_namespace_that_is_not_known_is_no_answer(run: Run) -> None:
    spec = "parameters: {labels: [owner]}\nmatch: {namespaceSelector: {matchLabels: {a: b}}}\n"
    found = run(OWNED + case("bad", "[{violations: no}]"), **{"c.yaml": constraint(spec=spec)})
    assert "namespace shop are not known" in str(only(found).message)


@pytest.mark.parametrize(
    ("tests", "words"),
    [
        (OWNED.replace("t.yaml", "gone.yaml") + case("bad"), "there is no file"),
        (OWNED.replace("t.yaml", "/etc/passwd") + case("bad"), "is absolute"),
        (OWNED.replace("c.yaml", "uc.yaml") + case("bad"), "there is no template of the kind"),
        (OWNED.replace("  cases", "  expansion: e.yaml\n  cases") + case("bad"), "expansion"),
        (OWNED.replace("name:", "nam:") + case("bad"), "'nam' is not known here"),
        (OWNED.replace("  constraint: c.yaml\n", "") + case("bad"), "'constraint'"),
    ],
)
def test_tests_that_cannot_be_asked(run: Run, tests: str, words: str) -> None:
    found = only_test(run(tests))
    assert found.outcome is Outcome.ERROR
    assert words in str(found.message)


def test_one_broken_test_hides_no_other(run: Run) -> None:
    broken = OWNED.replace("t.yaml", "gone.yaml") + case("bad")
    found = run(broken + OWNED + case("bad"))
    assert list(found.outcomes()) == [Outcome.ERROR, Outcome.PASSED]


def test_tests_that_are_no_list(run: Run) -> None:
    found = run("  a: b\n")
    assert found.suites[0].outcome is Outcome.ERROR
    assert "must be a list" in str(found.suites[0].message)


def test_other_documents_are_passed_over(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.yaml": "kind: Suite\napiVersion: other/v1\n", "b.yaml": "test: ["})
    assert find_suites([str(tmp_path)], Limits()) == []


def test_hostile_patterns_take_no_time(run: Run) -> None:
    name = "a" * 5000
    found = run(
        OWNED + case("long", "[{violations: no, message: '^(a+)+$'}]"), **{"long.yaml": thing(name)}
    )
    assert only(found).outcome is Outcome.PASSED


def test_policy_test_runs_suites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tests = OWNED + case("good", "[{violations: no}]") + case("bad", "[{violations: no}]")
    lay_out(tmp_path, {**FILES, "suite.yaml": HEAD + tests})
    assert console.run(root, ["policy", "test", str(tmp_path), "-o", "json"]) == 1
    told = json.loads(capsys.readouterr().out)["tests"]
    assert [(each["name"], each["kind"], each["outcome"]) for each in told] == [
        ("own: owned//good", "gator", "pass"),
        ("own: owned//bad", "gator", "fail"),
    ]
    assert "1 violations, and none wanted" in told[1]["said"][0]
    chosen = ["policy", "test", str(tmp_path), "--run", "owned//good"]
    assert console.run(root, chosen) == 0
    assert console.run(root, [*chosen[:-1], "nothing"]) == 3


def test_policy_test_runs_suites_beside_rules_in_rego(tmp_path: Path) -> None:
    lay_out(tmp_path, {**FILES, "suite.yaml": HEAD + OWNED + case("bad")})
    (tmp_path / "own_test.rego").write_text("package own_test\n\ntest_x if 1 == 2\n")
    assert console.run(root, ["policy", "test", str(tmp_path)]) == 1


def test_policy_test_tells_of_a_suite_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, {**FILES, "suite.yaml": HEAD + "  - {name: a\n"})
    assert console.run(root, ["policy", "test", str(tmp_path)]) == 2
    assert "suite.yaml" in capsys.readouterr().out
