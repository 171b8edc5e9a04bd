"""Dead Simple Signing Envelopes: bytes, what they are, and who signed both.

https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md -- what is signed is the
encoding of type and payload together, so that neither can be exchanged.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from eidos.engine.digest import canonical
from eidos.engine.model.attestation import Signatory
from eidos.engine.model.jsonvalue import read_unique
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from eidos.engine.signing.signers import Signer, Verifier

ENVELOPE_AT_MOST = 16 << 20
"""Bytes of a file with an envelope; the largest statement, an SBOM of 1,000 images, has 0.5 MB."""
SIGNATURES_AT_MOST = 1024
"""Of one envelope: each that names no key is held against every one."""


@dataclass(frozen=True, slots=True)
class RawSignature:
    """A signature as an envelope has it: nobody vouches for the name of the key."""

    keyid: str
    """May be empty: the specification calls it a hint."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its signatures."""

    payload_type: str
    payload: bytes
    signatures: tuple[RawSignature, ...] = ()


@dataclass(frozen=True, slots=True)
class Believed:
    """What signatures are worth to who believes somebody."""

    signers: tuple[Signatory, ...] = ()
    """Who is believed and signed it, each once, in order."""
    strangers: tuple[str, ...] = ()
    """Names of keys, and of whom certificates name, that are not known here."""
    faults: tuple[str, ...] = ()
    """Signatures that say they are of somebody who is believed, and are not; one clause each."""


def read_envelope(content: bytes) -> Envelope:
    """Read an envelope.

    Raises:
        ValueError: it is none; says why.
    """
    return envelope_of(read_attested(content, "envelope"))


def read_attested(content: bytes, what: str) -> Any:  # noqa: ANN401 -- any JSON
    """Read the JSON of a file of signatures.

    Args:
        content: of the file.
        what: it should be, for the message.

    Raises:
        ValueError: it is too large, or no JSON that all read alike.
    """
    if len(content) > ENVELOPE_AT_MOST:
        raise ValueError(f"it has more than {ENVELOPE_AT_MOST} bytes")
    try:
        return read_unique(content)
    except ValueError as error:
        raise ValueError(f"it is no {what}") from error


def envelope_of(said: Any) -> Envelope:  # noqa: ANN401 -- any JSON
    """Give the envelope that a document is.

    Raises:
        ValueError: it is none; says why.
    """
    try:
        payload_type, payload, listed = said["payloadType"], said["payload"], said["signatures"]
    except (KeyError, TypeError) as error:
        raise ValueError("it is no envelope") from error
    if not (isinstance(payload_type, str) and isinstance(listed, list)):
        raise ValueError("it is no envelope")  # noqa: TRY004 -- of content, not of a caller
    if len(listed) > SIGNATURES_AT_MOST:
        raise ValueError(f"it has more than {SIGNATURES_AT_MOST} signatures")
    return Envelope(payload_type, decoded(payload), tuple(map(_signature, listed)))


def _signature(said: Any) -> RawSignature:  # noqa: ANN401 -- any JSON
    if not isinstance(said, dict) or not isinstance(said.get("keyid") or "", str):
        raise ValueError("a signature in it is none")  # noqa: TRY004 -- of content, not of a caller
    return RawSignature(said.get("keyid") or "", decoded(said.get("sig")))


def decoded(text: object) -> bytes:
    """Read base64, standard or for addresses: the specification wants both to be taken.

    Raises:
        ValueError: it is no text in base64.
    """
    if not isinstance(text, str):
        raise ValueError("what is in it is not in base64")  # noqa: TRY004 -- as above
    plain = text.translate(_STANDARD)
    try:
        content = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("what is in it is not in base64") from error
    if _encoded(content) != plain:  # bits behind the end could say anything
        raise ValueError("what is in it is not in base64")
    return content


_STANDARD = str.maketrans("-_", "+/")


def write_envelope(envelope: Envelope) -> bytes:
    """Write an envelope: one line of canonical JSON, signatures in the order of their keys."""
    ordered = sorted(envelope.signatures, key=lambda each: (each.keyid, each.content))
    document = {
        "payload": _encoded(envelope.payload),
        "payloadType": envelope.payload_type,
        "signatures": [{"keyid": each.keyid, "sig": _encoded(each.content)} for each in ordered],
    }
    return canonical(document) + b"\n"


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def signed(envelope: Envelope, signer: "Signer") -> Envelope:
    """Give the envelope with a signature by a key, in place of those that it has of that key."""
    made = signer.sign(_signed_bytes(envelope))
    others = tuple(each for each in envelope.signatures if each.keyid != made.keyid)
    signatures = (*others, RawSignature(made.keyid, made.signature))
    return Envelope(envelope.payload_type, envelope.payload, signatures)


def merged(envelope: Envelope, signatures: Iterable[RawSignature]) -> Envelope:
    """Give the envelope with more signatures, each once.

    Raises:
        ValueError: they are more than anybody reads; none is left out, for it could be the one that
            counts.
    """
    every = tuple(dict.fromkeys((*envelope.signatures, *signatures)))
    if len(every) > SIGNATURES_AT_MOST:
        raise ValueError(f"it would have more than {SIGNATURES_AT_MOST} signatures")
    return Envelope(envelope.payload_type, envelope.payload, every)


def believed(envelope: Envelope, verifiers: "Sequence[Verifier]") -> Believed:
    """Hold the signatures of an envelope against keys.

    A key counts once, however often it signed. A signature that names a key is held against that
    one alone; one that names none, as cosign writes it, against every key.
    """
    signers: set[str] = set()
    strangers: set[str] = set()
    broken: set[str] = set()
    content = _signed_bytes(envelope) if verifiers else b""
    for each in envelope.signatures:
        named = [key for key in verifiers if each.keyid in {"", key.keyid}]
        found = next((key for key in named if _verifies(key, each, content)), None)
        if found is not None:
            signers.add(found.keyid)
        elif each.keyid and named:
            broken.add(each.keyid)
        else:
            strangers.add(each.keyid)
    return Believed(
        signers=tuple(map(Signatory, sorted(signers))),
        strangers=tuple(sorted(strangers)),
        faults=tuple(
            f"it says that {key} signed it, and that key did not"
            for key in sorted(broken - signers)
        ),
    )


def _verifies(key: "Verifier", signature: RawSignature, content: bytes) -> bool:
    from eidos.engine.signing.signers import Signed

    return key.verifies(Signed(key.keyid, signature.content), content)


def _signed_bytes(envelope: Envelope) -> bytes:
    """Give what is signed: type and payload, each with its length (PAE)."""
    from securesystemslib.dsse import Envelope as Encoding

    encoded: bytes = Encoding(envelope.payload, envelope.payload_type, {}).pae()
    return encoded
