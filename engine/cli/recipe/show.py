"""``eidos recipe show``: what a part of the catalog says."""

import click

from eidos.engine.app.recipe_show import KINDS, show
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import DATA, writes
from eidos.engine.errors import ExitCode
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import SHOWN


@click.command("show")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), help="Which kind of object has the name.")
@DATA
@click.option("-v", "--verbose", is_flag=True, help="Show reasons and sources.")
@writes(SHOWN)
def command(
    name: str, kind: str | None, data: tuple[str, ...], *, verbose: bool, outputs: tuple[str, ...]
) -> int:
    """Show an overlay, component, profile, tuning profile or platform, with its bases.

    Exit codes: 0 shown, 2 no such name, or the catalog cannot be read.
    """
    chosen = parse_outputs(outputs, SHOWN)
    with open_context() as context:
        found = show(name, data, context, kind)
    console.show(SHOWN, found, chosen, console.rendering("auto", verbose=verbose))
    return ExitCode.OK
