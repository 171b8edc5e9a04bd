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

    rules: Annotated[tuple[str, ...], Option("--rule", "Only these rules.", metavar="ID")] = ()
    max_mutants: Annotated[
        int,
        Option(
            "--max-mutants",
            "Maximum number of mutants, shared among all rules.",
            metavar="N",
            type=click.IntRange(1, 100_000),
        ),
    ] = 1000
    seed: Annotated[
        int,
        Option(
            "--seed",
            "Seed of the random choice if there are more mutants than allowed.",
            metavar="N",
        ),
    ] = 1
    time_limit: Annotated[
        float, Option("--time-limit", "Start no further rule after this time.", metavar="SPAN")
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
    """Mutate rules and facts, and show which mutations no test detects; needs OPA.

    By default for all shipped packs. Each rule is evaluated on the inputs of its tests, and on the
    same with one fact changed; its tests run on mutants of the rule. Every surviving mutant is
    shown with the test that is missing; -o rego writes those tests. Exit codes: 0 none survived, 1
    some did, 2 no answer, 3 time ran out before all rules were tried.
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
