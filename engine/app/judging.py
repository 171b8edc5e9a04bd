"""Items in, judged subjects out: what every verb does that says something about facts.

Reading comes before it and folding (a report, drift, a line of a watch) after it.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from eidos.engine.app.reader import Item
from eidos.engine.documents.formats.naming import described_format, guessed_format
from eidos.engine.documents.walking import described
from eidos.engine.errors import TOO_OLD, DocumentError, EidosError, Location, Problem
from eidos.engine.evaluating.judging import ForgetfulJudge, Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import (
    SubjectFacts,
    cluster_facts,
    document_facts,
    node_facts,
)
from eidos.engine.evaluating.waiving import Waiving, select_by_label
from eidos.engine.model.byidentity import ByIdentity
from eidos.engine.model.durations import span
from eidos.engine.model.facts import split_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Place, Places, Subject, WaiverNote
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.model.times import age_of, staleness
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import Memo, RegoEngine
from eidos.engine.records import dataclass
from eidos.engine.redacting import told

_OF_DOCUMENTS = frozenset({Scope.DOCUMENT, Scope.ADMISSION})
"""Scopes of what is in a document that is no snapshot."""
_TABLES = 512
"""Tables of places that alike documents share, some kilobytes each."""

if TYPE_CHECKING:
    from eidos.engine.app.conformance import Holding
    from eidos.engine.app.reviewing import Reviewing


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of one item."""

    subjects: tuple[Subject, ...]
    snapshot: AddressedSnapshot | None = None
    """The snapshot it was said of; None for documents of plain rules."""
    too_old: Problem | None = None
    """Why its facts count for nothing, so that all that was said is unknown."""

    def __reduce__(self) -> tuple[type["Judged"], tuple[object, ...]]:
        """Be pickled in few words, see `Subject`."""
        return Judged, (self.subjects, self.snapshot, self.too_old)


