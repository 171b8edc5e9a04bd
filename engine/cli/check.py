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
    configured_settings,
    reader_limits,
    writes,
)
from eidos.engine.errors import UsageError
from eidos.engine.model.policy import Enforcement, Severity
from eidos.engine.packs.choosing import Choice
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import REPORT


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|DIR|GLOB|-]...")
@click.option(
    "-p",
    "--pack",
    "packs",
    multiple=True,
    metavar="NAME[@VERSION]|DIR",
    help="Policy to judge by; default: all shipped packs.",
)
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Ask only these rules.")
@click.option("--tag", "tags", multiple=True, help="Ask only rules with a tag or framework.")
@click.option("--severity", type=SEVERITY, default="info", help="Ask only rules this bad or worse.")
@click.option("--exclude", multiple=True, metavar="ID|TAG", help="Rules not to ask.")
@click.option("--params", type=click.Path(), help="File with parameters: {RULE: {name: value}}.")
@click.option("--waivers", multiple=True, metavar="FILE", help="Accepted violations.")
@click.option(
    "--fail-on", type=SEVERITY, default="info", help="Violations below it do not fail the gate."
)
@click.option("--allow-incomplete", is_flag=True, help="Unknown facts do not stop the gate.")
@click.option("--effective-time", type=Instant(), help="The day that rules and waivers see.")
@writes(REPORT)
@click.option("--db", type=click.Path(path_type=Path), help="Database to record in.")
@click.option("--no-record", is_flag=True, help="Record nothing.")
@click.option("--opa", metavar="URL", help="Judge by an OPA server instead of the built-in engine.")
@click.option("--lenient", is_flag=True, help="Take snapshots without a header.")
@VERBOSE
@WITH_COLOR
def command(files: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 -- click's own types
    """Judge snapshots by policy; exit with the decision.

    Plain conftest policies judge any YAML or JSON. Exit codes: 0 passed, 1 failed, 2 no answer, 3
    incomplete (a needed fact is unknown, or nothing was judged).
    """
    outputs = parse_outputs(options["outputs"], REPORT)
    if not files and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError("no document is named", hint="Name one: eidos check snapshot.yaml")
    report = check(_request(files, options))
    look = console.rendering(options["color"], verbose=options["verbose"])
    console.show(REPORT, report, outputs, look)
    return report.exit_code


def _request(files: tuple[str, ...], options: dict[str, Any]) -> CheckRequest:
    settings = configured_settings()
    own = read_params(options["params"]) if options["params"] else {}
    choice = Choice(
        rules=options["rules"],
        tags=options["tags"],
        severity=Severity(options["severity"]),
        exclude=options["exclude"],
        params=merged(settings.params, own) if settings else own,
    )
    return CheckRequest(
        files=files or ("-",),
        packs=options["packs"],
        choice=choice,
        enforcement={
            rule: Enforcement(each)
            for rule, each in (settings.enforcement if settings else {}).items()
        },
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
