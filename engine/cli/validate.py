"""``eidos validate``: options, one call, a rendering, the exit code."""

from typing import Any

import click

from eidos.engine.app.validate import ValidateRequest, validate
from eidos.engine.cli import console
from eidos.engine.cli.defaults import configured
from eidos.engine.cli.options import limits_of, writes
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import ConfigError
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import VALIDATION


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE|DIR|GLOB|-...")
@click.option(
    "--schema",
    metavar="v1|KIND/v1",
    help="Hold documents against this schema; default: the one of their own kind.",
)
@writes(VALIDATION)
@click.option("--lenient", is_flag=True, help="Take measurements without a header for a snapshot.")
def command(files: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 -- click's own types
    """Check that documents are well-formed: snapshots, packs, waivers, configuration, reports.

    Every problem is told, with file, line and path. Exit codes: 0 valid, 1 invalid, 2 something
    could not be read, 3 nothing was found.
    """
    outputs = parse_outputs(options["outputs"], VALIDATION)
    request = ValidateRequest(files, options["schema"], options["lenient"], _limits())
    validation = validate(request)
    console.show(VALIDATION, validation, outputs)
    return validation.exit_code


def _limits() -> Limits:
    """Give the configured limits; a wrong configuration must not hide what is wrong with it."""
    try:
        settings = configured()
    except ConfigError:
        settings = None
    return limits_of(settings)
