"""Every setting, and where it was said (``eidos config show``)."""

from typing import TextIO

from eidos.engine.model.effective import Configuration
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import json_line, problem_json, write_document


def text(configuration: Configuration, out: TextIO, _rendering: Rendering) -> None:
    """Write a line for each setting: key, value as JSON, origin, with tabs between."""
    for setting in configuration.settings:
        cells = (setting.key, json_line(setting.value), setting.origin)
        out.write(disarmed("\t".join(map(one_line, cells))) + "\n")


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
