"""``eidos check``."""

import sys
from pathlib import Path
from typing import Any

import click

from eidos.engine.app.check import check
from eidos.engine.app.policies import resolve
from eidos.engine.cli import console
from eidos.engine.cli.options import SEVERITY, VERBOSE, WITH_COLOR, reports_to
from eidos.engine.cli.policy import judges, open_context, policy_request
from eidos.engine.errors import UsageError
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Severity
from eidos.engine.model.report import Report
from eidos.engine.report.outputs import Output, parse_outputs, render_all


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|DIR|GLOB|REFERENCE|-]...")
@judges(exclude=("--exclude", "--exclude-rule"))
@click.option(
    "--fail-on", type=SEVERITY, default="info", help="Violations below it do not fail the gate."
)
@click.option("--allow-incomplete", is_flag=True, help="Unknown facts do not stop the gate.")
@reports_to("How to report; repeatable.")
@click.option("--db", type=click.Path(path_type=Path), help="Database to record in.")
@click.option("--no-record", is_flag=True, help="Record nothing.")
@click.option("--lenient", is_flag=True, help="Take snapshots without a header.")
@VERBOSE
@WITH_COLOR
def command(files: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 -- click's own types
    """Judge snapshots by policy; exit with the decision.

    Snapshots are files, or recorded ones: run:ID, snapshot:DIGEST, CLUSTER@TIME. Plain conftest
    policies judge any YAML or JSON. Exit codes: 0 passed, 1 failed, 2 no answer, 3 incomplete (a
    needed fact is unknown, or nothing was judged).
    """
    outputs = parse_outputs(options["outputs"])
    if not files and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("no document is named", hint="Name one: eidos check snapshot.yaml")
    gate = Gate(Severity(options["fail_on"]), options["allow_incomplete"])
    asked = policy_request(options, gate)
    with open_context(
        options["db"], record=not options["no_record"], opa=options["opa"]
    ) as context:
        policy = resolve(asked, context)
        report = check(files or ("-",), policy, context, lenient=options["lenient"])
    return _say(report, outputs, options)


def _say(report: Report, outputs: list[Output], options: dict[str, Any]) -> int:
    """Write the report; a reader that left does not change the decision."""
    rendering = console.rendering(options["color"], verbose=options["verbose"])
    try:
        render_all(report, outputs, rendering, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        console.abandon_stdout()
    return report.exit_code
