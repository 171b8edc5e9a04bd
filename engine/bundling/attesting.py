"""Statements about a bundle, signed and beside it: its provenance, its gate, what it installs.

A statement follows from the bundle alone, so that whoever holds the bundle can say whether one is
right: no clock (times are those that the gate saw) and no host is in it. in-toto's form,
https://github.com/in-toto/attestation/tree/main/spec; its subject is ``manifest.json``, whose
digest is that of the bundle.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eidos.engine.bundling.inventory import bill_of_materials
from eidos.engine.bundling.trees import ATTESTATIONS, ENVELOPE, MANIFEST, SIGSTORE
from eidos.engine.bundling.verifying import EVIDENCE, GATE, RECIPE, OpenedBundle
from eidos.engine.digest import address, canonical
from eidos.engine.errors import BundleError, Location
from eidos.engine.model.attestation import PAYLOAD_TYPE, PREDICATES, STATEMENT
from eidos.engine.model.bundle import File
from eidos.engine.model.bundle_check import JudgingPack
from eidos.engine.model.claim import Claim
from eidos.engine.model.jsonvalue import Json, read_unique
from eidos.engine.model.times import instant, written
from eidos.engine.signing.envelopes import (
    Envelope,
    RawSignature,
    merged,
    read_envelope,
    signed,
    write_envelope,
)
from eidos.engine.signing.keyless import SigstoreBundle, read_sigstore_bundle

if TYPE_CHECKING:
    from eidos.engine.signing.signers import Signer

BUILD_TYPE = "https://eidos.dev/bundle/v1"
"""Says what the parameters of our provenance mean: docs/signing.md."""
BUILDER = "https://eidos.dev/builder/v1"
VERIFIER = "https://eidos.dev/gate/v1"
PASSED = "EIDOS_GATE_PASSED"
"""Property of a Simple Verification Result: both gates are open."""


def statement(bundle: OpenedBundle, claim: Claim) -> dict[str, Json]:
    """Give the statement of a kind about a bundle.

    Raises:
        BundleError: a file is altered meanwhile.
    """
    return {
        "_type": STATEMENT,
        "subject": [{"name": MANIFEST, "digest": _digest(bundle.digest)}],
        "predicateType": PREDICATES[claim],
        "predicate": _PREDICATES[claim](bundle),
    }


def _provenance(bundle: OpenedBundle) -> dict[str, Json]:
    """SLSA provenance, https://slsa.dev/spec/v1.1/provenance."""
    gate = bundle.gate
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "recipe": {"name": gate["recipe"]["name"], "digest": gate["recipe"]["digest"]},
                "gate": gate["gate"],
            },
            "internalParameters": {
                "effectiveTime": gate["effectiveTime"],
                "engines": {part: gate[part]["engine"] for part in ("before", "after")},
            },
            "resolvedDependencies": _dependencies(bundle),
        },
        "runDetails": {
            "builder": _builder(bundle),
            "byproducts": [
                {"name": path, "digest": _digest(bundle.listed[path].digest)}
                for path in (GATE, RECIPE)
            ],
        },
    }


def _builder(bundle: OpenedBundle) -> dict[str, Json]:
    """Name the tool; which version it had is known where the evidence says so."""
    if EVIDENCE not in bundle.documents:
        return {"id": BUILDER}
    said: Any = bundle.documents[EVIDENCE].value
    name, _, version = str(said["generator"]).partition(" ")
    return {"id": BUILDER, "version": {name: version}}


def _dependencies(bundle: OpenedBundle) -> list[Json]:
    """Name what a bundle was made of: facts, packs, and the files of the catalog by the lock."""
    gate = bundle.gate
    found: list[Json] = [_dependency("recipe", gate["recipe"]["digest"])]
    found.append(_dependency("snapshot", gate["snapshot"]["digest"]))
    found += [_dependency(f"pack/{each.name}@{each.version}", each.digest) for each in bundle.packs]
    lock = bundle.recipe.lock
    return [
        *found,
        *(
            _dependency(f"lock/{name}", lock[name])
            for name in sorted(lock)
            if lock[name].startswith("sha256:")
        ),
    ]


