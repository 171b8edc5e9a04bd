"""``eidos policy show``."""

import click

from eidos.engine.app.policy_list import policy_show
from eidos.engine.cli import console
from eidos.engine.cli.options import writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import POLICY


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="RULE|NAME|DIR...")
@click.option(
    "-p",
    "--pack",
    "packs",
    multiple=True,
    metavar="NAME|DIR",
    help="Look up rules in these packs; default: all shipped packs.",
)
@writes(POLICY)
def command(names: tuple[str, ...], packs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
    """Show everything that rules document: rules by id, or all rules of a pack."""
    chosen = parse_outputs(outputs, POLICY)
    console.show(POLICY, policy_show(names, packs), chosen)
