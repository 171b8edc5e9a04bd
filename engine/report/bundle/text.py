"""Plan and verdicts at a glance: what is deployed in which order, and what the gate says of it."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.bundle import Bundling, Plan
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recipe import Outcome
from eidos.engine.model.report import Report
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import write_document


def text(bundling: Bundling, out: TextIO, _rendering: Rendering) -> None:
    """Write the plan, then what closes the gate, then its decision."""
    decision = bundling.decision
    lines = [*_plan(bundling.plan), *_gate("before", decision.before)]
    if decision.after is not None:
        lines += _gate("after", decision.after)
    lines += [f"{_WORDS[each.status]}: {each.said}{_by(each)}" for each in decision.unmet]
    lines += [f"incomplete: {reason}" for reason in decision.reasons]
    lines.append(f"gate {decision.gate.name}: {decision.decision.value}")
    out.writelines(disarmed(one_line(line)) + "\n" for line in lines)


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


def _gate(when: str, report: Report) -> Iterator[str]:
    closing = [(s, v) for s, v in report.verdicts() if report.closes(v)]
    yield f"{when}: {report.decision.value}, {len(closing)} verdicts close the gate"
    titles = {rule.id: rule.title for rule in report.rules}
    for subject, verdict in closing:
        said = verdict.findings[0].msg if verdict.findings else verdict.reason or ""
        title = titles.get(verdict.rule, "")
        yield f"  {verdict.status.value}  {verdict.rule}  {title}  ({subject.name})"
        yield f"        {said}"


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
