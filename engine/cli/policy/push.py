"""``eidos policy push``."""

from pathlib import Path

import click

from eidos.engine.app.shipping import PushRequest, push_pack
from eidos.engine.cli.options import takes
from eidos.engine.cli.shipping import ATTACH, MOVE, DigestOptions, tell, way


@click.command()
@click.argument("source", type=click.Path(path_type=Path), metavar="FILE")
@click.argument("target", metavar="PLACE")
@MOVE
@ATTACH
@takes("options", DigestOptions)
def command(
    source: Path, target: str, attached: tuple[Path, ...], options: DigestOptions, *, move: bool
) -> None:
    """Push an OPA bundle, as 'eidos policy pack' writes it, byte for byte.

    PLACE is oci://HOST/REPOSITORY:TAG, oci-layout:PATH:TAG, or s3://BUCKET/PREFIX:TAG (gs://,
    az://). Plain OPA pulls it from a registry. The reference with the digest goes to standard
    output. A tag that names something else never moves unasked.
    """
    request = PushRequest(source=source, target=target, attached=attached, move=move)
    tell(push_pack(request, way(options)), options)
