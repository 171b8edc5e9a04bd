"""What is not what it was; ``schemas/past-drift/v1.schema.json`` describes the JSON."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.history import FactMoved, Flipped, PastDrift
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.history import rows
from eidos.engine.report.history.timeline import window_json
from eidos.engine.report.jsontext import known, ordered, short, write_document
from eidos.engine.report.page import styled
from eidos.engine.report.wording import plural

_VALUE = 80
"""Characters shown of a value."""


def text(found: PastDrift, out: TextIO, rendering: Rendering) -> None:
    """Write verdicts that flipped, nodes that moved, and facts that changed."""
    out.writelines(disarmed(line) + "\n" for line in _lines(found, rendering))


def _lines(found: PastDrift, rendering: Rendering) -> Iterator[str]:
    window = found.window
    yield f"{written(window.since)} to {written(window.until)}"
    for flip in found.flipped:
        before, after = (styled(rendering, one.value, one) for one in (flip.before, flip.after))
        name = one_line(f"{_where(flip.cluster, flip.who.node)} {flip.rule}")
        yield f"verdict {name}: {before} -> {after}, first seen {written(flip.first_seen)}"
    for cluster, fate, name in found.nodes:
        yield one_line(f"node {cluster}/{name}: {fate}")
    for moved in found.moved:
        values = " -> ".join(_value(each) for each in (moved.before, moved.after))
        name = one_line(f"{_where(moved.cluster, moved.node)} {moved.fact}")
        yield f"fact {name}: {values}, first seen {written(moved.first_seen)}"
    yield (
        f"{plural(len(found.flipped), 'verdict')} and {plural(len(found.moved), 'fact')} differ; "
        f"{plural(found.ignored, 'change')} ignored"
    )


def _where(cluster: str, node: str | None) -> str:
    return f"{cluster}/{node}" if node else cluster


def _value(value: Json) -> str:
    return "none" if value is None else shortened(one_line(short(value)), _VALUE)


_TITLES = ("WHAT", "CLUSTER", "NODE", "NAME", "BEFORE", "AFTER", "FIRST SEEN")


def _rows(found: PastDrift) -> Iterator[tuple[object, ...]]:
    for flip in found.flipped:
        where = (flip.cluster, flip.who.node, flip.rule)
        yield "verdict", *where, flip.before, flip.after, flip.first_seen
    for cluster, fate, name in found.nodes:
        yield "node", cluster, name, fate, None, None, None
    for moved in found.moved:
        values = (None if each is None else short(each) for each in (moved.before, moved.after))
        yield "fact", moved.cluster, moved.node, moved.fact, *values, moved.first_seen


table = rows.table(_TITLES, _rows)
csv = rows.csv(_TITLES, _rows)


def json(found: PastDrift, out: TextIO, _rendering: Rendering) -> None:
    """Write everything."""
    write_document(
        out,
        "PastDrift",
        window=window_json(found.window),
        exitCode=int(found.exit_code),
        verdicts=list(map(_flip, found.flipped)),
        nodes=[{"cluster": c, "fate": fate, "name": name} for c, fate, name in found.nodes],
        facts=list(map(_moved, found.moved)),
        ignored=found.ignored,
    )


def _flip(each: Flipped) -> Json:
    return {
        "cluster": each.cluster,
        "scope": each.who.scope.value,
        "name": each.who.name,
        "rule": each.rule,
        "before": each.before.value,
        "after": each.after.value,
        "firstSeen": written(each.first_seen),
    }


def _moved(each: FactMoved) -> Json:
    return known(
        cluster=each.cluster,
        node=each.node,
        fact=each.fact,
        kind=each.kind,
        before=ordered(each.before),
        after=ordered(each.after),
        firstSeen=written(each.first_seen),
    )
