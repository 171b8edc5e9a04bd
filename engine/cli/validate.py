"""``eidos validate``: options, one call, a rendering, the exit code."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.validate import ValidateRequest, validate
from eidos.engine.cli.options import Option, takes
from eidos.engine.config import load_settings
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import ConfigError, ExitCode
from eidos.engine.report.problems import WRITERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateOptions:
    """By what documents are judged, and how that is reported."""

    schema: Annotated[
        str | None,
        Option(
            "--schema",
            "Hold documents against this schema; default: the one of their own kind.",
            metavar="v1|KIND/v1",
        ),
    ] = None
    form: Annotated[
        str,
        Option("-o --output --format", "How to report.", type=click.Choice(list(WRITERS))),
    ] = "text"
    lenient: Annotated[
        bool, Option("--lenient", "Take measurements without a header for a snapshot.")
    ] = False


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE|DIR|GLOB|-...")
@takes("asked", ValidateOptions)
def command(files: tuple[str, ...], asked: ValidateOptions) -> ExitCode:
    """Check that documents are well-formed: snapshots, packs, waivers, configuration, reports.

    Every problem is told, with file, line and path. Exit codes: 0 valid, 1 invalid, 2 something
    could not be read, 3 nothing was found.
    """
    request = ValidateRequest(files, asked.schema, asked.lenient, _limits())
    validation = validate(request)
    WRITERS[asked.form](validation, sys.stdout)
    return validation.exit_code


def _limits() -> Limits:
    """Give the configured limits; a wrong configuration must not hide what is wrong with it."""
    try:
        return load_settings(Path.cwd(), os.environ).limits
    except ConfigError:
        return Limits()