class Judging:
    """Judges items by one policy; nothing is evaluated twice.

    Args:
        policy: what judges.
        engine: evaluates Rego.
        memo: verdicts of earlier runs.
        remembers: ask nothing twice within the run either.
        labels: subjects keep their labels also where no waiver of the policy selects by them.
        reviewing: makes reviews of items for rules of scope admission; None where nothing is
            reviewed.
    """

    def __init__(
        self,
        policy: Policy,
        engine: RegoEngine,
        memo: Memo,
        *,
        remembers: bool = True,
        labels: bool = False,
        reviewing: "Reviewing | None" = None,
    ) -> None:
        self._policy = policy
        self._reviewing = reviewing
        self._labels = labels or select_by_label(policy.waivers)
        judge = Judge if remembers else ForgetfulJudge
        self._judge = judge(policy.rules, engine, memo, policy.effective)
        if isinstance(memo, NoMemo):  # else nothing may have to be asked
            self._judge.prepare()
        self._waiving = Waiving(policy.waivers, policy.rules, policy.effective)
        self._bound: ByIdentity[tuple[Verdict, ...]] = ByIdentity()
        self._tables: dict[tuple[Hashable, frozenset[str]], Mapping[str, Place]] = {}
        self._holding = holding_of(policy, engine, memo)
        self._unseen: dict[tuple[Scope, str], tuple[Verdict, ...]] = {}

    @property
    def prints(self) -> tuple[str, ...]:
        """What rules printed so far, and which built-ins failed in them, without repetition."""
        return (*self.printed, *self.failures)

    @property
    def printed(self) -> tuple[str, ...]:
        """What rules printed so far, without repetition."""
        return tuple(self._judge.prints)

    @property
    def failures(self) -> tuple[str, ...]:
        """Which built-ins failed so far in plain rules, without repetition."""
        return tuple(self._judge.notes)

    def waiver_notes(self) -> tuple[WaiverNote, ...]:
        """Say which waivers did nothing, came too late, or did not reach far enough."""
        return self._waiving.notes()

    def judge(self, items: Sequence[Item]) -> list[Judged | Problem]:
        """Judge items together; one that cannot be judged is a Problem in its place."""
        asked = [self._candidates(item) for item in items]
        candidates = [each for found in asked if not isinstance(found, Problem) for each in found]
        fresh = [each.facts for each in candidates if each.too_old is None]
        verdicts = iter(self._judge.judge(fresh))
        judged: list[Judged | Problem] = []
        for item, found in zip(items, asked, strict=True):
            if isinstance(found, Problem):
                judged.append(found)
                continue
            subjects = tuple(
                self._subject(each, next(verdicts) if each.too_old is None else self._unknown(each))
                for each in found
            )
            is_snapshot = any(each.facts.scope not in _OF_DOCUMENTS for each in found)
            too_old = next((_problem(each) for each in found if each.too_old), None)
            judged.append(Judged(subjects, item.snapshot if is_snapshot else None, too_old))
        return judged

    def in_place(self, items: Sequence[Item | Problem]) -> list[Judged | Problem]:
        """Judge items together; give problems in their place."""
        judged = iter(self.judge([each for each in items if isinstance(each, Item)]))
        return [next(judged) if isinstance(each, Item) else each for each in items]

    def _candidates(self, item: Item) -> "list[_Candidate] | Problem":
        try:
            holding = self._holding
            if self._reviewing is not None and not _is_for_facts(item, self._policy.rules):
                return _of_reviewed(item, self._policy.rules, self._reviewing)
            found = candidates(item, self._policy.rules, has_recipe=holding is not None)
            if holding is not None and item.is_snapshot:
                facts = holding.subject(item.snapshot, item.name)
                found.append(_Candidate(facts, item, places=holding.conformance.places))
            too_old = _too_old(item, self._policy)
        except EidosError as error:
            return told(error.problem)
        return [replace(each, too_old=too_old) for each in found] if too_old else found

    def _unknown(self, candidate: "_Candidate") -> tuple[Verdict, ...]:
        """Give what is said of facts that are too old; like subjects share it."""
        scope, why = candidate.facts.scope, candidate.too_old or ""
        if (scope, why) not in self._unseen:
            about = (rule for rule in self._policy.rules if rule.scope is scope)
            self._unseen[scope, why] = tuple(
                Verdict(rule.id, Status.UNKNOWN, reason=why) for rule in about
            )
        return self._unseen[scope, why]

    def _subject(self, candidate: "_Candidate", verdicts: tuple[Verdict, ...]) -> Subject:
        said = self._enforced(verdicts)
        places: Mapping[str, Location] = Places(candidate.item.file, self._table(candidate, said))
        if candidate.places:  # some findings are about another file, the recipe
            places = {**places, **{p: candidate.places[p] for p in places if p in candidate.places}}
        labels = candidate.facts.labels if self._labels else {}
        judged = self._waiving.apply(candidate.judged(said, places, labels))
        return self._holding.with_tuning(judged) if self._holding else judged

    def _enforced(self, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        bound = self._policy.enforcement
        if not bound:
            return verdicts
        return self._bound.get(
            verdicts,
            lambda: tuple(
                replace(verdict, enforcement=bound.get(verdict.rule, verdict.enforcement))
                for verdict in verdicts
            ),
        )

    def _table(self, candidate: "_Candidate", verdicts: Sequence[Verdict]) -> Mapping[str, Place]:
        """Give where the findings stand: found once for alike documents with the same findings."""
        paths = frozenset(
            each.path for verdict in verdicts for each in verdict.findings if each.path
        )
        shape = candidate.shape
        if shape is None or any("nodes" in path for path in paths):
            return candidate.table(paths)  # a path may lead through a node's name
        known = self._tables.get((shape, paths))
        if known is None:
            if len(self._tables) >= _TABLES:
                self._tables.clear()
            known = self._tables[shape, paths] = candidate.table(paths)
        return known


def holding_of(policy: Policy, engine: RegoEngine, memo: Memo) -> "Holding | None":
    """Give what holds clusters against the policy's recipe; None where it has none."""
    if policy.conformance is None:
        return None
    from eidos.engine.app.conformance import Holding  # only where there is a recipe

    return Holding(policy.conformance, policy.waivers, engine, memo, policy.effective)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A subject that is to be judged, and the item it is in."""

    facts: SubjectFacts
    item: Item
    unasked: tuple[Verdict, ...] = ()
    """Verdicts on rules that have no subject of their own in this item."""
    base: tuple[str | int, ...] = ()
    """Where in the item the subject is: an element of a list."""
    places: Mapping[str, Location] = field(default_factory=dict)
    """Where parts stand that are in no snapshot: those of a recipe."""
    too_old: str | None = None
    """Why its facts count for nothing; None where they do."""
    skipped: int = 0
    """Segments that a finding's path has before what stands in the item: of a review."""

    def judged(
        self,
        verdicts: tuple[Verdict, ...],
        places: Mapping[str, Location],
        labels: Mapping[str, str],
    ) -> Subject:
        """Give the subject with its verdicts and the places of their findings."""
        facts = self.facts
        if self.unasked:
            verdicts = tuple(sorted((*verdicts, *self.unasked), key=lambda verdict: verdict.rule))
        return Subject(
            name=facts.name,
            scope=facts.scope,
            file=self.item.file,
            digest=facts.digest,
            verdicts=verdicts,
            cluster=facts.cluster,
            timestamp=facts.timestamp,
            object=facts.object,
            locations=places,
            labels=labels,
        )

    @property
    def shape(self) -> Hashable | None:
        """What is the same for a subject whose facts stand in the same places of its document."""
        if self.facts.scope in _OF_DOCUMENTS:
            return None
        return self.item.shape_for(self.facts.name if self.facts.scope is Scope.NODE else None)

    def table(self, paths: Collection[str]) -> Mapping[str, Place]:
        """Give the place of the subject, and of what findings with these paths are about."""
        found = {"": self.item.location(self.base)}
        found.update((path, self._locate(path)) for path in sorted(paths))
        return {path: (place.line, place.column, place.path) for path, place in found.items()}

    def _locate(self, path: str) -> Location:
        if path in self.places:
            return self.places[path]
        try:
            segments = split_path(path.removeprefix("$"))
        except ValueError:  # a rule may write what it likes
            segments = ()
        if self.facts.scope in _OF_DOCUMENTS:
            return self.item.location((*self.base, *segments[self.skipped :]))
        node = self.facts.name if self.facts.scope is Scope.NODE else None
        if segments[:1] == ("nodes",) and len(segments) > 1:
            node, segments = str(segments[1]), segments[2:]
        return self.item.locate(node, segments)


def candidates(item: Item, rules: Sequence[Rule], *, has_recipe: bool = False) -> list[_Candidate]:
    """Give what is to be judged of an item.

    Raises:
        DocumentError: the rules are about snapshots, and the item is none; or plain rules are asked
            about text, numbers or nothing at all.
    """
    scopes = {rule.scope for rule in rules}
    found: list[_Candidate] = []
    if Scope.DOCUMENT in scopes:
        found.extend(_of_document(item))
    if scopes <= {Scope.DOCUMENT}:
        return found
    if found and not item.is_snapshot:
        raise DocumentError(
            "this is not a snapshot, but some of the chosen rules check snapshots",
            location=item.location(),
            hint="Name only plain rules with --pack, or check snapshots in a separate run.",
        )
    return [*found, *_of_snapshot(item, rules, has_recipe=has_recipe)]


def _too_old(item: Item, policy: Policy) -> str | None:
    """Say why the facts of a snapshot are too old for the gate; None where they are not.

    It is said without an age, which would be another at each check.

    Raises:
        DocumentError: it says that it is a snapshot, and is none.
    """
    most = policy.gate.max_age
    if most is None or not item.is_snapshot:
        return None
    taken = item.snapshot.metadata.timestamp
    now = policy.now
    if now is not None and (age_of(taken, now) or 0.0) > most:
        return f"last seen {taken}, longer ago than --max-age {span(most)}"
    said = staleness(taken if now else None, now or policy.effective, most)
    return f"the snapshot {said}; --max-age is {span(most)}" if said else None


def _problem(candidate: "_Candidate") -> Problem:
    return Problem(
        f"too old to be believed: {candidate.too_old}",
        hint="Take a new snapshot; --max-age says how old one may be.",
        location=candidate.item.location(),
        code=TOO_OLD,
    )


def _is_for_facts(item: Item, rules: Sequence[Rule]) -> bool:
    """Say whether an item is a snapshot that rules about snapshots are asked of."""
    return item.is_snapshot and any(rule.scope not in _OF_DOCUMENTS for rule in rules)


def _of_reviewed(item: Item, rules: Sequence[Rule], reviewing: "Reviewing") -> list[_Candidate]:
    """Give what is to be reviewed of an item, and the item itself where plain rules are asked.

    Raises:
        DocumentError: there is something in it that cannot be reviewed, or rules are asked that are
            about snapshots.
    """
    found = candidates(item, [rule for rule in rules if rule.scope is not Scope.ADMISSION])
    return [
        *found,
        *(
            _Candidate(each.facts, item, base=each.base, skipped=each.skipped)
            for each in reviewing.requested(item)
        ),
    ]


def _of_document(item: Item) -> Iterator[_Candidate]:
    """Give a document, or each element of a list that is all its file holds, as conftest does."""
    value = item.value
    if isinstance(value, list) and item.is_alone:
        for index, element in enumerate(value):
            yield _Candidate(document_facts(element, f"{item.name}[{index}]"), item, base=(index,))
    elif isinstance(value, dict | list):
        yield _Candidate(document_facts(value, item.name), item)
    else:
        raise _bare(item, value)


def _bare(item: Item, value: Json) -> DocumentError:
    """Refuse what is no document: most often it is a file of another format."""
    format_ = guessed_format(value) if isinstance(value, str) else None
    if format_ is None:
        hint = "Is it in another format? Say which one with --parser."
    else:
        hint = f"It looks like {described_format(format_)}: say so with --parser {format_}."
    return DocumentError(
        f"the document is {described(value)}, which is neither a map nor a list",
        location=item.location(),
        hint=hint,
    )


def _of_snapshot(item: Item, rules: Sequence[Rule], *, has_recipe: bool) -> Iterator[_Candidate]:
    seen = item.snapshot
    has_nodes = bool(seen.snapshot.nodes or seen.snapshot.unseen)
    silent = tuple(unasked(rules, has_nodes=has_nodes, has_recipe=has_recipe))
    if silent or any(rule.scope is Scope.CLUSTER for rule in rules):
        yield _Candidate(cluster_facts(seen, item.name), item, silent)
    if any(rule.scope is Scope.NODE for rule in rules):
        for facts in node_facts(seen, item.name):
            yield _Candidate(facts, item)


_ASKED = frozenset({Scope.CLUSTER, Scope.NODE, Scope.DOCUMENT, Scope.RECIPE})


def unasked(
    rules: Sequence[Rule], *, has_nodes: bool, has_recipe: bool = False
) -> Iterator[Verdict]:
    """Account for every rule: one that finds no subject is said, not left out."""
    for rule in rules:
        if rule.scope is Scope.NODE and not has_nodes:
            yield Verdict(rule.id, Status.UNKNOWN, reason="the snapshot has no nodes")
        elif rule.scope is Scope.RECIPE and not has_recipe:
            reason = "it is about a recipe, and none is given: --recipe FILE"
            yield Verdict(rule.id, Status.UNKNOWN, reason=reason)
        elif rule.scope not in _ASKED:
            what = "a review" if rule.scope is Scope.ADMISSION else f"a {rule.scope}"
            reason = f"it is about {what}, not about a snapshot"
            yield Verdict(rule.id, Status.UNKNOWN, reason=reason)
