"""``eidos history recipe``."""

import click

from eidos.engine.app.history import show_recipe
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, DocumentOptions, takes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import document_output
from eidos.engine.report.registry import DOCUMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeOptions:
    """Where the recipe is."""

    db: Database


@click.command("recipe")
@click.argument("name", metavar="RUN|DIGEST|latest")
@takes("place", DocumentOptions)
@takes("asked", RecipeOptions)
def command(name: str, place: DocumentOptions, asked: RecipeOptions) -> None:
    """Print a recorded recipe, with its keys sorted by name.

    Name it by its digest, or by the run that resolved it or compared a cluster with it.
    """
    output = document_output(place.output, place.form)
    with open_context(asked.db) as context:
        found = show_recipe(name, context)
    console.show(DOCUMENT, found, [output])
