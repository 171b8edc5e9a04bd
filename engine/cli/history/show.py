"""``eidos history show``."""

import sys
from pathlib import Path

import click

from eidos.engine.app.history import show_run
from eidos.engine.cli import console
from eidos.engine.cli.options import VERBOSE, WITH_COLOR, reports_to
from eidos.engine.cli.policy import open_context
from eidos.engine.report.outputs import parse_outputs, render_all


@click.command()
@click.argument("run", metavar="RUN|latest")
@reports_to("How to report; repeatable; the formats of eidos check.")
@click.option("--db", type=click.Path(path_type=Path), help="Database to read.")
@VERBOSE
@WITH_COLOR
def command(
    run: str, outputs: tuple[str, ...], db: Path | None, color: str, *, verbose: bool
) -> None:
    """Report a recorded run again; RUN is an id, the beginning of one, or "latest".

    The exit code says whether it could be shown, not what was decided then.
    """
    chosen = parse_outputs(outputs)
    with open_context(db) as context:
        report = show_run(run, context)
    render_all(report, chosen, console.rendering(color, verbose=verbose), sys.stdout)
