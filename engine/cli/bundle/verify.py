"""``eidos bundle verify``: how far a bundle can be trusted, and whether what is required holds."""

from pathlib import Path
from typing import Annotated

import click

from eidos.engine.app.bundle_verify import VerifyRequest, verify, with_requirements
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context
from eidos.engine.cli.options import ChosenEngineOptions, Option, takes, writes
from eidos.engine.cli.shipping import ShippingOptions, way
from eidos.engine.cli.signing import IdentityOptions
from eidos.engine.model.requirement import parse_requirements
from eidos.engine.records import dataclass
from eidos.engine.report.outputs import parse_outputs
from eidos.engine.report.registry import BUNDLE_CHECK


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
            "What must hold: signed, provenance, sbom, gate[=NAME], policy=PACK[@VERSION|@DIGEST], "
            "signed-by=WHO, N-of[=WHO+WHO], max-age=DURATION, replay; several by commas.",
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


@click.command("verify")
@click.argument("place", metavar="DIR|ARCHIVE|REFERENCE")
@takes("asked", VerifyOptions)
@takes("keyless", IdentityOptions)
@takes("shipping", ShippingOptions)
@writes(BUNDLE_CHECK)
def command(
    place: str,
    asked: VerifyOptions,
    keyless: IdentityOptions,
    shipping: ShippingOptions,
    outputs: tuple[str, ...],
) -> int:
    """Say how far a bundle can be trusted, and why; what is changed, added or missing is named.

    It must be as its manifest says, and its decision must have let its recipe through. With a key
    or an identity, one that is believed must have signed; --require says what else must hold, and
    nothing lowers it. Certificates are verified offline.

    Exit codes: 0 all of that holds, 1 something does not, 2 no answer.
    """
    chosen = parse_outputs(outputs, BUNDLE_CHECK)
    request = VerifyRequest(
        place=place,
        keys=asked.keys,
        trusted_root=keyless.trusted_root,
        identities=keyless.expected,
        beside=asked.beside,
        requirements=parse_requirements(asked.required),
        replay=asked.replay,
    )
    with open_context(None, asked) as context:
        if asked.requirements is not None:
            request = with_requirements(request, asked.requirements, context)
        found = verify(request, context, way(shipping))
    console.show(BUNDLE_CHECK, found, chosen)
    return found.exit_code
