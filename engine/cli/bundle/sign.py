"""``eidos bundle sign``."""

import os
from pathlib import Path

import click

from eidos.engine.app.bundle_sign import bundle_sign
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import ChosenEngineOptions, takes
from eidos.engine.cli.signing import KeyOptions


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="DIR|ARCHIVE")
@click.option("--replay", "replayed", is_flag=True, help="Sign only what both gates decide again.")
@takes("asked", KeyOptions)
@takes("judged", ChosenEngineOptions)
def command(place: Path, asked: KeyOptions, judged: ChosenEngineOptions, *, replayed: bool) -> None:
    """Sign what a bundle was made of, the gate that let it through, and what it installs.

    Three statements of in-toto (SLSA provenance, a Simple Verification Result, CycloneDX), each in
    an envelope (DSSE) in attestations/, where several may sign. The bundle stays the one it is. The
    id of the key goes to standard output. --replay asks both gates again first, from what the
    bundle carries (--evidence): who signs what another made has no other way to know.
    """
    with open_context(None, judged) as context:
        again = context if replayed else None
        done = bundle_sign(place, asked.signing_key, os.environ, again)
    for path in done.files:
        console.say(f"signed: {path}")
    console.say(f"digest: {done.digest}")
    console.put(done.signer)
