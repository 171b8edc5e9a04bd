"""``eidos diff``."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Any

import click
from click.core import ParameterSource

from eidos.engine.app.context import Context
from eidos.engine.app.diff import Compared, Comparing, diff, explain, matrix
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context, policy_request, tell_relaxations
from eidos.engine.cli.options import (
    Color,
    Database,
    Lenient,
    Option,
    PolicyOptions,
    configured_settings,
    takes,
    writes,
)
from eidos.engine.comparing.levels import LevelRule
from eidos.engine.errors import ExitCode, Problem, UsageError
from eidos.engine.model.drift import Comparison, IgnoreRule
from eidos.engine.model.gate import Gate
from eidos.engine.ports import Rendering
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import Output, parse_outputs
from eidos.engine.report.registry import DRIFT, DRIFTS, EXPLANATION, MATRIX


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions:
    """What is compared with what, and how it is shown."""

    baseline: Annotated[
        str | None, Option("--baseline", "Compare each snapshot with this one.", metavar="REF")
    ] = None
    matrix: Annotated[bool, Option("--matrix", "Group snapshots that are alike, per subtype.")] = (
        False
    )
    summary: Annotated[bool, Option("--summary", "Show counts only.")] = False
    tests: Annotated[
        bool, Option("--tests", "json-patch: add test operations before replacing or removing.")
    ] = False
    ignores: Annotated[
        tuple[str, ...], Option("--ignore", "type.subtype.key.", metavar="PATTERN", relaxes=True)
    ] = ()
    no_default_ignores: Annotated[
        bool, Option("--no-default-ignores", "Also show volatile facts.")
    ] = False
    show_ignored: Annotated[
        bool, Option("--show-ignored", "Show ignored changes too, and values in full.")
    ] = False
    match: Annotated[
        tuple[str, ...], Option("--match", "Label that names a role.", metavar="LABEL")
    ] = ()
    explain: Annotated[
        str | None,
        Option(
            "--explain",
            "Show which change flips this rule, and what would undo it.",
            metavar="RULE",
        ),
    ] = None
    no_policy: Annotated[
        bool,
        Option(
            "--no-policy", "Rank changes by the table of levels only, without policy.", relaxes=True
        ),
    ] = False
    db: Database
    lenient: Lenient = False
    color: Color = "auto"

    @property
    def look(self) -> Rendering:
        """How standard output is to look."""
        return console.rendering(self.color, verbose=self.show_ignored, summary=self.summary)


@click.command()
@click.argument("snapshots", nargs=-1, required=True, metavar="[BASELINE] CURRENT...")
@writes(DRIFT)
@takes("asked", DiffOptions)
@takes("policy", PolicyOptions)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    snapshots: tuple[str, ...],
    outputs: tuple[str, ...],
    asked: DiffOptions,
    policy: PolicyOptions,
) -> int:
    """Show what changed between snapshots, and which changes matter.

    A snapshot is a file, -, or a recorded one: run:ID, snapshot:DIGEST, CLUSTER@TIME. --baseline
    and --matrix also accept folders and globs. Flipped verdicts are those of eidos check. Exit
    codes: 0 identical, 1 drift, 2 no answer, 3 not comparable.
    """
    named = ctx.get_parameter_source("policy_packs") is ParameterSource.COMMANDLINE
    if asked.no_policy and named:  # packs of the configuration are a default
        raise UsageError("--pack and --no-policy contradict each other", hint="Give one.")
    _refuse_explaining_more(asked)
    comparing = _comparing(ctx, asked, policy, _telling(outputs, snapshots, asked))
    with open_context(asked.db, policy) as context:
        if asked.matrix:
            return _show_matrix(snapshots, comparing, outputs, asked, context)
        baseline, currents = _sides(snapshots, asked.baseline)
        judged = policy_request(policy, comparing.relaxations)
        if asked.explain is not None:
            kinds = parse_outputs(outputs, EXPLANATION, snapshots)
            explained = explain((baseline, currents[0]), asked.explain, comparing, judged, context)
            console.show(EXPLANATION, explained, kinds, asked.look)
            return explained.drift.exit_code
        chosen = parse_outputs(outputs, DRIFT, snapshots)
        _refuse_summary_of_patch(chosen, asked)
        request = None if asked.no_policy else judged
        many = asked.baseline is not None
        found = diff(baseline, currents, comparing, request, context, many=many)
        return _Run(asked).say(found, chosen)


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


def _refuse_explaining_more(asked: DiffOptions) -> None:
    if asked.explain is None:
        return
    others = {
        "--no-policy": asked.no_policy,
        "--matrix": asked.matrix,
        "--summary": asked.summary,
        "--baseline": asked.baseline is not None,
    }
    for name, is_given in others.items():
        if is_given:
            raise UsageError(
                f"--explain and {name} contradict each other",
                hint="Write 'eidos diff BASELINE CURRENT --explain RULE'.",
            )


def _refuse_summary_of_patch(outputs: list[Output], asked: DiffOptions) -> None:
    patches = any(output.format == "json-patch" for output in outputs)
    if patches and asked.summary:
        raise UsageError("a JSON Patch has no summary", hint="Use --summary with another format.")
    if asked.tests and not patches:
        raise UsageError("--tests is about JSON Patch", hint="Add -o json-patch.")


def _telling(
    outputs: tuple[str, ...], snapshots: tuple[str, ...], asked: DiffOptions
) -> Sequence[Output]:
    """Give the outputs whose text tells what relaxed it: no explanation, and no summary, does."""
    if asked.explain is not None or asked.baseline is not None or asked.summary:
        return ()
    return (
        parse_outputs(outputs, MATRIX) if asked.matrix else parse_outputs(outputs, DRIFT, snapshots)
    )


def _comparing(
    ctx: click.Context, asked: DiffOptions, policy: PolicyOptions, telling: Sequence[Output]
) -> Comparing:
    settings = configured_settings()
    own = tuple(IgnoreRule(each, "--ignore", origin="--ignore") for each in asked.ignores)
    levels = (
        LevelRule(pattern, level, str(settings.origin(f"levels.{pattern}")))
        for pattern, level in settings.levels.items()
    )
    return Comparing(
        ignores=(*own, *settings.ignore),
        default_ignores=not asked.no_default_ignores,
        levels=tuple(levels),
        match=asked.match,
        gate=_gate(ctx, policy),
        lenient=asked.lenient,
        effective_time=policy.effective_time,
        relaxations=tell_relaxations(("ignore", "levels"), _without(asked), telling),
    )


def _without(asked: DiffOptions) -> Iterator[str]:
    """Name settings of which this comparison does not take what is configured."""
    yield from ("fail-on", "allow-incomplete")
    if asked.no_policy or asked.matrix:
        yield from ("packs", "waivers", "params", "enforcement")
    if asked.matrix:
        yield "levels"


def _gate(ctx: click.Context, policy: PolicyOptions) -> Gate:
    """Say what closes: as the command line has it; what is configured is about violations."""
    said = {
        name: getattr(policy, name)
        for name in ("fail_on", "allow_incomplete")
        if ctx.get_parameter_source(f"policy_{name}") is ParameterSource.COMMANDLINE
    }
    return Gate(**said)


class _Run:
    """Writes what is found as it is found, and remembers how it ends."""

    def __init__(self, asked: DiffOptions) -> None:
        self._asked = asked
        self._codes: list[ExitCode] = []

    def say(self, compared: Iterable[Compared | Problem], outputs: list[Output]) -> int:
        found = self._found(compared)
        look = self._asked.look
        if self._asked.baseline is None:
            for each in found:
                console.show(DRIFT, each, outputs, look)
        elif len(outputs) > 1:
            console.show(DRIFTS, list(found), outputs, look)
        else:  # written as they are compared
            console.show(DRIFTS, found, outputs, look)
        for _ in found:  # when the reader left, the rest still counts
            pass
        if not self._codes:
            raise UsageError(
                "there was no snapshot to compare", hint="Name a file that holds a snapshot."
            )
        return ExitCode.worst(self._codes)

    def _found(self, compared: Iterable[Compared | Problem]) -> Iterator[Comparison]:
        for each in compared:
            if isinstance(each, Problem):
                console.complain(each)
                self._codes.append(each.exit_code)
            else:
                self._codes.append(each.drift.exit_code)
                yield Comparison(each.drift, self._patch(each))

    def _patch(self, compared: Compared) -> Callable[[], Any]:
        return lambda: compared.patch(tests=self._asked.tests)


def _show_matrix(
    snapshots: tuple[str, ...],
    comparing: Comparing,
    outputs: tuple[str, ...],
    asked: DiffOptions,
    context: Context,
) -> int:
    if asked.baseline is not None:
        raise UsageError("--matrix has no baseline", hint="Name all snapshots as arguments.")
    chosen = parse_outputs(outputs, MATRIX)
    found, problems = matrix(snapshots, comparing, context)
    for problem in problems:
        console.complain(problem)
    if not found.nodes and not problems:
        raise UsageError("there was no node to compare", hint="Name snapshots that hold nodes.")
    if found.nodes:
        console.show(MATRIX, found, chosen, asked.look)
    return ExitCode.worst([found.exit_code, *(problem.exit_code for problem in problems)])
