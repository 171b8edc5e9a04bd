"""``eidos plugin show``."""

import click

from eidos.engine.app.plugins import plugged_as
from eidos.engine.cli import console
from eidos.engine.cli.options import writes
from eidos.engine.errors import ExitCode
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import PLUGIN


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@writes(PLUGIN)
def command(names: tuple[str, ...], outputs: tuple[str, ...]) -> int:
    """Show who brings plug-ins, what they offer, and what is wrong with them.

    A name is that of the list: gpu, s3, Report.acme. Exit codes: 0, or 2 when one cannot be used.
    """
    chosen = parse_outputs(outputs, PLUGIN)
    found = plugged_as(names)
    console.show(PLUGIN, found, chosen)
    return ExitCode.OK if found.is_whole else ExitCode.NO_ANSWER
