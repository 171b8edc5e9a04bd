"""``eidos waiver list``."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import click

from eidos.engine.app.waiver_report import waiver_report
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, Option, takes, writes
from eidos.engine.cli.waiver import WaiverOptions
from eidos.engine.model.waiver import WaiverState
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import WAIVERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """Which waivers, and when."""

    at: Annotated[
        datetime | None, Option("--at", "States at this time; default: now.", metavar="TIME")
    ] = None
    states: Annotated[
        tuple[WaiverState, ...], Option("--state", "Only waivers in this state; repeatable.")
    ] = ()
    db: Database


@click.command()
@takes("files", WaiverOptions)
@takes("asked", ListOptions)
@writes(WAIVERS)
def command(files: WaiverOptions, asked: ListOptions, outputs: tuple[str, ...]) -> None:
    """Show every waiver and its state.

    active, pending, expired and revoked follow from its dates; orphaned, exceeded and redundant
    from the existing rules and from the last recorded verdicts.
    """
    chosen = parse_outputs(outputs, WAIVERS)
    with open_context(asked.db, files) as context:
        found = waiver_report(replace(files.request, at=asked.at, days=0), context)
    wanted = asked.states or tuple(WaiverState)
    shown = tuple(each for each in found.standings if each.state in wanted)
    console.show(WAIVERS, replace(found, standings=shown), chosen)
