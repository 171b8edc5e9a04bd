"""``eidos history show``."""

from pathlib import Path
from typing import Any

import click

from eidos.engine.app.history import show_run
from eidos.engine.cli import console
from eidos.engine.cli.options import VERBOSE, WITH_COLOR, writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import REPORT


@click.command()
@click.argument("run", metavar="RUN|latest")
@writes(REPORT)
@click.option("--db", type=click.Path(path_type=Path), help="Database to read.")
@VERBOSE
@WITH_COLOR
def command(run: str, **options: Any) -> None:  # noqa: ANN401 -- click's own types
    """Report a recorded run again; RUN is an id, the beginning of one, or "latest".

    The exit code says whether it could be shown, not what was decided then.
    """
    outputs = parse_outputs(options["outputs"], REPORT)
    report = show_run(run, options["db"])
    look = console.rendering(options["color"], verbose=options["verbose"])
    console.show(REPORT, report, outputs, look)
