"""``eidos history runs``."""

import click

from eidos.engine.app.history import RunsRequest, list_runs
from eidos.engine.cli import console
from eidos.engine.cli.opening import any_window, open_context
from eidos.engine.cli.options import Database, Rows, WindowOptions, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import RUNS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsOptions:
    """How many runs, and where they are."""

    limit: Rows = 20
    db: Database


@click.command()
@takes("asked", WindowOptions)
@takes("options", RunsOptions)
@writes(RUNS)
def command(asked: WindowOptions, options: RunsOptions, outputs: tuple[str, ...]) -> None:
    """List recorded runs, newest first, optionally by start time and by what they judged.

    --cluster, --node and --rule list the runs that judged any of these; default: all runs.
    """
    chosen = parse_outputs(outputs, RUNS)
    with open_context(options.db) as context:
        window = any_window(asked, context.clock.now())
        found = list_runs(RunsRequest(window, options.limit or None), context)
    console.show(RUNS, found.runs, chosen)
    if not found.runs:
        why = "no run matches" if found.exists else "nothing is recorded yet"
        console.say(f"{why} in {found.place}")
