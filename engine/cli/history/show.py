"""``eidos history show``."""

import click

from eidos.engine.app.history import show_run
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Color, Database, Verbose, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import REPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOptions:
    """Where the run is, and how to report it again."""

    db: Database
    verbose: Verbose = False
    color: Color = "auto"


@click.command()
@click.argument("run", metavar="RUN|latest")
@writes(REPORT)
@takes("asked", ShowOptions)
def command(run: str, outputs: tuple[str, ...], asked: ShowOptions) -> None:
    """Report a recorded run again; RUN is an id, the beginning of one, or "latest".

    The exit code says whether it could be shown, not what was decided then.
    """
    chosen = parse_outputs(outputs, REPORT)
    with open_context(asked.db) as context:
        report = show_run(run, context)
    look = console.rendering(asked.color, verbose=asked.verbose)
    console.show(REPORT, report, chosen, look)
