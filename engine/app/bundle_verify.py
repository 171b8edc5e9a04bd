"""``eidos bundle verify``: is it as it was made, who says so, which gate let it through?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from eidos.engine.app.bundle_files import bundle_at
from eidos.engine.app.bundle_replay import SECONDS, replay
from eidos.engine.app.context import Context
from eidos.engine.app.shipping import Way, fetched
from eidos.engine.bundling.trees import Verified
from eidos.engine.bundling.trusting import attestations, faults
from eidos.engine.bundling.verifying import OpenedBundle, decided, open_bundle, placed
from eidos.engine.distributing.opening import origin_of
from eidos.engine.distributing.references import read_reference
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_one
from eidos.engine.errors import (
    BundleError,
    DistributionError,
    DocumentError,
    UsageError,
)
from eidos.engine.gating.requiring import held, resolved
from eidos.engine.model.bundle import File
from eidos.engine.model.bundle_check import BundleCheck
from eidos.engine.model.claim import Claim
from eidos.engine.model.identity import ExpectedIdentity, expected_identity
from eidos.engine.model.requirement import Demand, Requirement, parse_requirements
from eidos.engine.records import dataclass
from eidos.engine.schema import problems
from eidos.engine.signing.anchors import Anchors, BelievedKey, load_anchors
from eidos.engine.signing.envelopes import ENVELOPE_AT_MOST
from eidos.engine.signing.keys import VERIFICATION_VARIABLE, read_small_file


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What is looked at, and what must hold of it."""

    place: str
    """Folder, archive or reference."""
    expect: str | None = None
    """Digest that it must have: of the artifact, or of the bundle where it is none."""
    keys: tuple[BelievedKey, ...] = ()
    """Files with public keys that are believed; more may be in the environment."""
    trusted_root: Path | None = None
    """File of the root of Sigstore that identities are held against."""
    identities: tuple[ExpectedIdentity, ...] = ()
    """Who is believed under it."""
    is_listed: bool = False
    """A file says who is believed: the environment names nobody beside."""
    beside: tuple[Path, ...] = ()
    """Sigstore bundles about it that do not lie in it."""
    requirements: tuple[Requirement, ...] = ()
    replay_seconds: float = SECONDS
    """How long both gates may take to answer again, where that is required."""


def with_requirements(request: VerifyRequest, file: Path, context: Context) -> VerifyRequest:
    """Give a request with whom a file believes, and what must hold by it, added.

    Keys and the trusted root lie where the file says from its own folder. Where it names anybody,
    the environment names nobody: what was set for packs, or by somebody else, opens no bundle.

    Raises:
        DocumentError: it cannot be read, or says something else.
        UsageError: it would believe nobody or anybody, or there would be two trusted roots.
    """
    document = read_one(Source(str(file), file), context.limits)
    wrong = problems(document, "bundle-requirements/v1")
    if wrong:
        raise DocumentError.joined(wrong)
    said: Any = document.value
    root = said.get("trustedRoot")
    if root is not None and request.trusted_root is not None:
        raise UsageError(
            f"{file} names a trusted root, and --trusted-root another",
            hint="One alone is believed; who is certified by another is somebody else.",
        )
    is_listed = "keys" in said or "identities" in said
    if is_listed and context.environ.get(VERIFICATION_VARIABLE, "").strip():
        context.say(f"note: {file} says who is believed; {VERIFICATION_VARIABLE} adds nobody")
    return replace(
        request,
        keys=(*request.keys, *(_key(each, file.parent) for each in said.get("keys", ()))),
        trusted_root=request.trusted_root if root is None else file.parent / root,
        identities=(*request.identities, *map(_identity, said.get("identities", ()))),
        is_listed=is_listed,
        requirements=(*request.requirements, *parse_requirements(tuple(said["require"]))),
    )


def _key(said: Any, folder: Path) -> BelievedKey:  # noqa: ANN401 -- any JSON
    if isinstance(said, str):
        return BelievedKey(folder / said)
    return BelievedKey(folder / said["file"], frozenset(map(Claim, said.get("signs", ()))))


def _identity(said: Any) -> ExpectedIdentity:  # noqa: ANN401 -- any JSON
    signs = map(Claim, said.get("signs", ()))
    return expected_identity(said["identity"], said["issuer"], said.get("name", ""), signs)


