"""``eidos engine info``."""

import json
import os

import click

from eidos.engine.app.engine import EngineInfo, engine_info
from eidos.engine.cli.console import printable
from eidos.engine.errors import ExitCode


@click.command()
@click.option("--opa-binary", metavar="PATH", help="Look at this OPA and no other.")
@click.option(
    "-o",
    "--output",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to show it.",
)
def command(opa_binary: str | None, form: str) -> int:
    """Show which Rego engine judges, and why each OPA that was found is taken or not.

    Exit codes: 0, or 2 when the OPA that was named cannot judge.
    """
    info = engine_info(os.environ, opa_binary)
    if form == "json":
        click.echo(json.dumps(info.document(), indent=2))
    else:
        for line in _lines(info):
            click.echo(printable(line))
    return ExitCode.NO_ANSWER if info.is_refused else ExitCode.OK


def _lines(info: EngineInfo) -> list[str]:
    found = info.opa
    lines = [f"light engine: {info.light}"]
    if found is not None:
        lines.insert(0, f"engine: opa {found.version} ({found.path}, by {found.found_by})")
    elif info.is_refused:
        lines.insert(0, "engine: none, the OPA that was named cannot judge")
    else:
        lines.insert(0, "engine: light (no OPA; run 'eidos engine install')")
    lines += [
        f"not taken: {each.path} ({each.found_by}) {each.trouble or 'comes after it'}"
        for each in info.candidates
        if each is not found
    ]
    return lines
