"""``eidos bundle verify``: is it as it was made, who says so, which gate let it through?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from eidos.engine.errors import BundleError, DocumentError, Problem
from eidos.engine.gating.requiring import held, resolved
from eidos.engine.model.bundle_check import BundleCheck, Decided
from eidos.engine.model.requirement import Demand, Requirement
from eidos.engine.model.times import instant
from eidos.engine.records import dataclass
from eidos.engine.schema import problems
from eidos.engine.signing.keys import load_verifiers

if TYPE_CHECKING:
    from eidos.engine.signing.signers import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What is looked at, and what must hold of it."""

    place: str
    """Folder, archive or reference."""
    keys: tuple[Path, ...] = ()
    """Files with public keys that are believed; more may be in the environment."""
    requirements: tuple[Requirement, ...] = ()
    replay: bool = False
    """Ask both gates again."""


def read_requirements(file: Path, context: Context) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Read who must have signed, and what else must hold, from a file.

    Returns:
        Files of keys, which lie where the file says from its own folder, and requirements as
        ``--require`` takes them.

    Raises:
        DocumentError: it cannot be read, or says something else.
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
    keys = tuple(file.parent / each for each in said.get("keys", ()))
    return keys, tuple(said["require"])


def verify(request: VerifyRequest, context: Context, way: Way) -> BundleCheck:
    """Say how far a bundle can be trusted, and whether what is required of it holds.

    Nothing is believed but keys that are given, and the network is only used for a bundle that is
    named by a reference.

    Raises:
        BundleError: there is no bundle, or it changes meanwhile.
        ConfigError: a key cannot be used.
        DistributionError: an archive could do harm, or a reference cannot be fetched.
        UsageError: a requirement can never hold.
    """
    verifiers = load_verifiers(request.keys, context.environ)
    requirements = resolved(request.requirements, verifiers)
    origin = origin_of(read_reference(request.place))
    with _folder_of(request.place, way) as folder:
        seen = _looked_at(folder, verifiers, request, context)
    keys = len({v.keyid for v in verifiers})
    seen = replace(_named(seen, folder, request.place), keys=keys, origin=origin)
    return replace(seen, requirements=held(requirements, seen))


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
    folder: Path, verifiers: "Sequence[Verifier]", request: VerifyRequest, context: Context
) -> BundleCheck:
    found = open_bundle(folder)
    if isinstance(found, Verified):
        return BundleCheck(place=request.place, digest=found.digest, problems=found.problems)
    try:
        signed = attestations(found, verifiers)
    except BundleError as error:
        return BundleCheck(place=request.place, digest=found.digest, problems=(error.problem,))
    wrong = tuple(faults(found, signed))
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
