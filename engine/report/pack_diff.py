"""How packs differ (``eidos policy diff``)."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.pack_diff import Change, PackDifference, PackSide, RuleDifference, Step
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, markdown_code, markdown_text, one_line, shortened
from eidos.engine.report.jsontext import known, short, write_document
from eidos.engine.report.page import styled

_STYLES = {Step.MAJOR: "error", Step.MINOR: "warn", Step.PATCH: "dim", Step.NONE: "dim"}
_SHOWN = 60
"""Characters of a value that people are shown."""


def text(difference: PackDifference, out: TextIO, rendering: Rendering) -> None:
    """Write the pack's changes, each rule with its own, and what the version must be."""
    out.writelines(disarmed(line) + "\n" for line in _lines(difference, rendering))


def _lines(difference: PackDifference, rendering: Rendering) -> Iterator[str]:
    yield f"{_side(difference.old)} -> {_side(difference.new)}"
    yield from (f"  {_change(each, rendering)}" for each in difference.changes)
    for rule in difference.rules:
        name = styled(rendering, "bold", one_line(rule.id))
        yield f"{name} {one_line(rule.title)}"
        yield from (f"  {_change(each, rendering)}" for each in rule.changes)
        if rendering.verbose:
            yield from (f"    {one_line(line)}" for line in rule.text)
    yield from _conclusions(difference)


def _side(side: PackSide) -> str:
    return one_line(f"{side.name}@{side.version}")


def _change(change: Change, rendering: Rendering) -> str:
    step = styled(rendering, _STYLES[change.step], change.step.word.ljust(5))
    return f"{step} {one_line(_said(change))}: {one_line(change.why)}"


def _said(change: Change) -> str:
    if change.old is not None and change.new is not None:
        return f"{change.what} {_short(change.old)} -> {_short(change.new)}"
    if change.old is None and change.new is None:
        return change.what
    sign = "-" if change.new is None else "+"
    return f"{sign} {change.what}"


def _short(value: Json) -> str:
    return shortened(short(value), _SHOWN)


def _conclusions(difference: PackDifference) -> Iterator[str]:
    proposed = difference.proposed
    if not difference.differs:
        yield "They say the same."
    elif proposed is not None:
        step = difference.step.word
        yield f"version: {step} step, {proposed} or higher, since {_cause(difference)}"
    if difference.is_too_low:
        yield f"too low: {_side(difference.new)}; write 'version: {proposed}' in pack.yaml"


def _cause(difference: PackDifference) -> str:
    """Name the first change that asks for the step."""
    for change in difference.changes:
        if change.step is difference.step:
            return one_line(f"the pack: {_said(change)}")
    for rule in difference.rules:
        for change in rule.changes:
            if change.step is difference.step:
                return one_line(f"{rule.id}: {_said(change)}")
    return "nothing changes"


def json(difference: PackDifference, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/pack-diff/v1.schema.json`` describes it."""
    write_document(
        out,
        "PackDiff",
        exitCode=int(difference.exit_code),
        old=_side_json(difference.old),
        new=_side_json(difference.new),
        step=difference.step.word,
        proposed=difference.proposed,
        tooLow=difference.is_too_low,
        changes=[_change_json(each) for each in difference.changes],
        rules=[_rule_json(each) for each in difference.rules],
    )


def _side_json(side: PackSide) -> Json:
    return {
        "reference": side.reference,
        "name": side.name,
        "version": side.version,
        "digest": side.digest,
    }


def _rule_json(rule: RuleDifference) -> Json:
    return {
        "id": rule.id,
        "title": rule.title,
        "step": rule.step.word,
        "changes": [_change_json(each) for each in rule.changes],
        "text": list(rule.text),
    }


def _change_json(change: Change) -> Json:
    return known(
        what=change.what, step=change.step.word, why=change.why, old=change.old, new=change.new
    )


def markdown(difference: PackDifference, out: TextIO, _rendering: Rendering) -> None:
    """Write a section for a pull request: a table of changes, and what the version must be."""
    sides = markdown_text(f"{_side(difference.old)} → {_side(difference.new)}")
    out.write(f"## {sides}\n\n")
    rows = [("the pack", each) for each in difference.changes]
    rows += [(rule.id, each) for rule in difference.rules for each in rule.changes]
    if rows:
        out.write("| Rule | Change | Step | Means |\n|---|---|---|---|\n")
    for name, change in rows:
        said = markdown_text(one_line(_said(change)))
        why = markdown_text(one_line(change.why))
        out.write(f"| {markdown_code(one_line(name))} | {said} | {change.step.word} | {why} |\n")
    out.writelines(f"\n{markdown_text(line)}\n" for line in _conclusions(difference))
