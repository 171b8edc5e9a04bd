"""Asking rules about subjects; the same question is never evaluated twice.

A verdict is a function of the rule, its parameters, the facts it declares, the effective day when
it reads the time, the engine and its version: the digest of those is the memo key. What is missing
is judged outside the rule.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from eidos.engine.digest import canonical, digest
from eidos.engine.evaluating.excepting import exception_of
from eidos.engine.evaluating.findings import NotAFindingError, findings, in_order, keyed
from eidos.engine.evaluating.legibility import plain
from eidos.engine.evaluating.likeness import Likeness, Row
from eidos.engine.evaluating.projecting import Doubt, Projection, Seen, everything, project
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.facts import split_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import CANNOT_TELL, EXCEPTION, SELECTING, Rule, Scope
from eidos.engine.model.secrets import masked
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import UNDEFINED, Answer, Ask, Job, Memo, Program, RegoEngine
from eidos.engine.records import dataclass

_REMEMBERED = 50_000
"""Verdicts kept in memory, some hundred bytes each."""
_WHOLE = frozenset({Scope.DOCUMENT, Scope.RECIPE, Scope.BUNDLE, Scope.ADMISSION})
"""Scopes whose rules are shown more than facts, of which there are no views."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to ask a rule."""

    rule: Rule
    seen: Seen
    key: str
    """Its memo key."""


