"""``eidos recipe diff``: what would change."""

import click

from eidos.engine.app.recipe_diff import diff
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import EngineOptions, takes, writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import DIFFERENCES


@click.command("diff")
@click.argument("before", metavar="RECIPE|SNAPSHOT")
@click.argument("after", metavar="RECIPE")
@click.option("--lenient", is_flag=True, help="Accept snapshots without apiVersion and kind.")
@takes("engine", EngineOptions)
@writes(DIFFERENCES)
def command(
    before: str, after: str, *, lenient: bool, engine: EngineOptions, outputs: tuple[str, ...]
) -> int:
    """Show what would change from one recipe to another, or on a cluster.

    For a snapshot and a recipe, in either order: constraints, deployed versions, and tuning. Exit
    codes: 0 the same, 1 something differs, 2 no answer, 3 no difference found, but facts are
    missing.
    """
    chosen = parse_outputs(outputs, DIFFERENCES)
    with open_context(engine=engine) as context:
        found = diff(before, after, context, lenient=lenient)
    console.show(DIFFERENCES, found, chosen)
    return found.exit_code
