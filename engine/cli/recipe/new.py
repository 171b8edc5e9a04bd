"""``eidos recipe new``: a draft of an overlay."""

from pathlib import Path

import click

from eidos.engine.app.recipe_new import draft
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import EngineOptions, takes
from eidos.engine.cli.recipe import RecipeOptions, request
from eidos.engine.errors import ExitCode


@click.command("new")
@click.argument("name")
@takes("asked", RecipeOptions)
@takes("engine", EngineOptions)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="Folder with your own overlays, as for --data.",
)
@click.option("--overwrite", is_flag=True, help="Overwrite existing files.")
def command(
    name: str, asked: RecipeOptions, engine: EngineOptions, *, folder: Path, overwrite: bool
) -> int:
    """Draft an overlay NAME from what a known-good cluster runs.

    Its base is the most specific overlay that applies; it contains only the differences (versions,
    the driver, tuning), each with the fact of the snapshot it comes from. Exit codes: 0 written and
    it fits, 1 written but something does not fit, 2 no answer.
    """
    with open_context(engine=engine) as context:
        found = draft(name, request(asked), folder, context, force=overwrite)
    for path in found.files:
        console.say(f"written: {path}")
    for problem in found.problems:
        console.say(f"does not fit: {problem.message}")
        console.say(f"  hint: {problem.hint}")
    console.say(f"Its base is {found.base}. Complete it, then run:")
    console.say(f"  eidos recipe lint --data {folder}")
    return ExitCode.FAILED if found.problems else ExitCode.OK
