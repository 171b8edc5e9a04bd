"""What is plugged in (``eidos plugin list``)."""

from collections.abc import Sequence
from typing import TextIO

from eidos.engine.model.plugin import PluggedIn
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import write_document


def text(found: Sequence[PluggedIn], out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each plug-in: name, what it reads, what it can collect or its error."""
    for each in found:
        what = f"error: {each.error}" if each.error else ", ".join(each.subtypes)
        cells = (each.name, each.reads or "-", what)
        out.write(disarmed("\t".join(map(one_line, cells))) + "\n")


def json(found: Sequence[PluggedIn], out: TextIO, _rendering: Rendering) -> None:
    """Write the collectors; ``schemas/plugins/v1.schema.json`` describes them."""
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
            for each in found
        ],
    )
