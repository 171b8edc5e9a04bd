"""What a gate is asked about a bundle, before and after rendering, by who makes or replays it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eidos.engine import __version__
from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.recipe import hold
from eidos.engine.app.reporting import report_on
from eidos.engine.bundling.verifying import GATE
from eidos.engine.documents.writing import to_json
from eidos.engine.errors import Location
from eidos.engine.evaluating.judging import Judge
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.subjects import bundle_facts
from eidos.engine.evaluating.waiving import Waiving
from eidos.engine.gating.deciding import asked_json, constraint_json, report_json
from eidos.engine.model.bundle import File, GateDecision
from eidos.engine.model.gate import NamedGate
from eidos.engine.model.policy import Policy, Relaxation
from eidos.engine.model.recipe import Constraint, Outcome, WrittenRecipe
from eidos.engine.model.report import PackRef, Report, Subject
from eidos.engine.model.rule import Pack, Rule
from eidos.engine.model.times import written
from eidos.engine.records import dataclass
from eidos.engine.selecting.rules import constraint_rule

if TYPE_CHECKING:
    from eidos.engine.model.jsonvalue import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class GateQuestion:
    """All that the two answers of a gate follow from, but for what is rendered."""

    gate: NamedGate
    policy: Policy
    """What judges the snapshot; its gate, waivers and enforcement hold for both."""
    item: Item
    """The snapshot."""
    recipe: WrittenRecipe
    constraints: Sequence[Constraint]
    """Those of the recipe."""
    bundle_packs: Sequence[Pack]
    bundle_rules: Sequence[Rule]
    """Those that judge what was rendered, with their parameters."""


def announced(
    policy: Policy,
    constraints: Sequence[Constraint],
    bundle_rules: Sequence[Rule],
    context: Context,
    also: Sequence[Rule] = (),
) -> Judge:
    """Have the engine compile together whatever either gate may ask: each start of it costs.

    Args:
        policy: what judges the snapshot.
        constraints: those of the recipe.
        bundle_rules: what judges what is rendered.
        context: what is open.
        also: rules that are asked beside.

    Returns:
        A judge that `prepare` starts it by; without that it starts when it is first asked.
    """
    parts: list[Sequence[Rule]] = [
        tuple(
            {
                (rule := constraint_rule(each, known_gpu_node=known)).id: rule
                for each in constraints
            }.values()
        )
        for known in (False, True)
    ]
    parts += [also, policy.rules, bundle_rules]
    judges = [Judge(part, context.engine, NoMemo(), policy.effective) for part in parts]
    for judge in judges:
        judge.expect()
    return judges[-1]


def judged_before(question: GateQuestion, context: Context) -> tuple[Report, tuple[Outcome, ...]]:
    """Judge the snapshot, and hold the constraints of the recipe against it."""
    policy = question.policy
    report = report_on([question.item], policy, context, records=False)
    return report, hold(question.constraints, question.item, context, policy.effective)


def judged_after(
    question: GateQuestion, seen: Mapping[str, "Json"], place: str, context: Context
) -> Report:
    """Judge what was rendered by the packs for bundles, with the policy's gate and waivers.

    Args:
        question: what is asked.
        seen: what rules see as ``input.bundle``.
        place: what reports call the bundle.
        context: what is open.
    """
    policy, rules = question.policy, question.bundle_rules
    started = context.clock.now()
    facts = bundle_facts(seen, question.recipe.name, place)
    judge = Judge(rules, context.engine, context.memo, policy.effective)
    verdicts = tuple(
        replace(each, enforcement=policy.enforcement.get(each.rule, each.enforcement))
        for each in judge.judge([facts])[0]
    )
    subject = Subject(
        name=facts.name, scope=facts.scope, file=place, digest=facts.digest, verdicts=verdicts
    )
    waiving = Waiving(policy.waivers, rules, policy.effective)
    return Report(
        run=context.new_run_id(started),
        started=written(started),
        effective_time=written(policy.effective),
        generator=f"eidos {__version__}",
        engine=f"{context.engine.name} {context.engine.version}",
        packs=tuple(map(PackRef.of, question.bundle_packs)),
        rules=tuple(rules),
        subjects=(waiving.apply(subject),),
        problems=(),
        waiver_notes=waiving.notes(),
        waivers=policy.waivers,
        gate=policy.gate,
        prints=tuple(judge.prints),
        relaxations=policy.relaxations,
    )


def gate_document(said: GateDecision, question: GateQuestion) -> dict[str, "Json"]:
    """Give the decision as a document; it holds no time but the day that rules saw."""
    policy, item, recipe = question.policy, question.item, question.recipe
    return {
        "apiVersion": "eidos.dev/v1",
        "kind": "GateDecision",
        "gate": said.gate.name,
        "decision": said.decision.value,
        "recipe": {"name": recipe.name, "digest": recipe.digest},
        "snapshot": {
            "digest": item.snapshot.digest,
            "cluster": item.snapshot.metadata.cluster,
            "timestamp": item.snapshot.metadata.timestamp,
        },
        "effectiveTime": effective_time(policy),
        "maxAge": said.gate.max_age,
        "requires": list(said.gate.requires),
        "reasons": list(said.reasons),
        "constraints": [constraint_json(each) for each in said.constraints],
        "relaxations": list(map(_relaxation, policy.relaxations)),
        "before": _part(said.before, policy.packs),
        "after": None if said.after is None else _part(said.after, question.bundle_packs),
    }


def _part(report: Report, packs: Sequence[Pack]) -> "Json":
    return {**report_json(report), "packs": asked_json(report, packs)}


def gate_file(said: GateDecision, question: GateQuestion) -> File:
    """Write the decision, ``gate.json``."""
    return File(GATE, to_json(gate_document(said, question)).encode())


def effective_time(policy: Policy) -> str:
    """Give the instant that was asked for, else the day."""
    return written(policy.effective) if policy.is_pinned else policy.effective.date().isoformat()


def _relaxation(each: Relaxation) -> "Json":
    value = _FOLDERS.sub("", each.value)
    return {"setting": each.setting, "value": value, "place": _named(each.origin)}


_FOLDERS = re.compile(r"(?<!\S)/(?:[^/\s]*/)+")
"""Folders of this machine, before the name of a pack or a file: they say nothing elsewhere."""


def _named(place: Location) -> str:
    """Name a place without the folders of this machine."""
    name = Path(place.file).name
    return f"{name}:{place.line}" if place.line else name
