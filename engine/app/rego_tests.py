"""Tests written in Rego (``test_``, ``todo_test_``): by OPA's own runner, or the light engine."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from eidos.engine.app.context import Context
from eidos.engine.app.test_targets import Target, Tested, TestRequest
from eidos.engine.digest import digest
from eidos.engine.errors import EidosError, Location, PolicyError
from eidos.engine.model.policytest import LineCoverage, Outcome, PolicyTest
from eidos.engine.model.rule import Module
from eidos.engine.packs.observing import observed, outcomes_told
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, ModuleFacts, Program

if TYPE_CHECKING:
    from eidos.engine.rego.opa.command import OpaCommand, RegoTests

KIND: Final = "rego"
TEST, TODO = "test_", "todo_test_"
"""How OPA's runner knows tests: https://www.openpolicyagent.org/docs/policy-testing."""
_EXPLAINED: Final = 100
"""Failing tests whose expressions are shown; each is run a second time for it."""
_LATE: Final = ("context deadline exceeded", ": timed out before ")
"""What OPA says of a test that was ended; the second, where a built-in function was at work."""
_PRINTS: Final = 50
"""Lines shown of what a test printed."""
_LONGEST: Final = 100_000
"""Characters of a pattern; an argument of a program may have 128 KiB."""
_FAILURE: Final = re.compile(r"^(?P<name>data\.\S+): (?:FAIL|ERROR) \(")
_RULE: Final = re.compile(r"^-{20,}$")


def run_rego_tests(target: Target, request: TestRequest, context: Context) -> Tested:
    """Run the Rego tests of a target.

    Raises:
        PolicyError: they do not compile.
        EidosError: they took too long, or OPA crashed.
    """
    if context.opa is None:
        return _by_the_light_engine(target, request, context)
    return _OpaRun(context.opa, target, request).tested(context)


# OPA --------------------------------------------------------------------------------------------


