"""What is signed, held against who is believed and against the bundle: who is right about it."""

from collections.abc import Iterator, Sequence
from typing import Any

from eidos.engine.bundling.attesting import (
    claim_of,
    envelope_path,
    read_signed,
    read_statement,
    statement,
    subjects_of,
)
from eidos.engine.bundling.trees import read_attestations
from eidos.engine.bundling.verifying import OpenedBundle
from eidos.engine.errors import Location, Problem
from eidos.engine.model.attestation import PREDICATES, Attestation
from eidos.engine.model.bundle import File
from eidos.engine.model.claim import Claim
from eidos.engine.model.facts import join_path
from eidos.engine.signing.anchors import Anchors
from eidos.engine.signing.envelopes import Envelope
from eidos.engine.signing.keyless import SigstoreBundle

_ABSENT = object()
_HINT = "Take the attestations anew from where the bundle was signed."


def attestations(
    bundle: OpenedBundle, anchors: Anchors, beside: Sequence[File] = ()
) -> tuple[Attestation, ...]:
    """Give what is signed about a bundle, and what of it counts.

    Args:
        bundle: that is whole.
        anchors: who is believed. What nobody of them signed is named, and not looked into.
        beside: Sigstore bundles that do not lie in it.

    Raises:
        BundleError: a file cannot be read, or there are too many.
    """
    files = [*read_attestations(bundle.folder), *beside]
    return tuple(_attestation(each, bundle, anchors) for each in files)


def faults(
    bundle: OpenedBundle, found: Sequence[Attestation], beside: Sequence[File] = ()
) -> Iterator[Problem]:
    """Say what is wrong with what is signed."""
    outside = {file.path for file in beside}
    for each in found:
        where = Location(each.path if each.path in outside else str(bundle.folder / each.path))
        yield from (Problem(f"{each.path}: {fault}", _HINT, where) for fault in each.faults)


def _attestation(file: File, bundle: OpenedBundle, anchors: Anchors) -> Attestation:
    try:
        found = read_signed(file.content, file.path)
        said = read_statement(found)
    except ValueError as error:
        return Attestation(file.path, None, None, faults=(str(error),))
    claim, kind = claim_of(said), said.get("predicateType")
    worth = anchors.believed(found, bundle.digest, claim)
    faults = list(_wrong(file.path, found, said, bundle))
    if not faults and claim is not None and claim in PREDICATES and worth.signers:
        faults += _contradiction(said, claim, bundle)
    return Attestation(
        path=file.path,
        predicate=kind if isinstance(kind, str) else None,
        claim=claim,
        signers=worth.signers,
        strangers=worth.strangers,
        faults=(*faults, *worth.faults),
    )


def _wrong(
    path: str, found: Envelope | SigstoreBundle, said: dict[str, Any], bundle: OpenedBundle
) -> Iterator[str]:
    if isinstance(found, Envelope) and envelope_path(found, claim_of(said)) != path:
        yield "it does not hold what its name says"
    subjects = subjects_of(said)
    if bundle.digest not in subjects:
        other = subjects[0] if subjects else "nothing"
        yield f"it is about {other}, and this bundle is {bundle.digest}"


def _contradiction(said: dict[str, Any], claim: Claim, bundle: OpenedBundle) -> Iterator[str]:
    """Hold what is signed against what the bundle itself gives: it must be the same."""
    where = _difference(statement(bundle, claim), said, ())
    if where is not None:
        yield f"what is signed is not what this bundle gives, at {join_path(where) or 'its root'}"


def _difference(
    wanted: object, said: object, path: tuple[str | int, ...]
) -> tuple[str | int, ...] | None:
    """Give the path of the first value that differs; None where all are the same."""
    pairs: list[tuple[str | int, object, object]]
    if isinstance(wanted, dict) and isinstance(said, dict):
        keys = sorted(wanted.keys() | said.keys())
        pairs = [(key, wanted.get(key, _ABSENT), said.get(key, _ABSENT)) for key in keys]
    elif isinstance(wanted, list) and isinstance(said, list) and len(wanted) == len(said):
        pairs = [(at, *both) for at, both in enumerate(zip(wanted, said, strict=True))]
    else:
        same = type(wanted) is type(said) and wanted == said
        return None if same else path
    found = (_difference(one, other, (*path, key)) for key, one, other in pairs)
    return next((each for each in found if each is not None), None)
