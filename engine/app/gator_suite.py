"""Suites in gator's format: templates and constraints, objects, and what must be said of them.

What a case asks and counts is what ``gator verify`` asks and counts; see docs/gatekeeper.md for
where eidos is stricter.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.reviewing import Reviewing
from eidos.engine.documents.finding import Source, find_sources
from eidos.engine.documents.given import read_given
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import decode, read_bytes
from eidos.engine.documents.reviews import Making
from eidos.engine.documents.walking import Step
from eidos.engine.errors import DocumentError, EidosError, UsageError
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model import policytest
from eidos.engine.model.nearest import nearest
from eidos.engine.model.policytest import PolicyTest
from eidos.engine.model.rule import Rule
from eidos.engine.model.suite import (
    CaseResult,
    Outcome,
    SuiteResult,
    SuiteRun,
    TestResult,
    worst,
)
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.packs.files import read_files
from eidos.engine.packs.gatekeeper.constraints import ParametersError
from eidos.engine.packs.gatekeeper.loading import gatekeeper_pack
from eidos.engine.schema import pattern_matches

GROUP: Final = "test.gatekeeper.sh"
KIND: Final = "Suite"
_MARK: Final = f"{GROUP}/".encode()
_TEST: Final = frozenset(
    {"name", "template", "constraint", "expansion", "cases", "invalid", "skip"}
)
_CASE: Final = frozenset({"name", "object", "inventory", "assertions", "skip"})
_ASSERTION: Final = frozenset({"violations", "message"})
_WORDS: Final[Mapping[object, str]] = {True: "yes", False: "no", "yes": "yes", "no": "no"}
_UNANSWERED: Final = (Status.UNKNOWN, Status.ERROR)
_NO_OPERATION: Final = Making(operation="", whole_reviews=False)
"""As gator does: a manifest says nothing of what is done with it."""


def is_suite(value: object) -> bool:
    """Say whether a document is a suite of gator's."""
    if not isinstance(value, dict) or value.get("kind") != KIND:
        return False
    return str(value.get("apiVersion")).partition("/")[0] == GROUP


def find_suites(paths: Sequence[str], limits: Limits) -> list[Step]:
    """Give every suite in files and folders.

    Args:
        paths: files, and folders that are searched; other documents in them are passed over.
        limits: bounds of what is read.

    Raises:
        DocumentError: a path is not there, or a file that holds a suite cannot be read.
    """
    return [step for source in find_sources(paths) for step in _suites(source, limits)]


def _suites(source: Source, limits: Limits) -> Iterator[Step]:
    content = read_bytes(source, limits)
    if _MARK not in content:
        return
    for document in read_given(decode(content, source.name), source.name, limits):
        if is_suite(document.value):
            yield Step(document, document.value)


def run_suites(suites: Sequence[Step], context: Context, pattern: str | None = None) -> SuiteRun:
    """Ask every case of suites, all in few requests.

    Args:
        suites: as `find_suites` gives them.
        context: what is open.
        pattern: a regular expression; only tests and cases whose name it matches are asked, a
            test's cases all where it matches the test. ``TEST//CASE`` says both.

    Raises:
        UsageError: the pattern is none.
        EidosError: the engine cannot be started.
    """
    chosen = _Filter(pattern)
    made = [_Suite(step, chosen, context) for step in suites]
    cases = [case for suite in made for test in suite.tests for case in test.cases if case.facts]
    rules = [case.rule for case in cases]
    judge = Judge(rules, context.engine, NoMemo(), context.clock.now())
    verdicts = judge.ask([(case.rule, case.facts) for case in cases if case.facts])
    for case, verdict in zip(cases, verdicts, strict=True):
        case.verdict = verdict
    return SuiteRun(tuple(suite.result() for suite in made))


def policy_tests(run: SuiteRun) -> Iterator[PolicyTest]:
    """Give each case, and each test or suite that has none, as ``eidos policy test`` tells it."""
    for suite in run.suites:
        if not suite.tests:
            yield _told_as(suite, suite.name, suite)
        for test in suite.tests:
            name = f"{suite.name}: {test.name}"
            if not test.cases:
                yield _told_as(test, name, suite)
            yield from (_told_as(case, f"{name}//{case.name}", suite) for case in test.cases)


_AS: Final = {
    Outcome.PASSED: policytest.Outcome.PASS,
    Outcome.FAILED: policytest.Outcome.FAIL,
    Outcome.ERROR: policytest.Outcome.ERROR,
    Outcome.SKIPPED: policytest.Outcome.SKIP,
}


