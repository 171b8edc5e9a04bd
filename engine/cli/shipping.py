"""What the commands share that push, pull, list and copy."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.context import SystemClock
from eidos.engine.app.shipping import Shipped, Way
from eidos.engine.cli import console
from eidos.engine.cli.options import Option
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import UsageError
from eidos.engine.model.artifact import DIGEST, Terms
from eidos.engine.records import dataclass

MOVE = click.option(
    "--move-tag", "move", is_flag=True, help="Move the tag if it names another artifact."
)
ATTACH = click.option(
    "--attach",
    "attached",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="File to attach, such as an envelope or an SBOM; repeatable.",
)
EXPECT = click.option(
    "--expect", metavar="DIGEST", help="What it must be: sha256:...; a tag that moved is told."
)
REFERRERS = click.option(
    "--with-referrers",
    "referrers",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to create for referring artifacts: signatures, attestations.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingOptions:
    """How other machines are spoken to."""

    ca_file: Annotated[
        Path | None,
        Option("--ca-file", "Additional CA certificates to trust, PEM.", metavar="FILE"),
    ] = None
    plain_http: Annotated[
        bool, Option("--plain-http", "Use plain HTTP, also to other machines.")
    ] = False
    timeout: Annotated[
        float | None,
        Option("--timeout", "How long to wait for an answer; default: 30s.", metavar="DURATION"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestOptions(ShippingOptions):
    """Of commands after which something lies somewhere under its digest."""

    digest_file: Annotated[
        Path | None, Option("--digest-file", "File to write the digest to.", metavar="FILE")
    ] = None


def way(options: ShippingOptions) -> Way:
    """Give how other machines are spoken to."""
    terms = Terms(ca_file=options.ca_file, plain_http=options.plain_http)
    if options.timeout is not None:
        if options.timeout <= 0:
            raise UsageError("--timeout must be longer than nothing", hint="Write --timeout 30s")
        terms = replace(terms, timeout=options.timeout)
    return Way(terms=terms, clock=SystemClock(), environ=os.environ)


def expected(digest: str | None) -> str | None:
    """Give back a digest that is one.

    Raises:
        UsageError: it is none.
    """
    if digest is not None and not DIGEST.fullmatch(digest):
        raise UsageError(
            f"{digest!r} is no digest", hint="Write sha256: and 64 hexadecimal digits."
        )
    return digest


def tell(done: Shipped, options: DigestOptions) -> None:
    """Say what was done on standard error, and where it is now on standard output."""
    if options.digest_file is not None:
        write_atomically(options.digest_file, f"{done.digest}\n")
    console.say(done.said)
    console.put(done.reference)
