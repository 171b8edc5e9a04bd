"""A rule sees only what it declares; what is missing is said, never guessed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from eidos.engine.evaluating.legibility import (
    bare,
    blotted,
    is_lost,
    readings,
    unreadable,
    without,
)
from eidos.engine.evaluating.matching import UnknownMatchError, mismatch
from eidos.engine.evaluating.subjects import SubjectFacts, absent_nodes
from eidos.engine.model.admission import Review
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Constraint, Rule, Scope
from eidos.engine.model.snapshot import Collection, CollectorState, Facts, word_on
from eidos.engine.model.verdict import Lack, Status
from eidos.engine.ports import View
from eidos.engine.records import dataclass
from eidos.engine.vocabulary import vocabulary

_Reason = TypeVar("_Reason")

NODE_NAME = FactAddress("node", "name")
_VOUCH = " (eidos admit --inventory)"
_OF_ONE_NODE = frozenset({"upstream"})
"""Tools whose snapshots hold one node."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule is shown when it is asked once."""

    required: Json
    """Only what it requires: what ``applicable`` sees."""
    full: Json
    """What it requires and reads."""
    required_view: View | None = None
    """The same as `required`, as a part of all facts of the subject."""
    full_view: View | None = None
    """The same as `full`."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What a rule may see of a subject."""

    seen: Seen
    """The facts that it declares."""
    doubt: tuple[Lack, ...] = ()
    """What of them cannot be read, where the rule can be asked all the same: it must neither pass
    nor skip, and `seen` is without what cannot be read."""
    lacking: tuple[Lack, ...] = ()
    """Why it cannot be asked at all: a required fact is missing, or nothing of it can be read."""
    gap: tuple[Lack, ...] = ()
    """Why it must not pass: a fact that it may look at was not collected, or not completely."""
    unseen: tuple[Lack, ...] = ()
    """Why it must not skip: `gap`, of what it requires, by which it tells whom it is about."""
    needless: str | None = None
    """Why it is not about this subject: the thing that a required fact is of is not there."""
    unanswered: Status = Status.UNKNOWN
    """What it is where it is `lacking` or has a `gap`: not askable where what took the snapshot has
    none of the missing facts, and unknown if any of them was only not collected."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The ways to ask a rule again that found something in facts that cannot all be read."""

    readings: tuple[Seen, ...]
    """The facts as they may be read: only what the rule finds each time counts."""
    bare: Seen
    """With nothing in each fact of which something cannot be read. What the rule says here as well,
    of what is around such a place, it concludes from what is not there: no such entry."""
    places: tuple[str, ...]
    """What cannot be read, as `plain` writes it."""


def everything(subject: SubjectFacts) -> dict[str, Json]:
    """Give all facts of a subject in the form of an input, for views."""
    seen: dict[str, Json] = {"node": {"name": subject.name}}
    for address, data in subject.facts.items():
        _child(seen, address.type)[address.subtype] = dict(data)
    return seen


def project(
    rule: Rule, subject: SubjectFacts, whole: Mapping[str, Json] | None = None
) -> Projection:
    """Give a rule's view of a subject.

    Args:
        rule: who looks.
        subject: what it looks at.
        whole: what `everything` gave for the subject, if views are wanted.
    """
    if rule.scope is Scope.DOCUMENT:
        return Projection(Seen(subject.document, subject.document))
    if rule.scope is Scope.BUNDLE:
        bundle: Json = {"bundle": subject.document}
        return Projection(Seen(bundle, bundle))
    if subject.review is not None:
        if rule.constraint is not None:
            return _of_constraint(rule.constraint, rule.params, subject.review)
        return _of_review(rule, subject, subject.review)
    return _of_facts(rule, subject, whole)


