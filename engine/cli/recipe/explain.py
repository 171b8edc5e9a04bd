"""``eidos recipe explain``: why this recipe, and who set a value."""

import click

from eidos.engine.app.recipe import resolve_recipe
from eidos.engine.app.recipe_explain import why
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import EngineOptions, takes, writes
from eidos.engine.cli.recipe import RecipeOptions, request
from eidos.engine.errors import UsageError
from eidos.engine.report.escaping import disarmed
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.recipe.text import values
from eidos.engine.report.registry import RESOLUTION


@click.command("explain")
@click.argument("path", required=False)
@takes("asked", RecipeOptions)
@takes("engine", EngineOptions)
@click.option("--overlay", metavar="NAME", help="Explain why this overlay applies or does not.")
@click.option("-v", "--verbose", is_flag=True, help="Show where every value was set.")
@writes(RESOLUTION)
def command(
    path: str | None,
    asked: RecipeOptions,
    engine: EngineOptions,
    *,
    overlay: str | None,
    verbose: bool,
    outputs: tuple[str, ...],
) -> int:
    """Explain why this recipe and not another, and where a value comes from.

    PATH is a value or a part of the recipe: gpu-operator.driver. Exit codes as for eidos recipe.
    """
    chosen = parse_outputs(outputs, RESOLUTION)
    with open_context(engine=engine) as context:
        resolution = resolve_recipe(request(asked), context)
    if overlay is not None:
        console.put(disarmed("\n".join(why(resolution, overlay))))
        return resolution.exit_code
    if path is None:
        console.show(RESOLUTION, resolution, chosen, console.rendering("auto", verbose=verbose))
        return resolution.exit_code
    lines = list(values(resolution, path))
    if not lines:
        raise UsageError(
            f"the recipe sets no {path!r}",
            hint="Write COMPONENT.KEY, as gpu-operator.driver.version; -v shows every value.",
        )
    console.put("\n".join(lines))
    return resolution.exit_code
