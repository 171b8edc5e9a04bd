"""``eidos history bundle``."""

import click

from eidos.engine.app.history import show_bundle
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Database, takes, writes
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import BUNDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleOptions:
    """Where the decision is."""

    db: Database


@click.command()
@click.argument("name", metavar="RUN|DIGEST|latest")
@takes("asked", BundleOptions)
@writes(BUNDLE)
def command(name: str, asked: BundleOptions, outputs: tuple[str, ...]) -> None:
    """Show what a gate decided about a bundle, on which evidence, and what happened then.

    Name it by the run that judged the snapshot, or by the digest of the bundle, which eidos bundle
    verify prints; the beginning is enough. -o gate writes gate.json byte for byte. The exit code
    says whether it could be shown, not what was decided.
    """
    chosen = parse_outputs(outputs, BUNDLE)
    with open_context(asked.db) as context:
        found = show_bundle(name, context)
    console.show(BUNDLE, found, chosen)
