"""``eidos policy pull``."""

from pathlib import Path

import click

from eidos.engine.app.shipping import PullRequest, pull_pack
from eidos.engine.cli.options import takes
from eidos.engine.cli.shipping import EXPECT, REFERRERS, DigestOptions, expected, tell, way


@click.command()
@click.argument("source", metavar="REFERENCE")
@click.option(
    "-o",
    "--output",
    "place",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The bundle to write: bundle.tar.gz.",
)
@click.option("--force", is_flag=True, help="Overwrite a file whose content differs.")
@EXPECT
@REFERRERS
@takes("options", DigestOptions)
def command(
    source: str,
    place: Path,
    expect: str | None,
    referrers: Path | None,
    options: DigestOptions,
    *,
    force: bool,
) -> None:
    """Pull an OPA bundle by tag or digest, whoever pushed it, and write it as it is."""
    request = PullRequest(
        source=source,
        place=place,
        expect=expected(expect),
        referrers=referrers,
        force=force,
    )
    tell(pull_pack(request, way(options)), options)
