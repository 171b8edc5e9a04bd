"""``eidos bundle diff``: what a move from one bundle to another changes, and whether it may be."""

from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.bundle_diff import TransitionRequest, transition
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import EngineOptions, Lenient, Option, OwnOverlays, takes, writes
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import TRANSITION


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffOptions:
    """What preconditions are held against."""

    snapshot: Annotated[
        str | None, Option("-s --snapshot", "Facts of the cluster.", metavar="FILE|REFERENCE|-")
    ] = None
    data: OwnOverlays = ()
    allow_incomplete: Annotated[bool, Option("--allow-incomplete", "Ignore unknown steps.")] = False
    lenient: Lenient = False


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path), metavar="OLD")
@click.argument("new", type=click.Path(path_type=Path), metavar="NEW")
@takes("asked", DiffOptions)
@takes("engine", EngineOptions)
@writes(TRANSITION)
def command(
    old: Path, new: Path, asked: DiffOptions, engine: EngineOptions, outputs: tuple[str, ...]
) -> int:
    """Show what changes from one bundle to another, in which order, and what it restarts.

    Each version change is looked up in the upgrade table of its component, and preconditions are
    checked against the snapshot: safe, manual, blocked or unknown.

    Exit codes: 0 nothing changes, or no manual work is needed; 1 a step is blocked or manual; 2 no
    answer; 3 a step is unknown, or a fact that decides is missing.
    """
    chosen = parse_outputs(outputs, TRANSITION)
    request = TransitionRequest(
        old=old, new=new, snapshot=asked.snapshot, data=asked.data, lenient=asked.lenient
    )
    with open_context(None, engine, record=False) as context:
        found = transition(request, context)
    console.show(TRANSITION, found, chosen)
    if asked.allow_incomplete and found.exit_code is ExitCode.INCOMPLETE:
        return found.known_exit_code
    return found.exit_code
