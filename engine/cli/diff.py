"""``eidos diff``."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from eidos.engine.app.diff import Compared, DiffOptions, diff, matrix
from eidos.engine.cli import console
from eidos.engine.cli.options import (
    SEVERITY,
    WITH_COLOR,
    Instant,
    configured_settings,
    reader_limits,
    writes,
)
from eidos.engine.comparing.levels import LevelRule
from eidos.engine.errors import EidosError, ExitCode, UsageError
from eidos.engine.model.drift import Comparison, IgnoreRule
from eidos.engine.model.policy import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.outputs import Output, parse_outputs
from eidos.engine.report.registry import DRIFT, DRIFTS, MATRIX

if TYPE_CHECKING:
    from eidos.engine.config.settings import Settings


@click.command()
@click.argument("snapshots", nargs=-1, required=True, metavar="[BASELINE] CURRENT...")
@click.option("--baseline", metavar="REF", help="Compare each of many with this one.")
@click.option("--matrix", is_flag=True, help="Group many by what is alike, subtype by subtype.")
@writes(DRIFT)
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
@WITH_COLOR
@click.pass_context
def command(ctx: click.Context, /, snapshots: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401 -- click's types
    """Say what changed between snapshots, and which of it matters.

    A snapshot is a file, -, or something recorded: run:ID, snapshot:DIGEST, CLUSTER@TIME. With
    --baseline and --matrix also folders and globs. Exit codes: 0 identical, 1 drift, 2 no answer, 3
    not comparable.
    """
    _refuse_contradiction(ctx, options)
    asked = _options(options, configured_settings())
    if options["matrix"]:
        return _show_matrix(snapshots, asked, options)
    baseline, currents = _sides(snapshots, options["baseline"])
    outputs = parse_outputs(options["outputs"], DRIFT)
    _refuse_summary_of_patch(outputs, options)
    found = diff(baseline, currents, asked, many=options["baseline"] is not None)
    return _Run(options).say(found, outputs)


def _refuse_contradiction(ctx: click.Context, options: dict[str, Any]) -> None:
    """Packs of the configuration are a default, which --no-policy may take away."""
    named = ctx.get_parameter_source("packs") is ParameterSource.COMMANDLINE
    if options["no_policy"] and named:
        raise UsageError("--policy and --no-policy contradict each other", hint="Give one.")


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


def _refuse_summary_of_patch(outputs: list[Output], options: dict[str, Any]) -> None:
    patches = any(output.format == "json-patch" for output in outputs)
    if patches and options["summary"]:
        raise UsageError("a JSON Patch has no summary", hint="Use --summary with another format.")
    if options["tests"] and not patches:
        raise UsageError("--tests is about JSON Patch", hint="Add -o json-patch.")


def _options(options: dict[str, Any], settings: "Settings | None") -> DiffOptions:
    patterns = options["ignores"]
    asked = tuple(IgnoreRule(each, "--ignore", origin="--ignore") for each in patterns)
    return DiffOptions(
        ignores=(*asked, *(settings.ignore if settings else ())),
        default_ignores=not options["no_default_ignores"],
        levels=_levels(settings) if settings else (),
        match=options["match"],
        packs=None if options["no_policy"] else options["packs"],
        fail_on=Severity(options["fail_on"]),
        allow_incomplete=options["allow_incomplete"],
        effective_time=options["effective_time"],
        db=options["db"],
        lenient=options["lenient"],
        limits=reader_limits(),
    )


def _levels(settings: "Settings") -> tuple[LevelRule, ...]:
    return tuple(
        LevelRule(pattern, Severity(level), settings.origins.get(f"levels.{pattern}", "levels"))
        for pattern, level in settings.levels.items()
    )


class _Run:
    """Writes what is found as it is found, and remembers how it ends."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._many = options["baseline"] is not None
        self._codes: list[ExitCode] = []

    def say(self, compared: Iterable[Compared | EidosError], outputs: list[Output]) -> int:
        found = self._found(compared)
        look = _look(self._options)
        if not self._many:
            for each in found:
                console.show(DRIFT, each, outputs, look)
        elif len(outputs) > 1:
            console.show(DRIFTS, list(found), outputs, look)
        else:  # written as they are compared
            console.show(DRIFTS, found, outputs, look)
        for _ in found:  # when the reader left, the rest still counts
            pass
        return self._code()

    def _found(self, compared: Iterable[Compared | EidosError]) -> Iterator[Comparison]:
        for each in compared:
            if isinstance(each, EidosError):
                console.complain(each)
                self._codes.append(each.exit_code)
            else:
                self._codes.append(each.drift.exit_code)
                yield Comparison(each.drift, self._patch(each))

    def _patch(self, compared: Compared) -> Callable[[], Any]:
        return lambda: compared.patch(tests=self._options["tests"])

    def _code(self) -> int:
        if not self._codes:
            raise UsageError(
                "there was no snapshot to compare", hint="Name a file that holds a snapshot."
            )
        return ExitCode.worst(self._codes)


def _look(options: dict[str, Any]) -> Rendering:
    return console.rendering(
        options["color"], verbose=options["show_ignored"], summary=options["summary"]
    )


def _show_matrix(snapshots: tuple[str, ...], asked: DiffOptions, options: dict[str, Any]) -> int:
    if options["baseline"] is not None:
        raise UsageError("--matrix has no baseline", hint="Name all snapshots as arguments.")
    outputs = parse_outputs(options["outputs"], MATRIX)
    found, errors = matrix(snapshots, asked)
    for error in errors:
        console.complain(error)
    if not found.nodes and not errors:
        raise UsageError("there was no node to compare", hint="Name snapshots that hold nodes.")
    if found.nodes:
        console.show(MATRIX, found, outputs, _look(options))
    codes = [found.exit_code, *(error.exit_code for error in errors)]
    return ExitCode.worst(codes)
