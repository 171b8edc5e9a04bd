"""``eidos snapshot convert``: options, one call, a document."""

from pathlib import Path

import click

from eidos.engine.app.convert import WRITABLE, convert
from eidos.engine.cli.console import printable
from eidos.engine.cli.policy import open_context
from eidos.engine.documents.writing import to_json, to_yaml, write_atomically
from eidos.engine.errors import ExitCode


@click.command("convert")
@click.argument("file", metavar="FILE|-")
@click.option(
    "--to", "dialect", type=click.Choice(WRITABLE), default=WRITABLE[0], show_default=True
)
@click.option("--node", metavar="NAME", help="Keep only this node of the snapshot.")
@click.option("-o", "--output", default="-", metavar="FILE|-", help="Where to write.")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), help="How to write.")
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
    with open_context() as context:
        conversion = convert(file, dialect, node=node, lenient=lenient, context=context)
    form = form or ("json" if output.endswith(".json") else "yaml")
    text = (to_json if form == "json" else to_yaml)(conversion.value)
    if output == "-":
        click.echo(text, nl=False)
    else:
        write_atomically(Path(output), text)
    for loss in conversion.losses:
        click.echo(printable(f"note: lost in {dialect}: {loss}"), err=True)
    return ExitCode.OK
