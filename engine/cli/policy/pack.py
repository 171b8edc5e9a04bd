"""``eidos policy pack``."""

from pathlib import Path

import click

from eidos.engine.app.policy_pack import policy_pack
from eidos.engine.cli import console


@click.command()
@click.argument("packs", nargs=-1, metavar="[NAME[@VERSION]|DIR]...")
@click.option(
    "-o",
    "--output",
    "place",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The bundle to write: bundle.tar.gz.",
)
@click.option("--force", is_flag=True, help="Overwrite a file whose content differs.")
def command(packs: tuple[str, ...], place: Path, *, force: bool) -> None:
    """Build one OPA bundle from packs, by default all shipped ones.

    The same packs give the same bytes. Plain OPA loads it with -b and gives the result of each rule
    at data.eidos.bundle.answers; 'eidos check --opa' queries a server that serves it. Its revision,
    the digest of the pack, goes to standard output.
    """
    done = policy_pack(packs, place, force=force)
    rules = "1 rule" if done.rules == 1 else f"{done.rules} rules"
    said = f"{place}: {rules} of {', '.join(done.packs)}; {done.bytes:,} bytes"
    console.say(said)
    console.put(done.revision)
