"""What is plugged in (``eidos plugin list``, ``show``)."""

from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.plugin import Plugged, PluggedIn, PluggedPack, PluggedPart
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import write_document
from eidos.engine.report.page import write_list


def text(found: Plugged, out: TextIO, rendering: Rendering) -> None:
    """Write a line for each plug-in: name, what it is, who brings it, what it offers or its error.

    Of a collector it says what it reads.
    """
    rows = []
    for kind, each in found.parts:
        what = (each.reads or "-") if isinstance(each, PluggedIn) else kind
        cells = (each.name, what, each.origin or "-", _state(each))
        rows.append([one_line(cell) for cell in cells])
    write_list(rows, out, rendering)


def whole(found: Plugged, out: TextIO, _rendering: Rendering) -> None:
    """Write everything about each, a line for each thing."""
    for number, (kind, each) in enumerate(found.parts):
        lines = {
            kind: each.name,
            "brought by": each.origin or "an unknown package",
            "state": "broken" if each.error else "ok",
            "reads": each.reads if isinstance(each, PluggedIn) else None,
            "offers": None if each.error or isinstance(each, PluggedPack) else _state(each),
            "folder": each.folder if isinstance(each, PluggedPack) else None,
            "error": each.error,
        }
        out.write("\n" if number else "")
        out.writelines(
            disarmed(one_line(f"{name}: {value}")) + "\n" for name, value in lines.items() if value
        )


def _state(each: PluggedIn | PluggedPack | PluggedPart) -> str:
    if each.error:
        return f"error: {each.error}"
    if isinstance(each, PluggedPack):
        return ""
    return ", ".join(each.subtypes if isinstance(each, PluggedIn) else each.offers)


def json(found: Plugged, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/plugins/v1.schema.json`` describes it."""
    write_document(
        out,
        "PluginList",
        collectors=[
            {
                "name": each.name,
                "reads": each.reads,
                "subtypes": list(each.subtypes),
                "origin": each.origin,
                "error": each.error,
            }
            for each in found.collectors
        ],
        packs=[
            {
                "name": each.name,
                "origin": each.origin,
                "folder": each.folder,
                "error": each.error,
            }
            for each in found.packs
        ],
        bundlers=[_part(each) for each in found.bundlers],
        deployers=[_part(each) for each in found.deployers],
        places=[_part(each) for each in found.places],
        reporters=[_part(each) for each in found.reporters],
    )


def _part(each: PluggedPart) -> Json:
    return {
        "name": each.name,
        "origin": each.origin,
        "offers": list(each.offers),
        "error": each.error,
    }