def _of_facts(rule: Rule, subject: SubjectFacts, whole: Mapping[str, Json] | None) -> "Projection":
    declared = (*rule.requires, *rule.reads)
    doubts = _reasons(_unreadable, declared, subject)
    lost = {path: why for path, why in doubts.items() if is_lost(path, subject)}
    missing = _reasons(_lacking, rule.requires, subject)
    lacking = {path: why for path, why in (lost | missing).items() if path in rule.requires}
    gaps = _reasons(_gap, declared, subject)
    beyond = _reasons(_beyond, declared, subject)
    is_beyond = bool(beyond) and lacking.keys() | gaps.keys() <= beyond.keys()
    is_doubtful = bool(doubts) and not lacking
    return Projection(
        seen=_seen(rule, without(declared, subject), None)
        if is_doubtful
        else _seen(rule, subject, whole),
        doubt=_once(doubts.values()) if is_doubtful else (),
        lacking=_once(lacking[path] for path in rule.requires if path in lacking),
        gap=_once(gaps.values()),
        unseen=_once(why for path, why in gaps.items() if path in rule.requires),
        needless="; ".join(_once(_reasons(_needless, rule.requires, subject).values())) or None,
        unanswered=Status.NOT_ASKABLE if is_beyond else Status.UNKNOWN,
    )


def doubt_of(rule: Rule, subject: SubjectFacts) -> Doubt:
    """Give the ways to ask a rule again whose projection has a doubt.

    Args:
        rule: who looks.
        subject: what it looks at.
    """
    declared = (*rule.requires, *rule.reads)
    return Doubt(
        tuple(_seen(rule, each, None) for each in readings(declared, subject)),
        _seen(rule, bare(declared, subject), None),
        blotted(declared, subject),
    )


def _seen(rule: Rule, subject: SubjectFacts, whole: Mapping[str, Json] | None) -> Seen:
    """Show a rule the facts that it declares, and what its scope shows beside them."""
    declared = (*rule.requires, *rule.reads)
    required = _input(rule.requires, subject)
    full = _input(declared, subject) if rule.reads else required
    beside = _shown_beside(rule, subject)
    if beside:
        return Seen({**required, **beside}, {**full, **beside})
    required_view = _view(rule.requires, subject, whole)
    full_view = _view(declared, subject, whole) if rule.reads else required_view
    return Seen(required, full, required_view, full_view)


def _shown_beside(rule: Rule, subject: SubjectFacts) -> Mapping[str, Json]:
    review = subject.review
    if review is not None:
        return {"request": dict(review.request), **review.beside}
    return subject.beside if rule.scope is Scope.RECIPE else {}


def _of_review(rule: Rule, subject: SubjectFacts, review: Review) -> Projection:
    """Show a rule of a pack the request beside the facts that it declares."""
    shown = _of_facts(rule, subject, None)
    if review.no_facts is None or not (rule.requires or rule.reads):
        return shown
    names = ", ".join(map(str, rule.requires or rule.reads))
    why = (Lack(f"{names} is not known: {review.no_facts}"),)
    return replace(shown, lacking=why if rule.requires else (), gap=why, needless=None)


def _of_constraint(
    constraint: Constraint, params: Mapping[str, Json], review: Review
) -> Projection:
    """Show a template the review as Gatekeeper does, where its constraint is about it."""
    seen: Json = {"review": _as_gatekeeper(review), "parameters": dict(params)}
    try:
        why = mismatch(constraint.match, review)
    except UnknownMatchError as error:
        return Projection(Seen(seen, seen), lacking=(Lack(str(error)),))
    gap = _whole(_untold(constraint, review))
    # What it is not about it is not asked, so it is lacking as well.
    return Projection(Seen(seen, seen), gap=gap, lacking=_whole(why), needless=why)


def _whole(why: str | None) -> tuple[Lack, ...]:
    return () if why is None else (Lack(why),)


