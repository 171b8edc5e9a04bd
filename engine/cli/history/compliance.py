"""``eidos history compliance``."""

from datetime import timedelta

import click

from eidos.engine.app.compliance import compliance
from eidos.engine.app.past import MAX_AGE
from eidos.engine.cli import console
from eidos.engine.cli.opening import asked_window, open_context
from eidos.engine.cli.options import Database, Gone, SightAge, WindowOptions, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import COMPLIANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceOptions:
    """How long a sight speaks, and where the database is."""

    max_age: SightAge = MAX_AGE.total_seconds()
    gone: Gone = ()
    db: Database


@click.command()
@takes("asked", WindowOptions)
@takes("options", ComplianceOptions)
@writes(COMPLIANCE)
def command(asked: WindowOptions, options: ComplianceOptions, outputs: tuple[str, ...]) -> None:
    """Show for what share of the time clusters, rules and controls passed.

    A subject that was not seen for longer than --max-age is unknown, which never counts as passed.
    TO FIX and TO DETECT are means; TO DETECT is an upper bound of how long a violation was unseen.
    """
    chosen = parse_outputs(outputs, COMPLIANCE)
    with open_context(options.db) as context:
        window = asked_window(asked, context.clock.now())
        found = compliance(window, context, timedelta(seconds=options.max_age), options.gone)
    console.show(COMPLIANCE, found, chosen)
    console.tell_dark(found.dark, chosen)
