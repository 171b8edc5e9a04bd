"""``eidos bundle statement``."""

from pathlib import Path

import click

from eidos.engine.app.bundle_sign import bundle_statement
from eidos.engine.cli import console
from eidos.engine.model.attestation import PREDICATES
from eidos.engine.model.claim import Claim


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="DIR|ARCHIVE")
@click.argument("claim", type=click.Choice([each.value for each in PREDICATES]))
@click.option("--predicate", is_flag=True, help="Write what it says, without what it is about.")
def command(place: Path, claim: str, *, predicate: bool) -> None:
    """Write a statement about a bundle to standard output, byte for byte as 'sign' signs it.

    Whoever signs it otherwise, says the same: 'cosign attest-blob --statement FILE' does so without
    a key. What came of it belongs into attestations/, as NAME.sigstore.json.
    """
    console.put(bundle_statement(place, Claim(claim), predicate=predicate), nl=False)
