"""``eidos check``."""

import sys
from pathlib import Path
from typing import Any

import click

from eidos.engine.app.check import CheckRequest, check
from eidos.engine.app.params import merged, read_params
from eidos.engine.cli import console
from eidos.engine.cli.options import (
    SEVERITY,
    VERBOSE,
    WITH_COLOR,
    Instant,
    SettingOption,
    configured_settings,
    reader_limits,
    reports_to,
)
from eidos.engine.errors import UsageError
from eidos.engine.model.policy import Severity
from eidos.engine.model.report import Report
from eidos.engine.packs.choosing import Choice
from eidos.engine.report.outputs import Output, parse_outputs, render_all


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|DIR|GLOB|-]...")
@click.option(
    "-p",
    "--pack",
    "packs",
    cls=SettingOption,
    setting="packs",
    multiple=True,
    metavar="NAME[@VERSION]|DIR",
    help="Policy to judge by; default: all shipped packs.",
)
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Ask only these rules.")
@click.option("--tag", "tags", multiple=True, help="Ask only rules with a tag or framework.")
@click.option("--severity", type=SEVERITY, default="info", help="Ask only rules this bad or worse.")
@click.option("--exclude", multiple=True, metavar="ID|TAG", help="Rules not to ask.")
@click.option("--params", type=click.Path(), help="File with parameters: {RULE: {name: value}}.")
@click.option(
    "--waivers",
    cls=SettingOption,
    setting="waivers",
    multiple=True,
    metavar="FILE",
    help="Accepted violations.",
)
@click.option(
    "--fail-on",
    cls=SettingOption,
    setting="fail-on",
    type=SEVERITY,
    default="info",
    help="Violations below it do not fail the gate.",
)
@click.option(
    "--allow-incomplete",
    cls=SettingOption,
    setting="allow-incomplete",
    is_flag=True,
    help="Unknown facts do not stop the gate.",
)
@click.option(
    "--effective-time",
    cls=SettingOption,
    setting="effective-time",
    type=Instant(),
    help="The day that rules and waivers see.",
)
@reports_to("How to report; repeatable.", setting="output")
@click.option(
    "--db",
    cls=SettingOption,
    setting="db",
    type=click.Path(path_type=Path),
    help="Database to record in.",
)
@click.option("--no-record", is_flag=True, help="Record nothing.")
@click.option(
    "--opa",
    cls=SettingOption,
    setting="opa",
    metavar="URL",
    help="Judge by an OPA server instead of the built-in engine.",
)
@click.option("--lenient", is_flag=True, help="Take snapshots without a header.")
@VERBOSE
@WITH_COLOR
def command(files: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 -- click's own types
    """Judge snapshots by policy; exit with the decision.

    Plain conftest policies judge any YAML or JSON. Exit codes: 0 passed, 1 failed, 2 no answer, 3
    incomplete (a needed fact is unknown, or nothing was judged).
    """
    outputs = parse_outputs(options["outputs"])
    if not files and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("no document is named", hint="Name one: eidos check snapshot.yaml")
    report = check(_request(files, options))
    return _say(report, outputs, options)


def _request(files: tuple[str, ...], options: dict[str, Any]) -> CheckRequest:
    settings = configured_settings()
    own = read_params(options["params"]) if options["params"] else {}
    choice = Choice(
        rules=options["rules"],
        tags=options["tags"],
        severity=Severity(options["severity"]),
        exclude=options["exclude"],
        params=merged(settings.params, own),
    )
    return CheckRequest(
        files=files or ("-",),
        packs=options["packs"],
        choice=choice,
        enforcement=settings.enforcement,
        waivers=options["waivers"],
        opa=options["opa"],
        fail_on=Severity(options["fail_on"]),
        allow_incomplete=options["allow_incomplete"],
        effective_time=options["effective_time"],
        record=not options["no_record"],
        db=options["db"],
        lenient=options["lenient"],
        limits=reader_limits(),
    )


def _say(report: Report, outputs: list[Output], options: dict[str, Any]) -> int:
    """Write the report; a reader that left does not change the decision."""
    rendering = console.rendering(options["color"], verbose=options["verbose"])
    try:
        render_all(report, outputs, rendering, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        console.abandon_stdout()
    return report.exit_code
