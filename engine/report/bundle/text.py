"""Plan and verdicts at a glance: what is deployed in which order, and what the gate says of it."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.bundle import Bundling, GateDecision, Plan
from eidos.engine.model.gate import Decision
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Outcome
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import relaxations_json, seen_json, write_document
from eidos.engine.report.wording import paragraphs, seen


def text(bundling: Bundling, out: TextIO, _rendering: Rendering) -> None:
    """Write the plan, then what closes the gate, then its decision."""
    decision = bundling.decision
    lines = [*_plan(bundling.plan), *_gate("before", decision.before)]
    if decision.after is not None:
        lines += _gate("after", decision.after, warns=True)
    lines += [f"{_WORDS[each.status]}: {each.said}{_by(each)}" for each in decision.unmet]
    lines += [f"incomplete: {reason}" for reason in decision.reasons]
    lines += [f"relaxed: {each}" for each in decision.before.relaxations]
    lines.append(f"gate {decision.gate.name}: {decision.decision.value}")
    lines += _opening(decision)
    out.writelines(disarmed(one_line(line)) + "\n" for line in lines)


_SHOWN = 5
"""Findings of a verdict that are shown; the recorded run has all of them."""
_UNSEEN = {Status.UNKNOWN, Status.NOT_ASKABLE}
_WORDS = {Status.FAIL: "violated", Status.UNKNOWN: "unknown", Status.ERROR: "error"}


def _by(outcome: Outcome) -> str:
    origin = outcome.constraint.origin
    return f" (the recipe asks for it: {origin.kind} {origin.name})"


def _plan(plan: Plan) -> Iterator[str]:
    yield f"{plan.recipe}: {len(plan.releases)} components in {len(plan.waves)} waves"
    for each in plan.releases:
        version = f" {each.version}" if each.version else ""
        after = f"  after {', '.join(each.depends_on)}" if each.depends_on else ""
        yield f"  {each.wave}  {each.name}{version} in {each.namespace}{after}"
        for note in each.rendered.notes:
            yield f"     note: {note.path + ': ' if note.path else ''}{note.text}"


def _gate(when: str, report: Report, *, warns: bool = False) -> Iterator[str]:
    """Give what closes the gate, with the way to open it; and what nobody could look at."""
    closing = [(s, v) for s, v in report.verdicts() if report.closes(v)]
    closes = "1 verdict closes" if len(closing) == 1 else f"{len(closing)} verdicts close"
    facts = seen(report)
    yield f"{when}: {report.decision.value}, {closes} the gate{'; ' + facts if facts else ''}"
    yield from (f"  {each}" for each in report.replacements)
    for subject, verdict in closing:
        yield from _verdict(report, subject, verdict)
        remedy = report.rules_by_id[verdict.rule].remediation or ""
        for number, (said, is_command) in enumerate(paragraphs(remedy)):
            before = "remedy: " if number == 0 else " " * (12 if is_command else 8)
            yield f"        {before}{said}"
    for subject, verdict in report.verdicts():
        if warns and verdict.status is Status.WARN:
            yield from _verdict(report, subject, verdict)


def _verdict(report: Report, subject: Subject, verdict: Verdict) -> Iterator[str]:
    title = report.rules_by_id[verdict.rule].title
    yield f"  {verdict.status.value}  {verdict.rule}  {title}  ({subject.name})"
    for said in [each.msg for each in verdict.findings[:_SHOWN]] or [verdict.reason or ""]:
        yield f"        {said}"
    if len(verdict.findings) > _SHOWN:
        yield f"        and {len(verdict.findings) - _SHOWN} more"


def _opening(decision: GateDecision) -> Iterator[str]:
    """Say what would open a gate that is closed."""
    if decision.decision is Decision.PASSED:
        return
    reports = [each for each in (decision.before, decision.after) if each is not None]
    closing = [(v.rule, v.status) for r in reports for _, v in r.verdicts() if r.closes(v)]
    unmet = {each.status for each in decision.unmet}
    ways = []
    if rules := {rule for rule, status in closing if status is Status.FAIL}:
        ways.append(f"mend or waive (--waivers FILE) {', '.join(sorted(rules))}")
    if rules := {rule for rule, status in closing if status is Status.ERROR}:
        ways.append(f"mend the rules {', '.join(sorted(rules))}, which could not be evaluated")
    if Status.FAIL in unmet:
        ways.append("meet what the recipe asks of the cluster, or resolve another recipe")
    if decision.reasons or _UNSEEN & {*unmet, *(status for _, status in closing)}:
        ways.append("take a newer or more complete snapshot")
    if ways:
        yield f"to open it: {'; '.join(ways)}"


def json(bundling: Bundling, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/bundling/v1.schema.json`` describes it."""
    decision = bundling.decision
    after = decision.after
    write_document(
        out,
        "Bundling",
        exitCode=int(bundling.exit_code),
        gate=decision.gate.name,
        decision=decision.decision.value,
        **seen_json(decision.before.seen),
        **relaxations_json(decision.before.relaxations),
        reasons=[*(each.said for each in decision.unmet), *decision.reasons],
        notes=list(bundling.notes),
        digest=bundling.digest,
        place=bundling.place,
        recipe=bundling.plan.recipe,
        components=[
            {
                "name": each.name,
                "version": each.version,
                "namespace": each.namespace,
                "wave": each.wave,
                "dependsOn": list(each.depends_on),
            }
            for each in bundling.plan.releases
        ],
        closing=[
            *_closing("before", decision.before),
            *(_closing("after", after) if after is not None else ()),
        ],
        files=[each.path for each in bundling.files],
    )


def _closing(when: str, report: Report) -> Iterator[Json]:
    for subject, verdict in report.verdicts():
        if report.closes(verdict):
            said = verdict.findings[0].msg if verdict.findings else verdict.reason
            yield {
                "gate": when,
                "rule": verdict.rule,
                "subject": subject.name,
                "status": verdict.status.value,
                "said": said,
            }
