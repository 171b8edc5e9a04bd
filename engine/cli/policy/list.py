"""``eidos policy list``."""

import click

from eidos.engine.app.policy_list import policy_list
from eidos.engine.cli import console
from eidos.engine.cli.options import writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import POLICIES


@click.command()
@click.argument("packs", nargs=-1, metavar="[NAME[@VERSION]|DIR]...")
@click.option("-v", "--verbose", is_flag=True, help="Also show controls and parameters of rules.")
@writes(POLICIES)
def command(packs: tuple[str, ...], *, verbose: bool, outputs: tuple[str, ...]) -> None:
    """List packs with version, digest and origin, and their rules; all shipped ones by default."""
    chosen = parse_outputs(outputs, POLICIES)
    look = console.rendering("never", verbose=verbose)
    console.show(POLICIES, policy_list(packs), chosen, look)
