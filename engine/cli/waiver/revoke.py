"""``eidos waiver revoke``."""

from typing import Annotated

import click

from eidos.engine.app.waiver_editing import revoke_waiver
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import Option, takes
from eidos.engine.cli.waiver import WaiverOptions
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeOptions:
    """Who, and why."""

    by: Annotated[str, Option("--by", "Who revokes it.", metavar="WHO", required=True)]
    reason: Annotated[str, Option("--reason", "Why it is revoked.", metavar="TEXT", required=True)]


@click.command()
@click.argument("waiver", metavar="ID")
@takes("files", WaiverOptions)
@takes("asked", RevokeOptions)
def command(waiver: str, files: WaiverOptions, asked: RevokeOptions) -> None:
    """End the waiver ID now. It stays in its file, with who revoked it, when and why."""
    with open_context() as context:
        found = revoke_waiver(
            waiver,
            asked.by,
            asked.reason,
            files.files,
            context.clock.now(),
            context.limits,
        )
    console.say(f"revoked {found.waiver.id} in {found.path}")
