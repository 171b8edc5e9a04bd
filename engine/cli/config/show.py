"""``eidos config show``."""

import os
from pathlib import Path

import click

from eidos.engine.app.config import effective_settings
from eidos.engine.cli import console
from eidos.engine.cli.options import configuration_files, writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import CONFIGURATION


@click.command()
@writes(CONFIGURATION)
def command(outputs: tuple[str, ...]) -> int:
    """Show every setting, its value, and the file and line or variable that set it.

    Exit codes: 0, or 2 when something is wrong with the configuration.
    """
    chosen = parse_outputs(outputs, CONFIGURATION)
    configuration = effective_settings(Path.cwd(), os.environ, configuration_files())
    console.show(CONFIGURATION, configuration, chosen)
    for problem in configuration.problems:
        console.complain(problem)
    return configuration.exit_code
