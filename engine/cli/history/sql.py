"""``eidos history sql``."""

import sys
from typing import Annotated

import click

from eidos.engine.app.history_sql import query
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, Option, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import QUERY


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlOptions:
    """How long it may take, how much is shown, and of which database."""

    timeout: Annotated[float, Option("--timeout", "Abort the query after this time.")] = 30.0
    limit: Annotated[
        int, Option("--limit", "Maximum number of rows.", type=click.IntRange(1, 10_000_000))
    ] = 10_000
    db: Database


@click.command("sql")
@click.argument("text", metavar="QUERY|-")
@takes("asked", SqlOptions)
@writes(QUERY)
def command(text: str, asked: SqlOptions, outputs: tuple[str, ...]) -> None:
    """Query the database with SQL: one select statement, read-only, with a time limit.

    The views v1_... are stable. Example: eidos history sql "select * from v1_clusters".
    """
    chosen = parse_outputs(outputs, QUERY)
    if text == "-":
        text = sys.stdin.read()
    with open_context(asked.db) as context:
        found = query(text, context, asked.timeout, asked.limit)
    console.show(QUERY, found, chosen)
    if found.is_cut:
        console.say(f"note: only the first {len(found.rows)} rows are shown; see --limit")
