"""``eidos history export``."""

from pathlib import Path

import click

from eidos.engine.app.upkeep import export
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import EXPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """Which database."""

    db: Database


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@takes("asked", ExportOptions)
@writes(EXPORTED)
def command(file: Path, asked: ExportOptions, outputs: tuple[str, ...]) -> None:
    """Export the whole history to a new FILE: a consistent copy, even while others record.

    FILE is a database: read it with eidos history runs --db FILE, or import it with eidos history
    import.
    """
    chosen = parse_outputs(outputs, EXPORTED)
    with open_context(asked.db) as context, progress.shown("exporting", context.tally):
        found = export(file, context)
    console.show(EXPORTED, found, chosen)
