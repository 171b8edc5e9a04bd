"""Tests of policy (``eidos policy test``): what failed and why, what was not seen, the counts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from eidos.engine.errors import ExitCode, Location
from eidos.engine.model.policytest import (
    Outcome,
    PolicyCoverage,
    PolicyTest,
    PolicyTestRun,
    RuleCoverage,
)
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import (
    disarmed,
    one_line,
    printable,
    tap_text,
    workflow_line,
    xml_attribute,
    xml_text,
)
from eidos.engine.report.github import SHOWN, annotation
from eidos.engine.report.jsontext import (
    known,
    location_json,
    problem_json,
    write_document,
    yaml_line,
)
from eidos.engine.report.wording import plural

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

_COLORS = {Outcome.PASS: 32, Outcome.FAIL: 31, Outcome.ERROR: 31, Outcome.SKIP: 33}
_STRETCHES = 8
"""Stretches of lines that are named of one file."""


def text(run: PolicyTestRun, out: TextIO, rendering: Rendering) -> None:
    """Write what did not pass with its reasons, coverage with what is missing, and the counts."""
    for test in run.tests:
        if rendering.verbose or test.outcome is not Outcome.PASS:
            out.writelines(_told(test, color=rendering.color))
    for problem in run.problems:
        out.write(_line(f"ERROR {problem}"))
        if problem.hint:
            out.write(_line(f"  hint: {problem.hint}"))
    if run.coverage is not None:
        out.writelines(map(_line, _coverage(run.coverage, verbose=rendering.verbose)))
    out.writelines(_line(f"note: {note}") for note in run.notes)
    out.write(_line(counted(run)))


def _told(test: PolicyTest, *, color: bool) -> Iterator[str]:
    word = test.outcome.upper()
    painted = f"\x1b[{_COLORS[test.outcome]}m{word}\x1b[0m" if color else word
    yield f"{painted:<5} {disarmed(one_line(test.name))}\n"
    if test.location is not None and test.outcome is not Outcome.PASS:
        yield _line(f"  {test.location}")
    for line in test.said:
        yield f"    {printable(line.expandtabs(4))}\n"


def _line(said: str) -> str:
    return disarmed(one_line(said)) + "\n"


def counted(run: PolicyTestRun) -> str:
    """Give the counts on one line, and what ran the tests."""
    if not run.tests:
        what = "no tests were run" if run.problems else "no tests were found"
        return f"{what} ({run.engine}): exit code {int(run.exit_code)}"
    counts = Counter(test.outcome for test in run.tests)
    words = {Outcome.PASS: "passed", Outcome.FAIL: "failed"}
    words |= {Outcome.ERROR: "could not be run", Outcome.SKIP: "skipped"}
    said = [f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome]]
    if run.problems:
        said.append(plural(len(run.problems), "problem"))
    return f"{plural(len(run.tests), 'test')}: {', '.join(said)} ({run.engine})"


def _coverage(coverage: PolicyCoverage, *, verbose: bool) -> Iterator[str]:
    for rule in coverage.rules:
        if verbose or rule.missing:
            yield f"{rule.place}: {_seen(rule)}"
    for file in coverage.lines or ():
        if file.missed:
            yield f"{file.file}: not reached: {_stretches(file.missed)}"
    needed = sum(len(rule.needed) for rule in coverage.rules)
    missing = sum(len(rule.missing) for rule in coverage.rules)
    outcomes = f"outcomes {coverage.outcomes_percent:.1f} % ({needed - missing} of {needed})"
    percent = coverage.lines_percent
    lines = "lines not counted" if percent is None else f"lines {percent:.1f} %"
    yield f"coverage: {outcomes} of {plural(len(coverage.rules), 'rule')}, {lines}"
    yield from (f"below the threshold: {each}" for each in coverage.shortfalls)


def _seen(rule: RuleCoverage) -> str:
    seen = ", ".join(status for status in rule.needed if status in rule.seen) or "nothing"
    missing = ", ".join(rule.missing)
    return f"{rule.rule} seen {seen}" + (f"; never {missing}" if missing else "")


def _stretches(missed: Sequence[tuple[int, int]]) -> str:
    named = [str(first) if first == last else f"{first}-{last}" for first, last in missed]
    more = f" and {len(named) - _STRETCHES} more" if len(named) > _STRETCHES else ""
    return f"{'line' if len(named) == 1 else 'lines'} {', '.join(named[:_STRETCHES])}{more}"


def json(run: PolicyTestRun, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/policy-test/v1.schema.json`` describes it."""
    counts = Counter(test.outcome for test in run.tests)
    coverage: dict[str, Json] = {}
    if run.coverage is not None:
        coverage = {"coverage": _coverage_json(run.coverage)}
    write_document(
        out,
        "PolicyTestRun",
        engine=run.engine,
        exitCode=int(run.exit_code),
        counts={outcome.value: counts[outcome] for outcome in Outcome},
        tests=[_test_json(test) for test in run.tests],
        problems=[problem_json(problem) for problem in run.problems],
        **coverage,
        notes=[*run.notes],
    )


def _test_json(test: PolicyTest) -> "Json":
    return known(
        name=test.name,
        suite=test.suite,
        kind=test.kind,
        outcome=test.outcome.value,
        location=location_json(test.location),
        said=[*test.said] or None,
        seconds=test.seconds,
    )


