"""Cases: a fixture, changes to it, and what rules must say (``*_cases.yaml`` beside the rules).

They are judged as ``eidos check`` judges, so they see what no test in Rego sees: what a rule says
where facts are missing or cannot be read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from eidos.engine.app.conformance import read_conformance
from eidos.engine.app.context import Context
from eidos.engine.app.judging import Judging
from eidos.engine.app.policies import SELECTION, open_packs
from eidos.engine.app.reader import Item
from eidos.engine.app.test_targets import Target, Tested, TestRequest
from eidos.engine.comparing.patching import apply_patch
from eidos.engine.config.rows import moment
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import Document, read_one, read_text
from eidos.engine.errors import DocumentError, EidosError, Location, Problem, UsageError
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import bundle_facts
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.policy import Policy
from eidos.engine.model.policytest import Outcome, PolicyTest
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.packs.choosing import param_problems
from eidos.engine.packs.files import decode
from eidos.engine.ports import RegoEngine
from eidos.engine.records import dataclass
from eidos.engine.schema import problems

KIND: Final = "cases"
SCHEMA: Final = "policy-cases/v1"
"""How files with cases are named."""
_SHOWN: Final = 3
"""Findings that a failed expectation shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case of a file, with what holds for the whole file."""

    name: str
    document: Document
    index: int
    fixture: Json
    patches: tuple[dict[str, Json], ...]
    subject: str | None
    recipe: str | None
    effective: datetime
    params: Mapping[str, Mapping[str, Json]]
    expected: tuple[Mapping[str, str], ...]

    @property
    def location(self) -> Location:
        """Where it stands."""
        return self.at()

    def at(self, *path: str | int) -> Location:
        """Give the place of a part of it."""
        return self.document.location(("cases", self.index, *path))

    def about(self, rule: str) -> "Case | None":
        """Give what it says of one rule; None where it expects nothing of it."""
        expected = tuple(each for each in self.expected if fnmatchcase(rule, each["rule"]))
        params = {rule: self.params[rule]} if rule in self.params else {}
        return replace(self, expected=expected, params=params) if expected else None


@dataclass(frozen=True, slots=True)
class _Said:
    """What one rule said of one subject."""

    subject: str
    verdict: Verdict


def run_cases(target: Target, request: TestRequest, context: Context) -> Tested:
    """Run all cases of a target.

    Raises:
        DocumentError: a file with cases cannot be read or is not valid; says all that is wrong.
    """
    return CaseRun(target, request, context).tested()


class CaseRun:
    """Reads the cases of a target, and judges them.

    Args:
        target: whose files with cases, and whose rules.
        request: what was asked for.
        context: what is open.
        engine: judges; None for the context's.
    """

    def __init__(
        self,
        target: Target,
        request: TestRequest,
        context: Context,
        engine: RegoEngine | None = None,
    ) -> None:
        self._target = target
        self._request = request
        self._context = context
        self._engine = engine or context.engine
        self._rules = {rule.id: rule for rule in target.rules}
        self._seen: dict[str, set[Status]] = {}

    def tested(self) -> Tested:
        """Read all, then judge: a broken file is told before anything is judged."""
        tests = tuple(self.test(case) for case in self.cases())
        return Tested(tests, {rule: frozenset(seen) for rule, seen in self._seen.items()})

    def cases(self) -> list[Case]:
        """Give all cases that were asked for.

        Raises:
            DocumentError: a file with cases cannot be read or is not valid; says all that is wrong.
        """
        return [case for document in self._documents() for case in self._cases(document)]

    def _documents(self) -> Iterator[Document]:
        wrong: list[Problem] = []
        for name, content in sorted(self._target.cases.items()):
            for document in read_text(decode(content, name), name, self._context.limits):
                found = problems(document, SCHEMA)
                wrong += found
                if not found:
                    yield document
        if wrong:
            raise DocumentError.joined(wrong)

    def _cases(self, document: Document) -> Iterator[Case]:
        whole: Any = document.value
        for index, said in enumerate(whole["cases"]):
            name = f"{document.title}: {said['name']}"
            if self._request.pattern and not _has(self._request.pattern, name):
                continue
            if "fixture" not in said and "fixture" not in whole:
                place = document.location(("cases", index))
                raise DocumentError(
                    "the case has no fixture",
                    location=place,
                    hint="Give 'fixture' in the case, or once for the file.",
                )
            yield Case(
                name=name,
                document=document,
                index=index,
                fixture=said.get("fixture", whole.get("fixture")),
                patches=tuple(said.get("patches", ())),
                subject=said.get("subject"),
                recipe=said.get("recipe"),
                effective=self._moment(document, index),
                params=_layered(whole.get("params", {}), said.get("params", {})),
                expected=tuple(said["expect"]),
            )

    def _moment(self, document: Document, index: int) -> datetime:
        whole: Any = document.value
        for path, said in ((("cases", index), whole["cases"][index]), ((), whole)):
            if "effectiveTime" in said:
                try:
                    return moment(said["effectiveTime"])
                except ValueError as error:
                    place = document.location((*path, "effectiveTime"))
                    raise DocumentError(str(error), location=place, hint=_TIMES) from error
        return self._request.effective or self._context.clock.now()

    def test(self, case: Case) -> PolicyTest:
        """Judge a case; what keeps it from being judged is its outcome."""
        test = PolicyTest(case.name, self._target.name, KIND, Outcome.PASS, case.location)
        try:
            rules = self._chosen(case)
            said = self._judged(case, rules)
            for each in said:
                self._seen.setdefault(each.verdict.rule, set()).add(each.verdict.status)
            wrong = [line for expected in case.expected for line in _unmet(expected, said)]
        except EidosError as error:
            lines = [str(error), *([error.hint] if error.hint else [])]
            return replace(test, outcome=Outcome.ERROR, said=tuple(lines))
        return replace(test, outcome=Outcome.FAIL, said=tuple(wrong)) if wrong else test

    def _chosen(self, case: Case) -> tuple[Rule, ...]:
        """Give the rules that are expected to say something, with the case's parameters.

        Raises:
            UsageError: there is no such rule, or a parameter is wrong.
        """
        for number, expected in enumerate(case.expected):
            if not any(fnmatchcase(rule, expected["rule"]) for rule in self._rules):
                place = case.at("expect", number, "rule")
                message = f"there is no rule '{expected['rule']}' in {self._target.name}"
                hint = nearest(expected["rule"], sorted(self._rules))
                raise UsageError(message, location=place, hint=hint)
        if wrong := param_problems(self._rules.values(), case.params, {}):
            raise UsageError.joined([replace(each, location=case.location) for each in wrong])
        return tuple(
            replace(rule, params={**rule.params, **case.params.get(rule.id, {})})
            for rule in self._target.rules
            if any(fnmatchcase(rule.id, expected["rule"]) for expected in case.expected)
        )

    def _judged(self, case: Case, rules: tuple[Rule, ...]) -> list[_Said]:
        document = self._patched(case)
        if any(rule.scope is Scope.BUNDLE for rule in rules):
            return self._of_bundle(case, rules, document)
        conformance = None
        if case.recipe is not None:
            file = self._beside(case, case.recipe, case.at("recipe"))
            selecting = open_packs((SELECTION,), self._context)
            conformance = read_conformance(str(file), selecting, self._context)
        policy = Policy(
            packs=(),
            rules=rules,
            effective=case.effective,
            is_pinned=True,
            conformance=conformance,
        )
        judging = Judging(policy, self._engine, NoMemo())
        lenient = not any(rule.scope is Scope.DOCUMENT for rule in rules)
        [judged] = judging.judge([Item(case.name, document, lenient=lenient, is_alone=True)])
        if isinstance(judged, Problem):
            raise DocumentError.joined([judged])
        return [
            _Said(subject.name, verdict)
            for subject in judged.subjects
            for verdict in subject.verdicts
            if verdict.rule in self._rules and case.subject in (None, subject.name)
        ]

    def _of_bundle(self, case: Case, rules: tuple[Rule, ...], document: Document) -> list[_Said]:
        if not isinstance(document.value, dict):
            raise DocumentError("what was rendered must be a map", location=case.at("fixture"))
        facts = bundle_facts(document.value, case.subject or "bundle", case.name)
        of_bundle = [rule for rule in rules if rule.scope is Scope.BUNDLE]
        judge = Judge(of_bundle, self._engine, NoMemo(), case.effective)
        return [_Said(facts.name, verdict) for verdict in judge.judge([facts])[0]]

    def _patched(self, case: Case) -> Document:
        document = self._fixture(case)
        try:
            value = apply_patch(document.value, case.patches)
        except ValueError as error:
            raise DocumentError(str(error), location=case.at("patches"), hint=_PATCHES) from error
        return Document(document.name, 0, value)

    def _fixture(self, case: Case) -> Document:
        if not isinstance(case.fixture, str):
            return Document(case.document.name, 0, case.fixture)
        file = self._beside(case, case.fixture, case.at("fixture"))
        return read_one(Source(str(file), file), self._context.limits)

    def _beside(self, case: Case, name: str, place: Location) -> Path:
        """Give the file that a case names, from the folder of its own file.

        Raises:
            DocumentError: it lies neither there nor below the working directory: tests of a pack
                from elsewhere read no other files of ours.
        """
        folder = Path(case.document.name).parent
        file = folder / name
        roots = (folder.resolve(), Path.cwd().resolve())
        if not any(file.resolve().is_relative_to(root) for root in roots):
            raise DocumentError(
                f"the fixture {name} is outside the pack and the working directory",
                location=place,
                hint="Put it beside the cases, or run the tests from a folder around both.",
            )
        return file


_TIMES = "Write 2026-11-24 or 2026-11-24T10:00:00Z."
_PATCHES = "Paths are JSON Pointers: /nodes/0/measurements/0/subtypes/0/data/driver."


def _has(pattern: str, name: str) -> bool:
    import re

    return re.search(pattern, name) is not None


def _layered(
    *layers: Mapping[str, Mapping[str, Json]],
) -> Mapping[str, Mapping[str, Json]]:
    whole: dict[str, Mapping[str, Json]] = {}
    for layer in layers:
        for rule, values in layer.items():
            whole[rule] = {**whole.get(rule, {}), **values}
    return whole


def _unmet(expected: Mapping[str, str], said: Sequence[_Said]) -> Iterator[str]:
    """Say how verdicts differ from what is expected; nothing where they do not."""
    about = [each for each in said if fnmatchcase(each.verdict.rule, expected["rule"])]
    if not about:
        yield f"{expected['rule']}: expected {expected['status']}, and it was asked of nothing"
    for each in about:
        verdict = each.verdict
        if verdict.status != expected["status"]:
            yield (
                f"{verdict.rule} on {each.subject}: expected {expected['status']}, "
                f"got {verdict.status}{_because(verdict)}"
            )
        elif not _is_found(expected, verdict):
            wanted = " and ".join(
                f"{key} {expected[key]!r}" for key in ("path", "message") if key in expected
            )
            yield (
                f"{verdict.rule} on {each.subject}: expected {wanted}, "
                f"got {verdict.status}{_because(verdict)}"
            )


def _because(verdict: Verdict) -> str:
    found = [f"{f.path}: {f.msg}" if f.path else f.msg for f in verdict.findings[:_SHOWN]]
    told = [*([verdict.reason] if verdict.reason else []), *found]
    return f" ({'; '.join(told)})" if told else ""


def _is_found(expected: Mapping[str, str], verdict: Verdict) -> bool:
    findings = verdict.findings or (Finding(verdict.reason or ""),)
    return any(
        expected.get("path") in (None, finding.path) and expected.get("message", "") in finding.msg
        for finding in findings
    )
