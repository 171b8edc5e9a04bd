"""``eidos history checkpoint``."""

import click

from eidos.engine.app.checkpoint import take_checkpoint
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, DocumentOptions, takes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import document_output
from eidos.engine.report.registry import DOCUMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointOptions:
    """Which database."""

    db: Database


@click.command()
@takes("place", DocumentOptions)
@takes("asked", CheckpointOptions)
def command(place: DocumentOptions, asked: CheckpointOptions) -> None:
    """Write where the chain of runs ends: a small document to be kept elsewhere.

    Who keeps it can tell later whether everything that was recorded by now is still there, as it
    was: eidos history verify --checkpoint FILE. Take a new one after each prune.
    """
    output = document_output(place.output, place.form)
    with open_context(asked.db) as context:
        found = take_checkpoint(context)
    console.show(DOCUMENT, found, [output])