class _OpaRun:
    """Runs of ``opa test`` over one target."""

    def __init__(self, opa: "OpaCommand", target: Target, request: TestRequest) -> None:
        self._opa = opa
        self._target = target
        self._pattern = request.pattern
        self._covers = request.covers

    def tested(self, context: Context) -> Tested:
        """Run the tests; again for what failing expressions saw, and for what rules said."""
        tests = self._tests(self._target.modules)
        entries = self._entries(tests)
        failed = [_name(entry) for entry in entries if entry.get("fail")]
        values = self._values(tests, failed[:_EXPLAINED])
        results = tuple(self._result(entry, values) for entry in entries)
        outcomes = self._outcomes(context) if self._covers and entries else {}
        if not self._covers:
            return Tested(results, outcomes)
        passed = [test.name for test in results if test.outcome is Outcome.PASS]
        return Tested(results, outcomes, self._lines(tests, passed, len(results)))

    def _tests(self, modules: tuple[Module, ...]) -> "RegoTests":
        from eidos.engine.rego.opa.command import RegoTests

        return RegoTests(modules, self._target.data, self._target.v0, self._pattern)

    def _entries(self, tests: "RegoTests") -> list[dict[str, Any]]:
        _, stdout, stderr = self._opa.test(tests, "--format", "json")
        try:
            found: list[dict[str, Any]] = msgspec.json.decode(stdout or "null") or []
        except msgspec.DecodeError:
            raise self._refused(stdout + stderr) from None
        if not stdout.strip() or not isinstance(found, list):
            raise self._refused(stderr or stdout)
        return sorted(found, key=_place)

    def _refused(self, text: str) -> PolicyError:
        from eidos.engine.rego.opa.faults import plain_faults, policy_error

        faults = plain_faults(text)
        if not faults:
            return PolicyError(f"opa test gave no results: {' '.join(text.split())[:300]}")
        errors = [policy_error(fault, self._target.modules).problem for fault in faults]
        return PolicyError.joined(errors)

    def _result(self, entry: Mapping[str, Any], values: Mapping[str, list[str]]) -> PolicyTest:
        outcome = Outcome.PASS
        for key in ("skip", "fail", "error"):
            if entry.get(key):
                outcome = Outcome(key)
        said = [*_error(entry), *values.get(_name(entry), ())]
        if outcome is Outcome.FAIL and not said:
            said = [f"{name} fails" for name in _failed_parts(entry)]
        printed = _printed(entry) if outcome in (Outcome.FAIL, Outcome.ERROR) else []
        return PolicyTest(
            name=_name(entry),
            suite=self._target.name,
            kind=KIND,
            outcome=outcome,
            location=self._location(entry),
            said=(*self._named(said), *_shown(self._named(printed))),
            seconds=int(entry.get("duration") or 0) / 1e9,
        )

    def _location(self, entry: Mapping[str, Any]) -> Location | None:
        from eidos.engine.rego.opa.faults import module_number

        place = entry.get("location") or {}
        number = module_number(str(place.get("file") or ""))
        if number is None:
            return None
        return Location(self._target.modules[number].file, place.get("row"), place.get("col"))

    def _named(self, lines: Iterable[str]) -> list[str]:
        from eidos.engine.rego.opa.faults import renamed

        return [renamed(line, self._target.modules) for line in lines]

    def _values(self, tests: "RegoTests", names: Sequence[str]) -> Mapping[str, list[str]]:
        """Give by test what its failing expression saw, as ``opa test --var-values`` draws it."""
        if not names:
            return {}
        again = replace(tests, pattern=_exactly(names))
        try:
            _, stdout, _ = self._opa.test(again, "--var-values", "--format", "pretty")
        except EidosError:  # a trace may be too large for OPA; the results stand all the same
            return {}
        return _drawn(stdout)

    def _outcomes(self, context: Context) -> Mapping[str, Any]:
        target = self._target
        modules = (*target.own, *target.tests)
        seen = observed(
            modules, context.engine.analyse(target.modules)[: len(modules)], target.rules
        )
        entries = self._entries(self._tests((*seen, *target.library)))
        return outcomes_told((line for entry in entries for line in _printed(entry)), target.rules)

    def _lines(
        self, tests: "RegoTests", passed: Sequence[str], total: int
    ) -> tuple[LineCoverage, ...] | None:
        """Count lines by the tests that pass: OPA gives no coverage where one does not."""
        if not passed:
            return ()
        if len(passed) < total:
            tests = replace(tests, pattern=_exactly(passed))
            if len(tests.pattern or "") > _LONGEST:
                return None
        _, stdout, stderr = self._opa.test(tests, "--coverage", "--coverage-runs", "")
        try:
            files: Mapping[str, Any] = msgspec.json.decode(stdout)["files"]
        except (msgspec.DecodeError, KeyError, TypeError):
            raise self._refused(stderr or stdout) from None
        return tuple(self._covered(files))

    def _covered(self, files: Mapping[str, Any]) -> Iterator[LineCoverage]:
        from eidos.engine.rego.opa.faults import module_number

        modules = self._target.modules
        for name, report in sorted(files.items()):
            number = module_number(name)
            if number is None or number >= len(self._target.own):  # tests, and the library
                continue
            yield LineCoverage(
                modules[number].file,
                len(_rows(report, "covered")),
                tuple(_stretches(_rows(report, "not_covered"))),
            )


def _exactly(names: Iterable[str]) -> str:
    """Give the pattern of these tests and no others."""
    return f"^({'|'.join(map(re.escape, names))})$"


def _name(entry: Mapping[str, Any]) -> str:
    return f"{entry['package']}.{entry['name']}"


def _place(entry: Mapping[str, Any]) -> tuple[str, int]:
    place = entry.get("location") or {}
    return str(place.get("file") or ""), int(place.get("row") or 0)


def _error(entry: Mapping[str, Any]) -> list[str]:
    error = entry.get("error")
    if not error:
        return []
    message = error.get("message") if isinstance(error, dict) else error
    said = " ".join(str(message or error).split())
    is_late = any(words in said for words in _LATE)
    return ["it took longer than five seconds" if is_late else said]


def _shown(printed: Sequence[str]) -> list[str]:
    more = len(printed) - _PRINTS
    shown = [f"print: {line}" for line in printed[:_PRINTS]]
    return [*shown, f"print: ... and {more:,} more lines"] if more > 0 else shown


