"""``eidos plugin list``."""

import json
from dataclasses import asdict

import click

from eidos.engine.app.plugins import plugged_in
from eidos.engine.cli.console import printable
from eidos.engine.errors import ExitCode


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(form: str) -> int:
    """List the collectors and what each can collect.

    Exit codes: 0, or 2 when a plug-in could not be loaded.
    """
    found = plugged_in()
    if form == "json":
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        for one in found:
            what = ", ".join(one.subtypes) or f"error: {one.error}"
            click.echo(printable(f"{one.name}\t{one.reads}\t{what}"))
    return ExitCode.NO_ANSWER if any(one.error for one in found) else ExitCode.OK
