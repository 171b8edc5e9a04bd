"""``eidos validate``: options, one call, a rendering, the exit code."""

import os
from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.validate import validate
from eidos.engine.cli import console, progress
from eidos.engine.cli.options import Option, configuration_files, takes, writes
from eidos.engine.config import load_settings
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import ConfigError, ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import VALIDATION


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateOptions:
    """By what documents are judged."""

    schema: Annotated[
        str | None,
        Option(
            "--schema",
            "Validate against this schema; default: the one for the document's kind.",
            metavar="v1|KIND/v1",
        ),
    ] = None
    lenient: Annotated[
        bool, Option("--lenient", "Accept measurements without apiVersion and kind as a snapshot.")
    ] = False


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE|DIR|GLOB|-...")
@takes("asked", ValidateOptions)
@writes(VALIDATION)
def command(files: tuple[str, ...], asked: ValidateOptions, outputs: tuple[str, ...]) -> ExitCode:
    """Check that documents are well-formed: snapshots, packs, waivers, configuration, reports.

    Reports every problem with file, line and path. Exit codes: 0 valid, 1 invalid, 2 something
    could not be read, 3 no documents found.
    """
    chosen = parse_outputs(outputs, VALIDATION)
    with (
        Context(Opening(limits=_limits()), os.environ) as context,
        progress.shown("validating", context.tally),
    ):
        validation = validate(files, context, schema=asked.schema, lenient=asked.lenient)
    console.show(VALIDATION, validation, chosen)
    return validation.exit_code


def _limits() -> Limits:
    """Give the configured limits; a wrong configuration must not hide what is wrong with it."""
    try:
        return load_settings(Path.cwd(), os.environ, configuration_files()).limits
    except ConfigError as error:
        console.say(f"note: the default limits hold: {error}")
        return Limits()
