"""``eidos config show``."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from eidos.engine.app.config import effective_settings
from eidos.engine.cli.console import complain, printable
from eidos.engine.errors import ExitCode


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(form: str) -> int:
    """Show every setting, its value, and the file and line or variable that said it.

    Exit codes: 0, or 2 when something is wrong with the configuration.
    """
    settings, problems = effective_settings(Path.cwd(), os.environ)
    if form == "json":
        click.echo(json.dumps([asdict(setting) for setting in settings], indent=2))
    else:
        for setting in settings:
            value = json.dumps(setting.value, ensure_ascii=False)
            click.echo(printable(f"{setting.key}\t{value}\t{setting.origin}"))
    for problem in problems:
        complain(problem)
    return ExitCode.NO_ANSWER if problems else ExitCode.OK
