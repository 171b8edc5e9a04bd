"""Whether a gate lets a recipe, or what was rendered of it, through."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from eidos.engine.model.durations import span
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.gate import Decision, NamedGate
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Outcome
from eidos.engine.model.report import PackRef, Report, Subject
from eidos.engine.model.rule import Enforcement, Pack, Scope
from eidos.engine.model.snapshot import Facts, Snapshot, facts_of
from eidos.engine.model.times import staleness, written
from eidos.engine.model.verdict import Status
from eidos.engine.vocabulary import vocabulary

_WEIGHED = frozenset({Status.FAIL, Status.UNKNOWN, Status.NOT_ASKABLE})
"""Statuses that close a gate, or do not, by the severity of their rule."""
_JUDGED = frozenset(Scope) - {Scope.RECIPE}
"""Scopes of rules that a gate asks; it holds no cluster against a recipe by rules."""


def stale(gate: NamedGate, snapshot: Snapshot, now: datetime) -> str | None:
    """Say why a snapshot is too old for a gate, or its age is not known; None where it is not.

    Args:
        gate: says how old it may be.
        snapshot: what the gate would believe.
        now: by the clock of this machine, whatever day rules see.
    """
    if gate.max_age is None:
        return None
    said = staleness(snapshot.metadata.timestamp, now, gate.max_age)
    if said is None:
        return None
    most = span(gate.max_age)
    return f"the snapshot {said}, and the gate {gate.name} takes {most} at most"


def uncovered(gate: NamedGate, snapshot: Snapshot) -> Iterator[str]:
    """Give a sentence for each fact that a gate wants and that was not wholly collected."""
    cluster = facts_of(snapshot.measurements)
    nodes = {node.name: facts_of(node.measurements) for node in (*snapshot.nodes, *snapshot.unseen)}
    for text in gate.requires:
        fact = FactAddress.parse(text)
        if fact.whole in cluster:
            yield from _gap(snapshot, fact, cluster, None)
            continue
        if not nodes:
            yield f"{fact} was not collected"
        for name, facts in nodes.items():
            yield from _gap(snapshot, fact, facts, name)


def _gap(snapshot: Snapshot, fact: FactAddress, facts: Facts, node: str | None) -> Iterator[str]:
    where = f" of node {node}" if node else ""
    data = facts.get(fact.whole)
    word = snapshot.word_on(fact.on(node))
    if data is None or (fact.key is not None and data.get(fact.key) is None):
        yield f"{fact}{where} was not collected"
    elif word is not None:
        yield f"{fact}{where} is not complete ({word.word})"
    elif (why := vocabulary().unreadable(fact, data, where)) is not None:
        yield why


def decided(
    reports: Sequence[Report], reasons: Sequence[str], outcomes: Sequence[Outcome] = ()
) -> Decision:
    """Give what a gate says: the worst of its reports, and incomplete where facts are missing.

    Args:
        reports: of the snapshot, and of what was rendered; all have the one gate.
        reasons: what is missing beside verdicts.
        outcomes: of the recipe's own constraints on the snapshot.
    """
    decisions = [report.decision for report in reports]
    if reasons:
        decisions.append(Decision.INCOMPLETE)
    statuses = {each.status for each in outcomes}
    decisions += [
        report.gate.outcome(
            error=Status.ERROR in statuses,
            incomplete=Status.UNKNOWN in statuses,
            failed=Status.FAIL in statuses,
        )
        for report in reports[:1]
    ]
    return max(decisions, key=_ORDER.index, default=Decision.INCOMPLETE)


_ORDER = (Decision.PASSED, Decision.FAILED, Decision.INCOMPLETE, Decision.ERROR)


def constraint_json(outcome: Outcome) -> dict[str, Json]:
    """Give what a constraint of the recipe asked for, and what came of it."""
    constraint = outcome.constraint
    entry: dict[str, Json] = {
        "fact": constraint.named,
        "of": constraint.of.value,
        "is": constraint.wanted,
        "status": outcome.status.value,
    }
    if constraint.is_warning:
        entry["warning"] = True
    if outcome.said:
        entry["said"] = outcome.said
    if outcome.subjects:
        entry["nodes"] = list(outcome.subjects)
    return entry


def _named(pack: Pack | PackRef) -> dict[str, Json]:
    """Say which pack judged, and in whose place."""
    replaces: dict[str, Json] = {"replaces": list(pack.replaces)} if pack.replaces else {}
    return {"name": pack.name, "version": pack.version, "digest": pack.digest, **replaces}


def asked_json(report: Report, packs: Sequence[Pack]) -> list[Json]:
    """Give the packs that judged, and how much of each: rules, those left out, and not enforced.

    A rule is left out where there is no verdict of it: nobody chose it, or there was no subject.

    Args:
        report: says which rules were asked.
        packs: its packs, with all rules that they have.
    """
    bound: dict[str, Enforcement] = {}
    for verdict, _ in report.distinct:
        if bound.get(verdict.rule, Enforcement.DENY) is Enforcement.DENY:
            bound[verdict.rule] = verdict.enforcement
    return [_asked(pack, bound) for pack in packs]


def _asked(pack: Pack, bound: Mapping[str, Enforcement]) -> Json:
    rules = sorted(each.id for each in pack.rules if each.scope in _JUDGED and not each.selects)
    asked = [rule for rule in rules if rule in bound]
    return {
        **_named(pack),
        "rules": len(rules),
        "leftOut": [rule for rule in rules if rule not in bound],
        "notEnforced": [rule for rule in asked if bound[rule] is not Enforcement.DENY],
    }


def _called(subject: Subject) -> str:
    """Name a subject; without a name a cluster goes by its file, which says of this machine."""
    is_file = subject.scope is not Scope.BUNDLE and subject.name == subject.file
    return "cluster" if is_file else subject.name


def report_json(report: Report) -> dict[str, Json]:
    """Give what of a report belongs into a decision: no run and no clock, to be made anew."""
    counts: dict[str, int] = {}
    verdicts: list[Json] = []
    for subject, verdict in report.verdicts():
        counts[verdict.status.value] = counts.get(verdict.status.value, 0) + 1
        entry: dict[str, Json] = {
            "rule": verdict.rule,
            "subject": _called(subject),
            "status": verdict.status.value,
        }
        if verdict.status in _WEIGHED:
            entry["severity"] = report.rules_by_id[verdict.rule].severity.value
        if verdict.enforcement is not Enforcement.DENY:
            entry["enforcement"] = verdict.enforcement.value
        if verdict.waiver:
            entry["waiver"] = verdict.waiver
        if verdict.memo:
            entry["evidence"] = verdict.memo
        verdicts.append(entry)
    return {
        "decision": report.decision.value,
        "engine": report.engine,
        "packs": list(map(_named, report.packs)),
        "failOn": report.gate.fail_on.value,
        "allowIncomplete": report.gate.allow_incomplete,
        "requireAskable": report.gate.require_askable,
        "counts": dict(sorted(counts.items())),
        "verdicts": verdicts,
        "waivers": [
            {
                "id": each.id,
                "rule": each.about,
                "owner": each.owner,
                "approver": each.approver,
                "until": written(each.until),
            }
            for each in report.waivers
        ],
    }