def _as_gatekeeper(review: Review) -> dict[str, Json]:
    """Give the request with what Gatekeeper adds: of a deletion, what there was is the object."""
    request = dict(review.request)
    if request.get("operation") == "DELETE":
        request["object"] = request.get("oldObject")
    space = review.namespace
    return {**request, "namespaceObject": dict(space.object) if space and space.object else None}


def _untold(constraint: Constraint, review: Review) -> str | None:
    """Say why a template must not pass a review: what it looks at beside it is not known."""
    space = review.namespace
    if constraint.reads_namespace and space is not None and space.object is None:
        return f"it reads the namespace {space.name}, whose manifest is not given"
    if not constraint.reads_inventory or review.inventory is None:
        return None
    known = review.inventory if constraint.reads_metadata else review.inventory | review.seen
    if not constraint.synced:
        return f"it reads data.inventory, and does not say which kinds of objects{_VOUCH}"
    for wanted in constraint.synced:
        if not any(each.holds(*kind) for each in wanted for kind in known):
            names = " or ".join(dict.fromkeys(kind for each in wanted for kind in each.kinds))
            where = "" if review.no_facts else ", nor whole in the snapshot"
            return f"it reads data.inventory, and no other {names} is given{where}{_VOUCH}"
    return None


def _reasons(
    ask: Callable[[FactAddress, SubjectFacts], _Reason | None],
    paths: Iterable[FactAddress],
    subject: SubjectFacts,
) -> dict[FactAddress, _Reason]:
    """Give the reasons that there are, by the fact that they are about."""
    return {path: reason for path in paths if (reason := ask(path, subject))}


def _view(
    paths: Sequence[FactAddress], subject: SubjectFacts, whole: Mapping[str, Json] | None
) -> View | None:
    """Give an input as a part of all facts; what is not there has no path, nor has its parent."""
    if whole is None or any(path.every_node for path in paths):
        return None
    seen = [path for path in paths if path.whole in subject.facts]
    named = [("node", "name")] if NODE_NAME in paths else []
    facts = [(path.type, path.subtype, *((path.key,) if path.key else ())) for path in seen]
    return View(whole, (*named, *facts))


def _once(reasons: Iterable[_Reason]) -> tuple[_Reason, ...]:
    return tuple(dict.fromkeys(reasons))


def _input(paths: Iterable[FactAddress], subject: SubjectFacts) -> dict[str, Json]:
    seen: dict[str, Json] = {}
    for path in paths:
        if path == NODE_NAME:
            seen["node"] = {"name": subject.name}
        elif path.every_node:
            nodes = _child(seen, "nodes")
            for name, facts in subject.nodes.items():
                _show(path, facts, _child(nodes, name))
        else:
            _show(path, subject.facts, seen)
    return seen


def _child(parent: dict[str, Json], key: str) -> dict[str, Json]:
    child = parent.setdefault(key, {})
    assert isinstance(child, dict)  # noqa: S101 -- only this module fills it
    return child


def _show(path: FactAddress, facts: Facts, seen: dict[str, Json]) -> None:
    """Copy a declared fact into the input; a subtype that was collected shows even when empty."""
    data = facts.get(path.whole)
    if data is None:
        return
    subtype = _child(_child(seen, path.type), path.subtype)
    if path.key is None:
        subtype.update(data)
    elif path.key in data:
        subtype[path.key] = data[path.key]


def _unreadable(path: FactAddress, subject: SubjectFacts) -> Lack | None:
    why = unreadable(path, subject)
    return Lack(why) if why else None


def _beyond(path: FactAddress, subject: SubjectFacts) -> Lack | None:
    """Say why what took the snapshot cannot have given a fact that is not there.

    A word of the collectors on it, whatever it is, means that they looked: then it is unknown.
    """
    if path == NODE_NAME or (path.every_node and not subject.nodes):
        return None
    if _word_on(path, subject, None):
        return None
    if not _has_any(path, subject):
        why = vocabulary().unsayable(path, subject.generator)
    else:
        why = _by_design(subject) if path.every_node and len(subject.nodes) == 1 else None
    return Lack(why) if why else None


