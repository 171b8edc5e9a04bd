"""``eidos engine install``."""

import os

import click

from eidos.engine.app.engine import install_opa, other_engine
from eidos.engine.cli import console
from eidos.engine.report.escaping import tabbed


@click.command()
@click.option("--force", is_flag=True, help="Build even if it is already installed.")
def command(*, force: bool) -> None:
    """Build OPA into your data folder; the path of the executable goes to standard output.

    This takes three minutes and needs the network: Go modules, and, if Go 1.26 or newer is not
    installed, Go itself from the Python index. Proxies, GOPROXY and pip's settings are honoured.
    Every source file is verified against digests that come with eidos.
    """
    found = install_opa(os.environ, console.say, force=force)
    if other := other_engine(os.environ):
        console.say(f"note: {other}")
    console.put(tabbed(str(found.path)))
