"""What makes a gate easier to pass, as far as its evidence shows that: is all of it told?

Who relaxed what, and where, nobody can see any more. That something was relaxed shows: rules of a
pack that were not asked, parameters other than those of the pack, a violation that does not deny.
"""

from collections.abc import Iterator, Sequence

from eidos.engine.digest import canonical
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Policy, Relaxation
from eidos.engine.model.rule import Enforcement, Pack, Rule, Scope, Severity
from eidos.engine.packs.choosing import RuleChoice, choose


def untold(
    policy: Policy, gate: str, bundle_packs: Sequence[Pack], bundle_rules: Sequence[Rule]
) -> Iterator[str]:
    """Name what was relaxed, and stands in no relaxation of the decision.

    Args:
        policy: what judged the snapshot, with what is told; its gate, waivers and enforcement hold
            for what was rendered too.
        gate: its name: what a gate of the configuration says is told of ``gates.prod``, each of its
            settings for itself: ``fail-on: high``.
        bundle_packs: what judged what was rendered.
        bundle_rules: the rules of them that were asked, with their parameters.

    Raises:
        UsageError: what is told chooses rules that there are not.
        ValueError: it names a severity that there is not.
    """
    told = {each.setting for each in policy.relaxations}
    its = [each.value for each in policy.relaxations if each.setting == f"gates.{gate}"]
    told |= {value.partition(":")[0] for value in its}
    for what, settings in _relaxed(policy, bundle_packs, bundle_rules):
        if told.isdisjoint({*settings, *_parents(settings)}):
            yield f"{what}, and no relaxation tells it"
    yield from _left_out(policy, bundle_packs, bundle_rules)


def _parents(settings: tuple[str, ...]) -> set[str]:
    """Give the tables that entries stand in: ``params`` also is the option that names a file."""
    return {each.partition(".")[0] for each in settings}


def _relaxed(
    policy: Policy, bundle_packs: Sequence[Pack], bundle_rules: Sequence[Rule]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give what was relaxed, each with the settings that do it."""
    yield from _of_gate(policy)
    for id_, action in policy.enforcement.items():
        if action is not Enforcement.DENY:
            yield f"a violation of {id_} is no more than {action}", (f"enforcement.{id_}",)
    packs = (*policy.packs, *bundle_packs)
    defaults = {rule.id: rule.params for pack in packs for rule in pack.rules}
    for rule in (*policy.rules, *bundle_rules):
        if canonical(rule.params) != canonical(defaults[rule.id]):
            yield f"{rule.id} was asked with other parameters", (f"params.{rule.id}",)


def _of_gate(policy: Policy) -> Iterator[tuple[str, tuple[str, ...]]]:
    if policy.gate.fail_on is not Gate().fail_on:
        yield f"what is less severe than {policy.gate.fail_on} passed", ("fail-on",)
    if policy.gate.allow_incomplete:
        yield "what is unknown passed", ("allow-incomplete",)
    if policy.waivers:
        yield "violations are waived", ("waivers",)
    if policy.is_pinned:
        yield "rules saw a time that was given", ("effective-time",)


def _left_out(
    policy: Policy, bundle_packs: Sequence[Pack], bundle_rules: Sequence[Rule]
) -> Iterator[str]:
    """Name rules of the packs that were not asked, and that nothing told leaves out."""
    choice = _choice(policy.relaxations)
    before = choose(policy.packs, choice, {}, bundle_packs)
    after = choose(bundle_packs, choice, {}, policy.packs)
    halves = (
        (before, policy.rules),
        ([rule for rule in after if rule.scope is Scope.BUNDLE], bundle_rules),
    )
    for wanted, asked in halves:
        ids = {rule.id for rule in asked}
        missing = [rule.id for rule in wanted if rule.id not in ids]
        if missing:
            named = ", ".join(missing[:_NAMED]) + (" ..." if missing[_NAMED:] else "")
            yield (
                f"{len(missing)} of {len(wanted)} rules were not asked, and no relaxation "
                f"leaves them out: {named}"
            )


_NAMED = 5
"""Rules that are named of those that were not asked."""


def _choice(told: Sequence[Relaxation]) -> RuleChoice:
    """Give the choice of rules that relaxations tell, each value for itself."""

    def values(setting: str) -> tuple[str, ...]:
        return tuple(each.value for each in told if each.setting == setting)

    severity = max(map(Severity, values("severity")), key=lambda each: each.rank, default=None)
    return RuleChoice(
        rules=values("rule"),
        tags=values("tag"),
        severity=severity or RuleChoice().severity,
        exclude=values("exclude-rule"),
    )
