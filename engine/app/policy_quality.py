"""``eidos policy quality``: which rules do nothing, and which mistakes no test would notice."""

import base64
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from eidos.engine.app.case_tests import Case, CaseRun
from eidos.engine.app.context import Context
from eidos.engine.app.test_targets import Target, TestRequest, pack_target
from eidos.engine.digest import digest
from eidos.engine.errors import EidosError, Location, UsageError
from eidos.engine.linting.declaring import unknown_facts
from eidos.engine.model.nearest import nearest
from eidos.engine.model.policytest import Outcome as CaseOutcome
from eidos.engine.model.quality import Doubt, Doubtful, PackQuality, RuleQuality
from eidos.engine.model.rule import Module, Pack, Rule
from eidos.engine.mutating.facts import Variation, is_asked, variations
from eidos.engine.mutating.observing import Evidence, ListeningEngine, telling, told
from eidos.engine.mutating.rules import Mutant, mutants
from eidos.engine.mutating.testing import (
    Outcome,
    missing_test,
    outcomes,
    size,
    speaks_of,
    try_mutants,
)
from eidos.engine.packs.files import policy_files
from eidos.engine.packs.finding import PolicySource, find_policies
from eidos.engine.packs.loading import read_pack
from eidos.engine.records import dataclass
from eidos.engine.rego.finding import need_opa
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.command import OpaCommand, RegoTests
from eidos.engine.rego.opa.reading import Parsed, parse_modules

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json

_LIMITS = EngineLimits(start_seconds=300.0)
"""The tests of one rule on all its mutants take seconds; only what hangs takes that long."""
_EVIDENCE = 8
"""Inputs of tests that are varied, of each rule; they are the shortest."""
_VARIATIONS = 120
"""Varied inputs of each rule."""
_ENOUGH = 3
"""Inputs on which a rule finds something, before another is said to imply it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRequest:
    """What is looked at, and how much of it."""

    packs: tuple[str, ...] = ()
    """Names and folders; none means all that are shipped."""
    rules: tuple[str, ...] = ()
    """Ids; none means all."""
    max_mutants: int = 1000
    """Of all rules together; each gets its share."""
    seed: int = 1
    """The same seed takes the same mutants."""
    time_limit: float = 900.0
    """Seconds after which no further rule is begun."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """A rule with what is needed to try it."""

    rule: Rule
    source: PolicySource
    tests: tuple[Module, ...]
    beside: tuple[Module, ...]
    target: Target
    """The rule alone, and what its cases may read."""
    cases: tuple[Case, ...]
    """What cases expect of the rule, and of no other."""
    share: int
    """How many mutants it gets."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What became of a rule."""

    subject: _Subject
    quality: RuleQuality
    doubts: tuple[Doubtful, ...]
    questions: tuple[Evidence, ...]
    """Everything that it was asked."""


def policy_quality(request: QualityRequest, context: Context) -> PackQuality:
    """Change rules and facts of packs, and tell what nobody notices.

    Raises:
        UsageError: something named is no pack, or no rule of one.
        PolicyError: a pack cannot be loaded.
        EidosError: there is no OPA, or it does not answer.
    """
    opening = context.opening
    found = need_opa(context.environ, opening.opa_binary, opening.configured_opa)
    command = OpaCommand(str(found.path), _LIMITS)
    packs = [_read(source, context) for source in find_policies(request.packs)]
    subjects = _subjects(packs, request)
    context.tally.total = len(subjects)
    looking = _Looking(command, context, request)
    with ThreadPoolExecutor(max(1, context.cores)) as beside:
        looked = [each for each in beside.map(looking.look, subjects) if each is not None]
    doubts = [doubt for each in looked for doubt in each.doubts]
    doubts += looking.implied(looked)
    done = {each.subject.rule.id for each in looked}
    return PackQuality(
        packs=tuple(f"{each.pack.name}@{each.pack.version}" for each in packs),
        rules=tuple(each.quality for each in looked),
        doubts=tuple(sorted(doubts, key=_order)),
        seed=request.seed,
        left=tuple(each.rule.id for each in subjects if each.rule.id not in done),
    )


