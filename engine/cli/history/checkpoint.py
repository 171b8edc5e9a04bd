"""``eidos history checkpoint``."""

from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.checkpoint import take_checkpoint
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, DocumentOptions, Option, takes
from eidos.engine.cli.signing import Passphrase
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import document_output
from eidos.engine.report.registry import DOCUMENT
from eidos.engine.signing.keys import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointOptions:
    """Which database, and who signs."""

    sign_key: Annotated[
        Path | None,
        Option("--sign-key", "Private key that signs the checkpoint, PEM.", metavar="FILE"),
    ] = None
    passphrase_file: Passphrase = None
    db: Database


@click.command()
@takes("place", DocumentOptions)
@takes("asked", CheckpointOptions)
def command(place: DocumentOptions, asked: CheckpointOptions) -> None:
    """Write where the chain of runs ends: a small document to keep elsewhere.

    With it you can prove later that everything recorded until now is still there, unchanged: eidos
    history verify --checkpoint FILE. Take a new one after each prune.
    """
    output = document_output(place.output, place.form)
    key = SigningKey(asked.sign_key, asked.passphrase_file) if asked.sign_key else None
    with open_context(asked.db) as context:
        found = take_checkpoint(context, key)
    console.show(DOCUMENT, found, [output])
