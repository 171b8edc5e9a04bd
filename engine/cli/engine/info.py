"""``eidos engine info``."""

import os
from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.engine import engine_info
from eidos.engine.cli import console
from eidos.engine.cli.options import Option, takes, writes
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import ENGINE


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoOptions:
    """Where to look."""

    opa_binary: Annotated[Path | None, Option(setting="opa-binary")]


@click.command()
@takes("asked", InfoOptions)
@writes(ENGINE)
def command(asked: InfoOptions, outputs: tuple[str, ...]) -> ExitCode:
    """Show which Rego engine is used, and why each OPA that was found is used or not.

    Exit codes: 0, or 2 if the named OPA cannot be used.
    """
    chosen = parse_outputs(outputs, ENGINE)
    info = engine_info(os.environ, asked.opa_binary)
    console.show(ENGINE, info, chosen)
    return info.exit_code
