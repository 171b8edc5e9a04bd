"""``eidos cache info``."""

import json
import os
from datetime import UTC, datetime

import click

from eidos.engine.app.cache import cache_info
from eidos.engine.cli.console import printable
from eidos.engine.model.times import written


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(form: str) -> None:
    """Show how many snapshots are kept, where, and since when."""
    info = cache_info(os.environ)
    facts = {
        "folder": str(info.folder),
        "entries": info.entries,
        "bytes": info.bytes,
        "oldest": _moment(info.oldest),
        "newest": _moment(info.newest),
    }
    if form == "json":
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        click.echo(printable(f"{name}: {'-' if value is None else value}"))


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else written(datetime.fromtimestamp(seconds, UTC))