def _told_as(
    result: SuiteResult | TestResult | CaseResult, name: str, suite: SuiteResult
) -> PolicyTest:
    said = (result.message,) if result.message else ()
    folder = str(Path(suite.location.file).parent)
    return PolicyTest(name, folder, "gator", _AS[result.outcome], result.location, said)


class _Filter:
    """Which tests and cases are wanted, as ``gator verify --run`` says it."""

    def __init__(self, pattern: str | None) -> None:
        parts = (pattern or "").split("//")
        if len(parts) > 2:  # noqa: PLR2004 -- a test and a case
            raise UsageError("a pattern has at most one '//'", hint="Write TEST//CASE.")
        try:
            self._parts = [re.compile(part) for part in parts]
        except re.error as error:
            raise UsageError(f"{pattern!r} is not a regular expression: {error}") from error

    def test(self, name: str) -> bool:
        """Say whether any of a test may be wanted."""
        return len(self._parts) == 1 or self._parts[0].search(name) is not None

    def case(self, test: str, name: str) -> bool:
        """Say whether a case of a test is wanted."""
        if len(self._parts) == 1:
            return any(self._parts[0].search(each) is not None for each in (test, name))
        return self.test(test) and self._parts[1].search(name) is not None


class _Suite:
    def __init__(self, step: Step, chosen: _Filter, context: Context) -> None:
        self._step = step
        self._message: str | None = None
        self.tests: list[_Test] = []
        try:
            self._skipped = step.get("skip").value is True
            each = [] if self._skipped else list(step.get("tests").items())
            self.tests = [_Test(test, chosen, context) for test in each]
        except DocumentError as error:
            self._message = str(error)

    def result(self) -> SuiteResult:
        metadata: Any = self._step.map().get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        tests = tuple(test.result() for test in self.tests)
        outcome = worst(test.outcome for test in tests)
        return SuiteResult(
            name=str(name or self._step.document.title),
            outcome=Outcome.ERROR if self._message else outcome,
            location=self._step.document.location(()),
            tests=tests,
            message=self._message,
        )


class _Test:
    """A constraint with its template, and the cases that are asked of it."""

    def __init__(self, step: Step, chosen: _Filter, context: Context) -> None:
        self._step = step
        self.name = str(step.map().get("name") or "")
        self.cases: list[_Case] = []
        self._outcome: Outcome | None = None
        self._message: str | None = None
        try:
            self._read(chosen, context)
        except EidosError as error:
            self._outcome, self._message = Outcome.ERROR, _told(error)

    def _read(self, chosen: _Filter, context: Context) -> None:
        _refuse_unknown(self._step, _TEST)
        fields = self._step.map()
        if fields.get("skip") is True or not chosen.test(self.name):
            self._outcome = Outcome.SKIPPED
        elif fields.get("expansion"):
            hint = "Leave the test out, or judge the objects that it would make."
            raise self._step.get("expansion").fail("expansion templates are not supported", hint)
        elif fields.get("invalid") is True:
            self._refused(context)
        else:
            rule = self._rule(context)
            self.cases = [
                _Case(each, rule, context, wanted=chosen.case(self.name, _name(each)))
                for each in self._step.get("cases").items()
            ]

    def _refused(self, context: Context) -> None:
        try:
            self._rule(context)
        except ParametersError:
            self._outcome = Outcome.PASSED
        else:
            self._outcome = Outcome.FAILED
            self._message = "the constraint fits its template's schema, and should not"

    def _rule(self, context: Context) -> Rule:
        paths = dict.fromkeys(_path(self._step.get(name)) for name in ("template", "constraint"))
        sources = [(_shown(path), read_files(path)) for path in paths]
        pack = gatekeeper_pack(sources, context.engine)
        if len(pack.rules) != 1:
            raise self._step.get("constraint").fail(
                f"there are {len(pack.rules)} constraints, and a test is of one"
            )
        return pack.rules[0]

    def result(self) -> TestResult:
        cases = tuple(case.result() for case in self.cases)
        return TestResult(
            name=self.name,
            outcome=self._outcome or worst(case.outcome for case in cases),
            location=self._step.document.location(self._step.path),
            cases=cases,
            message=self._message,
        )


