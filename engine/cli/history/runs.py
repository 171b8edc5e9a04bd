"""``eidos history runs``."""

import sys
from pathlib import Path
from typing import Any

import click

from eidos.engine.app.history import RunsRequest, list_runs
from eidos.engine.cli.console import printable
from eidos.engine.cli.options import Instant
from eidos.engine.report.runs import write_json, write_text

_WRITERS = {"text": write_text, "json": write_json}


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
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(list(_WRITERS)),
    default="text",
    help="How to write the list.",
)
@click.option("--db", type=click.Path(path_type=Path), help="Database to read.")
def command(form: str, **options: Any) -> None:  # noqa: ANN401 -- click's own types
    """List recorded runs, the last one first."""
    found = list_runs(
        RunsRequest(
            cluster=options["cluster"],
            since=options["since"],
            limit=options["limit"] or None,
            db=options["db"],
        )
    )
    _WRITERS[form](found.runs, sys.stdout)
    if not found.runs:
        why = "no run matches" if found.exists else "nothing is recorded yet"
        click.echo(printable(f"{why} in {found.place}"), err=True)
