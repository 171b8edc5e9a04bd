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
from eidos.engine.evaluating.projecting import Projection, Seen, doubt_of, everything, project
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.facts import split_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import CANNOT_TELL, EXCEPTION, SELECTING, Rule, Scope
from eidos.engine.model.secrets import masked
from eidos.engine.model.verdict import Finding, Lack, Status, Verdict
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
    subject: SubjectFacts
    view: Projection
    reading: _Reading

    @property
    def is_asked(self) -> bool:
        return not self.view.lacking


@dataclass(frozen=True, slots=True)
class _Again:
    """How a question is asked again, where not all can be read."""

    readings: tuple[_Reading, ...]
    bare: _Reading
    places: tuple[str, ...]


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
        self._alike |= self._answered(asked)
        for row, found in keys.items():
            self._rows[row] = self._share(tuple(map(self._alike.__getitem__, found)))
        return [self._rows[row] for row in rows]

    def ask(self, pairs: Sequence[tuple[Rule, SubjectFacts]]) -> list[Verdict]:
        """Give the verdict of one rule on one subject for each pair, in one request."""
        questions = [self._question(rule, subject, None) for rule, subject in pairs]
        return list(self._answered(dict(enumerate(questions))).values())

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
        return _Question(rule, subject, view, self._reading(rule, view.seen))

    def _reading(self, rule: Rule, seen: Seen) -> _Reading:
        """Engines and their versions differ at the edges of Rego: each remembers for itself."""
        day = self._day.date().isoformat() if rule.reads_time else None
        key = digest([self._programs[rule.id].key, seen.full, day, self._answerer])
        return _Reading(rule, seen, key)

    def _answered(self, questions: Mapping[Hashable, _Question]) -> dict[Hashable, Verdict]:
        """Give a verdict on each question; what was found in doubt is asked again, in many ways."""
        self._learn([each.reading for each in questions.values() if each.is_asked])
        again = {key: self._again(each) for key, each in questions.items() if self._is_open(each)}
        self._learn([one for each in again.values() for one in (*each.readings, each.bare)])
        return {key: self._verdict(each, again.get(key)) for key, each in questions.items()}

    def _is_open(self, question: _Question) -> bool:
        """Say whether more than unknown may come of a question about what cannot all be read."""
        if not question.view.doubt or not question.is_asked:
            return False
        first = self._known[question.reading.key]
        return bool(first.findings) or first.status is Status.ERROR

    def _again(self, question: _Question) -> _Again:
        rule, doubt = question.rule, doubt_of(question.rule, question.subject)
        readings = tuple(self._reading(rule, each) for each in doubt.readings)
        return _Again(readings, self._reading(rule, doubt.bare), doubt.places)

    def _learn(self, readings: Iterable[_Reading]) -> None:
        """Make sure that every reading has a known verdict."""
        new = {each.key: each for each in readings if each.key not in self._known}
        self._known.update(self._memo.recall(list(new)))
        unknown = [each for key, each in new.items() if key not in self._known]
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

    def _verdict(self, question: _Question, again: _Again | None) -> Verdict:
        """Finish what a rule said by what it could not see."""
        view = question.view
        if view.needless is not None:
            return Verdict(question.rule.id, Status.SKIP, reason=view.needless)
        if view.lacking:
            return _wanting(Verdict(question.rule.id, view.unanswered), view.lacking)
        first = self._known[question.reading.key]
        if view.doubt:
            return _wanting(self._certain(first, again), view.doubt)
        if view.gap and first.status in (Status.PASS, Status.WARN):
            return _wanting(replace(first, status=view.unanswered), view.gap)
        if view.unseen and first.status is Status.SKIP:
            return _wanting(replace(first, status=view.unanswered), view.unseen)
        # Who waives what was found waives no gap, so a failure says what its rule could not see.
        is_half_seen = view.gap and first.status is Status.FAIL and first.reason is None
        return _wanting(first, view.gap) if is_half_seen else first

    def _certain(self, first: Verdict, again: _Again | None) -> Verdict:
        """Give what a rule found in every reading of facts that cannot all be read.

        A failure stays one, and says what could not be read; everything else is unknown. A reading
        in which the rule broke tells nothing.
        """
        if again is None:
            return Verdict(first.rule, Status.UNKNOWN, memo=first.memo)
        said = [first, *(self._known[each.key] for each in again.readings)]
        able = [each for each in said if each.status is not Status.ERROR]
        if not able:  # it may break on what cannot be read alone
            return Verdict(first.rule, Status.UNKNOWN, memo=first.memo)
        found = able[0].findings
        for other in able[1:]:
            told = _identities(other.findings)
            found = tuple(each for each in found if told & _identities([each]))
        bare = self._known[again.bare.key]
        absent = _identities([f for f in bare.findings if _leads(f.path, again.places)])
        found = tuple(each for each in found if not absent & _identities([each]))
        if bare.status is Status.UNKNOWN:  # without that fact the rule itself cannot tell
            found = tuple(each for each in found if not _leads(each.path, again.places))
        status = Status.FAIL if _status(found) is Status.FAIL else Status.UNKNOWN
        memo = digest([each.memo for each in (*said, bare)])
        return Verdict(first.rule, status, found, memo=memo)


def _wanting(verdict: Verdict, lacks: tuple[Lack, ...]) -> Verdict:
    """Let a verdict say what its rule could not see."""
    return replace(verdict, reason=Lack.told(lacks), lacks=lacks)


def _leads(path: str | None, places: Iterable[str]) -> bool:
    """Say whether a path of a finding leads to one of these places, to what it is in or has."""
    try:
        way = plain(split_path(path)) if path else None
    except ValueError:  # a rule may write what it likes
        return False
    return way is not None and any(
        place.startswith(way) or way.startswith(place) for place in places
    )


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


class ForgetfulJudge(Judge):
    """Evaluates every rule for every subject, whatever was asked before.

    It takes long, and proves that remembering changes nothing.
    """

    def judge(self, subjects: Sequence[SubjectFacts]) -> list[tuple[Verdict, ...]]:
        """Give each subject's verdicts, in the order of the rules."""
        return [tuple(self._said_of(subject)) for subject in subjects]

    def _said_of(self, subject: SubjectFacts) -> Iterator[Verdict]:
        rules = self._by_scope[subject.scope]
        self._known.clear()
        asked = self._questions(subject, {rule.id: rule for rule in rules})
        return iter(self._answered(asked).values())

    def _learn(self, readings: Iterable[_Reading]) -> None:
        """Evaluate all of them; what a rule said of this subject before is no matter."""
        for _ in self._evaluate(list(readings)):
            pass


def _program(rule: Rule) -> Program:
    data = rule.data
    if rule.scope is not Scope.DOCUMENT and rule.constraint is None:
        data = {"params": dict(rule.params), "tables": dict(rule.tables)}
    key = digest([rule.id, rule.digest, rule.params])
    return Program(key, rule.modules, data, rule.v0, rule.strict)


def _judgement(rule: Rule, answer: Answer, facts: Json) -> Verdict:
    if answer.error is not None:
        return Verdict(rule.id, Status.ERROR, reason=answer.error)
    if rule.has_applicable and (answer.values[0] is False or answer.values[0] == UNDEFINED):
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
