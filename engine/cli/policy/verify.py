"""``eidos policy verify``."""

import os
from pathlib import Path

import click

from eidos.engine.app.policy_sign import policy_verify, policy_verify_keyless
from eidos.engine.cli import console
from eidos.engine.cli.options import takes, writes
from eidos.engine.cli.signing import IdentityOptions
from eidos.engine.errors import UsageError
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import SIGNATURE


@click.command()
@click.argument("place", type=click.Path(path_type=Path), metavar="DIR|FILE")
@click.option(
    "--key",
    "keys",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Public key, PEM, that is believed; repeatable. Also in EIDOS_VERIFICATION_KEY.",
)
@click.option("--scope", default="", metavar="TEXT", help="What the signature must be for.")
@click.option(
    "--sigstore",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sigstore bundle that signs the archive as it is.",
)
@takes("keyless", IdentityOptions)
@writes(SIGNATURE)
def command(
    place: Path,
    keys: tuple[Path, ...],
    scope: str,
    sigstore: Path | None,
    keyless: IdentityOptions,
    outputs: tuple[str, ...],
) -> int:
    """Say whether a pack's folder or a bundle is exactly what one of the keys signed.

    With --sigstore, whether an archive is what one who is believed signed without a key, offline.

    Exit codes: 0 it is; 1 it is not, and what differs is named; 2 no answer.
    """
    chosen = parse_outputs(outputs, SIGNATURE)
    expected = keyless.expected
    if sigstore is None and not (expected or keyless.trusted_root):
        found = policy_verify(place, keys, os.environ, scope=scope)
    elif sigstore is None or keys or scope:
        raise UsageError(
            "identities are believed by a Sigstore bundle, and keys by what lies in the archive",
            hint="Give --sigstore FILE, --identity, --issuer and --trusted-root; or --key FILE.",
        )
    else:
        found = policy_verify_keyless(place, sigstore, keyless.trusted_root, expected)
    console.show(SIGNATURE, found, chosen)
    return found.exit_code
