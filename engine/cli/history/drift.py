"""``eidos history drift``."""

import click

from eidos.engine.app.past_drift import past_drift
from eidos.engine.cli import console
from eidos.engine.cli.opening import asked_window, open_context
from eidos.engine.cli.options import Color, Database, WindowOptions, takes, writes
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import PAST_DRIFT


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftOptions:
    """Where the database is, and how it looks."""

    db: Database
    color: Color = "auto"


@click.command()
@takes("asked", WindowOptions)
@takes("options", DriftOptions)
@writes(PAST_DRIFT)
def command(asked: WindowOptions, options: DriftOptions, outputs: tuple[str, ...]) -> ExitCode:
    """Show what changed between --since and --until, which verdicts flipped, and when.

    With --rule, only facts that those rules read. Changes hidden by the shipped ignore rules are
    counted. To compare two snapshots in depth: eidos diff C@T1 C@T2. Exit codes: 0 identical, 1
    drift, 2 no answer.
    """
    chosen = parse_outputs(outputs, PAST_DRIFT)
    with open_context(options.db) as context:
        found = past_drift(asked_window(asked, context.clock.now()), context)
    console.show(PAST_DRIFT, found, chosen, console.rendering(options.color))
    return found.exit_code
