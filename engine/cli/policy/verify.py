"""``eidos policy verify``."""

import os
from pathlib import Path

import click

from eidos.engine.app.policy_sign import policy_verify
from eidos.engine.cli import console
from eidos.engine.cli.options import writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import SIGNATURE


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="DIR|FILE")
@click.option(
    "--key",
    "keys",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Public key, PEM, that is believed; repeatable. Also in EIDOS_VERIFICATION_KEY.",
)
@click.option("--scope", default="", metavar="TEXT", help="What the signature must be for.")
@writes(SIGNATURE)
def command(place: Path, keys: tuple[Path, ...], scope: str, outputs: tuple[str, ...]) -> int:
    """Say whether a pack's folder or a bundle is exactly what one of the keys signed.

    Exit codes: 0 it is; 1 it is not, and what differs is named; 2 no answer.
    """
    chosen = parse_outputs(outputs, SIGNATURE)
    found = policy_verify(place, keys, os.environ, scope=scope)
    console.show(SIGNATURE, found, chosen)
    return found.exit_code