class _Case:
    """An object, what lies beside it, and what must be said of it."""

    def __init__(self, step: Step, rule: Rule, context: Context, *, wanted: bool) -> None:
        self._step = step
        self.name = _name(step)
        self.facts: SubjectFacts | None = None
        self.verdict: Verdict | None = None
        self._message: str | None = None
        place = step.document.location(step.path)
        self.rule = rule
        if not wanted or step.map().get("skip") is True:
            return
        try:
            _refuse_unknown(step, _CASE)
            self._assertions = [_Assertion(each) for each in step.get("assertions").items()]
            if not self._assertions:
                raise step.fail("the case asserts nothing", "Add: assertions: [{violations: no}]")
            reviewing = self._reviewing(context)
            (self.facts,) = self._facts(reviewing, context)
            # Every case has a rule of its own: ids are the same in many tests.
            (self.rule,) = reviewing.with_inventory([replace(rule, id=f"{rule.id} at {place}")])
        except EidosError as error:
            self._message = _told(error)

    def _reviewing(self, context: Context) -> Reviewing:
        paths = [_path(each) for each in self._step.get("inventory").items()]
        items = [item for path in paths for item in _items(path, context.limits)]
        return Reviewing([], _NO_OPERATION, items)

    def _facts(self, reviewing: Reviewing, context: Context) -> list[SubjectFacts]:
        items = _items(_path(self._step.get("object")), context.limits)
        found = [each.facts for item in items for each in reviewing.requested(item)]
        if len(found) != 1:
            raise self._step.get("object").fail(
                f"the file holds {len(found)} objects, and a case is of one"
            )
        return found

    def result(self) -> CaseResult:
        place = self._step.document.location(self._step.path)
        if self._message is not None:
            return CaseResult(self.name, Outcome.ERROR, place, self._message)
        if self.verdict is None:
            return CaseResult(self.name, Outcome.SKIPPED, place)
        if self.verdict.status in _UNANSWERED:
            return CaseResult(self.name, Outcome.ERROR, place, self.verdict.reason)
        said = dict.fromkeys((each.msg, str(each.actual)) for each in self.verdict.findings)
        messages = [message for message, _ in said]
        failed = [text for each in self._assertions if (text := each.failure(messages))]
        outcome = Outcome.FAILED if failed else Outcome.PASSED
        return CaseResult(self.name, outcome, place, "; ".join(failed) or None)


class _Assertion:
    """How many violations there must be, or how many whose message matches."""

    def __init__(self, step: Step) -> None:
        _refuse_unknown(step, _ASSERTION)
        wanted = step.map().get("violations")
        self._wanted: int | str = "yes"
        if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0:
            self._wanted = wanted
        elif wanted in _WORDS:  # YAML 1.1 takes both words for truth values
            self._wanted = _WORDS[wanted]
        elif wanted is not None:
            raise step.get("violations").fail("'violations' must be yes, no, or a number")
        pattern = step.map().get("message")
        self._message = None if pattern is None else step.get("message").text()
        if self._message is not None:
            try:
                pattern_matches(self._message, "")
            except ValueError as error:
                raise step.get("message").fail(f"'message' is no pattern: {error}") from error

    def failure(self, messages: Sequence[str]) -> str | None:
        """Say what is wrong with messages; None where they are as asserted."""
        pattern = self._message
        count = sum(pattern is None or pattern_matches(pattern, each) for each in messages)
        holds = {"yes": count > 0, "no": count == 0}.get(str(self._wanted), count == self._wanted)
        if holds:
            return None
        number = {"yes": "at least one", "no": "none"}.get(str(self._wanted), str(self._wanted))
        what = "violations" if pattern is None else f"violations that match {pattern!r}"
        told = "; ".join(messages) or "nothing"
        return f"{count} {what}, and {number} wanted; said is: {told}"


def _name(step: Step) -> str:
    return str(step.map().get("name") or "")


def _path(step: Step) -> Path:
    """Give a file that a suite names, from the folder it is in."""
    name = step.text()
    if Path(name).is_absolute():
        raise step.fail(f"'{name}' is absolute", "Name files from the folder of the suite.")
    path = Path(step.document.name).parent / name
    if not path.is_file():
        raise step.fail(f"there is no file '{path}'", "Files are named from the suite's folder.")
    return path


def _shown(path: Path) -> str:
    return f"{path.parent}/" if path.parent != Path() else ""


def _items(path: Path, limits: Limits) -> list[Item]:
    source = Source(str(path), path)
    text = decode(read_bytes(source, limits), source.name)
    found = read_given(text, source.name, limits)
    return [Item(document.title, document, is_alone=len(found) == 1) for document in found]


def _refuse_unknown(step: Step, known: frozenset[str]) -> None:
    """Refuse a field that gator does not know either, and passes over."""
    for name in step.map():
        if name not in known:
            raise step.get(name).fail(f"'{name[:80]}' is not known here", nearest(name, known))


def _told(error: EidosError) -> str:
    return f"{error} ({error.hint})" if error.hint else str(error)