def _printed(entry: Mapping[str, Any]) -> list[str]:
    return base64.b64decode(entry.get("output") or "").decode(errors="replace").splitlines()


def _failed_parts(entry: Mapping[str, Any]) -> Iterator[str]:
    """Name the parts of a test that has some (``test_x[name]``) which fail."""
    for name, part in (entry.get("sub_results") or {}).items():
        if part.get("sub_results"):
            yield from (f"{name}/{inner}" for inner in _failed_parts(part))
        elif part.get("fail"):
            yield name


def _rows(report: Mapping[str, Any], key: str) -> set[int]:
    return {
        row
        for part in report.get(key) or ()
        for row in range(part["start"]["row"], part["end"]["row"] + 1)
    }


def _stretches(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Join rows that follow one another."""
    first = last = 0
    for row in sorted(rows):
        if row != last + 1 and last:
            yield first, last
        first = first if row == last + 1 else row
        last = row
    if last:
        yield first, last


def _drawn(pretty: str) -> Mapping[str, list[str]]:
    """Take OPA's drawings of failures apart by test; they stand between two rules."""
    drawings: dict[str, list[str]] = {}
    current: list[str] | None = None
    _, _, failures = pretty.partition("FAILURES\n")
    for line in failures.splitlines()[1:]:
        if _RULE.match(line):
            break
        if found := _FAILURE.match(line):
            current = drawings.setdefault(found["name"], [])
        elif current is not None and line.strip():
            current.append(line.removeprefix("  "))
    return drawings


# The light engine -------------------------------------------------------------------------------


def _by_the_light_engine(target: Target, request: TestRequest, context: Context) -> Tested:
    """Ask for each test as for any rule: true passes; nobody can say what its expressions saw."""
    facts = context.engine.analyse(target.modules)
    found = _places(facts, request.pattern)
    names = [name for name in found if not _is_todo(name)]
    answers = _answers(target, target.modules, names, context)
    results = [
        _answered(PolicyTest(name, target.name, KIND, Outcome.PASS, found[name]), answer)
        for name, answer in zip(names, answers, strict=True)
    ]
    todo = filter(_is_todo, found)
    results += [PolicyTest(name, target.name, KIND, Outcome.SKIP, found[name]) for name in todo]
    if not request.covers or not names:
        return Tested(tuple(results))
    modules = (*target.own, *target.tests)
    seen = observed(modules, facts[: len(modules)], target.rules)
    told = _answers(target, (*seen, *target.library), names, context)
    prints = (line for answer in told for line in answer.prints)
    return Tested(tuple(results), outcomes_told(prints, target.rules))


def _places(facts: Sequence[ModuleFacts], pattern: str | None) -> dict[str, Location]:
    """Give every test that is asked for, with its place."""
    found = {
        f"data.{read.package}.{name}": Location(read.file, line)
        for read in facts
        for name, line in read.rules.items()
        if name.startswith((TEST, TODO))
    }
    return {name: place for name, place in found.items() if re.search(pattern or "", name)}


def _is_todo(name: str) -> bool:
    return name.rpartition(".")[2].startswith(TODO)


def _answers(
    target: Target, modules: tuple[Module, ...], names: Sequence[str], context: Context
) -> list[Answer]:
    key = digest([[[each.file, each.source] for each in modules], target.data, target.v0])
    program = Program(key, modules, target.data, target.v0, strict=False)
    now = int(context.clock.now().timestamp()) * 10**9
    return list(context.engine.evaluate(Job(program, (Ask(name, None),), now) for name in names))


def _answered(test: PolicyTest, answer: Answer) -> PolicyTest:
    printed = _shown(answer.prints)
    if answer.error is not None:
        return replace(test, outcome=Outcome.ERROR, said=(answer.error, *printed))
    [value] = answer.values
    if value is UNDEFINED or value is False:
        return replace(test, outcome=Outcome.FAIL, said=tuple(printed))
    if isinstance(value, Mapping | list):  # what is missing in it would be a failure
        return replace(test, outcome=Outcome.ERROR, said=(_PARTS,))
    return test


_PARTS: Final = "a test with parts (test_x[name]) needs OPA: get it by 'eidos engine install'"
