"""``eidos policy copy``."""

import click

from eidos.engine.app.shipping import copy
from eidos.engine.cli.options import takes
from eidos.engine.cli.shipping import EXPECT, MOVE, DigestOptions, expected, tell, way


@click.command()
@click.argument("source")
@click.argument("target")
@EXPECT
@MOVE
@click.option(
    "--no-referrers", "alone", is_flag=True, help="Leave signatures and attestations behind."
)
@takes("options", DigestOptions)
def command(
    source: str,
    target: str,
    expect: str | None,
    options: DigestOptions,
    *,
    move: bool,
    alone: bool,
) -> None:
    """Copy from one place to another, byte for byte, with all that refers to it.

    For a machine without a network, copy to oci-layout:FILE.tar:TAG, carry the file there, and copy
    from it. Without a tag, TARGET gets that of SOURCE.
    """
    done = copy(
        source,
        target,
        way(options),
        expect=expected(expect),
        move=move,
        referrers=not alone,
    )
    tell(done, options)
