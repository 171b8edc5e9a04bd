"""``eidos bundle list``."""

import click

from eidos.engine.app.shipping import list_artifacts
from eidos.engine.cli import console
from eidos.engine.cli.options import takes, writes
from eidos.engine.cli.shipping import ShippingOptions, way
from eidos.engine.distributing.artifacts import BUNDLE
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import LISTING


@click.command("list")
@click.argument("place")
@click.option(
    "--with-referrers", "referrers", is_flag=True, help="Show the artifacts that refer to each."
)
@writes(LISTING)
@takes("options", ShippingOptions)
def command(
    place: str, outputs: tuple[str, ...], options: ShippingOptions, *, referrers: bool
) -> int:
    """List the bundles that a registry, a layout or a bucket holds under tags."""
    chosen = parse_outputs(outputs, LISTING)
    found = list_artifacts(place, way(options), BUNDLE, referrers=referrers)
    console.show(LISTING, found, chosen)
    return found.exit_code
