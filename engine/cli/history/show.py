"""``eidos history show``."""

import click

from eidos.engine.app.history import show_run
from eidos.engine.cli import console
from eidos.engine.cli.opening import any_window, open_context
from eidos.engine.cli.options import Color, Database, Verbose, WindowOptions, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import AS_OF


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOptions:
    """Where the run is, and how to report it again."""

    db: Database
    verbose: Verbose = False
    color: Color = "auto"


@click.command()
@click.argument("run", metavar="RUN|latest")
@writes(AS_OF)
@takes("asked", WindowOptions)
@takes("options", ShowOptions)
def command(run: str, outputs: tuple[str, ...], asked: WindowOptions, options: ShowOptions) -> None:
    """Show the report of a recorded run; RUN is an id, the beginning of one, or "latest".

    --cluster, --node, --rule, --since and --until (when the facts were seen) narrow the report. The
    exit code says whether it could be shown, not what was decided.
    """
    chosen = parse_outputs(outputs, AS_OF)
    with open_context(options.db) as context:
        report = show_run(run, context, any_window(asked, context.clock.now()))
    look = console.rendering(options.color, verbose=options.verbose)
    console.show(AS_OF, report, chosen, look)