def _has_any(path: FactAddress, subject: SubjectFacts) -> bool:
    everywhere = subject.nodes.values() if path.every_node else (subject.facts,)
    return any(_has(path, facts) for facts in everywhere)


def _needless(path: FactAddress, subject: SubjectFacts) -> str | None:
    """Say why there is nothing that a fact could be of, on this node or on any."""
    if not path.every_node:
        return _absent(path, subject, subject.facts, None)
    said = [_absent(path, subject, facts, name) for name, facts in subject.nodes.items()]
    return said[0] if said and all(said) else None


def _absent(path: FactAddress, subject: SubjectFacts, facts: Facts, node: str | None) -> str | None:
    """Say that the collector found nothing to ask, and that other facts say why.

    Its own word is needed, and that of the other facts whole: a fact that was lost is no reason.
    """
    absence = vocabulary().absence(path)
    if absence is None or path.whole in facts or not absence.holds(facts):
        return None
    entry = _word_on(path, subject, node)
    if entry is None or entry.status is not CollectorState.UNAVAILABLE:
        return None
    return None if _word_on(absence.address, subject, node) else absence.about


def _lacking(path: FactAddress, subject: SubjectFacts) -> Lack | None:
    if path == NODE_NAME:
        return None
    if not path.every_node:
        return None if _has(path, subject.facts) else _missing(path, subject, None)
    if not subject.nodes:
        return Lack("not in the snapshot, which has no nodes", str(path))
    if any(_has(path, facts) for facts in subject.nodes.values()):
        return None
    return _missing(path, subject, next(iter(subject.nodes)))


def _has(path: FactAddress, facts: Facts) -> bool:
    data = facts.get(path.whole)
    return data is not None and (path.key is None or data.get(path.key) is not None)


def _gap(path: FactAddress, subject: SubjectFacts) -> Lack | None:
    if path == NODE_NAME:
        return None
    if not path.every_node:
        return _gap_of(path, subject, subject.facts, None) or _beyond(path, subject)
    gaps = (_gap_of(path, subject, facts, name) for name, facts in subject.nodes.items())
    found = next((gap for gap in gaps if gap), None)
    absent = None if found else absent_nodes(subject)
    return Lack(absent) if absent else found


def _by_design(subject: SubjectFacts) -> str | None:
    """Say why nodes that are not in a snapshot cannot be: what took it looks at its own."""
    tool, _, _ = (subject.generator or "").partition(" ")
    absent = absent_nodes(subject) if tool in _OF_ONE_NODE else None
    return f"{absent} ({subject.generator} collects one)" if absent else None


def _gap_of(
    path: FactAddress, subject: SubjectFacts, facts: Facts, node: str | None
) -> Lack | None:
    if path.whole not in facts:
        needless = _absent(path, subject, facts, node)
        return None if needless else _missing(path, subject, node)
    entry = _word_on(path, subject, node)
    if entry is None or (path.key is not None and not entry.keys and _has(path, facts)):
        return None
    return Lack(f"not complete ({entry.word})", str(path))


def _missing(path: FactAddress, subject: SubjectFacts, node: str | None) -> Lack:
    entry = _word_on(path, subject, node)
    fact = f"{path} on node {node}" if node else str(path)
    if entry is None:
        return _beyond(path, subject) or Lack("not in the snapshot", fact)
    return Lack(f"not collected ({entry.word})", fact, "was")


def _word_on(path: FactAddress, subject: SubjectFacts, node: str | None) -> Collection | None:
    """Give the collectors' word on a fact of one node, or of the subject itself (None).

    A subject knows only entries that concern it. To a rule about the cluster those are every node's
    too: the collector that failed on some node may be the one that reads the cluster.
    """
    address = path._replace(every_node=True) if node is None else path.on(node)
    return word_on(subject.collection, address)
