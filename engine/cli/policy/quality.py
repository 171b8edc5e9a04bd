"""``eidos policy quality``."""

from typing import Annotated

import click

from eidos.engine.app.policy_quality import QualityRequest, policy_quality
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Color, EngineOptions, Option, takes, writes
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import PACK_QUALITY


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityOptions:
    """How much is tried."""

    rules: Annotated[
        tuple[str, ...], Option("--rule", "Look at these rules only.", metavar="ID")
    ] = ()
    max_mutants: Annotated[
        int,
        Option(
            "--max-mutants",
            "Mutants of all rules together; each gets its share.",
            metavar="N",
            type=click.IntRange(1, 100_000),
        ),
    ] = 1000
    seed: Annotated[
        int, Option("--seed", "Where there are more, the same seed takes the same.", metavar="N")
    ] = 1
    time_limit: Annotated[
        float, Option("--time-limit", "Begin no further rule after that.", metavar="SPAN")
    ] = 900.0
    verbose: Annotated[
        bool, Option("-v --verbose", "Show the missing tests, and each rule's numbers.")
    ] = False
    color: Color = "auto"


@click.command()
@click.argument("packs", nargs=-1, metavar="[NAME|DIR]...")
@takes("asked", QualityOptions)
@takes("engine", EngineOptions)
@writes(PACK_QUALITY)
def command(
    packs: tuple[str, ...],
    asked: QualityOptions,
    engine: EngineOptions,
    outputs: tuple[str, ...],
) -> ExitCode:
    """Change rules and facts a little, and say which changes no test notices; needs OPA.

    All shipped packs by default. Each rule is asked what its tests ask it, and the same with one
    fact changed; its tests run on mutants of it. Every mutant that lives on is told with the test
    that is missing; -o rego writes those tests. Exit codes: 0 no doubt, 1 doubts, 2 no answer, 3
    the time was over before all rules were looked at.
    """
    chosen = parse_outputs(outputs, PACK_QUALITY)
    request = QualityRequest(
        packs=packs,
        rules=asked.rules,
        max_mutants=asked.max_mutants,
        seed=asked.seed,
        time_limit=asked.time_limit,
    )
    with (
        open_context(engine=engine) as context,
        progress.shown("changing rules", context.tally),
    ):
        found = policy_quality(request, context)
    look = console.rendering(asked.color, verbose=asked.verbose)
    console.show(PACK_QUALITY, found, chosen, look)
    return found.exit_code
