"""``eidos bundle pull``."""

from pathlib import Path

import click

from eidos.engine.app.shipping import PullRequest, pull_bundle
from eidos.engine.cli.options import takes
from eidos.engine.cli.shipping import EXPECT, REFERRERS, DigestOptions, expected, tell, way


@click.command()
@click.argument("source", metavar="REFERENCE")
@click.option(
    "-o",
    "--output",
    "--to",
    "place",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder to create; it must not exist.",
)
@EXPECT
@REFERRERS
@takes("options", DigestOptions)
def command(
    source: str,
    place: Path,
    expect: str | None,
    referrers: Path | None,
    options: DigestOptions,
) -> None:
    """Pull a bundle by tag or digest, and publish it only where all of it is as it was made.

    It is held against its digest, unpacked beside DIR, held against its manifest, and moved to DIR
    at once. Otherwise nothing is there, and the exit code is 2.
    """
    request = PullRequest(source=source, place=place, expect=expected(expect), referrers=referrers)
    tell(pull_bundle(request, way(options)), options)
