"""Asking rules about subjects; the same question is never evaluated twice.

A verdict is a function of the rule, its parameters, the facts it declares, and the effective day
when it reads the time: the digest of those is the memo key. What is missing is judged outside the
rule.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from eidos.engine.digest import digest
from eidos.engine.evaluating.findings import NotAFindingError, findings, in_order
from eidos.engine.evaluating.likeness import Likeness
from eidos.engine.evaluating.projecting import Projection, project
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Memo, Program, RegoEngine

_REMEMBERED = 50_000
"""Verdicts kept in memory, some hundred bytes each."""
_DOUBTFUL = frozenset({Status.PASS, Status.WARN, Status.SKIP})
"""What nobody can say while a fact that the rule looks at cannot be read."""


@dataclass(frozen=True, slots=True)
class _Question:
    rule: Rule
    view: Projection
    key: str


class Judge:
    """Asks a fixed set of rules at a fixed effective time.

    Args:
        rules: what to ask; a subject is asked the rules of its scope.
        engine: evaluates Rego.
        memo: verdicts from earlier runs.
        effective: rule time, with zone; rules see the start of its day, UTC.
    """

    def __init__(
        self, rules: Sequence[Rule], engine: RegoEngine, memo: Memo, effective: datetime
    ) -> None:
        self.rules = rules
        self.prints: dict[str, None] = {}
        """What rules printed, without repetition."""
        self._engine = engine
        self._memo = memo
        self._day = effective.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._now_ns = int(self._day.timestamp()) * 1_000_000_000
        self._programs = {rule.id: _program(rule) for rule in rules}
        self._by_scope = {scope: [rule for rule in rules if rule.scope is scope] for scope in Scope}
        self._likeness = Likeness(rules)
        self._known: dict[str, Verdict] = {}
        self._alike: dict[Hashable, Verdict] = {}
        self._shared: dict[tuple[int, ...], tuple[Verdict, ...]] = {}

    def judge(self, subjects: Sequence[SubjectFacts]) -> list[tuple[Verdict, ...]]:
        """Give each subject's verdicts, in the order of the rules."""
        self._forget()
        keys = [self._likeness.keys(subject, self._by_scope[subject.scope]) for subject in subjects]
        asked = {
            key: self._question(rule, subject)
            for subject, row in zip(subjects, keys, strict=True)
            for rule, key in zip(self._by_scope[subject.scope], row, strict=True)
            if key not in self._alike
        }
        self._answer(asked.values())
        for key, question in asked.items():
            self._alike[key] = self._verdict(question)
        return [self._share(tuple(map(self._alike.__getitem__, row))) for row in keys]

    def _forget(self) -> None:
        """Keep no more than a fleet of alike nodes needs, however long the run is."""
        if len(self._alike) > _REMEMBERED:
            for memory in (self._known, self._alike, self._shared):
                memory.clear()

    def _share(self, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        """Give one tuple for all subjects with the same verdicts, so that a fleet stays small."""
        return self._shared.setdefault(tuple(map(id, verdicts)), verdicts)

    def _question(self, rule: Rule, subject: SubjectFacts) -> _Question:
        view = project(rule, subject)
        day = self._day.date().isoformat() if rule.reads_time else None
        return _Question(rule, view, self._key(rule, view.full, day))

    def _key(self, rule: Rule, facts: Json, day: str | None) -> str:
        """Engines differ at the edges of Rego, so each remembers for itself."""
        return digest([self._programs[rule.id].key, facts, day, self._engine.name])

    def _answer(self, questions: Iterable[_Question]) -> None:
        """Make sure that every question that can be asked has a known verdict."""
        open_questions = {
            question.key: question
            for question in questions
            if question.view.lacking is None and question.key not in self._known
        }
        self._known.update(self._memo.recall(list(open_questions)))
        unknown = [q for key, q in open_questions.items() if key not in self._known]
        verdicts = list(self._evaluate(unknown))
        self._memo.remember([v for v in verdicts if v.status is not Status.ERROR])

    def _evaluate(self, questions: Sequence[_Question]) -> Iterator[Verdict]:
        answers = self._engine.evaluate(self._job(question) for question in questions)
        for question, answer in zip(questions, answers, strict=True):
            self.prints.update(dict.fromkeys(answer.prints))
            verdict = replace(_judgement(question.rule, answer), memo=question.key)
            self._known[question.key] = verdict
            yield verdict

    def _job(self, question: _Question) -> Job:
        """Ask who is applicable first: a rule need not make sense where it is not."""
        rule, view = question.rule, question.view
        asks = [Ask(entry.path, view.full) for entry in rule.entrypoints]
        if rule.has_applicable:
            asks.insert(0, Ask(f"data.{rule.package}.applicable", view.required))
        program = self._programs[rule.id]
        return Job(program, tuple(asks), self._now_ns, guarded=rule.has_applicable)

    def _verdict(self, question: _Question) -> Verdict:
        """Finish what a rule said by what it could not see."""
        view = question.view
        if view.lacking is not None:
            return Verdict(question.rule.id, Status.UNKNOWN, reason=view.lacking)
        verdict = self._known[question.key]
        if view.unreadable is not None and verdict.status in _DOUBTFUL:
            return replace(verdict, status=Status.UNKNOWN, reason=view.unreadable)
        if view.gap is not None and verdict.status in (Status.PASS, Status.WARN):
            return replace(verdict, status=Status.UNKNOWN, reason=view.gap)
        return verdict


def _program(rule: Rule) -> Program:
    data = {"params": dict(rule.params), "tables": dict(rule.tables)}
    return Program(digest([rule.id, rule.digest, rule.params]), rule.modules, data, rule.v0)


def _judgement(rule: Rule, answer: Answer) -> Verdict:
    if answer.error is not None:
        return Verdict(rule.id, Status.ERROR, reason=answer.error)
    if rule.has_applicable and answer.values[0] in (UNDEFINED, False):
        return Verdict(rule.id, Status.SKIP, reason="not applicable to this subject")
    try:
        found = in_order(list(_found(rule, answer)))
    except NotAFindingError as error:
        return Verdict(rule.id, Status.ERROR, reason=f"{rule.modules[0].file}: {error}")
    return Verdict(rule.id, _status(found), found)


def _found(rule: Rule, answer: Answer) -> Iterator[Finding]:
    values = answer.values[1:] if rule.has_applicable else answer.values
    for entry, value in zip(rule.entrypoints, values, strict=True):
        yield from findings(value, entry.level, rule.title)


def _status(found: Sequence[Finding]) -> Status:
    if any(finding.level != "warn" for finding in found):
        return Status.FAIL
    return Status.WARN if found else Status.PASS
