"""``eidos bundle verify``: a closed world, or what differs."""

from pathlib import Path

import click

from eidos.engine.bundling.verifying import verify_bundle
from eidos.engine.cli import console
from eidos.engine.cli.options import writes
from eidos.engine.errors import ExitCode
from eidos.engine.model.validation import Validated, Validation
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import VALIDATION


@click.command("verify")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@writes(VALIDATION)
def command(folder: Path, outputs: tuple[str, ...]) -> int:
    """Hold a bundle against its manifest: what is changed, added or missing is named.

    The decision in it must have let it through, and be about the recipe in it.

    Exit codes: 0 everything is as it was, 1 something differs, 2 no answer.
    """
    chosen = parse_outputs(outputs, VALIDATION)
    found, let_through = verify_bundle(folder)
    validated = Validated(str(folder), 0, "bundle", found.problems, ())
    console.show(VALIDATION, Validation((validated,), (), ()), chosen)
    if found.is_whole:
        console.say(f"digest: {found.digest}")
        console.say(str(let_through))
    return ExitCode.OK if found.is_whole else ExitCode.FAILED
