"""``eidos plugin list``."""

from typing import Any

import click

from eidos.engine.app.plugins import plugged_in
from eidos.engine.cli import console
from eidos.engine.cli.options import writes
from eidos.engine.errors import ExitCode
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import PLUGINS


@click.command()
@writes(PLUGINS)
def command(**options: Any) -> int:  # noqa: ANN401 -- click's own types
    """List collectors, bundlers, deployers, places, and what else Python packages bring.

    Packages bring policy packs and output formats as well. Exit codes: 0, or 2 when a plug-in
    could not be loaded.
    """
    outputs = parse_outputs(options["outputs"], PLUGINS)
    found = plugged_in()
    console.show(PLUGINS, found, outputs)
    return ExitCode.OK if found.is_whole else ExitCode.NO_ANSWER
