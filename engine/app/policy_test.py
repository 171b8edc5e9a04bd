"""``eidos policy test``: run the tests of policy, and say what of the policy they saw."""

import contextlib
import importlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from eidos.engine.app.context import Context
from eidos.engine.app.gator_suite import find_suites, policy_tests, run_suites
from eidos.engine.app.test_targets import Target, Tested, TestRequest, find_targets
from eidos.engine.documents.finding import NothingFoundError
from eidos.engine.errors import EidosError, Problem, UsageError
from eidos.engine.model.policytest import (
    LineCoverage,
    PolicyCoverage,
    PolicyTestRun,
    RuleCoverage,
    outcomes_of,
)
from eidos.engine.packs.finding import shipped

if TYPE_CHECKING:
    from eidos.engine.documents.walking import Step
    from eidos.engine.model.verdict import Status

SUITES: Final[Mapping[str, str]] = {
    "rego": "rego_tests:run_rego_tests",
    "cases": "case_tests:run_cases",
}
"""Kinds of suites: name to ``module:function`` in this package.

The function is a `SuiteRunner`. A kind that finds nothing of its own in a target gives no tests.
"""
SuiteRunner = Callable[[Target, TestRequest, Context], Tested]
"""Runs the tests of one kind in one target; raises `EidosError` where they cannot be run."""
_POLL: Final = 0.5
"""Seconds between two looks at files that are watched."""


def policy_test(request: TestRequest, context: Context) -> PolicyTestRun:
    """Run all tests of everything that was named.

    Policy that cannot be loaded and suites that cannot be run are problems, and hide nothing else.

    Raises:
        UsageError: a path names nothing, or the pattern is none.
        EidosError: the engine that was asked for is not here.
    """
    _refuse_pattern(request.pattern)
    suites, suited = _gator_suites(request, context)
    found = [*find_targets(request, context, suited), *suites]
    targets = [each for each in found if isinstance(each, Target)]
    problems = [each for each in found if isinstance(each, Problem)]
    results = _run_all([(target, kind) for target in targets for kind in SUITES], request, context)
    done = [each for each in results if isinstance(each, Tested)]
    done += [each for each in found if isinstance(each, Tested)]
    problems += [each for each in results if isinstance(each, Problem)]
    problems += [each for target in targets for each in target.misnamed]
    return PolicyTestRun(
        tests=tuple(test for each in done for test in each.tests),
        problems=tuple(problems),
        coverage=_coverage(targets, done, request) if request.covers else None,
        engine=f"{context.engine.name} {context.engine.version}",
        notes=tuple(_notes(request, context)),
    )


def _gator_suites(
    request: TestRequest, context: Context
) -> tuple[list[Tested | Problem], frozenset[str]]:
    """Run suites in gator's format; give what became of them, and the paths that hold any."""
    found: dict[str, list[Step]] = {}
    try:
        for path in filter(os.path.exists, request.paths or (".",)):
            with contextlib.suppress(NothingFoundError):  # no YAML there
                if steps := find_suites([path], context.limits):
                    found[path] = steps
        if not found:
            return [], frozenset()
        ran = run_suites(
            [step for steps in found.values() for step in steps], context, request.pattern
        )
    except EidosError as error:
        return [error.problem], frozenset(found)
    return [Tested(tuple(policy_tests(ran)))], frozenset(found)


def _refuse_pattern(pattern: str | None) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise UsageError(
            f"{pattern!r} is no regular expression: {error}", hint="Try: --run 'test_old.*'"
        ) from error


def _run_all(
    pairs: Sequence[tuple[Target, str]], request: TestRequest, context: Context
) -> list[Tested | Problem]:
    """Run suites side by side: each waits for an OPA of its own."""
    context.tally.total = len(pairs)
    _ = context.engine, context.opa  # opened once, and not by two threads
    pool = ThreadPoolExecutor(context.cores)
    try:
        return list(pool.map(lambda pair: _run(pair[0], pair[1], request, context), pairs))
    finally:
        pool.shutdown(cancel_futures=True)


def _run(target: Target, kind: str, request: TestRequest, context: Context) -> Tested | Problem:
    module, _, function = SUITES[kind].partition(":")
    runner: SuiteRunner = getattr(importlib.import_module(f"eidos.engine.app.{module}"), function)
    try:
        return runner(target, request, context)
    except EidosError as error:
        return error.problem
    finally:
        context.tally.done += 1


def _notes(request: TestRequest, context: Context) -> Iterator[str]:
    if context.opa is None:
        yield (
            "the light engine ran the tests: it does not show what failing expressions saw"
            + (", and counts no lines" if request.covers else "")
            + "; 'eidos engine install' gets OPA, which does"
        )


def _coverage(
    targets: Sequence[Target], done: Sequence[Tested], request: TestRequest
) -> PolicyCoverage:
    seen: dict[str, set[Status]] = {}
    for tested in done:
        for rule, outcomes in tested.outcomes.items():
            seen.setdefault(rule, set()).update(outcomes)
    rules = [
        RuleCoverage(rule.id, target.place(rule), needed, frozenset(seen.get(rule.id, ())))
        for target in targets
        for rule in target.rules
        if (needed := outcomes_of(rule))
    ]
    lines = [tested.lines for tested in done if tested.lines is not None]
    joined: list[LineCoverage] = [line for each in lines for line in each]
    counted = tuple(joined) if lines else None
    return PolicyCoverage(tuple(rules), counted, request.threshold)


# Watching ---------------------------------------------------------------------------------------


def watched(request: TestRequest, context: Context) -> Iterator[PolicyTestRun]:
    """Give a run now and after each change of a file, until the context's clock says to end.

    Raises: see `policy_test`; what is wrong with policy is a problem in the run.
    """
    before: object = None
    while True:
        now = _state(request)
        if now != before:
            before = now
            yield policy_test(request, context)
        if context.clock.wait(_POLL):
            return


def _state(request: TestRequest) -> Mapping[str, tuple[int, int]]:
    """Give size and time of every file that a run may read."""
    named = [shipped().get(path, Path(path)) for path in request.paths or (".",)]
    state: dict[str, tuple[int, int]] = {}
    for path in (*named, *map(Path, request.data)):
        for file in path.rglob("*.*") if path.is_dir() else (path,):
            try:
                found = file.stat()
            except OSError:  # it went away in this moment
                continue
            state[str(file)] = (found.st_size, found.st_mtime_ns)
    return state
