"""``eidos diff``."""

import sys
from pathlib import Path
from typing import Any

import click

from eidos.engine.app.diff import Compared, DiffOptions, diff, matrix
from eidos.engine.cli import console
from eidos.engine.cli.options import COLOR, SEVERITY, Instant, reader_limits
from eidos.engine.errors import ExitCode, UsageError
from eidos.engine.model.drift import IgnoreRule
from eidos.engine.model.policy import Severity
from eidos.engine.report.drift import FORMATS
from eidos.engine.report.drift.matrix import WRITERS
from eidos.engine.report.drift.writing import writer
from eidos.engine.report.outputs import Output, parse_outputs, write_all


@click.command()
@click.argument("snapshots", nargs=-1, required=True, metavar="[BASELINE] CURRENT...")
@click.option("--baseline", metavar="REF", help="Compare each of many with this one.")
@click.option("--matrix", is_flag=True, help="Group many by what is alike, subtype by subtype.")
@click.option(
    "-o",
    "--output",
    "--format",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="text, table, json, json-patch, markdown or github; repeatable.",
)
@click.option("--summary", is_flag=True, help="Only count.")
@click.option("--tests", is_flag=True, help="json-patch: guard what is replaced or removed.")
@click.option("--ignore", "ignores", multiple=True, metavar="PATTERN", help="type.subtype.key.")
@click.option("--no-default-ignores", is_flag=True, help="Show volatile facts as well.")
@click.option("--show-ignored", is_flag=True, help="Show what was hidden, and whole values.")
@click.option("--match", "match", multiple=True, metavar="LABEL", help="Label that names a role.")
@click.option("--policy", "packs", multiple=True, metavar="NAME|DIR", help="Packs as evidence.")
@click.option("--no-policy", is_flag=True, help="Rank by the table of levels alone.")
@click.option("--fail-on", type=SEVERITY, default="info", help="Drift below it is no failure.")
@click.option("--allow-incomplete", is_flag=True, help="What one side lacks is no failure.")
@click.option("--effective-time", type=Instant(), help="The day that rules see.")
@click.option("--db", type=click.Path(path_type=Path), help="Database with stored snapshots.")
@click.option("--lenient", is_flag=True, help="Take snapshots without a header.")
@click.option("--color", type=COLOR, default="auto", help="Colour text on standard output.")
def command(snapshots: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 -- click's types
    """Say what changed between snapshots, and which of it matters.

    A snapshot is a file, -, or something recorded: run:ID, snapshot:DIGEST, CLUSTER@TIME. Exit
    codes: 0 identical, 1 drift, 2 no answer, 3 not comparable.
    """
    if options["matrix"]:
        return _show_matrix(snapshots, options)
    baseline, currents = _sides(snapshots, options["baseline"])
    outputs = parse_outputs(options["outputs"], FORMATS)
    codes = [_say(each, outputs, options) for each in diff(baseline, currents, _options(options))]
    return max(codes, key=_precedence)


def _sides(snapshots: tuple[str, ...], baseline: str | None) -> tuple[str, tuple[str, ...]]:
    if baseline is not None:
        return baseline, snapshots
    two = 2
    if len(snapshots) != two:
        raise UsageError(
            f"diff compares two snapshots, and {len(snapshots)} were named",
            hint="Write 'eidos diff BASELINE CURRENT', or --baseline REF with any number.",
        )
    return snapshots[0], snapshots[1:]


def _options(options: dict[str, Any]) -> DiffOptions:
    patterns = options["ignores"]
    return DiffOptions(
        ignores=tuple(IgnoreRule(each, "--ignore", origin="--ignore") for each in patterns),
        default_ignores=not options["no_default_ignores"],
        match=options["match"],
        packs=None if options["no_policy"] else options["packs"],
        fail_on=Severity(options["fail_on"]),
        allow_incomplete=options["allow_incomplete"],
        effective_time=options["effective_time"],
        db=options["db"],
        lenient=options["lenient"],
        limits=reader_limits(),
    )


def _precedence(code: int) -> int:
    return (ExitCode.OK, ExitCode.FAILED, ExitCode.INCOMPLETE, ExitCode.NO_ANSWER).index(code)


def _say(compared: Compared, outputs: list[Output], options: dict[str, Any]) -> int:
    rendering = console.rendering(options["color"], verbose=options["show_ignored"])
    write = writer(compared.drift, lambda: compared.patch(tests=options["tests"]))
    try:
        write_all(write, outputs, rendering, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        console.abandon_stdout()
    return compared.drift.exit_code


def _show_matrix(snapshots: tuple[str, ...], options: dict[str, Any]) -> int:
    outputs = parse_outputs(options["outputs"], WRITERS)
    found = matrix(snapshots, _options(options))
    rendering = console.rendering(options["color"], verbose=options["show_ignored"])
    write_all(lambda name, out, how: WRITERS[name](found, out, how), outputs, rendering, sys.stdout)
    return found.exit_code
