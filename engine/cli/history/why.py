"""``eidos history why``."""

import click

from eidos.engine.app.why import why
from eidos.engine.cli import console
from eidos.engine.cli.opening import asked_window, open_context
from eidos.engine.cli.options import (
    Color,
    Database,
    Nodes,
    Since,
    Until,
    WindowOptions,
    takes,
    writes,
)
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import WHY


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyOptions:
    """Which nodes, and when."""

    nodes: Nodes = ()
    since: Since = None
    until: Until = None
    db: Database
    color: Color = "auto"


@click.command()
@click.argument("cluster")
@click.argument("rule")
@takes("asked", WhyOptions)
@writes(WHY)
def command(cluster: str, rule: str, asked: WhyOptions, outputs: tuple[str, ...]) -> None:
    """Explain what last changed the verdict of RULE, on CLUSTER and each of its nodes.

    Facts, rule, parameters, waivers and date are swapped one at a time; a moment between two
    snapshots is found by bisection.
    """
    chosen = parse_outputs(outputs, WHY)
    with open_context(asked.db) as context:
        about = WindowOptions(nodes=asked.nodes, since=asked.since, until=asked.until)
        window = asked_window(about, context.clock.now())
        found = why(cluster, rule, window, context)
    console.show(WHY, found, chosen, console.rendering(asked.color))
