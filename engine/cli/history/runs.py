"""``eidos history runs``."""

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import click

from eidos.engine.app.history import RunsRequest, list_runs
from eidos.engine.cli.console import printable
from eidos.engine.cli.options import Database, Option, takes
from eidos.engine.report.runs import write_json, write_text

_WRITERS = {"text": write_text, "json": write_json}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsOptions:
    """Which runs, and how to list them."""

    cluster: Annotated[
        str | None, Option("--cluster", "Only runs that judged this cluster or its nodes.")
    ] = None
    since: Annotated[datetime | None, Option("--since", "Only runs started then or later.")] = None
    limit: Annotated[
        int,
        Option("--limit", "How many at most; 0 for all.", type=click.IntRange(0, 2**31 - 1)),
    ] = 20
    form: Annotated[Literal["text", "json"], Option("-o --output", "How to write the list.")] = (
        "text"
    )
    db: Database


@click.command()
@takes("asked", RunsOptions)
def command(asked: RunsOptions) -> None:
    """List recorded runs, the last one first."""
    found = list_runs(
        RunsRequest(
            cluster=asked.cluster, since=asked.since, limit=asked.limit or None, db=asked.db
        )
    )
    _WRITERS[asked.form](found.runs, sys.stdout)
    if not found.runs:
        why = "no run matches" if found.exists else "nothing is recorded yet"
        click.echo(printable(f"{why} in {found.db}"), err=True)
