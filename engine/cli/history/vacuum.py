"""``eidos history vacuum``."""

import click

from eidos.engine.app.upkeep import vacuum
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, takes
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VacuumOptions:
    """Which database."""

    db: Database


@click.command()
@takes("asked", VacuumOptions)
def command(asked: VacuumOptions) -> None:
    """Make the database file as small as what is in it.

    What killed checks left goes; what follows from the runs (from when until when which verdicts
    held, the lives of waivers) is worked out again. For a while it takes the space of a second
    copy, and checks that record wait.
    """
    with (
        open_context(asked.db, record=True) as context,
        progress.shown("vacuuming", context.tally),
    ):
        found = vacuum(context)
    rebuilt = f"; {found.rebuilt} derived rows put right" if found.rebuilt else ""
    console.say(f"{found.place}: {found.before} bytes before, {found.after} now{rebuilt}")
