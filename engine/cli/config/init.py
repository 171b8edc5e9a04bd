"""``eidos config init``."""

import os
from pathlib import Path

import click

from eidos.engine.app.config import config_path, init_config
from eidos.engine.cli import console


@click.command()
@click.option("--user", is_flag=True, help="Write the user's own file, not ./eidos.yaml.")
def command(*, user: bool) -> None:
    """Write a configuration file with every setting and its default."""
    path = init_config(config_path(Path.cwd(), os.environ, user=user))
    console.say(f"written: {path}")
