"""``eidos cache info``."""

import os
from typing import Any

import click

from eidos.engine.app.cache import cache_info
from eidos.engine.cli import console
from eidos.engine.cli.options import writes
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import CACHE


@click.command()
@writes(CACHE)
def command(**options: Any) -> None:  # noqa: ANN401 -- click's own types
    """Show how many snapshots are cached, where, and since when."""
    outputs = parse_outputs(options["outputs"], CACHE)
    console.show(CACHE, cache_info(os.environ), outputs)
