"""``eidos cache clear``."""

import os

import click

from eidos.engine.app.cache import clear_cache


@click.command()
def command() -> None:
    """Forget every kept snapshot."""
    count = clear_cache(os.environ)
    click.echo(f"{count} snapshots forgotten", err=True)
