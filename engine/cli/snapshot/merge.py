"""``eidos snapshot merge``."""

import click

from eidos.engine.app.merge import merge_files
from eidos.engine.cli import console
from eidos.engine.cli.options import reader_limits, writes_document
from eidos.engine.cli.snapshot.printing import write_snapshot_to
from eidos.engine.errors import ExitCode
from eidos.engine.report.outputs import document_output


@click.command()
@click.argument("snapshots", nargs=-1, required=True, metavar="FILE|DIR|GLOB...")
@writes_document
@click.option("--cluster", help="Name of the cluster; default: what the snapshots say.")
def command(snapshots: tuple[str, ...], output: str, form: str | None, cluster: str | None) -> int:
    """Join the snapshots of many nodes, and of their cluster, into one.

    Where two differ the later one is kept. Exit codes: 0 joined, 1 joined and some did not agree, 2
    no answer.
    """
    document_output(output, form)  # tried before anything is read
    merged = merge_files(snapshots, cluster, reader_limits())
    write_snapshot_to(merged.snapshot, output, form, None)
    for conflict in merged.conflicts:
        sentence = f"{conflict.what}: {conflict.dropped} differs; kept: {conflict.kept}"
        console.say(f"conflict: {sentence}")
    return ExitCode.FAILED if merged.conflicts else ExitCode.OK
