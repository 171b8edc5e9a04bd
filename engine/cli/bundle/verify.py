"""``eidos bundle verify``: how far a bundle can be trusted, and whether what is required holds."""

from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.bundle_replay import SECONDS
from eidos.engine.app.bundle_verify import VerifyRequest, verify, with_requirements
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import ChosenEngineOptions, Option, takes, writes
from eidos.engine.cli.shipping import EXPECT, DigestOptions, expected, way
from eidos.engine.cli.signing import IdentityOptions
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import ExitCode
from eidos.engine.model.requirement import (
    FORMS,
    Demand,
    parse_requirement,
    parse_requirements,
    written_form,
)
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import BUNDLE_CHECK
from eidos.engine.signing.anchors import BelievedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions(ChosenEngineOptions):
    """Who is believed, and what must hold."""

    keys: Annotated[
        tuple[Path, ...],
        Option(
            "--key",
            "Public key, PEM, that is believed; repeatable. Also in EIDOS_VERIFICATION_KEY.",
            metavar="FILE",
        ),
    ] = ()
    beside: Annotated[
        tuple[Path, ...],
        Option("--sigstore", "Sigstore bundle that does not lie in it.", metavar="FILE"),
    ] = ()
    required: Annotated[
        tuple[str, ...],
        Option(
            "--require",
            f"What must hold: {', '.join(map(written_form, FORMS))}; several by commas.",
            metavar="WHAT",
        ),
    ] = ()
    requirements: Annotated[
        Path | None,
        Option("--requirements", "File with who is believed and what must hold.", metavar="FILE"),
    ] = None
    replay: Annotated[
        bool,
        Option("--replay", "Ask both gates again from what the bundle carries (--evidence)."),
    ] = False
    replay_timeout: Annotated[
        float | None,
        Option("--replay-timeout", "How long that may take; default: 5m.", metavar="DURATION"),
    ] = None


@click.command("verify")
@click.argument("place", metavar="DIR|ARCHIVE|REFERENCE")
@takes("asked", VerifyOptions)
@EXPECT
@takes("keyless", IdentityOptions)
@takes("shipping", DigestOptions)
@writes(BUNDLE_CHECK)
def command(
    place: str,
    asked: VerifyOptions,
    expect: str | None,
    keyless: IdentityOptions,
    shipping: DigestOptions,
    outputs: tuple[str, ...],
) -> int:
    """Say how far a bundle can be trusted, and why; what is changed, added or missing is named.

    It must be as its manifest says, and its decision must have let its recipe through. With a key
    or an identity, one that is believed must have signed; --require says what else must hold, and
    nothing lowers it. Certificates are verified offline. Both gates are only asked again where all
    else holds. --digest-file gets the digest of what was verified, and only where all holds.

    Exit codes: 0 all of that holds, 1 something does not, 2 no answer.
    """
    chosen = parse_outputs(outputs, BUNDLE_CHECK)
    request = VerifyRequest(
        place=place,
        expect=expected(expect),
        keys=tuple(map(BelievedKey, asked.keys)),
        trusted_root=keyless.trusted_root,
        identities=keyless.expected,
        beside=asked.beside,
        requirements=(
            *parse_requirements(asked.required),
            *([parse_requirement(Demand.REPLAY)] if asked.replay else ()),
        ),
        replay_seconds=SECONDS if asked.replay_timeout is None else asked.replay_timeout,
    )
    with open_context(None, asked) as context:
        if asked.requirements is not None:
            request = with_requirements(request, asked.requirements, context)
        found = verify(request, context, way(shipping))
    console.show(BUNDLE_CHECK, found, chosen)
    if shipping.digest_file is not None and found.exit_code is ExitCode.OK:
        write_atomically(shipping.digest_file, f"{found.artifact or found.digest}\n")
    return found.exit_code
