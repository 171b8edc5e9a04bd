"""``eidos history runs``."""

from pathlib import Path
from typing import Any

import click

from eidos.engine.app.history import RunsRequest, list_runs
from eidos.engine.cli import console
from eidos.engine.cli.options import Instant, writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import RUNS


@click.command()
@click.option("--cluster", help="Only runs that judged this cluster or its nodes.")
@click.option("--since", type=Instant(), help="Only runs started then or later.")
@click.option(
    "--limit",
    type=click.IntRange(0, 2**31 - 1),
    default=20,
    show_default=True,
    help="How many at most; 0 for all.",
)
@writes(RUNS)
@click.option("--db", type=click.Path(path_type=Path), help="Database to read.")
def command(**options: Any) -> None:  # noqa: ANN401 -- click's own types
    """List recorded runs, the last one first."""
    outputs = parse_outputs(options["outputs"], RUNS)
    found = list_runs(
        RunsRequest(
            cluster=options["cluster"],
            since=options["since"],
            limit=options["limit"] or None,
            db=options["db"],
        )
    )
    console.show(RUNS, found.runs, outputs)
    if not found.runs:
        why = "no run matches" if found.exists else "nothing is recorded yet"
        console.say(f"{why} in {found.db}")