def verify(request: VerifyRequest, context: Context, way: Way) -> BundleCheck:
    """Say how far a bundle can be trusted, and whether what is required of it holds.

    Nobody is believed but who is given, and the network is only used for a bundle that is named by
    a reference.

    Raises:
        BudgetError: the gates do not answer again in the time that they have.
        BundleError: there is no bundle, or it changes meanwhile.
        ConfigError: a key or a trusted root cannot be used.
        DistributionError: an archive could do harm, or a reference cannot be fetched, or is not
            what was expected.
        MissingExtraError: what verifies is not installed.
        UsageError: a requirement can never hold, or identities cannot be held against anything.
    """
    environ = {} if request.is_listed else context.environ
    anchors = load_anchors(request.keys, request.trusted_root, request.identities, environ)
    requirements = resolved(request.requirements, anchors)
    beside = _beside(request.beside, anchors)
    origin = origin_of(read_reference(request.place))
    with _folder_of(request, way) as (folder, artifact):
        found = open_bundle(folder)
        _refuse_other(request, artifact or found.digest)
        seen = replace(
            _looked_at(found, anchors, beside, request, context),
            artifact=artifact,
            origin=origin,
            keys=len({each.id for each in anchors.keys}),
            identities=len(anchors.keyless.expected) if anchors.keyless else 0,
        )
        seen = _replayed(found, seen, requirements, request, context)
    seen = replace(seen, problems=tuple(placed(seen.problems, folder, request.place)))
    return replace(seen, requirements=held(requirements, seen))


def _beside(paths: tuple[Path, ...], anchors: Anchors) -> list[File]:
    if paths and anchors.keyless is None:
        raise UsageError(
            "a Sigstore bundle is given, and nobody who is to be believed by one",
            hint="Say who: --identity WHO --issuer URL --trusted-root FILE",
        )
    return [
        File(str(path), read_small_file(path, what="a Sigstore bundle", at_most=ENVELOPE_AT_MOST))
        for path in paths
    ]


@contextmanager
def _folder_of(request: VerifyRequest, way: Way) -> Iterator[tuple[Path, str | None]]:
    """Give the folder of a bundle, fetched or unpacked for as long as it is looked at.

    With it comes the digest of the artifact, where it is one.
    """
    if read_reference(request.place).scheme == "path":
        with bundle_at(Path(request.place)) as folder:
            yield folder, None
        return
    with fetched(request.place, way, request.expect) as found:
        yield found


def _refuse_other(request: VerifyRequest, digest: str | None) -> None:
    """Refuse what is not what was expected; of an artifact that is known before it is taken."""
    if request.expect not in {None, digest}:
        raise DistributionError(
            f"'{request.place}' is {digest or 'no bundle'}, and {request.expect} was expected"
        )


def _looked_at(
    found: OpenedBundle | Verified,
    anchors: Anchors,
    beside: list[File],
    request: VerifyRequest,
    context: Context,
) -> BundleCheck:
    if isinstance(found, Verified):
        return BundleCheck(place=request.place, digest=found.digest, problems=found.problems)
    try:
        signed = attestations(found, anchors, beside)
    except BundleError as error:
        return BundleCheck(place=request.place, digest=found.digest, problems=(error.problem,))
    return BundleCheck(
        place=request.place,
        digest=found.digest,
        problems=tuple(faults(found, signed, beside)),
        decided=decided(found, context.clock.now()),
        attestations=signed,
    )


def _replayed(
    found: OpenedBundle | Verified,
    seen: BundleCheck,
    requirements: Sequence[Requirement],
    request: VerifyRequest,
    context: Context,
) -> BundleCheck:
    """Ask both gates again where that is required, and all else holds: they run its own Rego.

    What somebody meddled with, and what nobody signed who had to, is not run.
    """
    others = [each for each in requirements if each.demand is not Demand.REPLAY]
    if len(others) == len(requirements) or isinstance(found, Verified) or seen.problems:
        return seen
    if not all(each.holds for each in held(others, seen)):
        return seen
    return replace(seen, replayed=replay(found, context, request.replay_seconds))
