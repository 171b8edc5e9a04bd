"""What a move from one bundle to another means: steps in their order, and their consequences."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.transition import (
    ComponentChange,
    ResourceChange,
    Step,
    Transition,
    ValueChange,
)
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import dumps, write_document

_SHOWN = 12
"""Values of a component that are shown; the JSON has all of them."""
_LONGEST = 60
"""Signs of one value that are shown."""


def text(transition: Transition, out: TextIO, _rendering: Rendering) -> None:
    """Write every step with what changes, what it means, and what it restarts."""
    lines = [f"from {transition.old.place} ({transition.old.digest})"]
    lines.append(f"to   {transition.new.place} ({transition.new.digest})")
    if not transition.steps:
        lines.append("no component changes")
    for number, step in enumerate(transition.steps, start=1):
        lines += _step(number, step)
    lines.append(f"{len(transition.files)} files differ; all in all: {transition.means.value}")
    out.writelines(disarmed(one_line(line)) + "\n" for line in lines)


def _step(number: int, step: Step) -> Iterator[str]:
    change = step.change
    yield f"{number}. {step.means.value:8} {change.name}: {_said(change)} (wave {change.wave})"
    yield f"     because  {step.because}"
    for held in step.preconditions:
        wanted = f"{held.constraint.named} {held.constraint.wanted}"
        yield f"     needs    {wanted}: {held.status.value} {held.said}".rstrip()
    for effect in step.effects:
        yield f"     {effect.consequence.value + 's':9}{effect.what}"
    for value in change.values[:_SHOWN]:
        yield f"     value    {value.path}: {_value(value.before)} -> {_value(value.after)}"
    if len(change.values) > _SHOWN:
        yield f"     and {len(change.values) - _SHOWN} more values"
    for each in change.resources:
        yield f"     {each.change:9}{each.kind} {each.path}"
        for value in each.values[:_SHOWN]:
            yield f"              {value.path}: {_value(value.before)} -> {_value(value.after)}"


def _said(change: ComponentChange) -> str:
    if change.change == "moved":
        return f"{change.before or 'no chart'} -> {change.after or 'no chart'}"
    version = change.after or change.before
    return f"{change.change} {version}" if version else change.change


def _value(value: Json) -> str:
    said = dumps(value)
    return said if len(said) <= _LONGEST else said[: _LONGEST - 3] + "..."


def json(transition: Transition, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/bundle-diff/v1.schema.json`` describes it."""
    write_document(
        out,
        "BundleDiff",
        exitCode=int(transition.exit_code),
        means=transition.means.value,
        old={"place": transition.old.place, "digest": transition.old.digest},
        new={"place": transition.new.place, "digest": transition.new.digest},
        steps=[_step_json(each) for each in transition.steps],
        files=dict(transition.files),
    )


def _step_json(step: Step) -> Json:
    change = step.change
    return {
        "component": change.name,
        "change": change.change,
        "before": change.before,
        "after": change.after,
        "wave": change.wave,
        "means": step.means.value,
        "because": step.because,
        "source": step.upgrade.reason.source if step.upgrade else None,
        "preconditions": [
            {
                "fact": str(each.constraint.fact),
                "is": each.constraint.wanted,
                "status": each.status.value,
                "said": each.said,
            }
            for each in step.preconditions
        ],
        "effects": [
            {"consequence": each.consequence.value, "what": each.what} for each in step.effects
        ],
        "values": _values(change.values),
        "resources": [_resource(each) for each in change.resources],
    }


def _resource(change: ResourceChange) -> Json:
    return {
        "path": change.path,
        "kind": change.kind,
        "change": change.change,
        "values": _values(change.values),
    }


def _values(values: Sequence[ValueChange]) -> Json:
    return [{"path": each.path, "before": each.before, "after": each.after} for each in values]
