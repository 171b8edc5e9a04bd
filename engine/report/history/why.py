"""Why verdicts changed; ``schemas/why/v1.schema.json`` describes the JSON."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.history import Capture, Ingredient, Swapped, Turn, Why
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.history import rows
from eidos.engine.report.history.timeline import window_json
from eidos.engine.report.jsontext import known, ordered, short, write_document
from eidos.engine.report.page import styled

_VALUE = 120
"""Characters shown of a value."""
_PARTS = 8
"""Parts of an ingredient that are shown."""


def text(found: Why, out: TextIO, rendering: Rendering) -> None:
    """Write what turned, when, what of, and what did not."""
    out.writelines(disarmed(line) + "\n" for line in _lines(found, rendering))


def _lines(found: Why, rendering: Rendering) -> Iterator[str]:
    if not found.turns:
        window = found.window
        yield one_line(
            f"{found.rule} on {found.cluster} did not change from {written(window.since)} to "
            f"{written(window.until)}; look further back with --since 365d"
        )
    for turn in found.turns:
        yield from _turn(turn, rendering)
    for who, status, since in found.steady:
        yield one_line(f"{who.name}: {status} since {written(since)} or before")


def _turn(turn: Turn, rendering: Rendering) -> Iterator[str]:
    old, new = turn.old.status, turn.new.status
    arrow = f"{styled(rendering, old.value, old)} -> {styled(rendering, new.value, new)}"
    sights = f"between {_sight(turn.before)} and {_sight(turn.after)}"
    yield f"{one_line(turn.who.name)}: {arrow} {sights}"
    said = turn.new.findings[0].msg if turn.new.findings else turn.new.reason
    if said:
        yield f"  {shortened(one_line(said), 300)}"
    if not turn.causes:
        yield "  cause: not found; the engine that is here does not give the verdicts recorded then"
    else:
        ways = " or ".join(" and ".join(each) for each in turn.causes)
        yield f"  cause: {styled(rendering, 'bold', ways)}"
    for ingredient, parts in turn.parts.items():
        is_cause = any(ingredient in each for each in turn.causes)
        yield from _parts(ingredient, parts, is_cause=is_cause)
    if turn.moment is not None:
        yield f"  turned at {written(turn.moment)} (rule time)"
    if turn.otherwise is not None:
        since = written(turn.otherwise)
        yield f"  without waivers: {new} since {since}{'' if turn.is_exact else ' or before'}"


def _sight(capture: Capture) -> str:
    return f"{written(capture.at)} (run {one_line(capture.run)})"


def _parts(ingredient: Ingredient, parts: Sequence[Swapped], *, is_cause: bool) -> Iterator[str]:
    label = ingredient.value if is_cause else f"{ingredient.value} (changed too)"
    alone = [each for each in parts if each.is_enough]
    for each in (alone or parts)[:_PARTS]:
        values = " -> ".join(_value(one) for one in (each.before, each.after))
        note = f" ({each.note})" if each.note else ""
        enough = " (alone enough)" if each.is_enough else ""
        yield f"    {label}: {one_line(each.name)}: {values}{one_line(note)}{enough}"
    if len(parts) > _PARTS and not alone:
        yield f"    {label}: and {len(parts) - _PARTS} more"


def _value(value: Json) -> str:
    return "none" if value is None else shortened(one_line(short(value)), _VALUE)


_TITLES = (
    *("CLUSTER", "SUBJECT", "RULE", "BEFORE", "AFTER", "LAST BEFORE", "FIRST AFTER", "CAUSE"),
    *("WHAT", "WAS", "IS", "NOTE"),
)


def _rows(found: Why) -> Iterator[tuple[object, ...]]:
    for turn in found.turns:
        head = (
            *(turn.cluster, turn.who.name, turn.rule, turn.old.status, turn.new.status),
            *(turn.before.at, turn.after.at, " or ".join("+".join(each) for each in turn.causes)),
        )
        parts = [each for every in turn.parts.values() for each in every]
        for each in parts or [Swapped("")]:
            yield *head, each.name, _cell(each.before), _cell(each.after), each.note


def _cell(value: Json) -> str | None:
    return None if value is None else short(value)


table = rows.table(_TITLES, _rows)
csv = rows.csv(_TITLES, _rows)


def json(found: Why, out: TextIO, _rendering: Rendering) -> None:
    """Write everything."""
    write_document(
        out,
        "Why",
        window=window_json(found.window),
        cluster=found.cluster,
        rule=found.rule,
        turns=list(map(_turn_json, found.turns)),
        steady=[
            {
                "scope": who.scope.value,
                "name": who.name,
                "status": status.value,
                "since": written(since),
            }
            for who, status, since in found.steady
        ],
    )


def _turn_json(turn: Turn) -> Json:
    return known(
        scope=turn.who.scope.value,
        name=turn.who.name,
        before=_side(turn.old.status, turn.before),
        after=_side(turn.new.status, turn.after),
        causes=[[each.value for each in ways] for ways in turn.causes],
        changed={
            ingredient.value: [
                known(
                    name=each.name,
                    before=ordered(each.before),
                    after=ordered(each.after),
                    isEnough=each.is_enough or None,
                    note=each.note,
                )
                for each in parts
            ]
            for ingredient, parts in turn.parts.items()
        },
        turnedAt=written(turn.moment) if turn.moment else None,
        withoutWaiversSince=written(turn.otherwise) if turn.otherwise else None,
        withoutWaiversIsExact=turn.is_exact if turn.otherwise else None,
        reason=turn.new.findings[0].msg if turn.new.findings else turn.new.reason,
    )


def _side(status: str, capture: Capture) -> Json:
    return {
        "status": status,
        "at": written(capture.at),
        "run": capture.run,
        "snapshot": capture.snapshot,
    }
