"""``eidos policy docs``."""

from pathlib import Path

import click

from eidos.engine.app.policy_list import policy_docs, policy_list
from eidos.engine.cli import console
from eidos.engine.report.policy_docs import FORMS


@click.command()
@click.argument("packs", nargs=-1, metavar="[NAME[@VERSION]|DIR]...")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder to write to; created if missing.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
    default=FORMS[0],
    show_default=True,
    help="Format of the pages.",
)
@click.option("--force", is_flag=True, help="Overwrite files whose content differs.")
def command(packs: tuple[str, ...], folder: Path, form: str, *, force: bool) -> None:
    """Write pages about packs and their rules; all shipped packs by default.

    There is a page for each rule, an index, and the control matrix: which rules map to which
    control of which framework, as a page, as controls.csv and as controls.json. Names of the files
    go to standard output.
    """
    files = policy_docs(policy_list(packs), folder, form, force=force)
    console.say(f"{folder}: {len(files)} files")
    for name in files:
        console.put(name)
