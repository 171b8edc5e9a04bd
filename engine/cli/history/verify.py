"""``eidos history verify``."""

from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.checkpoint import read_checkpoint
from eidos.engine.app.history import VerifyRequest, verify
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, Option, takes, writes
from eidos.engine.errors import ExitCode, UsageError
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import VERIFICATION


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """Which database, and what is known of it."""

    head: Annotated[
        str | None,
        Option("--head", "Link that an earlier verify printed: it must be in the chain still."),
    ] = None
    checkpoint: Annotated[
        str | None,
        Option(
            "--checkpoint",
            "What eidos history checkpoint wrote once: the chain must go on from there.",
            metavar="FILE|-",
        ),
    ] = None
    keys: Annotated[
        tuple[Path, ...],
        Option(
            "--key",
            "Public key, PEM; one must have signed the checkpoint; repeatable.",
            metavar="FILE",
        ),
    ] = ()
    db: Database


@click.command()
@takes("asked", VerifyOptions)
@writes(VERIFICATION)
def command(asked: VerifyOptions, outputs: tuple[str, ...]) -> ExitCode:
    """Check that what is recorded is what was written, and say what was altered.

    Every content address, the chain of runs, and the seals of remembered verdicts where their key
    is at hand. That the last runs were removed, or everything was written anew, shows only to who
    kept a checkpoint, or a link: give it. Exit codes: 0 intact, 1 altered, 2 could not be read.
    """
    chosen = parse_outputs(outputs, VERIFICATION)
    if asked.keys and asked.checkpoint is None:
        raise UsageError("--key is about a checkpoint", hint="Give it with --checkpoint FILE.")
    with open_context(asked.db) as context, progress.shown("verifying", context.tally):
        file = asked.checkpoint
        kept = read_checkpoint(file, context.limits, asked.keys) if file else None
        found = verify(VerifyRequest(asked.head, kept), context)
    console.show(VERIFICATION, found, chosen)
    return found.exit_code
