"""``eidos waiver report``."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import click

from eidos.engine.app.waiver_report import waiver_report
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, Option, takes, writes
from eidos.engine.cli.waiver import WaiverOptions
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import WAIVER_REPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """When, how far ahead, and what may come of it."""

    at: Annotated[
        datetime | None, Option("--at", "States at this time; default: now.", metavar="TIME")
    ] = None
    days: Annotated[
        int,
        Option("--days", "How far to look ahead.", metavar="N", type=click.IntRange(0, 36_500)),
    ] = 30
    fail_on_forecast: Annotated[
        bool,
        Option("--fail-on-forecast", "Exit with 1 if something waived will fail within that time."),
    ] = False
    db: Database


@click.command()
@takes("files", WaiverOptions)
@takes("asked", ReportOptions)
@writes(WAIVER_REPORT)
def command(files: WaiverOptions, asked: ReportOptions, outputs: tuple[str, ...]) -> ExitCode:
    """Show what each waiver covers, and day by day what will fail when waivers end.

    The last recorded state of each cluster is checked against the waivers as by 'eidos check', now
    and on each day on which one begins, ends or is revoked. Exit codes: 0, or 1 if something will
    fail and --fail-on-forecast is given.
    """
    chosen = parse_outputs(outputs, WAIVER_REPORT)
    with open_context(asked.db, files) as context:
        found = waiver_report(replace(files.request, at=asked.at, days=asked.days), context)
    console.show(WAIVER_REPORT, found, chosen)
    fails = asked.fail_on_forecast and found.forecast
    return ExitCode.FAILED if fails else ExitCode.OK
