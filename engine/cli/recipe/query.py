"""``eidos recipe query``: one value of a recipe."""

import click

from eidos.engine.app.recipe import resolve_recipe
from eidos.engine.app.recipe_query import query_recipe
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import EngineOptions, takes
from eidos.engine.cli.recipe import RecipeOptions, request, say_why
from eidos.engine.documents.recipes import recipe_document
from eidos.engine.documents.writing import to_json, to_yaml
from eidos.engine.report.escaping import disarmed


@click.command("query")
@click.argument("path")
@takes("asked", RecipeOptions)
@takes("engine", EngineOptions)
@click.option("--json", "as_json", is_flag=True, help="Print JSON; strings are quoted.")
def command(path: str, asked: RecipeOptions, engine: EngineOptions, *, as_json: bool) -> int:
    """Print the value at PATH of a recipe: components.gpu-operator.version.

    Single values are printed bare, others as YAML. Exit codes as for eidos recipe; 2 if there is
    nothing at PATH.
    """
    with open_context(engine=engine) as context:
        resolution = resolve_recipe(request(asked), context)
    say_why(resolution)
    if resolution.recipe is None or not resolution.is_resolved:
        return resolution.exit_code
    value = query_recipe(recipe_document(resolution.recipe, resolution.outcomes), path)
    if as_json or not isinstance(value, str | dict | list):
        console.put(to_json(value), nl=False)
    elif isinstance(value, str):
        console.put(disarmed(value))
    else:
        console.put(to_yaml(value), nl=False)
    return resolution.exit_code
