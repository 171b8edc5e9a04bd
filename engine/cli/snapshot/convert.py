"""``eidos snapshot convert``: options, one call, a document."""

from typing import Annotated

import click

from eidos.engine.app.convert import WRITABLE, convert
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import DocumentOptions, Option, takes
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import document_output
from eidos.engine.report.registry import DOCUMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """Into what a snapshot is converted."""

    dialect: Annotated[str, Option("--to", "Dialect to write.", type=click.Choice(WRITABLE))] = (
        WRITABLE[0]
    )
    node: Annotated[
        str | None, Option("--node", "Keep only this node of the snapshot.", metavar="NAME")
    ] = None
    lenient: Annotated[
        bool, Option("--lenient", "Read measurements without apiVersion and kind.")
    ] = False


@click.command("convert")
@click.argument("file", metavar="FILE|REFERENCE|-")
@takes("asked", ConvertOptions)
@takes("place", DocumentOptions)
def command(file: str, asked: ConvertOptions, place: DocumentOptions) -> int:
    """Write a snapshot in another dialect.

    FILE is a snapshot of any dialect, or a recorded one. What the target dialect cannot express is
    listed on standard error.
    """
    output = document_output(place.output, place.form)
    with open_context() as context:
        conversion = convert(
            file, asked.dialect, node=asked.node, lenient=asked.lenient, context=context
        )
    console.show(DOCUMENT, conversion.value, [output])
    for loss in conversion.losses:
        console.say(f"note: lost in {asked.dialect}: {loss}")
    return ExitCode.OK
