"""``eidos history as-of``: what held at a moment, by the rules of then or of now."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from eidos.engine.app.context import Context
from eidos.engine.app.past import (
    MAX_AGE,
    captures_of,
    clusters,
    policy_of,
    refuse_future,
    refuse_unrecorded,
)
from eidos.engine.app.policies import PolicyRequest, resolve
from eidos.engine.app.reader import Item
from eidos.engine.app.reporting import report_on
from eidos.engine.errors import TOO_OLD, Problem, UsageError
from eidos.engine.model.history import Capture, Who, Window
from eidos.engine.model.policy import Policy, Relaxation
from eidos.engine.model.report import Report
from eidos.engine.model.times import written
from eidos.engine.records import dataclass
from eidos.engine.selecting.rules import is_answer_to_a_query

if TYPE_CHECKING:
    from eidos.engine.model.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOfRequest:
    """Which moment, and by whose rules."""

    asked: Window
    """Its end is the moment: state time."""
    effective: datetime | Literal["same", "now"] = "same"
    """Rule time: ``same`` is the moment itself."""
    policy: PolicyRequest
    """What judges where the rules of now are asked for."""
    is_pack_named: bool = False
    """The user named the rules."""
    max_age: timedelta = MAX_AGE
    """How long a sight of a cluster speaks for it."""

    @property
    def by_rules_of_now(self) -> bool:
        """Whether the rules are those that are here, and not those that were recorded."""
        return self.effective == "now" or self.is_pack_named


def as_of(request: AsOfRequest, context: Context) -> Report:
    """Judge what was last seen of clusters by a moment.

    By the rules and waivers that were recorded with it, unless those of now are asked for; waivers
    and rules see the rule time. Of a cluster that nobody had looked at for too long by then,
    everything is unknown. Nothing is recorded.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: the moment is in the future, nothing was seen by then, or clusters were judged
            by different rules.
    """
    moment, now = request.asked.until, context.clock.now()
    refuse_future(moment, now, "the time")
    refuse_unrecorded(replace(request.asked, rules=()), context)  # rules of now may be new
    seen = _seen(request.asked, context)
    policy = _chosen(_policy(request, seen, context), request.asked)
    reader = context.reader()
    items = [
        reader.recorded(
            f"{cluster}@{written(found[-1].at)}", context.store.snapshot(found[-1].snapshot)
        )
        for cluster, found in seen.items()
    ]
    dated = map(_dated, items, seen.values())
    report = report_on(dated, policy, context, context.recollection)
    asked = request.asked.has_subject
    subjects = tuple(each for each in report.subjects if asked(Who(each.scope, each.name)))
    problems = tuple(map(_past, report.problems))
    return replace(report, subjects=subjects, problems=problems, as_of=written(moment))


def _past(problem: Problem) -> Problem:
    """Say of a cluster that was not seen what can be done about the past: nothing."""
    hint = "Nobody looked at it after that, up to then; --max-age says how long a sight counts."
    return replace(problem, hint=hint) if problem.code == TOO_OLD else problem


def _policy(request: AsOfRequest, seen: Mapping[str, list[Capture]], context: Context) -> Policy:
    """Give what judges, by the clock of the rules and at the moment of the facts."""
    effective = _effective(request, context.clock.now())
    if request.by_rules_of_now:
        policy = resolve(replace(request.policy, effective_time=effective), context)
    else:
        then = _of_then(request, seen, context)
        policy = replace(then, effective=effective, relaxations=_relaxed(then, request))
    gate = replace(policy.gate, max_age=request.max_age.total_seconds())
    return replace(policy, now=request.asked.until, gate=gate)


def _relaxed(then: Policy, request: AsOfRequest) -> tuple[Relaxation, ...]:
    """Give what relaxes this answer: the day of the run is another, and rules are chosen now."""
    kept = [each for each in then.relaxations if each.setting != "effective-time"]
    return (*kept, *(each for each in request.policy.relaxations if each.setting == "rule"))


def _effective(request: AsOfRequest, now: datetime) -> datetime:
    if request.effective == "now":
        return now
    return request.asked.until if request.effective == "same" else request.effective


def _seen(asked: Window, context: Context) -> dict[str, list[Capture]]:
    """Give the last captures of each cluster by the moment, those of one state time."""
    found: dict[str, list[Capture]] = {}
    for cluster in clusters(asked, context):
        captures = captures_of(cluster, context, until=asked.until, last=True)
        found |= {cluster: captures} if captures else {}
    if not found:
        raise UsageError(
            f"no snapshot had been taken by {written(asked.until)}",
            hint="The first runs are at the end of: eidos history runs --limit 0",
        )
    return found


def _of_then(request: AsOfRequest, seen: Mapping[str, list[Capture]], context: Context) -> Policy:
    """Give the one policy that judged all clusters then.

    Raises:
        UsageError: there were several.
    """
    by = request.effective
    policies = {
        cluster: policy_of(_by(by, cluster, found, context), context)
        for cluster, found in seen.items()
    }
    _tell_unchecked(policies, context)
    first, *others = policies.values()
    if any(_judged_by(each) != _judged_by(first) for each in others):
        raise UsageError(
            "the clusters were judged by different rules, parameters or waivers then",
            hint="Name one with --cluster, or the rules with --pack or --effective-time now.",
        )
    return first


def _tell_unchecked(policies: Mapping[str, Policy], context: Context) -> None:
    """Say of clusters that a recipe was asked for, and no rule, why there is no answer."""
    for cluster, policy in policies.items():
        if policy.rules and all(map(is_answer_to_a_query, policy.rules)):
            context.say(
                f"note: what was last seen of {cluster} by then was seen by eidos recipe, which "
                "checks no cluster; ask by rules that are here: --pack NAME. "
                "eidos check CLUSTER@TIME records their answer"
            )


def _by(
    time: datetime | str, cluster: str, found: list[Capture], context: Context
) -> list[Capture]:
    """Give the captures of the run that had judged a cluster last by a rule time."""
    if not isinstance(time, datetime):
        return found
    known = [each for each in context.store.captures(cluster) if each.known <= time]
    if not known:
        raise UsageError(
            f"no run had judged {cluster} by {written(time)}, so the rules of that time "
            "are not known",
            hint="Give a later --effective-time, or the rules with --pack.",
        )
    last = max(known, key=lambda each: each.known)
    return [each for each in known if each.known == last.known]


def _judged_by(policy: Policy) -> object:
    rules = [(rule.id, rule.digest, repr(rule.params)) for rule in policy.rules]
    return rules, policy.waivers, dict(policy.enforcement), policy.gate


def _chosen(policy: Policy, asked: Window) -> Policy:
    """Leave the rules that are asked about.

    Raises:
        UsageError: there is none.
    """
    rules: tuple[Rule, ...] = tuple(each for each in policy.rules if asked.has_rule(each.id))
    if not rules:
        raise UsageError(
            f"no rule {', '.join(asked.rules) or 'at all'} was asked",
            hint="List what was: eidos history show RUN -o json",
        )
    return replace(policy, rules=rules)


def _dated(item: Item, found: list[Capture]) -> Item:
    """Give the snapshot its own time: alike ones were captured more than once."""
    seen = item.snapshot
    metadata = replace(seen.metadata, timestamp=written(found[-1].at), cluster=found[-1].cluster)
    return Item(item.name, seen=replace(seen, snapshot=replace(seen.snapshot, metadata=metadata)))