def _dependency(name: str, digest: str) -> Json:
    return {"name": name, "digest": _digest(digest)}


def _gate(bundle: OpenedBundle) -> dict[str, Json]:
    """Simple Verification Result: that the gate is open, for whom, and which decision says so."""
    said = bundle.gate
    waivers = {each["id"] for part in ("before", "after") for each in said[part]["waivers"]}
    return {
        "verifier": {
            "id": VERIFIER,
            "policy": {
                "name": said["gate"],
                "failOn": said["before"]["failOn"],
                "allowIncomplete": said["before"]["allowIncomplete"],
                "packs": [_pack(each) for each in bundle.packs],
                "waivers": sorted(waivers),
                "relaxations": len(said["relaxations"]),
            },
            "decision": {"name": GATE, "digest": _digest(bundle.listed[GATE].digest)},
            "cluster": said["snapshot"]["cluster"],
            "snapshot": _dependency("snapshot", said["snapshot"]["digest"]),
            "recipe": _dependency(said["recipe"]["name"], said["recipe"]["digest"]),
        },
        "timeCreated": written(instant(said["effectiveTime"])),
        "properties": [PASSED],
    }


def _pack(pack: JudgingPack) -> Json:
    """Name a pack, and how much of it judged: its name alone says nothing of that."""
    return {
        "name": pack.name,
        "version": pack.version,
        "digest": _digest(pack.digest),
        "rules": pack.rules,
        "asked": pack.asked,
        "notEnforced": list(pack.not_enforced),
    }


_PREDICATES = {
    Claim.PROVENANCE: _provenance,
    Claim.GATE: _gate,
    Claim.SBOM: bill_of_materials,
}


def _digest(text: str) -> dict[str, Json]:
    algorithm, _, value = text.partition(":")
    return {algorithm: value}


# Envelopes and Sigstore bundles -----------------------------------------------------------------


def read_signed(content: bytes, name: str) -> Envelope | SigstoreBundle:
    """Read a file of signatures; its name says of which form it is.

    Raises:
        ValueError: it is none of that form; says why.
    """
    return read_envelope(content) if name.endswith(ENVELOPE) else read_sigstore_bundle(content)


def envelope_path(envelope: Envelope, claim: Claim | None) -> str:
    """Name the file of an envelope by what it holds: signatures may be added, and it stays."""
    name = claim.value if claim else "statement"
    digest = address(envelope.payload).removeprefix("sha256:")
    return f"{ATTESTATIONS}/{name}-{digest[:16]}{ENVELOPE}"


def sigstore_path(found: SigstoreBundle) -> str:
    """Name the file of a Sigstore bundle by what it holds."""
    claim = claim_of(read_statement(found))
    digest = address(found.content).removeprefix("sha256:")
    return f"{ATTESTATIONS}/{claim.value if claim else 'statement'}-{digest[:16]}{SIGSTORE}"


def read_statement(found: Envelope | SigstoreBundle) -> dict[str, Any]:
    """Give the statement that is signed, whoever signed it.

    Who signs a file and no statement says that it is this one, and no more.

    Raises:
        ValueError: there is none; says why.
    """
    envelope = found if isinstance(found, Envelope) else found.signed
    if isinstance(envelope, str):
        return {"subject": [{"name": MANIFEST, "digest": _digest(envelope)}]}
    if envelope.payload_type != PAYLOAD_TYPE:
        raise ValueError(f"its payload is of the type {envelope.payload_type!r}, and no statement")
    try:
        said: Any = read_unique(envelope.payload)
    except ValueError as error:
        raise ValueError("its payload is no JSON") from error
    if not isinstance(said, dict) or said.get("_type") != STATEMENT:
        raise ValueError("its payload is no statement of in-toto, version 1")
    return said


