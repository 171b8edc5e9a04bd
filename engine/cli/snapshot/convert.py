"""``eidos snapshot convert``: options, one call, a document."""

import click

from eidos.engine.app.convert import WRITABLE, convert
from eidos.engine.cli import console
from eidos.engine.cli.options import reader_limits, writes_document
from eidos.engine.errors import ExitCode
from eidos.engine.report.outputs import document_output
from eidos.engine.report.registry import DOCUMENT


@click.command("convert")
@click.argument("file", metavar="FILE|-")
@click.option(
    "--to", "dialect", type=click.Choice(WRITABLE), default=WRITABLE[0], show_default=True
)
@click.option("--node", metavar="NAME", help="Keep only this node of the snapshot.")
@writes_document
@click.option("--lenient", is_flag=True, help="Read measurements without apiVersion and kind.")
def command(
    file: str,
    dialect: str,
    node: str | None,
    output: str,
    form: str | None,
    *,
    lenient: bool,
) -> int:
    """Write a snapshot in another dialect.

    FILE is a snapshot of any dialect. What the wanted dialect cannot say is named on standard
    error. The format is what --format says, else what the output's name says, else YAML.
    """
    place = document_output(output, form)
    limits = reader_limits()
    conversion = convert(file, dialect, node=node, lenient=lenient, limits=limits)
    console.show(DOCUMENT, conversion.value, [place])
    for loss in conversion.losses:
        console.say(f"note: lost in {dialect}: {loss}")
    return ExitCode.OK
