"""Values of a fact through time; ``schemas/fact-history/v1.schema.json`` describes the JSON."""

from collections.abc import Iterator
from itertools import groupby
from typing import TextIO

from eidos.engine.model.history import FactHeld, FactHistory
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.times import written
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.history import rows
from eidos.engine.report.history.timeline import window_json
from eidos.engine.report.jsontext import known, ordered, short, write_document

_VALUE = 160
"""Characters shown of a value."""


def text(found: FactHistory, out: TextIO, _rendering: Rendering) -> None:
    """Write the values of each node under its name, first to last."""
    for (cluster, node), held in groupby(found.held, key=lambda each: (each.cluster, each.node)):
        out.write(disarmed(one_line(f"{cluster}/{node}" if node else cluster)) + "\n")
        for each in held:
            until = written(each.until) if each.until else f"now, seen {written(each.last)}"
            value = shortened(one_line(_value(each)), _VALUE)
            out.write(disarmed(f"  {written(each.since)} to {until}: {value}\n"))


def _value(each: FactHeld) -> str:
    return short(each.value) if each.is_there else "(not there)"


_TITLES = ("CLUSTER", "NODE", "FACT", "VALUE", "SINCE", "UNTIL", "LAST SEEN")


def _rows(found: FactHistory) -> Iterator[tuple[object, ...]]:
    for each in found.held:
        value = short(each.value) if each.is_there else None
        yield each.cluster, each.node, each.fact, value, each.since, each.until, each.last


table = rows.table(_TITLES, _rows)
csv = rows.csv(_TITLES, _rows)


def json(found: FactHistory, out: TextIO, _rendering: Rendering) -> None:
    """Write every value."""
    write_document(
        out,
        "FactHistory",
        window=window_json(found.window),
        fact=found.fact,
        values=list(map(_held, found.held)),
    )


def _held(each: FactHeld) -> Json:
    said = known(
        cluster=each.cluster,
        node=each.node,
        isThere=each.is_there,
        since=written(each.since),
        until=written(each.until) if each.until else None,
        lastSeen=written(each.last),
    )
    return {**said, "value": ordered(each.value)} if each.is_there else said
