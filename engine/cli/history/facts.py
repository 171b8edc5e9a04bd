"""``eidos history facts``."""

import click

from eidos.engine.app.fact_history import fact_history
from eidos.engine.cli import console
from eidos.engine.cli.opening import asked_window, open_context
from eidos.engine.cli.options import Database, WindowOptions, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import FACT_HISTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsOptions:
    """Where the database is."""

    db: Database


@click.command()
@click.argument("fact")
@takes("asked", WindowOptions)
@takes("options", FactsOptions)
@writes(FACT_HISTORY)
def command(
    fact: str, asked: WindowOptions, options: FactsOptions, outputs: tuple[str, ...]
) -> None:
    """List every value that FACT had, on which node and when. Example: gpu.smi.driver.

    With --rule, only values seen in runs that asked those rules.
    """
    chosen = parse_outputs(outputs, FACT_HISTORY)
    with open_context(options.db) as context:
        found = fact_history(fact, asked_window(asked, context.clock.now()), context)
    console.show(FACT_HISTORY, found, chosen)