def _order(doubt: Doubtful) -> tuple[str, int, str]:
    return doubt.rule, doubt.location.line or 0, doubt.message


@dataclass(frozen=True, slots=True)
class _Read:
    """A pack with its tests."""

    source: PolicySource
    pack: Pack
    tests: tuple[Module, ...]
    target: Target
    cases: tuple[Case, ...]

    def subject(self, rule: Rule, share: int) -> _Subject:
        """Give a rule with its tests, and with all modules that it and they use, but its own."""
        speaking = tuple(test for test in self.tests if speaks_of(test, rule.package))
        beside = dict.fromkeys(rule.modules[1:])
        for other in self.pack.rules:
            if other.id != rule.id and any(speaks_of(test, other.package) for test in speaking):
                beside.update(dict.fromkeys(other.modules))
        beside.pop(rule.modules[0], None)
        about = (case.about(rule.id) for case in self.cases)
        return _Subject(
            rule=rule,
            source=self.source,
            tests=speaking,
            beside=tuple(beside),
            target=replace(self.target, rules=(rule,)),
            cases=tuple(case for case in about if case is not None),
            share=share,
        )


def _read(source: PolicySource, context: Context) -> _Read:
    """Read a pack with its tests.

    Raises:
        UsageError: it is no pack.
        EidosError: it, or a file with cases, cannot be read.
    """
    if not source.is_pack:
        raise UsageError(
            f"'{source.path}' is no pack: it has no pack.yaml",
            hint="Rules of a pack say which facts they read, and only those can be changed.",
        )
    pack = read_pack(source, context.engine)
    target = pack_target(source, pack)
    cases = CaseRun(target, TestRequest(), context).cases()
    return _Read(source, pack, policy_files(source.read()).tests, target, tuple(cases))


