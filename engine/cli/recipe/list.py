"""``eidos recipe list``: what has a recipe."""

import click

from eidos.engine.app.recipe_list import coverage
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import DATA, writes
from eidos.engine.cli.recipe import pairs
from eidos.engine.errors import ExitCode
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import COVERAGE


@click.command("list")
@click.argument("only", nargs=-1, metavar="[NAME=VALUE]...")
@DATA
@writes(COVERAGE)
def command(only: tuple[str, ...], data: tuple[str, ...], outputs: tuple[str, ...]) -> int:
    """Show which kinds of cluster have a recipe, one line each.

    NAME=VALUE shows only matching ones: service=eks. Exit codes: 0 found some, 1 found none, 2 no
    answer.
    """
    chosen = parse_outputs(outputs, COVERAGE)
    with open_context() as context:
        found = coverage(data, context, pairs("a criterion", only))
    console.show(COVERAGE, found, chosen)
    return ExitCode.OK if found.rows else ExitCode.FAILED
