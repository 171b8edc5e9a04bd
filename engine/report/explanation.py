"""Why a query has its answer (``eidos policy eval --explain``)."""

import json as writing
from collections.abc import Iterator
from typing import Any, TextIO

from eidos.engine.model.explained import BodyRun, Explanation
from eidos.engine.model.jsonvalue import Json
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.jsontext import dumps, json_line, known, location_json

_VALUE = 120
"""Characters shown of a value."""


def write_text(result: Json, found: Explanation, out: TextIO) -> None:
    """Write the answer, each body with what stopped it, and the facts that were read."""
    out.writelines(f"{disarmed(line)}\n" for line in _lines(result, found))


def _lines(result: Any, found: Explanation) -> Iterator[str]:  # noqa: ANN401 -- as OPA writes it
    if not result:
        yield "the answer is undefined"
    for expression in (each for row in result or () for each in row["expressions"]):
        text = writing.dumps(expression["value"], indent=2, ensure_ascii=False)
        yield from (one_line(line) for line in text.splitlines())
    yield ""
    yield "rule bodies"
    for body in found.bodies:
        place = f"{body.location.file}:{body.location.line}"
        yield f"  {one_line(f'{place} {body.rule}')}: {_told(body)}"
        for stop in body.stops:
            times = f" ({stop.times} times)" if stop.times > 1 else ""
            yield f"    stopped at line {stop.location.line}{times}: {one_line(stop.text)}"
    if found.reads:
        yield "facts read"
    for each in found.reads:
        value = json_line(each.value) if each.is_there else "is not there"
        equals = " = " if each.is_there else " "
        yield f"  {one_line(each.path)}{equals}{shortened(one_line(value), _VALUE)}"


def _told(body: BodyRun) -> str:
    if body.held == body.entered:
        return "held" if body.held == 1 else f"held {body.held} times"
    if body.held:
        return f"held {body.held} of {body.entered} times"
    return "did not hold"


def write_json(result: Json, found: Explanation, out: TextIO) -> None:
    """Write OPA's ``result``, and ``explained`` beside it."""
    explained: Json = {
        "bodies": [
            {
                "rule": body.rule,
                "location": location_json(body.location),
                "entered": body.entered,
                "held": body.held,
                "stops": [
                    {
                        "location": location_json(stop.location),
                        "text": stop.text,
                        "times": stop.times,
                    }
                    for stop in body.stops
                ],
            }
            for body in found.bodies
        ],
        "reads": [
            {"path": each.path, "there": each.is_there, **known(value=each.value)}
            for each in found.reads
        ],
    }
    answer: dict[str, Json] = {} if result is None else {"result": result}
    out.write(dumps({**answer, "explained": explained}, indent=2) + "\n")
