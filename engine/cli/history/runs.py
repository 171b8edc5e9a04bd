"""``eidos history runs``."""

from datetime import datetime
from typing import Annotated

import click

from eidos.engine.app.history import RunsRequest, list_runs
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, Option, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import RUNS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsOptions:
    """Which runs, and where they are."""

    cluster: Annotated[
        str | None, Option("--cluster", "Only runs that judged this cluster or its nodes.")
    ] = None
    since: Annotated[datetime | None, Option("--since", "Only runs started then or later.")] = None
    limit: Annotated[
        int,
        Option("--limit", "How many at most; 0 for all.", type=click.IntRange(0, 2**31 - 1)),
    ] = 20
    db: Database


@click.command()
@takes("asked", RunsOptions)
@writes(RUNS)
def command(asked: RunsOptions, outputs: tuple[str, ...]) -> None:
    """List recorded runs, the last one first."""
    chosen = parse_outputs(outputs, RUNS)
    request = RunsRequest(cluster=asked.cluster, since=asked.since, limit=asked.limit or None)
    with open_context(asked.db) as context:
        found = list_runs(request, context)
    console.show(RUNS, found.runs, chosen)
    if not found.runs:
        why = "no run matches" if found.exists else "nothing is recorded yet"
        console.say(f"{why} in {found.place}")
