"""``eidos recipe lint``: whether overlays fit together."""

import click

from eidos.engine.app.recipe import lint_catalog
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import DATA, writes
from eidos.engine.errors import ExitCode
from eidos.engine.model.validation import Validated, Validation
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import VALIDATION


@click.command("lint")
@DATA
@writes(VALIDATION)
def command(data: tuple[str, ...], outputs: tuple[str, ...]) -> int:
    """Check for all combinations of criteria that overlays fit together.

    Finds conflicts, constraints weaker than an ancestor's, dangling sources, dead keys, lists that
    lose entries. Exit codes: 0 clean, 1 something is wrong, 2 no answer.
    """
    chosen = parse_outputs(outputs, VALIDATION)
    with open_context() as context:
        problems = lint_catalog(data, context)
    name = ", ".join(("the shipped recipes", *data))
    validated = Validated(name, 0, "recipes", tuple(problems), ())
    console.show(VALIDATION, Validation((validated,), (), ()), chosen)
    return ExitCode.FAILED if problems else ExitCode.OK
