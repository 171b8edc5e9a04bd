"""``eidos cache clear``."""

import os

import click

from eidos.engine.app.cache import clear_cache
from eidos.engine.cli import console


@click.command()
def command() -> None:
    """Delete every cached snapshot."""
    count = clear_cache(os.environ)
    console.say(f"{count} snapshots deleted")
