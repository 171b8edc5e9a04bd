"""What is plugged in (``eidos plugin list``)."""

from typing import TextIO

from eidos.engine.model.plugin import Plugged
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import write_document


def text(found: Plugged, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each plug-in: name, what it reads, what it can collect or its error.

    A pack has the package that brings it instead.
    """
    for each in found.collectors:
        what = f"error: {each.error}" if each.error else ", ".join(each.subtypes)
        cells = (each.name, each.reads or "-", what)
        out.write(disarmed("\t".join(map(one_line, cells))) + "\n")
    for pack in found.packs:
        what = f"error: {pack.error}" if pack.error else pack.origin
        out.write(disarmed("\t".join(map(one_line, (pack.name, "pack", what)))) + "\n")


def json(found: Plugged, out: TextIO, _rendering: Rendering) -> None:
    """Write the collectors and packs; ``schemas/plugins/v1.schema.json`` describes them."""
    write_document(
        out,
        "PluginList",
        collectors=[
            {
                "name": each.name,
                "reads": each.reads,
                "subtypes": list(each.subtypes),
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
    )