def _coverage_json(coverage: PolicyCoverage) -> "Json":
    lines = coverage.lines
    files: list[Json] = [
        {"file": each.file, "covered": each.covered, "missed": [[*part] for part in each.missed]}
        for each in lines or ()
    ]
    return {
        "outcomesPercent": round(coverage.outcomes_percent, 2),
        "linesPercent": None if lines is None else round(coverage.lines_percent or 0.0, 2),
        "threshold": coverage.threshold,
        "rules": [
            {
                "rule": rule.rule,
                "location": location_json(rule.place),
                "needed": [*rule.needed],
                "seen": [*sorted(rule.seen)],
                "missing": [*rule.missing],
            }
            for rule in coverage.rules
        ],
        "files": files,
    }


# Formats of test tools --------------------------------------------------------------------------


def _others(run: PolicyTestRun) -> Iterator[PolicyTest]:
    """Give what else decides, as tests: problems, coverage, and that there is something."""
    for problem in run.problems:
        said = (problem.message, *([problem.hint] if problem.hint else []))
        name = str(problem.location or problem.message)
        yield PolicyTest(name, "problems", "problem", Outcome.ERROR, problem.location, said)
    if not any(test.outcome in (Outcome.PASS, Outcome.FAIL) for test in run.tests):
        yield PolicyTest("there are tests", "eidos", "gate", Outcome.ERROR, None, (counted(run),))
    coverage = run.coverage
    if coverage is not None and coverage.threshold is not None:
        said = tuple(_coverage(coverage, verbose=False))
        outcome = Outcome.FAIL if coverage.shortfalls else Outcome.PASS
        if coverage.lines is None:
            outcome = Outcome.ERROR
        yield PolicyTest("coverage", "eidos", "gate", outcome, None, said)


def junit(run: PolicyTestRun, out: TextIO, _rendering: Rendering) -> None:
    """Write JUnit XML, a suite for each target; what else decides is in suites of its own."""
    tests = (*run.tests, *_others(run))
    suites: dict[str, list[PolicyTest]] = {}
    for test in tests:
        suites.setdefault(test.suite, []).append(test)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f"<testsuites{_totals('eidos policy test', tests)}>\n")
    for name, members in suites.items():
        out.write(f"  <testsuite{_totals(name, members)}>\n")
        out.writelines(map(_case, members))
        out.write("  </testsuite>\n")
    out.write("</testsuites>\n")


def _totals(name: str, tests: Sequence[PolicyTest]) -> str:
    counts = Counter(test.outcome for test in tests)
    values = {
        "name": name,
        "tests": len(tests),
        "failures": counts[Outcome.FAIL],
        "errors": counts[Outcome.ERROR],
        "skipped": counts[Outcome.SKIP],
        "time": f"{sum(test.seconds or 0.0 for test in tests):.3f}",
    }
    return "".join(f" {key}={xml_attribute(value)}" for key, value in values.items())


_ELEMENTS = {Outcome.FAIL: "failure", Outcome.ERROR: "error", Outcome.SKIP: "skipped"}


def _case(test: PolicyTest) -> str:
    package, _, name = test.name.rpartition(".") if test.kind == "rego" else ("", "", test.name)
    values: dict[str, object] = {"classname": package or test.suite, "name": name}
    if test.location is not None:
        values["file"] = test.location.file
        values |= {"line": test.location.line} if test.location.line else {}
    values["time"] = f"{test.seconds or 0.0:.3f}"
    attributes = "".join(f" {key}={xml_attribute(value)}" for key, value in values.items())
    element = _ELEMENTS.get(test.outcome)
    if element is None:
        return f"    <testcase{attributes}/>\n"
    message = xml_attribute(test.said[0] if test.said else _default(test))
    body = f"<{element} message={message}>{xml_text(chr(10).join(test.said))}</{element}>"
    return f"    <testcase{attributes}>\n      {body}\n    </testcase>\n"


def _default(test: PolicyTest) -> str:
    return "todo" if test.outcome is Outcome.SKIP else "the test is not true"


def tap(run: PolicyTestRun, out: TextIO, _rendering: Rendering) -> None:
    """Write TAP version 14, a point for each test and for what else decides."""
    tests = (*run.tests, *_others(run))
    out.write(f"TAP version 14\n1..{len(tests)}\n")
    for number, test in enumerate(tests, 1):
        failed = test.outcome in (Outcome.FAIL, Outcome.ERROR)
        todo = " # SKIP todo" if test.outcome is Outcome.SKIP else ""
        word = "not ok" if failed else "ok"
        out.write(f"{word} {number} - {tap_text(test.name)}{todo}\n")
        if failed:
            place = yaml_line(str(test.location)) if test.location else "null"
            out.write(f"  ---\n  at: {place}\n  said: {yaml_line(list(test.said))}\n  ...\n")
    out.write(f"# {one_line(counted(run))}\n")


def github(run: PolicyTestRun, out: TextIO, _rendering: Rendering) -> None:
    """Write an error for each test that failed, at its line, and a warning for what was not seen.

    GitHub shows ten of a level; what does not fit is printed to the log.
    """
    errors = [
        (test.name, "\n".join(test.said) or _default(test), test.location)
        for test in (*run.tests, *_others(run))
        if test.outcome in (Outcome.FAIL, Outcome.ERROR)
    ]
    warnings = [
        (rule.rule, _seen(rule), rule.place)
        for rule in (run.coverage.rules if run.coverage else ())
        if rule.missing
    ]
    for level, said in (("error", errors), ("warning", warnings)):
        shown = said[: SHOWN - 1]
        out.writelines(annotation(level, message, place, title) for title, message, place in shown)
        out.writelines(f"{_logged(*each)}\n" for each in said[SHOWN - 1 :])
    level = "notice" if run.exit_code is ExitCode.OK else "error"
    out.write(annotation(level, counted(run), title="eidos policy test"))


def _logged(title: str, message: str, place: Location | None) -> str:
    return workflow_line(f"{place}: {title}: {message}" if place else f"{title}: {message}")
