"""``eidos bundle push``."""

from pathlib import Path

import click

from eidos.engine.app.shipping import PushRequest, push_bundle
from eidos.engine.cli.options import takes
from eidos.engine.cli.shipping import ATTACH, MOVE, DigestOptions, tell, way


@click.command()
@click.argument("source", type=click.Path(path_type=Path), metavar="DIR|ARCHIVE")
@click.argument("target", metavar="PLACE")
@MOVE
@ATTACH
@takes("options", DigestOptions)
def command(
    source: Path, target: str, attached: tuple[Path, ...], options: DigestOptions, *, move: bool
) -> None:
    """Push a bundle that is whole to a registry, a layout, an object store, a folder or an archive.

    PLACE is oci://HOST/REPOSITORY:TAG, oci-layout:PATH:TAG, s3://BUCKET/PREFIX:TAG (gs://, az://),
    a folder that does not exist, or an archive.tar.gz. The reference with the digest goes to
    standard output. A tag that names something else never moves unasked.
    """
    request = PushRequest(source=source, target=target, attached=attached, move=move)
    tell(push_bundle(request, way(options)), options)
