"""Asking rules about subjects; the same question is never evaluated twice.

A verdict is a function of the rule, its parameters, the facts it declares, and the effective day
when it reads the time: the digest of those is the memo key. What is missing is judged outside the
rule.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from eidos.engine.digest import digest
from eidos.engine.evaluating.findings import NotAFindingError, findings, in_order
from eidos.engine.evaluating.projecting import NODE_NAME, Projection, project
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Rule
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Memo, Program, RegoEngine


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
        self._sees_name = any(NODE_NAME in (*rule.requires, *rule.reads) for rule in rules)
        self._known: dict[str, Verdict] = {}
        self._alike: dict[tuple[str, ...], tuple[Verdict, ...]] = {}

    def judge(self, subjects: Sequence[SubjectFacts]) -> list[tuple[Verdict, ...]]:
        """Give each subject's verdicts, in the order of the rules."""
        fresh = {self._likeness(subject): subject for subject in subjects}
        asked = {
            likeness: self._questions(subject)
            for likeness, subject in fresh.items()
            if likeness not in self._alike
        }
        self._answer(question for questions in asked.values() for question in questions)
        for likeness, questions in asked.items():
            self._alike[likeness] = tuple(self._verdict(question) for question in questions)
        return [self._alike[self._likeness(subject)] for subject in subjects]

    def _likeness(self, subject: SubjectFacts) -> tuple[str, ...]:
        """Subjects that no rule can tell apart are judged once."""
        names = [subject.name] if self._sees_name else []
        return (subject.scope.value, subject.digest, *names)

    def _questions(self, subject: SubjectFacts) -> list[_Question]:
        return [
            self._question(rule, project(rule, subject))
            for rule in self.rules
            if rule.scope is subject.scope
        ]

    def _question(self, rule: Rule, view: Projection) -> _Question:
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
        """Ask who is applicable first: a rule need not make sense where it is not."""
        guarded = [question for question in questions if question.rule.has_applicable]
        for question, answer in self._ask(guarded, self._guard):
            if (verdict := _unless_applicable(question.rule, answer)) is not None:
                yield self._know(question, verdict)
        rest = [question for question in questions if question.key not in self._known]
        for question, answer in self._ask(rest, self._job):
            yield self._know(question, _judgement(question.rule, answer))

    def _ask(
        self, questions: Sequence[_Question], job: Callable[[_Question], Job]
    ) -> Iterator[tuple[_Question, Answer]]:
        answers = self._engine.evaluate(job(question) for question in questions)
        for question, answer in zip(questions, answers, strict=True):
            self.prints.update(dict.fromkeys(answer.prints))
            yield question, answer

    def _know(self, question: _Question, verdict: Verdict) -> Verdict:
        self._known[question.key] = replace(verdict, memo=question.key)
        return self._known[question.key]

    def _guard(self, question: _Question) -> Job:
        ask = Ask(f"data.{question.rule.package}.applicable", question.view.required)
        return Job(self._programs[question.rule.id], (ask,), self._now_ns)

    def _job(self, question: _Question) -> Job:
        asks = tuple(Ask(entry.path, question.view.full) for entry in question.rule.entrypoints)
        return Job(self._programs[question.rule.id], asks, self._now_ns)

    def _verdict(self, question: _Question) -> Verdict:
        """Finish what a rule said by what it could not see."""
        view = question.view
        if view.lacking is not None:
            return Verdict(question.rule.id, Status.UNKNOWN, reason=view.lacking)
        verdict = self._known[question.key]
        if view.gap is not None and verdict.status in (Status.PASS, Status.WARN):
            return replace(verdict, status=Status.UNKNOWN, reason=view.gap)
        return verdict


def _program(rule: Rule) -> Program:
    data = {"params": dict(rule.params), "tables": dict(rule.tables)}
    return Program(digest([rule.id, rule.digest, rule.params]), rule.modules, data, rule.v0)


def _unless_applicable(rule: Rule, answer: Answer) -> Verdict | None:
    if answer.error is not None:
        return Verdict(rule.id, Status.ERROR, reason=answer.error)
    if answer.values[0] in (UNDEFINED, False):
        return Verdict(rule.id, Status.SKIP, reason="not applicable to this subject")
    return None


def _judgement(rule: Rule, answer: Answer) -> Verdict:
    if answer.error is not None:
        return Verdict(rule.id, Status.ERROR, reason=answer.error)
    try:
        found = in_order(list(_found(rule, answer)))
    except NotAFindingError as error:
        return Verdict(rule.id, Status.ERROR, reason=f"{rule.modules[0].file}: {error}")
    return Verdict(rule.id, _status(found), found)


def _found(rule: Rule, answer: Answer) -> Iterator[Finding]:
    for entry, value in zip(rule.entrypoints, answer.values, strict=True):
        yield from findings(value, entry.level, rule.title)


def _status(found: Sequence[Finding]) -> Status:
    if any(finding.level != "warn" for finding in found):
        return Status.FAIL
    return Status.WARN if found else Status.PASS
