"""Every setting, and where it was said (``eidos config show``)."""

from typing import TextIO

from eidos.engine.model.effective import Configuration
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line
from eidos.engine.report.jsontext import json_line, problem_json, write_document
from eidos.engine.report.page import write_list


def text(configuration: Configuration, out: TextIO, rendering: Rendering) -> None:
    """Write a line for each setting: key, value as JSON, origin."""
    rows = ((each.key, json_line(each.value), each.origin) for each in configuration.settings)
    write_list([[*map(one_line, row)] for row in rows], out, rendering)


def json(configuration: Configuration, out: TextIO, _rendering: Rendering) -> None:
    """Write settings and problems; ``schemas/settings/v1.schema.json`` describes it."""
    write_document(
        out,
        "Settings",
        settings=[
            {"key": setting.key, "value": setting.value, "origin": setting.origin}
            for setting in configuration.settings
        ],
        problems=[problem_json(problem) for problem in configuration.problems],
    )
