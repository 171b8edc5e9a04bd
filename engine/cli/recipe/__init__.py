"""``eidos recipe``: options, one call, the recipe; its other verbs are files of their own."""

from typing import Annotated

import click

from eidos.engine.app.recipe import RecipeRequest, resolve_recipe
from eidos.engine.cli import LazyGroup, console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import (
    Database,
    EngineOptions,
    Lenient,
    Option,
    OwnOverlays,
    takes,
    writes,
)
from eidos.engine.errors import UsageError
from eidos.engine.model.recipe import Outcome, Resolution, found
from eidos.engine.model.verdict import Status
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import RECIPE
from eidos.engine.selecting.criteria import OPTIONS, option


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeOptions:
    """What kind of cluster the recipe is for."""

    snapshot: Annotated[
        str | None, Option("-s --snapshot", "Facts of the cluster.", metavar="FILE|REFERENCE|-")
    ] = None
    service: Annotated[str | None, Option("--service", "Who runs the cluster: eks, gke, ...")] = (
        None
    )
    accelerator: Annotated[str | None, Option("--accelerator", "GPU: h100, gb200, ...")] = None
    os: Annotated[str | None, Option("--os", "Operating system of the nodes.")] = None
    intent: Annotated[str | None, Option("--intent", "training or inference.")] = None
    platform: Annotated[str | None, Option("--platform", "What runs on it: dynamo, kueue, ...")] = (
        None
    )
    criterion: Annotated[
        tuple[str, ...],
        Option("--criterion", "Any other criterion, such as fabric=efa.", metavar="NAME=VALUE"),
    ] = ()
    criteria_file: Annotated[
        str | None,
        Option("--criteria", "File with criteria; options override it.", metavar="FILE"),
    ] = None
    profile: Annotated[
        tuple[str, ...],
        Option(
            "--profile",
            "Choice of a profile, such as gpuStack=azure-managed.",
            metavar="NAME=CHOICE",
        ),
    ] = ()
    given: Annotated[
        tuple[str, ...],
        Option(
            "--given",
            "Vouch for something that facts cannot show, with a reason.",
            metavar="NAME=REASON",
        ),
    ] = ()
    data: OwnOverlays = ()
    packs: Annotated[
        tuple[str, ...], Option("-p --pack", "Your own pack with selection rules.", metavar="DIR")
    ] = ()
    force: Annotated[
        bool, Option("--force", "Let the given criteria override facts that contradict them.")
    ] = False
    lenient: Lenient = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """Whether a recipe for a snapshot is written down, and where."""

    db: Database
    no_record: Annotated[bool, Option("--no-record", "Record nothing.")] = False


def request(asked: RecipeOptions) -> RecipeRequest:
    """Turn options into what is asked of the application.

    Raises:
        UsageError: one of ``NAME=VALUE`` has no sign, or a criterion is given twice.
    """
    named = {name: value for name in OPTIONS if (value := getattr(asked, name)) is not None}
    others = pairs("--criterion", asked.criterion)
    if twice := sorted(named.keys() & others.keys()):
        raise UsageError(
            f"{twice[0]} is given twice", hint=f"Leave --criterion {twice[0]}=... out."
        )
    return RecipeRequest(
        snapshot=asked.snapshot,
        criteria={**named, **others},
        criteria_file=asked.criteria_file,
        profiles=pairs("--profile", asked.profile),
        given=pairs("--given", asked.given),
        data=asked.data,
        packs=asked.packs,
        forced=asked.force,
        lenient=asked.lenient,
    )


def pairs(flag: str, texts: tuple[str, ...]) -> dict[str, str]:
    """Read ``NAME=VALUE``.

    Raises:
        UsageError: a text is none, or a name is there twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not (name.strip() and sign and value.strip()):
            raise UsageError(f"{flag} {text!r} is not NAME=VALUE")
        if name.strip() in found:
            raise UsageError(f"{flag} says {name.strip()} twice")
        found[name.strip()] = value.strip()
    return found


@click.group(
    cls=LazyGroup,
    package="eidos.engine.cli.recipe",
    verbs={
        "diff": "Show what would change from one recipe to another, or on a cluster.",
        "explain": "Explain why this recipe and not another, and where a value comes from.",
        "lint": "Check for all combinations of criteria that overlays fit together.",
        "list": "Show which kinds of cluster have a recipe.",
        "new": "Write an overlay of what a known-good cluster runs.",
        "query": "Give one value of a recipe.",
        "show": "Show what an overlay, component or profile says.",
    },
    invoke_without_command=True,
)
@takes("asked", RecipeOptions)
@takes("engine", EngineOptions)
@takes("kept", RecordOptions)
@writes(RECIPE)
@click.pass_context
def command(
    ctx: click.Context,
    asked: RecipeOptions,
    engine: EngineOptions,
    kept: RecordOptions,
    outputs: tuple[str, ...],
) -> int | None:
    """Select and resolve what should run on a cluster.

    A recipe for a snapshot is recorded with it; see eidos history recipe.

    Exit codes: 0 resolved, 1 refused (no recipe covers it, or a constraint is violated), 2 no
    answer, 3 a fact that a constraint needs, or a --given reason, is missing.
    """
    if ctx.invoked_subcommand is not None:
        return None
    chosen = parse_outputs(outputs, RECIPE)
    record = asked.snapshot is not None and not kept.no_record
    with open_context(kept.db, engine, record=record) as context:
        resolution = resolve_recipe(request(asked), context)
    if resolution.is_resolved:  # else a file keeps the recipe that it had
        console.show(RECIPE, resolution, chosen)
    say_why(resolution)
    return resolution.exit_code


def say_why(resolution: Resolution) -> None:
    """Say on standard error what stands in the way of a recipe, and what to do."""
    if resolution.refusal is not None:
        console.say(f"refused: {resolution.refusal.message}")
        console.say(f"  hint: {resolution.refusal.hint}")
        for rule, reason in resolution.unknown.items():
            console.say(f"  unknown ({rule}): {reason}")
    for name, values in resolution.refinements.items():
        console.say(
            f"note: the {name} is not known, and the recipe sets nothing up for one; if there is "
            f"one, say so: {option(name, *values)}"
        )
    for each in resolution.outcomes:
        if each.status is not Status.PASS:
            _say_outcome(each, resolution)
    for chosen in resolution.unvouched:
        name = chosen.profile.dimension
        console.say(
            f"unknown: {name}={chosen.choice.name} needs what no snapshot shows: "
            f"{chosen.choice.given}"
        )
        console.say(f"  hint: If you know it, say so: --given {name}='who says so, and why'")


_WORDS = {Status.FAIL: "violated", Status.WARN: "warning", Status.UNKNOWN: "unknown"}


def _say_outcome(outcome: Outcome, resolution: Resolution) -> None:
    constraint = outcome.constraint
    nodes = f" (on {', '.join(outcome.subjects[:3])})" if outcome.subjects else ""
    word = _WORDS.get(outcome.status, outcome.status.value)
    console.say(f"{word}: {outcome.said}{nodes}")
    origin = constraint.origin
    place = found(origin.place, resolution.roots)
    console.say(f"  asked by {origin.kind} {origin.name}: {constraint.reason.because} ({place})")
    if constraint.remediation:
        console.say(f"  hint: {constraint.remediation}")