def _subjects(packs: Sequence[_Read], request: QualityRequest) -> list[_Subject]:
    known = [rule.id for each in packs for rule in each.pack.rules]
    for name in request.rules:
        if name not in known:
            raise UsageError(f"there is no rule {name}", hint=nearest(name, known))
    wanted = set(request.rules or known)
    rules = [(each, rule) for each in packs for rule in each.pack.rules if rule.id in wanted]
    share = max(1, request.max_mutants // max(1, len(rules)))
    return [each.subject(rule, share) for each, rule in rules]


class _Looking:
    def __init__(self, command: OpaCommand, context: Context, request: QualityRequest) -> None:
        self._command = command
        self._context = context
        self._engine = context.engine
        self._seed = request.seed
        self._end = context.clock.now() + timedelta(seconds=request.time_limit)

    def look(self, subject: _Subject) -> _Looked | None:
        """Try one rule; None when the time is over."""
        if self._now() >= self._end:
            return None
        rule = subject.rule
        parsed = (parse_modules(self._command, rule.modules[:1]) or [])[0]
        evidence = self._evidence(subject, parsed)
        varied = list(_varied(rule, evidence))
        questions = (*evidence, *(question for question, _, _ in varied))
        said = outcomes(self._engine, rule, rule.modules[0].source, questions)
        doubts = list(_of_rule(subject, evidence, said))
        doubts += _without_effect(subject, varied, said, len(evidence))
        changed = self._sample(rule, list(mutants(parsed)), subject.share)
        tried = try_mutants(self._command, rule, subject.tests, subject.beside, changed)
        unnoticed = self._unnoticed_by_cases(subject, tried.unnoticed)
        alike = 0
        for mutant in unnoticed if subject.tests or subject.cases else ():
            doubt = self._unnoticed(subject, mutant, questions, said)
            alike += doubt is None
            doubts += [doubt] if doubt else []
        self._context.tally.done += 1
        counted = len(tried.noticed) + len(tried.unnoticed)
        noticed = counted - len(unnoticed)
        quality = RuleQuality(rule.id, len(evidence), len(varied), counted, noticed, alike)
        return _Looked(subject, quality, tuple(doubts), questions)

    def _now(self) -> datetime:
        return self._context.clock.now()

    def _evidence(self, subject: _Subject, parsed: Parsed) -> tuple[Evidence, ...]:
        """Give the different questions that tests ask, the shortest first."""
        listening = ListeningEngine(self._engine)
        run = CaseRun(subject.target, TestRequest(), self._context, listening)
        for case in subject.cases:
            run.test(case)
        asked = [*self._told(subject, parsed), *listening.heard(subject.rule)]
        return tuple(sorted({each.key: each for each in asked}.values(), key=size))

    def _told(self, subject: _Subject, parsed: Parsed) -> list[Evidence]:
        """Give the questions of tests in Rego."""
        if not subject.tests:
            return []
        source = telling(subject.rule, parsed)
        own = Module(subject.rule.modules[0].file, source)
        modules = [own, *subject.beside, *subject.tests]
        try:
            data: dict[str, Json] = {"tables": dict(subject.rule.tables), "params": {}}
            results = self._command.results(RegoTests(tuple(modules), data))
        except EidosError:  # a rule of another shape than telling knows
            return []
        prints = [base64.b64decode(each.get("output") or "").decode() for each in results]
        return [each for text in prints for each in told(text)]

    def _unnoticed_by_cases(
        self, subject: _Subject, changed: Sequence[Mutant]
    ) -> tuple[Mutant, ...]:
        """Give the mutants on which every case passes that passes on the rule as it is."""
        run = CaseRun(subject.target, TestRequest(), self._context)
        cases = [case for case in subject.cases if run.test(case).outcome is CaseOutcome.PASS]
        return tuple(mutant for mutant in changed if not self._is_noticed(subject, mutant, cases))

    def _is_noticed(self, subject: _Subject, mutant: Mutant, cases: Sequence[Case]) -> bool:
        rule = subject.rule
        own = replace(rule.modules[0], source=mutant.source)
        changed = replace(
            rule, modules=(own, *rule.modules[1:]), digest=digest([rule.digest, mutant.source])
        )
        run = CaseRun(replace(subject.target, rules=(changed,)), TestRequest(), self._context)
        return any(run.test(case).outcome is not CaseOutcome.PASS for case in cases)

    def _sample(self, rule: Rule, found: list[Mutant], share: int) -> list[Mutant]:
        """Take as many mutants as a rule gets, in the order of its text."""
        if len(found) <= share:
            return found
        chance = random.Random(f"{self._seed}:{rule.id}")  # noqa: S311 -- the same for all
        return [found[number] for number in sorted(chance.sample(range(len(found)), share))]

    def _unnoticed(
        self,
        subject: _Subject,
        mutant: Mutant,
        questions: Sequence[Evidence],
        said: Sequence[Outcome],
    ) -> Doubtful | None:
        """Give the doubt that a mutant casts; None where it says the same of everything."""
        rule = subject.rule
        others = outcomes(self._engine, rule, mutant.source, questions)
        telling_apart = [
            (size(question), number)
            for number, (question, one, other) in enumerate(
                zip(questions, said, others, strict=True)
            )
            if one != other
            and "error" not in (one.status, other.status)
            and is_asked(rule.requires, question.input)
        ]
        if not telling_apart:
            return None
        _, best = min(telling_apart)
        test = missing_test(rule, mutant, questions[best], said[best], others[best])
        message = f"no test fails {mutant.said}"
        place = replace(_place(subject), line=mutant.line, column=mutant.column)
        return Doubtful(Doubt.UNNOTICED, rule.id, message, place, test)

    def implied(self, looked: Sequence[_Looked]) -> Iterator[Doubtful]:
        """Find rules that find something only where another of the same facts does."""
        for number, one in enumerate(looked):
            for other in looked[number + 1 :]:
                if _are_about_the_same(one.subject.rule, other.subject.rule):
                    yield from self._implied(one, other)

    def _implied(self, one: _Looked, other: _Looked) -> Iterator[Doubtful]:
        inputs = {each.key: each for each in (*one.questions, *other.questions)}.values()
        fails = [self._fails(each.subject.rule, list(inputs)) for each in (one, other)]
        for (low, high), (lower, higher) in (((other, one), fails[::-1]), ((one, other), fails)):
            if len(lower) >= _ENOUGH and lower <= higher:
                rule = low.subject.rule.id
                message = f"it finds something only where {high.subject.rule.id} does"
                yield Doubtful(Doubt.IMPLIED, rule, message, _place(low.subject))
                return

    def _fails(self, rule: Rule, questions: Sequence[Evidence]) -> set[int]:
        own = [
            replace(each, params=dict(rule.params), tables=dict(rule.tables)) for each in questions
        ]
        said = outcomes(self._engine, rule, rule.modules[0].source, own)
        return {number for number, each in enumerate(said) if each.status in ("fail", "warn")}


def _are_about_the_same(one: Rule, other: Rule) -> bool:
    same = one.scope is other.scope and set(one.requires) == set(other.requires)
    return bool(one.requires) and same and set(one.reads) == set(other.reads)


def _varied(rule: Rule, evidence: Sequence[Evidence]) -> Iterator[tuple[Evidence, Variation, int]]:
    """Give questions with one fact changed, and the number of that which they come from."""
    count = 0
    asked = [(n, each) for n, each in enumerate(evidence) if is_asked(rule.requires, each.input)]
    for number, each in asked[:_EVIDENCE]:
        for variation in variations((*rule.requires, *rule.reads), each.input):
            if count == _VARIATIONS:
                return
            if not is_asked(rule.requires, variation.input):
                continue
            count += 1
            yield replace(each, input=variation.input), variation, number


def _place(subject: _Subject) -> Location:
    name = subject.rule.modules[0].file.partition("/")[2]
    return Location(str(subject.source.path / name), subject.rule.line)


def _of_rule(
    subject: _Subject, evidence: Sequence[Evidence], said: Sequence[Outcome]
) -> Iterator[Doubtful]:
    """Tell what a rule never or always does on everything that it was asked."""
    rule, place = subject.rule, _place(subject)
    for finding in unknown_facts(rule):
        where = replace(place, line=finding.location.line, column=finding.location.column)
        yield Doubtful(Doubt.NO_COLLECTOR, rule.id, finding.message, where)
    if not subject.tests and not subject.cases:
        message = f"no test names data.{rule.package}, and no case expects anything of {rule.id}"
        yield Doubtful(Doubt.UNTESTED, rule.id, message, place)
    statuses = {each.status for each in said} - {"error"}
    if not evidence or rule.selects:
        return
    on = f"on all {len(said)} inputs that tests give and that were made of them"
    if statuses == {"skip"}:
        yield Doubtful(Doubt.NEVER_APPLIES, rule.id, f"it does not apply {on}", place)
    elif statuses and not statuses & {"fail", "warn"}:
        yield Doubtful(Doubt.NEVER_FAILS, rule.id, f"it finds nothing {on}", place)
    elif statuses <= {"fail", "warn"} and len(said) > 1:
        yield Doubtful(Doubt.ALWAYS_FAILS, rule.id, f"it finds something {on}", place)


def _without_effect(
    subject: _Subject,
    varied: Sequence[tuple[Evidence, Variation, int]],
    said: Sequence[Outcome],
    first: int,
) -> Iterator[Doubtful]:
    """Tell facts of which no change changed what the rule says.

    Args:
        subject: the rule.
        varied: questions with one fact changed.
        said: outcomes of all questions, those of the evidence first.
        first: the place of the first varied question in `said`.
    """
    moved: dict[str, bool] = {}
    for number, (_, variation, origin) in enumerate(varied):
        differs = said[first + number] != said[origin]
        moved[variation.fact] = moved.get(variation.fact, False) or differs
    for fact, has_effect in moved.items():
        if not has_effect:
            message = f"no change of {fact} changes what it says"
            yield Doubtful(Doubt.NO_EFFECT, subject.rule.id, message, _place(subject))