def subjects_of(said: Mapping[str, Any]) -> list[str]:
    """Give what a statement is about: digests of manifests of bundles."""
    listed = said.get("subject")
    subjects = listed if isinstance(listed, list) else []
    digests = [each.get("digest") for each in subjects if isinstance(each, dict)]
    values = [each.get("sha256") for each in digests if isinstance(each, dict)]
    return [f"sha256:{each}" for each in values if isinstance(each, str)]


def collected(contents: Iterable[bytes], digest: str) -> list[File]:
    """Give files of signatures about a bundle, below it, out of whatever is said to be some.

    Envelopes of one statement become one. What is neither envelope nor Sigstore bundle, and what is
    about something else, is left out: whoever may write to a registry may attach anything.

    Raises:
        BundleError: there are more signatures of one statement than anybody reads.
    """
    envelopes: dict[str, Envelope] = {}
    files: dict[str, bytes] = {}
    for content in contents:
        try:
            found = _read_any(content)
            said = read_statement(found)
        except ValueError:
            continue
        if digest not in subjects_of(said):
            continue
        if isinstance(found, SigstoreBundle):
            files[sigstore_path(found)] = content
            continue
        path = envelope_path(found, claim_of(said))
        known = envelopes.setdefault(path, found)
        if known.payload == found.payload:
            envelopes[path] = _merged(known, found.signatures, Location(path))
    files |= {path: write_envelope(each) for path, each in envelopes.items()}
    return [File(path, files[path]) for path in sorted(files)]


def _read_any(content: bytes) -> Envelope | SigstoreBundle:
    try:
        return read_envelope(content)
    except ValueError:
        return read_sigstore_bundle(content)


def claim_of(said: Mapping[str, Any]) -> Claim | None:
    """Give what is claimed by what `read_statement` gives; None where nobody looks at it."""
    if "predicateType" not in said:
        return None if "_type" in said else Claim.MANIFEST
    kind = said["predicateType"]
    return next((claim for claim, known in PREDICATES.items() if kind == known), None)


def attested(bundle: OpenedBundle, signer: "Signer") -> list[File]:
    """Sign the statements about a bundle.

    Returns:
        Files of envelopes, below the bundle. What others signed of the same statement stays in it.

    Raises:
        BundleError: an envelope that is there cannot be read, or a file is altered meanwhile.
    """
    files: list[File] = []
    for claim in PREDICATES:
        payload = canonical(statement(bundle, claim))
        envelope = Envelope(PAYLOAD_TYPE, payload)
        path = envelope_path(envelope, claim)
        present = _present(bundle.folder / path, envelope)
        ours = signed(envelope, signer)
        others = [each for each in present.signatures if each.keyid != signer.keyid]
        envelope = _merged(ours, others, Location(str(bundle.folder / path)))
        files.append(File(path, write_envelope(envelope)))
    return files


def _merged(envelope: Envelope, more: Iterable[RawSignature], place: Location) -> Envelope:
    try:
        return merged(envelope, more)
    except ValueError as error:
        hint = "Have those removed that nobody needs."
        raise BundleError(f"one attestation of it: {error}", hint=hint, location=place) from error


def _present(place: Path, wanted: Envelope) -> Envelope:
    """Read the envelope that is there already, if any."""
    if not place.is_file():
        return wanted
    try:
        found = read_envelope(place.read_bytes())
    except (OSError, ValueError) as error:
        raise _in_the_way(place, f"the attestation cannot be read: {error}") from error
    if (found.payload_type, found.payload) != (wanted.payload_type, wanted.payload):
        raise _in_the_way(place, "the attestation does not say what its name says")
    return found


def _in_the_way(place: Path, message: str) -> BundleError:
    return BundleError(message, hint="Remove it, and sign anew.", location=Location(str(place)))
