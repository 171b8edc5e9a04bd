"""``eidos config validate``."""

import os
from pathlib import Path

import click

from eidos.engine.app.config import validate_config
from eidos.engine.cli import console
from eidos.engine.cli.options import configuration_files, writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import VALIDATION


@click.command()
@writes(VALIDATION)
def command(outputs: tuple[str, ...]) -> int:
    """Check every configuration file that applies here, and the environment.

    Exit codes: 0 valid, 1 invalid, 2 unreadable.
    """
    chosen = parse_outputs(outputs, VALIDATION)
    validation = validate_config(Path.cwd(), os.environ, configuration_files())
    console.show(VALIDATION, validation, chosen)
    return validation.exit_code
