"""``eidos history import``."""  # noqa: N999 - a verb has the name of its command

from pathlib import Path

import click

from eidos.engine.app.upkeep import take
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import IMPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """Which database takes it."""

    db: Database


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@takes("asked", ImportOptions)
@writes(IMPORTED)
def command(file: Path, asked: ImportOptions, outputs: tuple[str, ...]) -> None:
    """Import the history in FILE, which eidos history export wrote, also of an older version.

    If there is no database yet, FILE becomes the database, with its chain. An existing database
    takes the runs it does not have, as known from now on. A file that does not verify is refused as
    a whole.
    """
    chosen = parse_outputs(outputs, IMPORTED)
    with (
        open_context(asked.db, record=True) as context,
        progress.shown("importing", context.tally),
    ):
        found = take(file, context)
    console.show(IMPORTED, found, chosen)
