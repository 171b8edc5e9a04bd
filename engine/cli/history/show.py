"""``eidos history show``."""

import sys
from dataclasses import dataclass
from typing import Annotated

import click

from eidos.engine.app.history import show_run
from eidos.engine.cli import console
from eidos.engine.cli.options import Color, Database, Option, Verbose, takes
from eidos.engine.report.outputs import parse_outputs, render_all


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOptions:
    """How to report a run again."""

    outputs: Annotated[
        tuple[str, ...],
        Option(
            "-o --output --format",
            "How to report; repeatable; the formats of eidos check.",
            metavar="FORMAT[=PATH]",
        ),
    ] = ()
    db: Database
    verbose: Verbose = False
    color: Color = "auto"


@click.command()
@click.argument("run", metavar="RUN|latest")
@takes("asked", ShowOptions)
def command(run: str, asked: ShowOptions) -> None:
    """Report a recorded run again; RUN is an id, the beginning of one, or "latest".

    The exit code says whether it could be shown, not what was decided then.
    """
    chosen = parse_outputs(asked.outputs)
    report = show_run(run, asked.db)
    rendering = console.rendering(asked.color, verbose=asked.verbose)
    render_all(report, chosen, rendering, sys.stdout)
