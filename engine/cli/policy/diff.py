"""``eidos policy diff``."""

import click

from eidos.engine.app.policy_diff import policy_diff
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import COLOR, EngineOptions, takes, writes
from eidos.engine.errors import ExitCode
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import PACK_DIFFERENCE


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@takes("engine", EngineOptions)
@click.option("-v", "--verbose", is_flag=True, help="Show how the text of rules differs.")
@click.option("--color", type=COLOR, default="auto", help="Colour text on standard output.")
@writes(PACK_DIFFERENCE)
def command(
    old: str,
    new: str,
    engine: EngineOptions,
    color: str,
    outputs: tuple[str, ...],
    *,
    verbose: bool,
) -> ExitCode:
    """Show what a new version of a pack changes for its users, and which version number it needs.

    OLD and NEW are folders, names of shipped packs, or two folders of plain rules. Removing what
    users refer to needs a new major version, what may change a verdict a minor one, changed texts a
    patch. Exit codes: 0 the same, 1 they differ, 2 no answer.
    """
    chosen = parse_outputs(outputs, PACK_DIFFERENCE)
    with open_context(engine=engine) as context:
        found = policy_diff(old, new, context)
    console.show(PACK_DIFFERENCE, found, chosen, console.rendering(color, verbose=verbose))
    return found.exit_code
