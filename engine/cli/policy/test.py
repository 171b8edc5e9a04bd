"""``eidos policy test``."""

from datetime import datetime
from typing import Annotated

import click

from eidos.engine.app.policy_test import policy_test, watched
from eidos.engine.app.test_targets import TestRequest
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Color, LocalEngineOptions, Option, Verbose, takes, writes
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import POLICY_TEST


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTestOptions:
    """Which tests, and what is said of them."""

    pattern: Annotated[
        str | None,
        Option(
            "-r --run", "Only tests whose name matches this regular expression.", metavar="PATTERN"
        ),
    ] = None
    coverage: Annotated[
        bool,
        Option("-c --coverage", "Show which lines and which outcomes of each rule were covered."),
    ] = False
    threshold: Annotated[
        float | None,
        Option(
            "--threshold",
            "Exit with 1 if less than N percent of lines or outcomes were covered.",
            metavar="N",
            type=click.FloatRange(0, 100),
        ),
    ] = None
    data: Annotated[
        tuple[str, ...],
        Option("-d --data", "Data for plain policy: a file or a folder.", metavar="PATH"),
    ] = ()
    effective_time: Annotated[
        datetime | None, Option("--effective-time", "Rule time for cases that set none.")
    ] = None
    watch: Annotated[bool, Option("-w --watch", "Run again after each change of a file.")] = False
    verbose: Verbose = False
    color: Color = "auto"


@click.command()
@click.argument("paths", nargs=-1, metavar="[NAME|PATH]...")
@takes("asked", PolicyTestOptions)
@takes("engine", LocalEngineOptions)
@writes(POLICY_TEST)
def command(
    paths: tuple[str, ...],
    asked: PolicyTestOptions,
    engine: LocalEngineOptions,
    outputs: tuple[str, ...],
) -> ExitCode:
    """Run the tests of packs and of plain conftest or OPA folders, by default in this folder.

    Tests are Rego rules named test_... (todo_test_... is skipped), run as by 'opa test', and cases
    in files named ..._cases.yaml: a fixture and the verdicts that rules must give. Suites in
    gator's format are run as by 'gator verify'.

    Exit codes: 0 all passed, 1 a test failed or coverage is below the threshold, 2 policy or a
    test could not be run, 3 there are no tests.
    """
    chosen = parse_outputs(outputs, POLICY_TEST)
    look = console.rendering(asked.color, verbose=asked.verbose)
    request = TestRequest(
        paths=paths,
        pattern=asked.pattern,
        coverage=asked.coverage,
        threshold=asked.threshold,
        data=asked.data,
        effective=asked.effective_time,
    )
    with open_context(engine=engine) as context:
        if asked.watch:
            console.say("watching; end it with Ctrl-C")
            code = ExitCode.INCOMPLETE
            for found in watched(request, context):
                console.show(POLICY_TEST, found, chosen, look)
                code = found.exit_code
            return code
        with progress.shown("testing", context.tally):
            found = policy_test(request, context)
    console.show(POLICY_TEST, found, chosen, look)
    return found.exit_code
