"""``eidos policy backtest``."""

from typing import Annotated

import click

from eidos.engine.app.backtest import BackTestRequest, backtest, requested
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import asked_window, open_context, policy_request, tell_relaxations
from eidos.engine.cli.options import (
    Clusters,
    Color,
    Database,
    Nodes,
    Option,
    PolicyOptions,
    Since,
    Until,
    Verbose,
    WindowOptions,
    takes,
    writes,
)
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import BACKTEST


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTestOptions:
    """What it is compared with, on which part of the past, and what may come of it."""

    against: Annotated[
        tuple[str, ...],
        Option(
            "--against", "Packs to compare with; default: the recorded verdicts.", metavar="PACK"
        ),
    ] = ()
    clusters: Clusters = ()
    nodes: Nodes = ()
    since: Since = None
    until: Until = None
    fail_on_new: Annotated[
        int | None,
        Option(
            "--fail-on-new",
            "Exit with 1 if more than N verdicts would newly fail, not counting waived ones.",
            metavar="N",
            type=click.IntRange(0),
        ),
    ] = None
    db: Database
    verbose: Verbose = False
    color: Color = "auto"


@click.command()
@takes("asked", BackTestOptions)
@takes("policy", PolicyOptions)
@writes(BACKTEST)
def command(asked: BackTestOptions, policy: PolicyOptions, outputs: tuple[str, ...]) -> ExitCode:
    """Evaluate packs on everything that was recorded, and show what would have changed per rule.

    Each snapshot is judged as of its own day; inputs that are alike are evaluated once. A change of
    a rule is tightening, loosening, mixed, or neutral on all evidence, with the smallest example of
    each. Exit codes: 0, or 1 if more verdicts would newly fail than --fail-on-new allows.
    """
    chosen = parse_outputs(outputs, BACKTEST)
    request = policy_request(policy, tell_relaxations(outputs=chosen))
    with (
        open_context(asked.db, policy) as context,
        progress.shown("judging the past", context.tally),
    ):
        about = WindowOptions(
            clusters=asked.clusters, nodes=asked.nodes, since=asked.since, until=asked.until
        )
        found = backtest(
            BackTestRequest(
                asked=asked_window(about, context.clock.now()),
                policy=request,
                against=requested(request, asked.against) if asked.against else None,
                most_new=asked.fail_on_new,
            ),
            context,
        )
    look = console.rendering(asked.color, verbose=asked.verbose)
    console.show(BACKTEST, found, chosen, look)
    return found.exit_code
