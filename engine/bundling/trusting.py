"""Envelopes held against keys and against the bundle they lie in: who says what that is right."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from eidos.engine.bundling.attesting import (
    claim_of,
    envelope_path,
    read_statement,
    statement,
    subjects_of,
)
from eidos.engine.bundling.trees import read_attestations
from eidos.engine.bundling.verifying import OpenedBundle
from eidos.engine.errors import Location, Problem
from eidos.engine.model.attestation import Attestation, Claim
from eidos.engine.model.bundle import File
from eidos.engine.model.facts import join_path
from eidos.engine.signing.envelopes import Believed, Envelope, believed, read_envelope

if TYPE_CHECKING:
    from eidos.engine.signing.signers import Verifier

_ABSENT = object()
_HINT = "Take the attestations anew from where the bundle was signed."


def attestations(bundle: OpenedBundle, verifiers: "Sequence[Verifier]") -> tuple[Attestation, ...]:
    """Give what is signed about a bundle, and what of it counts.

    Args:
        bundle: that is whole.
        verifiers: keys that are believed. What nobody of them signed is named, and not looked into.

    Raises:
        BundleError: an envelope cannot be read.
    """
    return tuple(_attestation(each, bundle, verifiers) for each in read_attestations(bundle.folder))


def faults(bundle: OpenedBundle, found: Sequence[Attestation]) -> Iterator[Problem]:
    """Say what is wrong with envelopes."""
    for each in found:
        where = Location(str(bundle.folder / each.path))
        yield from (Problem(f"{each.path}: {fault}", _HINT, where) for fault in each.faults)


def _attestation(file: File, bundle: OpenedBundle, verifiers: "Sequence[Verifier]") -> Attestation:
    try:
        envelope = read_envelope(file.content)
        said = read_statement(envelope)
    except ValueError as error:
        return Attestation(file.path, None, None, faults=(str(error),))
    claim = claim_of(said)
    kind = said.get("predicateType")
    worth = believed(envelope, verifiers)
    return Attestation(
        path=file.path,
        predicate=kind if isinstance(kind, str) else None,
        claim=claim,
        signers=worth.signers,
        strangers=worth.strangers,
        faults=tuple(_wrong(file.path, envelope, said, worth, bundle)),
    )


def _wrong(
    path: str, envelope: Envelope, said: dict[str, Any], worth: Believed, bundle: OpenedBundle
) -> Iterator[str]:
    claim = claim_of(said)
    subjects = subjects_of(said)
    if envelope_path(envelope, claim) != path:
        yield "it does not hold what its name says"
    if bundle.digest not in subjects:
        other = subjects[0] if subjects else "nothing"
        yield f"it is about {other}, and this bundle is {bundle.digest}"
    elif claim is not None and worth.signers:
        yield from _contradiction(said, claim, bundle)
    for key in worth.broken:
        if key not in worth.signers:
            yield f"it says that {key} signed it, and that key did not"


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
