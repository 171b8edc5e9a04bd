"""``eidos snapshot merge``."""

from typing import Annotated

import click

from eidos.engine.app.merge import merge_items
from eidos.engine.cli import console, progress
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import DocumentOptions, Option, takes
from eidos.engine.cli.snapshot.printing import write_snapshot_to
from eidos.engine.errors import ExitCode
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import document_output


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOptions:
    """What the joined snapshot is called."""

    cluster: Annotated[
        str | None, Option("--cluster", "Name of the cluster; default: what the snapshots say.")
    ] = None


@click.command()
@click.argument("snapshots", nargs=-1, required=True, metavar="FILE|DIR|GLOB|REFERENCE...")
@takes("asked", MergeOptions)
@takes("place", DocumentOptions)
def command(snapshots: tuple[str, ...], asked: MergeOptions, place: DocumentOptions) -> int:
    """Merge the snapshots of many nodes, and of their cluster, into one.

    If two disagree, the later one wins. Exit codes: 0 merged, 1 merged with disagreements, 2 no
    answer.
    """
    document_output(place.output, place.form)  # tried before anything is read
    with open_context() as context, progress.shown("joining", context.tally):
        merged = merge_items(snapshots, asked.cluster, context)
    write_snapshot_to(merged.snapshot, place, None)
    for conflict in merged.conflicts:
        sentence = f"{conflict.what}: {conflict.dropped} differs; kept: {conflict.kept}"
        console.say(f"conflict: {sentence}")
    return ExitCode.FAILED if merged.conflicts else ExitCode.OK
