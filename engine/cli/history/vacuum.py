"""``eidos history vacuum``."""

import click

from eidos.engine.app.upkeep import vacuum
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import VACUUMED


@dataclass(frozen=True, slots=True, kw_only=True)
class VacuumOptions:
    """Which database."""

    db: Database


@click.command()
@takes("asked", VacuumOptions)
@writes(VACUUMED)
def command(asked: VacuumOptions, outputs: tuple[str, ...]) -> None:
    """Make the database file as small as what is in it.

    What killed checks left goes; what follows from the runs (from when until when which verdicts
    held, the lives of waivers) is worked out again. For a while it takes the space of a second
    copy, and checks that record wait.
    """
    chosen = parse_outputs(outputs, VACUUMED)
    with (
        open_context(asked.db, record=True) as context,
        progress.shown("vacuuming", context.tally),
    ):
        found = vacuum(context)
    console.show(VACUUMED, found, chosen)
