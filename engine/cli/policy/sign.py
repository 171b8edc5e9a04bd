"""``eidos policy sign``."""

import os
from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.policy_sign import policy_sign
from eidos.engine.cli import console
from eidos.engine.cli.options import Option, takes
from eidos.engine.cli.signing import KeyOptions
from eidos.engine.model.signature import SignOptions
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningOptions(KeyOptions):
    """What is signed with, and what the signature says."""

    algorithm: Annotated[
        str | None,
        Option("--algorithm", "ES256, EdDSA, RS256 to PS512; default: by the key.", metavar="NAME"),
    ] = None
    key_id: Annotated[
        str | None,
        Option("--key-id", "How the signature names the key; default: its digest.", metavar="NAME"),
    ] = None
    scope: Annotated[str, Option("--scope", "What the signature is for.", metavar="TEXT")] = ""
    for_folder: Annotated[
        bool,
        Option("--for-folder", "Name files by the given path, as OPA expects for a folder."),
    ] = False


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="DIR|FILE")
@takes("asked", SigningOptions)
def command(place: Path, asked: SigningOptions) -> None:
    """Sign a pack's folder or a bundle (.tar.gz), as OPA defines it: .signatures.json.

    Every file is in the signature. 'eidos policy verify' and OPA (opa run -b, opa build -b, with
    --verification-key) refuse what was changed, added or taken away. The id of the key goes to
    standard output.
    """
    options = SignOptions(asked.scope, asked.algorithm, asked.key_id)
    done = policy_sign(place, asked.signing_key, os.environ, options, for_folder=asked.for_folder)
    files = "1 file" if len(done.files) == 1 else f"{len(done.files)} files"
    console.say(f"{done.place}: signed {files}")
    console.put(done.signer)
