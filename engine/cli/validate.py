"""``eidos validate``: options, one call, a rendering, the exit code."""

import sys

import click

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.validate import validate
from eidos.engine.cli.defaults import configured
from eidos.engine.cli.options import limits_of
from eidos.engine.documents.limits import Limits
from eidos.engine.errors import ConfigError, ExitCode
from eidos.engine.report.problems import WRITERS


@click.command("validate")
@click.argument("files", nargs=-1, required=True, metavar="FILE|DIR|GLOB|-...")
@click.option(
    "--schema",
    metavar="v1|KIND/v1",
    help="Hold documents against this schema; default: the one of their own kind.",
)
@click.option(
    "-o",
    "--output",
    "--format",
    "form",
    type=click.Choice(list(WRITERS)),
    default="text",
    show_default=True,
    help="How to report.",
)
@click.option("--lenient", is_flag=True, help="Take measurements without a header for a snapshot.")
def command(files: tuple[str, ...], schema: str | None, form: str, *, lenient: bool) -> ExitCode:
    """Check that documents are well-formed: snapshots, packs, waivers, configuration, reports.

    Every problem is told, with file, line and path. Exit codes: 0 valid, 1 invalid, 2 something
    could not be read, 3 nothing was found.
    """
    with Context(Opening(limits=_limits())) as context:
        validation = validate(files, context, schema=schema, lenient=lenient)
    WRITERS[form](validation, sys.stdout)
    return validation.exit_code


def _limits() -> Limits:
    """Give the configured limits; a wrong configuration must not hide what is wrong with it."""
    try:
        settings = configured()
    except ConfigError:
        settings = None
    return limits_of(settings)
