"""``eidos bundle verify``: is it as it was made, who says so, which gate let it through?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from eidos.engine.app.bundle_replay import replay
from eidos.engine.app.context import Context
from eidos.engine.app.shipping import Way, bundle_at, fetched
from eidos.engine.bundling.trees import Verified
from eidos.engine.bundling.trusting import attestations, faults
from eidos.engine.bundling.verifying import OpenedBundle, open_bundle
from eidos.engine.distributing.opening import origin_of
from eidos.engine.distributing.references import read_reference
from eidos.engine.documents.finding import Source
from eidos.engine.documents.reading import read_documents
from eidos.engine.errors import BundleError, DocumentError, Problem, UsageError
from eidos.engine.gating.requiring import held, resolved
from eidos.engine.model.bundle import File
from eidos.engine.model.bundle_check import BundleCheck, Decided
from eidos.engine.model.identity import ExpectedIdentity, expected_identity
from eidos.engine.model.requirement import Demand, Requirement, parse_requirements
from eidos.engine.model.times import instant
from eidos.engine.records import dataclass
from eidos.engine.schema import problems
from eidos.engine.signing.anchors import Anchors, load_anchors
from eidos.engine.signing.envelopes import ENVELOPE_AT_MOST
from eidos.engine.signing.keys import read_small_file


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What is looked at, and what must hold of it."""

    place: str
    """Folder, archive or reference."""
    keys: tuple[Path, ...] = ()
    """Files with public keys that are believed; more may be in the environment."""
    trusted_root: Path | None = None
    """File of the root of Sigstore that identities are held against."""
    identities: tuple[ExpectedIdentity, ...] = ()
    """Who is believed under it."""
    beside: tuple[Path, ...] = ()
    """Sigstore bundles about it that do not lie in it."""
    requirements: tuple[Requirement, ...] = ()
    replay: bool = False
    """Ask both gates again."""


def with_requirements(request: VerifyRequest, file: Path, context: Context) -> VerifyRequest:
    """Give a request with whom a file believes, and what must hold by it, added.

    Keys and the trusted root lie where the file says from its own folder.

    Raises:
        DocumentError: it cannot be read, or says something else.
        UsageError: it would believe nobody or anybody, or there would be two trusted roots.
    """
    documents = read_documents(Source(str(file), file), context.limits)
    document = documents[0]
    if len(documents) > 1:
        message = f"the file holds {len(documents)} documents instead of one"
        raise DocumentError(message, location=documents[1].location(()))
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
    return replace(
        request,
        keys=(*request.keys, *(file.parent / each for each in said.get("keys", ()))),
        trusted_root=request.trusted_root if root is None else file.parent / root,
        identities=(
            *request.identities,
            *(
                expected_identity(each["identity"], each["issuer"], each.get("name", ""))
                for each in said.get("identities", ())
            ),
        ),
        requirements=(*request.requirements, *parse_requirements(tuple(said["require"]))),
    )


def verify(request: VerifyRequest, context: Context, way: Way) -> BundleCheck:
    """Say how far a bundle can be trusted, and whether what is required of it holds.

    Nobody is believed but who is given, and the network is only used for a bundle that is named by
    a reference.

    Raises:
        BundleError: there is no bundle, or it changes meanwhile.
        ConfigError: a key or a trusted root cannot be used.
        DistributionError: an archive could do harm, or a reference cannot be fetched.
        MissingExtraError: what verifies is not installed.
        UsageError: a requirement can never hold, or identities cannot be held against anything.
    """
    anchors = load_anchors(request.keys, request.trusted_root, request.identities, context.environ)
    requirements = resolved(request.requirements, anchors.every)
    beside = _beside(request.beside, anchors)
    origin = origin_of(read_reference(request.place))
    with _folder_of(request.place, way) as folder:
        seen = _looked_at(folder, anchors, beside, request, context)
    seen = replace(
        _named(seen, folder, request.place),
        keys=len({each.id for each in anchors.keys}),
        identities=len(anchors.keyless.expected) if anchors.keyless else 0,
        origin=origin,
    )
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
def _folder_of(place: str, way: Way) -> Iterator[Path]:
    """Give the folder of a bundle, fetched or unpacked for as long as it is looked at."""
    if read_reference(place).scheme == "path":
        with bundle_at(Path(place)) as folder:
            yield folder
        return
    with fetched(place, way) as folder:
        yield folder


def _looked_at(
    folder: Path, anchors: Anchors, beside: list[File], request: VerifyRequest, context: Context
) -> BundleCheck:
    found = open_bundle(folder)
    if isinstance(found, Verified):
        return BundleCheck(place=request.place, digest=found.digest, problems=found.problems)
    try:
        signed = attestations(found, anchors, beside)
    except BundleError as error:
        return BundleCheck(place=request.place, digest=found.digest, problems=(error.problem,))
    wrong = tuple(faults(found, signed, beside))
    return BundleCheck(
        place=request.place,
        digest=found.digest,
        problems=wrong,
        decided=_decided(found, context.clock.now()),
        attestations=signed,
        # What somebody meddled with is not run.
        replayed=replay(found, context) if _is_replayed(request) and not wrong else None,
    )


def _is_replayed(request: VerifyRequest) -> bool:
    wanted = any(each.demand is Demand.REPLAY for each in request.requirements)
    return request.replay or wanted


def _decided(bundle: OpenedBundle, now: datetime) -> Decided:
    said, short = bundle.gate, bundle.let_through
    time = said["snapshot"]["timestamp"]
    packs = {
        (each["name"], each["version"], each["digest"])
        for part in ("before", "after")
        for each in said[part]["packs"]
    }
    return Decided(
        gate=short.gate,
        recipe=short.recipe,
        cluster=said["snapshot"]["cluster"],
        snapshot=said["snapshot"]["digest"],
        snapshot_time=time,
        age=_age(time, now),
        effective_time=short.effective_time,
        packs=tuple(sorted(packs)),
        waivers=short.waivers,
        relaxations=short.relaxations,
    )


def _age(time: str | None, now: datetime) -> float | None:
    try:
        return (now - instant(time or "")).total_seconds()
    except ValueError:
        return None


def _named(seen: BundleCheck, folder: Path, place: str) -> BundleCheck:
    """Say of what is wrong where the user said that the bundle is."""
    return replace(seen, problems=tuple(_placed(each, folder, place) for each in seen.problems))


def _placed(problem: Problem, folder: Path, place: str) -> Problem:
    where = problem.location
    if where is None or str(folder) == place:
        return problem
    return replace(problem, location=replace(where, file=where.file.replace(str(folder), place, 1)))