@dataclass(frozen=True, slots=True)
class _Question:
    rule: Rule
    view: Projection
    readings: tuple[_Reading, ...]
    """One, and more where some facts cannot be read."""


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
        self.notes: dict[str, None] = {}
        """Built-ins that failed in plain rules, which is no error there; without repetition."""
        self.evaluated = 0
        """How many questions were evaluated so far: neither known nor asked before."""
        self._engine = engine
        self._answerer = [engine.name, engine.version]
        self._memo = memo
        self._day = effective.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._now_ns = int(self._day.timestamp()) * 1_000_000_000
        self._programs = {rule.id: _program(rule) for rule in rules}
        self._by_scope = {scope: [rule for rule in rules if rule.scope is scope] for scope in Scope}
        self._likeness = Likeness(rules)
        self._known: dict[str, Verdict] = {}
        self._alike: dict[Hashable, Verdict] = {}
        self._rows: dict[Row, tuple[Verdict, ...]] = {}
        self._shared: dict[tuple[int, ...], tuple[Verdict, ...]] = {}

    def prepare(self) -> None:
        """Tell the engine what it will be asked, before there is anything to be judged.

        Raises:
            EidosError: the engine cannot be started.
        """
        nothing = Seen({}, {})
        self._engine.prepare([self._asked(rule, nothing) for rule in self.rules])

    def expect(self) -> None:
        """Tell the engine what it may be asked, so that it compiles that together, if at all."""
        nothing = Seen({}, {})
        self._engine.expect([self._asked(rule, nothing) for rule in self.rules])

    def judge(self, subjects: Sequence[SubjectFacts]) -> list[tuple[Verdict, ...]]:
        """Give each subject's verdicts, in the order of the rules."""
        self._forget()
        rows = [self._likeness.row(subject) for subject in subjects]
        new = {
            row: subject
            for row, subject in zip(rows, subjects, strict=True)
            if row not in self._rows
        }
        keys = {
            row: self._likeness.keys(row, self._by_scope[subject.scope])
            for row, subject in new.items()
        }
        asked: dict[Hashable, _Question] = {}
        for row, subject in new.items():
            rules = zip(self._by_scope[subject.scope], keys[row], strict=True)
            fresh = {key: rule for rule, key in rules if key not in self._alike}
            asked |= self._questions(subject, fresh)
        self._answer(asked.values())
        for key, question in asked.items():
            self._alike[key] = self._verdict(question)
        for row, found in keys.items():
            self._rows[row] = self._share(tuple(map(self._alike.__getitem__, found)))
        return [self._rows[row] for row in rows]

    def ask(self, pairs: Sequence[tuple[Rule, SubjectFacts]]) -> list[Verdict]:
        """Give the verdict of one rule on one subject for each pair, in one request."""
        questions = [self._question(rule, subject, None) for rule, subject in pairs]
        self._answer(questions)
        return [self._verdict(question) for question in questions]

    def _forget(self) -> None:
        """Keep no more than a fleet of alike nodes needs, however long the run is."""
        if len(self._alike) > _REMEMBERED:
            self._alike.clear()
            self._known.clear()
            self._shared.clear()
            self._rows.clear()

    def _share(self, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        """Give one tuple for all subjects with the same verdicts, so that a fleet stays small."""
        return self._shared.setdefault(tuple(map(id, verdicts)), verdicts)

    def _questions(
        self, subject: SubjectFacts, rules: Mapping[Hashable, Rule]
    ) -> dict[Hashable, _Question]:
        """Give a question for each rule; of a subject that is like others there is none."""
        if not rules:
            return {}
        whole = None if subject.scope in _WHOLE else everything(subject)
        return {key: self._question(rule, subject, whole) for key, rule in rules.items()}

    def _question(
        self, rule: Rule, subject: SubjectFacts, whole: Mapping[str, Json] | None
    ) -> _Question:
        view = project(rule, subject, whole)
        day = self._day.date().isoformat() if rule.reads_time else None
        asked = (*view.doubt.readings, view.doubt.bare) if view.doubt else (view.seen,)
        readings = tuple(_Reading(rule, each, self._key(rule, each.full, day)) for each in asked)
        return _Question(rule, view, readings)

    def _key(self, rule: Rule, facts: Json, day: str | None) -> str:
        """Engines and their versions differ at the edges of Rego: each remembers for itself."""
        return digest([self._programs[rule.id].key, facts, day, self._answerer])

    def _answer(self, questions: Iterable[_Question]) -> None:
        """Make sure that every question that can be asked has a known verdict."""
        open_readings = {
            reading.key: reading
            for question in questions
            for reading in question.readings
            if question.view.lacking is None and reading.key not in self._known
        }
        self._known.update(self._memo.recall(list(open_readings)))
        unknown = [each for key, each in open_readings.items() if key not in self._known]
        if not unknown:
            return  # whoever remembers all starts no engine, and writes nothing
        verdicts = list(self._evaluate(unknown))
        self._memo.remember([v for v in verdicts if v.status is not Status.ERROR])

    def _evaluate(self, readings: Sequence[_Reading]) -> Iterator[Verdict]:
        answers = self._engine.evaluate(self._asked(each.rule, each.seen) for each in readings)
        for reading, answer in zip(readings, answers, strict=True):
            self.prints.update(dict.fromkeys(map(masked, answer.prints)))
            self.notes.update(dict.fromkeys(masked(note, prose=True) for note in answer.notes))
            judged = _judgement(reading.rule, answer, reading.seen.full)
            verdict = replace(judged, memo=reading.key)
            self._known[reading.key] = verdict
            self.evaluated += 1
            yield verdict

    def _asked(self, rule: Rule, seen: Seen) -> Job:
        """Ask who is applicable first: a rule need not make sense where it is not."""
        asks = [Ask(entry.path, seen.full, seen.full_view) for entry in rule.entrypoints]
        if rule.has_applicable:
            guard = f"data.{rule.package}.applicable"
            asks.insert(0, Ask(guard, seen.required, seen.required_view))
        program = self._programs[rule.id]
        return Job(program, tuple(asks), self._now_ns, guarded=rule.has_applicable)

    def _verdict(self, question: _Question) -> Verdict:
        """Finish what a rule said by what it could not see."""
        view = question.view
        if view.needless is not None:
            return Verdict(question.rule.id, Status.SKIP, reason=view.needless)
        if view.lacking is not None:
            return Verdict(question.rule.id, view.unanswered, reason=view.lacking)
        said = [self._known[reading.key] for reading in question.readings]
        if view.doubt is not None:
            return _certain(said[:-1], said[-1], view.doubt)
        verdict = _half_seen(said[0], view.gap)
        if view.gap is not None and verdict.status in (Status.PASS, Status.WARN):
            return replace(verdict, status=view.unanswered, reason=view.gap)
        if view.unseen is not None and verdict.status is Status.SKIP:
            return replace(verdict, status=view.unanswered, reason=view.unseen)
        return verdict


def _certain(said: Sequence[Verdict], bare: Verdict, doubt: Doubt) -> Verdict:
    """Give what a rule found in every reading of facts that cannot all be read.

    A failure stays one, and says what could not be read; everything else is unknown. A reading in
    which the rule broke tells nothing, where it did not break in all.
    """
    able = [each for each in said if each.status is not Status.ERROR]
    if not able:
        return said[0]
    found = able[0].findings
    for other in able[1:]:
        told = _identities(other.findings)
        found = tuple(each for each in found if told & _identities([each]))
    absent = _identities([f for f in bare.findings if _is_around(f.path, doubt.places)])
    found = tuple(each for each in found if not absent & _identities([each]))
    status = Status.FAIL if _status(found) is Status.FAIL else Status.UNKNOWN
    memo = digest([each.memo for each in (*said, bare)])
    return Verdict(bare.rule, status, found, doubt.why, memo=memo)


def _is_around(path: str | None, places: Iterable[str]) -> bool:
    """Say whether a path of a finding leads to one of these places, or to what it is in."""
    try:
        around = plain(split_path(path)) if path else None
    except ValueError:  # a rule may write what it likes
        return False
    return around is not None and any(place.startswith(around) for place in places)


def _identities(found: Iterable[Finding]) -> frozenset[bytes]:
    """Give what tells that another reading has the same findings.

    Either the sentence or the key may differ, by the name of a thing that cannot be read.
    """
    return frozenset(
        canonical([each.level, each.path, each.actual, each.expected, number, own])
        for each in found
        for number, own in enumerate((each.msg, each.key))
        if own
    )


def _half_seen(verdict: Verdict, lacking: str | None) -> Verdict:
    """Let a failure say what its rule could not see: who waives what was found waives no gap."""
    is_told = lacking is None or verdict.reason is not None
    if verdict.status is not Status.FAIL or is_told:
        return verdict
    return replace(verdict, reason=lacking)


class ForgetfulJudge(Judge):
    """Evaluates every rule for every subject, whatever was asked before.

    It takes long, and proves that remembering changes nothing.
    """

    def judge(self, subjects: Sequence[SubjectFacts]) -> list[tuple[Verdict, ...]]:
        """Give each subject's verdicts, in the order of the rules."""
        return [tuple(self._said_of(subject)) for subject in subjects]

    def _said_of(self, subject: SubjectFacts) -> Iterator[Verdict]:
        rules = self._by_scope[subject.scope]
        asked = self._questions(subject, {rule.id: rule for rule in rules})
        able = [
            reading
            for question in asked.values()
            if question.view.lacking is None
            for reading in question.readings
        ]
        self._known.clear()
        for _ in self._evaluate(able):
            pass
        return map(self._verdict, asked.values())


def _program(rule: Rule) -> Program:
    data = rule.data
    if rule.scope is not Scope.DOCUMENT and rule.constraint is None:
        data = {"params": dict(rule.params), "tables": dict(rule.tables)}
    key = digest([rule.id, rule.digest, rule.params])
    return Program(key, rule.modules, data, rule.v0, rule.strict)


def _judgement(rule: Rule, answer: Answer, facts: Json) -> Verdict:
    if answer.error is not None:
        return Verdict(rule.id, Status.ERROR, reason=answer.error)
    if rule.has_applicable and answer.values[0] in (UNDEFINED, False):
        return Verdict(rule.id, Status.SKIP, reason="not applicable to this subject")
    try:
        found = in_order([keyed(each, facts) for each in _found(rule, answer)])
    except NotAFindingError as error:
        return Verdict(rule.id, Status.ERROR, reason=f"{rule.modules[0].file}: {error}")
    excepted = exception_of(rule, answer.values) if rule.scope is Scope.DOCUMENT else None
    if excepted is not None:
        return Verdict(rule.id, Status.WAIVED, found, reason=excepted)
    untold = [finding.msg for finding in found if finding.level == CANNOT_TELL]
    said = tuple(finding for finding in found if finding.level != CANNOT_TELL)
    return Verdict(rule.id, _status(found), said, reason="; ".join(untold) or None)


def _found(rule: Rule, answer: Answer) -> Iterator[Finding]:
    values = answer.values[1:] if rule.has_applicable else answer.values
    for entry, value in zip(rule.entrypoints, values, strict=True):
        if entry.level != EXCEPTION:
            yield from findings(value, entry.level, rule.title)


def _status(found: Sequence[Finding]) -> Status:
    levels = {finding.level for finding in found} - SELECTING
    if levels - {"warn", CANNOT_TELL}:
        return Status.FAIL
    if CANNOT_TELL in levels:
        return Status.UNKNOWN
    return Status.WARN if levels else Status.PASS
