"""``eidos config validate``."""

import os
from pathlib import Path

import click

from eidos.engine.app.config import validate_config
from eidos.engine.cli.console import complain, printable
from eidos.engine.errors import ExitCode


@click.command()
def command() -> int:
    """Check every file and variable that counts here.

    Exit codes: 0 right, 1 wrong, 2 unreadable.
    """
    validity = validate_config(Path.cwd(), os.environ)
    for problem in validity.problems:
        complain(problem)
    if validity.problems:
        return ExitCode.FAILED
    for path in validity.files:
        click.echo(printable(f"{path}: ok"), err=True)
    if not validity.files:
        click.echo("there is no configuration file; defaults hold", err=True)
    return ExitCode.OK
