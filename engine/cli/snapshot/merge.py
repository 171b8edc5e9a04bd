"""``eidos snapshot merge``."""

import click

from eidos.engine.app.merge import merge_items
from eidos.engine.cli.console import printable
from eidos.engine.cli.policy import open_context
from eidos.engine.cli.snapshot.printing import write_snapshot_to
from eidos.engine.errors import ExitCode


@click.command()
@click.argument("snapshots", nargs=-1, required=True, metavar="FILE|DIR|GLOB...")
@click.option("-o", "--output", default="-", metavar="FILE|-", help="Where to write.")
@click.option(
    "--format", "form", type=click.Choice(["yaml", "json", "table"]), help="How to write."
)
@click.option("--cluster", help="Name of the cluster; default: what the snapshots say.")
def command(snapshots: tuple[str, ...], output: str, form: str | None, cluster: str | None) -> int:
    """Join the snapshots of many nodes, and of their cluster, into one.

    Where two differ the later one is kept. Exit codes: 0 joined, 1 joined and some did not agree, 2
    no answer.
    """
    with open_context() as context:
        merged = merge_items(snapshots, cluster, context)
    write_snapshot_to(merged.snapshot, output, form, None)
    for conflict in merged.conflicts:
        sentence = f"{conflict.what}: {conflict.dropped} differs; kept: {conflict.kept}"
        click.echo(printable(f"conflict: {sentence}"), err=True)
    return ExitCode.FAILED if merged.conflicts else ExitCode.OK
