"""``eidos history bundles``."""

from datetime import datetime, timedelta
from typing import Annotated

import click

from eidos.engine.app.history import BundlesRequest, list_bundles
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import SINCE, UNTIL, Database, Option, Rows, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import BUNDLES


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlesOptions:
    """Which decisions, and where they are."""

    cluster: Annotated[str | None, Option("--cluster", "Only bundles for this cluster.")] = None
    since: Annotated[
        datetime | timedelta | None,
        Option(
            "--since",
            "Only decisions from this time on: a time, a date, or a span (30d).",
            type=SINCE,
        ),
    ] = None
    until: Annotated[
        datetime | timedelta | None,
        Option("--until", "Only decisions up to this time.", type=UNTIL),
    ] = None
    limit: Rows = 20
    db: Database


@click.command()
@takes("asked", BundlesOptions)
@writes(BUNDLES)
def command(asked: BundlesOptions, outputs: tuple[str, ...]) -> None:
    """List the decisions of gates about bundles, newest first: open, closed or incomplete.

    Decisions of closed gates have no bundle, and those of --dry-run no folder.
    """
    chosen = parse_outputs(outputs, BUNDLES)
    request = BundlesRequest(asked.cluster, asked.since, asked.until, asked.limit or None)
    with open_context(asked.db) as context:
        found = list_bundles(request, context)
        place = context.store_place
    console.show(BUNDLES, found, chosen)
    if not found:
        console.say(f"no bundle matches in {place}")
