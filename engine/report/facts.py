"""Facts: a line each, one told whole, or as JSON (``schemas/fact-list/v1.schema.json``)."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.known_fact import KnownFact, Told
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.jsontext import known, location_json, short, write_document
from eidos.engine.report.page import write_columns
from eidos.engine.report.wording import named

_VALUE = 400
"""Characters shown of a value; JSON has all of it."""
_TYPE = 28
"""Characters shown of what a fact is, and below it rules named, where each has a line."""
_RULES = 3


def text(found: Sequence[KnownFact], out: TextIO, _rendering: Rendering) -> None:
    """Write one fact whole; of several a line each, or a line for each value."""
    if len(found) == 1:
        out.writelines(f"{disarmed(line)}\n" for line in _whole(found[0]))
    elif any(fact.told for fact in found):
        values = ((fact, each) for fact in found for each in fact.told)
        out.writelines(f"{disarmed(_value(fact.name, each))}\n" for fact, each in values)
    else:
        write_columns([_cells(fact) for fact in found], out)


def _cells(fact: KnownFact) -> tuple[str, ...]:
    rules = named([*map(one_line, fact.rules[:_RULES])], len(fact.rules))
    kind = shortened(one_line(fact.type), _TYPE)
    return one_line(fact.name), kind, f"{one_line(fact.about)}{f' ({rules})' if rules else ''}"


def _whole(fact: KnownFact) -> Iterator[str]:
    since = ", ".join(f"{name} {version}" for name, version in sorted(fact.since.items()))
    yield one_line(fact.name)
    yield f"  is      {one_line(fact.type)}"
    yield f"  says    {one_line(fact.about)} ({one_line(fact.subtype)})"
    yield f"  source  {one_line(fact.source)}"
    yield f"  since   {one_line(since) or 'all that write snapshots have it'}"
    yield f"  rules   {', '.join(map(one_line, fact.rules)) or 'none reads it'}"
    for each in fact.told:
        yield _value("", each)


def _value(name: str, each: Told) -> str:
    """Write ``snapshot.yaml:14 node-1 gpu.smi.driver: 580.82.07``."""
    who = " ".join(filter(None, [each.node or "the cluster", name]))
    said = "" if each.value is None else shortened(one_line(short(each.value)), _VALUE)
    trouble = one_line(each.trouble) if each.trouble else ""
    told = f"{said} ({trouble})" if said and trouble else said or trouble
    line = f":{each.location.line}" if each.location.line else ""
    return f"{one_line(each.location.file)}{line} {one_line(who)}: {told}"


def json(found: Sequence[KnownFact], out: TextIO, _rendering: Rendering) -> None:
    """Write all that is known of each fact."""
    write_document(out, "FactList", facts=[_json(fact) for fact in found])


def _json(fact: KnownFact) -> Json:
    return {
        "name": fact.name,
        "type": fact.type,
        "about": fact.about,
        "subtype": fact.subtype,
        "source": fact.source,
        "since": dict(fact.since),
        "rules": list(fact.rules),
        "values": [
            known(
                node=each.node,
                value=each.value,
                trouble=each.trouble,
                location=location_json(each.location),
            )
            for each in fact.told
        ],
    }
