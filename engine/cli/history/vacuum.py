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
    """Shrink the database file to the size of its content.

    Leftovers of killed checks are deleted, and derived tables (periods of verdicts, lives of
    waivers) are rebuilt from the runs. This temporarily takes the space of a second copy, and
    checks that record must wait.
    """
    chosen = parse_outputs(outputs, VACUUMED)
    with (
        open_context(asked.db, record=True) as context,
        progress.shown("vacuuming", context.tally),
    ):
        found = vacuum(context)
    console.show(VACUUMED, found, chosen)
