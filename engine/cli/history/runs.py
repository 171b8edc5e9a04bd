"""``eidos history runs``."""

from datetime import timedelta

import click

from eidos.engine.app.history import RunsRequest, list_runs
from eidos.engine.app.past import MAX_AGE
from eidos.engine.cli import console
from eidos.engine.cli.opening import any_window, open_context
from eidos.engine.cli.options import (
    Database,
    Gone,
    Rows,
    SightAge,
    WindowOptions,
    takes,
    writes,
)
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import RUNS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsOptions:
    """How many runs, how long a sight speaks, and where they are."""

    limit: Rows = 20
    max_age: SightAge = MAX_AGE.total_seconds()
    gone: Gone = ()
    db: Database


@click.command()
@takes("asked", WindowOptions)
@takes("options", RunsOptions)
@writes(RUNS)
def command(asked: WindowOptions, options: RunsOptions, outputs: tuple[str, ...]) -> None:
    """List recorded runs, newest first, optionally by start time and by what they judged.

    --cluster, --node and --rule list the runs that judged any of these; default: all runs. Named
    as well are clusters that had not been seen for longer than --max-age at the end of the time.
    """
    chosen = parse_outputs(outputs, RUNS)
    with open_context(options.db) as context:
        window = any_window(asked, context.clock.now())
        age, limit = timedelta(seconds=options.max_age), options.limit or None
        found = list_runs(RunsRequest(window, limit, age, options.gone), context)
    console.show(RUNS, found.listed, chosen)
    console.tell_dark(found.listed.dark, chosen)
    if not found.listed.runs:
        why = "no run matches" if found.exists else "nothing is recorded yet"
        console.say(f"{why} in {found.place}")
