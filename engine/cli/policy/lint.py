"""``eidos policy lint``."""

from typing import Annotated, Literal

import click

from eidos.engine.app.policy_lint import LintRequest, policy_lint
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Color, EngineOptions, Option, takes, writes
from eidos.engine.errors import ExitCode
from eidos.engine.model.lint import Level
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import LINT


@dataclass(frozen=True, slots=True, kw_only=True)
class LintOptions:
    """What comes of what is found."""

    fix: Annotated[
        bool, Option("--fix", "Fix what can be fixed without changing a rule's meaning.")
    ] = False
    no_regal: Annotated[bool, Option("--no-regal", "Do not run Regal, even if it is on PATH.")] = (
        False
    )
    fail_on: Annotated[
        Literal["error", "warning", "note", "never"],
        Option("--fail-on", "Exit with 1 for findings of this level or higher."),
    ] = "warning"
    verbose: Annotated[bool, Option("-v --verbose", "Also show notes and ignored findings.")] = (
        False
    )
    color: Color = "auto"


@click.command()
@click.argument("places", nargs=-1, metavar="[PATH|NAME]...")
@takes("asked", LintOptions)
@takes("engine", EngineOptions)
@writes(LINT)
def command(
    places: tuple[str, ...], asked: LintOptions, engine: EngineOptions, outputs: tuple[str, ...]
) -> ExitCode:
    """Find mistakes in packs and folders of Rego, by default in the working directory.

    Reports what fails to load, and what loads but does not do what its author meant: versions
    compared as text, open prefixes, facts that are declared but not read, rules that can never
    fail. To ignore a finding, add a comment: '# eidos:ignore ID -- reason'. Exit codes: 0 clean, 1
    findings, 2 no answer, 3 nothing to check, or OPA is needed to read all of it and missing.
    """
    chosen = parse_outputs(outputs, LINT)
    request = LintRequest(
        places=places,
        fail_on=None if asked.fail_on == "never" else Level(asked.fail_on),
        fix=asked.fix,
        regal=not asked.no_regal,
    )
    with open_context(engine=engine) as context:
        found = policy_lint(request, context)
    look = console.rendering(asked.color, verbose=asked.verbose)
    console.show(LINT, found, chosen, look)
    return found.exit_code
