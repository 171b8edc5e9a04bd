"""``eidos history prune``."""

from datetime import timedelta
from typing import Annotated

import click

from eidos.engine.app.upkeep import PruneRequest, prune
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import LONGEST, Database, Option, takes, writes
from eidos.engine.model.durations import seconds
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import PRUNED

_MOST = 2**31 - 1


class Kept(click.ParamType[timedelta | int]):
    """How long, or how many: ``90d``, ``1000``."""

    name = "age|count"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta | int:
        """Read the option's text."""
        text = str(value).strip()
        if text.isascii() and text.isdigit():
            if len(text) > len(str(_MOST)) or not 1 <= int(text) <= _MOST:
                self.fail(f"{text} is not in the range 1<=x<={_MOST}.", param, ctx)
            return int(text)
        try:
            age = timedelta(seconds=seconds(text))
        except (ValueError, OverflowError) as error:
            self.fail(f"{error}; and no number of runs", param, ctx)
        if not timedelta() < age <= LONGEST:
            self.fail(f"{text} is not between a second and {LONGEST.days} days", param, ctx)
        return age


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneOptions:
    """What is kept, and of which database."""

    keep: Annotated[
        tuple[timedelta | int, ...],
        Option(
            "--keep",
            "What to keep: runs of this age and younger (90d), or this many (1000). Given twice, "
            "what either keeps.",
            type=Kept(),
        ),
    ] = ()
    dry_run: Annotated[bool, Option("--dry-run", "Only show how many runs would be deleted.")] = (
        False
    )
    db: Database


@click.command()
@takes("asked", PruneOptions)
@writes(PRUNED)
def command(asked: PruneOptions, outputs: tuple[str, ...]) -> None:
    """Delete old runs, with the facts, rules and verdicts that only they have.

    The age of a run counts from when it was recorded or from the state it is about, whichever is
    later. Answers about the period that is kept do not change: an older run stays if it was the
    last one until then to see a cluster or to judge a node by a rule. In the chain, checkpoints
    sealed with your key replace deleted runs. The file does not shrink until eidos history vacuum.
    """
    chosen = parse_outputs(outputs, PRUNED)
    if not asked.keep:
        raise click.UsageError("say what to keep: --keep 90d, --keep 1000")
    ages = [each for each in asked.keep if isinstance(each, timedelta)]
    counts = [each for each in asked.keep if isinstance(each, int)]
    request = PruneRequest(max(ages, default=None), max(counts, default=None), asked.dry_run)
    with (
        open_context(asked.db, record=not asked.dry_run) as context,
        progress.shown("pruning", context.tally),
    ):
        found = prune(request, context)
    console.show(PRUNED, found, chosen)
