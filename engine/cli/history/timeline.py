"""``eidos history timeline``."""

from datetime import timedelta

import click

from eidos.engine.app.past import MAX_AGE
from eidos.engine.app.timeline import timeline
from eidos.engine.cli import console
from eidos.engine.cli.opening import asked_window, open_context
from eidos.engine.cli.options import (
    Color,
    Database,
    Gone,
    SightAge,
    Verbose,
    WindowOptions,
    takes,
    writes,
)
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import TIMELINE


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineOptions:
    """How long a sight speaks, where the database is, and how it looks."""

    max_age: SightAge = MAX_AGE.total_seconds()
    gone: Gone = ()
    db: Database
    verbose: Verbose = False
    color: Color = "auto"


@click.command()
@takes("asked", WindowOptions)
@takes("options", TimelineOptions)
@writes(TIMELINE)
def command(asked: WindowOptions, options: TimelineOptions, outputs: tuple[str, ...]) -> None:
    """Show from when until when a rule had which status on a node or cluster.

    Times are those of the snapshots. Periods without a snapshot for longer than --max-age are
    blank.
    """
    chosen = parse_outputs(outputs, TIMELINE)
    with open_context(options.db) as context:
        window = asked_window(asked, context.clock.now())
        found = timeline(window, context, timedelta(seconds=options.max_age), options.gone)
    console.show(TIMELINE, found, chosen, console.rendering(options.color, verbose=options.verbose))
    console.tell_dark(found.dark, chosen)
