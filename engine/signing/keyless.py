"""Sigstore bundles: signed with a certificate of minutes, written down in a log that all can read.

Only verifying, without the network, and the only importer of sigstore. What a bundle is worth says
`Keyless`, which holds it against a root (certificate authorities, logs and their keys, as
``trusted_root.json`` names them) and against whom a user believes. Reading one needs no sigstore.
https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from eidos.engine.errors import ConfigError, MissingExtraError
from eidos.engine.model.attestation import Signatory
from eidos.engine.model.identity import LONGEST, ExpectedIdentity, Identity
from eidos.engine.model.times import instant
from eidos.engine.records import dataclass
from eidos.engine.signing.envelopes import (
    Believed,
    Envelope,
    decoded,
    envelope_of,
    read_attested,
)
from eidos.engine.signing.keys import read_small_file

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.models import Bundle
    from sigstore.verify import Verifier

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle"
"""How the media types of all versions begin."""
_ROOT_AT_MOST = 1 << 20
"""Bytes of a trusted root; that of the public instance has 7 kB."""
_REASON_AT_MOST = 200
"""Characters of what sigstore says; some of it repeats what it read."""
_DIGEST = "SHA2_256"
_ISSUER = "1.3.6.1.4.1.57264.1.1"
_ISSUER_DER = "1.3.6.1.4.1.57264.1.8"
_USER_NAME = "1.3.6.1.4.1.57264.1.7"
"""Extensions of Fulcio: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md"""
_NOBODY = "a certificate that names nobody"


@dataclass(frozen=True, slots=True)
class SigstoreBundle:
    """A Sigstore bundle as it is written: nobody vouches for any of it."""

    content: bytes
    signed: Envelope | str
    """An envelope, or the digest of what is signed without one, ``sha256:…``."""
    certificate: bytes | None
    """Of whoever signed, in DER; None where a key is named that is not in it."""


def is_sigstore_bundle(said: object) -> bool:
    """Say whether a document says that it is a Sigstore bundle."""
    return isinstance(said, dict) and str(said.get("mediaType")).startswith(MEDIA_TYPE)


def read_sigstore_bundle(content: bytes) -> SigstoreBundle:
    """Read a Sigstore bundle.

    Raises:
        ValueError: it is none; says why.
    """
    said: Any = read_attested(content, "Sigstore bundle")
    try:
        material = said["verificationMaterial"] if is_sigstore_bundle(said) else None
        if not isinstance(material, dict):
            raise ValueError("it is no Sigstore bundle")  # noqa: TRY004 -- of content
        envelope, message = said.get("dsseEnvelope"), said.get("messageSignature")
        if (envelope is None) is (message is None):
            raise ValueError("it holds not one signature")
        signed = envelope_of(envelope) if envelope is not None else _digest(message)
        return SigstoreBundle(content, signed, _certificate(material))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is no Sigstore bundle") from error


def _digest(message: Mapping[str, Any]) -> str:
    said = message.get("messageDigest") or {}
    if said.get("algorithm") != _DIGEST:
        raise ValueError(f"it does not say by {_DIGEST} what is signed")
    return f"sha256:{decoded(said.get('digest')).hex()}"


def _certificate(material: Mapping[str, Any]) -> bytes | None:
    chain = (material.get("x509CertificateChain") or {}).get("certificates") or [None]
    leaf = material.get("certificate") or chain[0]
    return None if leaf is None else decoded(leaf["rawBytes"])


def load_keyless(trusted_root: Path, expected: Sequence[ExpectedIdentity]) -> "Keyless":
    """Give what verifies under a root.

    Args:
        trusted_root: file of it, as ``cosign trusted-root create`` or Sigstore's repository has it.
        expected: whom a user believes.

    Raises:
        ConfigError: the root cannot be read, or lacks what nobody can verify without.
        MissingExtraError: the extra ``keyless`` is not installed.
    """
    try:
        import sigstore.verify  # noqa: F401 -- is it there?
    except ImportError as error:
        raise MissingExtraError("keyless", "verifying without keys") from error
    from sigstore.errors import Error

    logging.getLogger("sigstore").setLevel(logging.CRITICAL)  # what it warns of may be made up
    content = read_small_file(trusted_root, what="a trusted root", at_most=_ROOT_AT_MOST)
    try:
        found = Keyless(msgspec.json.decode(content), expected)
        found.verifier_at([])
    except (msgspec.DecodeError, Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{trusted_root} is no trusted root that can be used: {_short(error)}",
            hint="It must name certificate authorities, their logs (ctlogs) and Rekor's (tlogs), "
            "as the trusted_root.json of a Sigstore instance does.",
        ) from error
    return found


class Keyless:
    """Verifies Sigstore bundles under one root, for those who are believed.

    Args:
        root: the document of the trusted root.
        expected: whom a user believes.
    """

    def __init__(self, root: dict[str, Any], expected: Sequence[ExpectedIdentity]) -> None:
        self._root = root
        self.expected = tuple(expected)

    def believed(self, found: SigstoreBundle, digest: str) -> Believed:
        """Say what a Sigstore bundle is worth.

        Only who says to be somebody who is believed is looked into; who matches several counts as
        the first.

        Args:
            found: as it is written.
            digest: of what must be signed where there is no envelope, ``sha256:…``.
        """
        if found.certificate is None:
            return Believed(strangers=("a public key",))
        who = _identity(found.certificate)
        anchor = next((each for each in self.expected if who and each.matches(who)), None)
        if who is None or anchor is None:
            return Believed(strangers=(str(who or _NOBODY),))
        why = self._refused(found, who, digest)
        if why is None:
            return Believed(signers=(Signatory(anchor.id, who),))
        return Believed(faults=(f"it says that {who} signed it, and that does not hold: {why}",))

    def _refused(self, found: SigstoreBundle, who: Identity, digest: str) -> str | None:
        """Say why a bundle is not by whom its certificate names; None where it is."""
        from sigstore.errors import Error
        from sigstore.hashes import Hashed
        from sigstore.models import Bundle
        from sigstore_models.common.v1 import HashAlgorithm

        policy = _Named(who)
        try:
            bundle = Bundle.from_json(found.content)
            verifier = self.verifier_at(_times(bundle))
            if isinstance(found.signed, Envelope):
                read = verifier.verify_dsse(bundle, policy)
                same = read == (found.signed.payload_type, found.signed.payload)
                return None if same else "two readers find two payloads in it"
            content = bytes.fromhex(digest.removeprefix("sha256:"))
            hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=content)
            verifier.verify_artifact(hashed, bundle, policy)
        except Error as error:
            return _short(error)
        except Exception as error:  # noqa: BLE001 -- whatever a made-up bundle makes parsers raise
            return f"it cannot be read ({type(error).__name__}: {_short(error)})"
        return None

    def verifier_at(self, times: Sequence[datetime]) -> "Verifier":
        """Give what verifies by the authorities and logs that were in use at some times.

        A root keeps those that are no longer in use, for what was signed in their days. Their keys
        may have been given up since, and must not vouch for anything newer; sigstore itself only
        asks whether they have begun.

        Raises:
            KeyError, TypeError, ValueError, sigstore.errors.Error: the root is none, or nothing of
                it was in use.
        """
        from sigstore.errors import VerificationError
        from sigstore.models import ClientTrustConfig
        from sigstore.verify import Verifier

        tlogs, authorities = self._root["tlogs"], self._root["certificateAuthorities"]
        root = {
            **self._root,
            "tlogs": [each for each in tlogs if _in_use(each["publicKey"].get("validFor"), times)],
            "certificateAuthorities": [
                each for each in authorities if _in_use(each["validFor"], times)
            ],
        }
        if not root["ctlogs"]:
            raise ValueError("it names no log of certificates")
        if times and not (root["tlogs"] and root["certificateAuthorities"]):
            raise VerificationError("no authority or no log of the root was in use at that time")
        config = {
            "mediaType": ClientTrustConfig.ClientTrustConfigType.CONFIG_0_1.value,
            "trustedRoot": root,
            "signingConfig": {"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json"},
        }
        text = msgspec.json.encode(config).decode()
        return Verifier(trusted_root=ClientTrustConfig.from_json(text).trusted_root)


class _Named:
    """Wants the certificate that sigstore looks at to name whom we found in it."""

    def __init__(self, who: Identity) -> None:
        self._who = who

    def verify(self, cert: "Certificate") -> None:
        """Refuse any other.

        Raises:
            VerificationError: it names somebody else.
        """
        from sigstore.errors import VerificationError

        if _names(cert) != self._who:
            raise VerificationError("two readers find two names in its certificate")


def _in_use(span: Mapping[str, str] | None, times: Iterable[datetime]) -> bool:
    """Say whether all times are of a span; no span holds all of them."""
    span = span or {}
    start, end = span.get("start"), span.get("end")
    bounds = (instant(start) if start else None, instant(end) if end else None)
    return all(
        (bounds[0] is None or bounds[0] <= time) and (bounds[1] is None or time <= bounds[1])
        for time in times
    )


def _times(bundle: "Bundle") -> list[datetime]:
    """Give when something says that it was signed; sigstore sees whether that holds.

    By what sigstore has read: it takes forms that other readers of JSON would not see.
    """
    [entry] = msgspec.json.decode(bundle.to_json())["verificationMaterial"]["tlogEntries"]
    seconds = int(entry.get("integratedTime") or 0)  # Rekor 2 has none
    times = [datetime.fromtimestamp(seconds, UTC)] if seconds else []
    stamps = bundle.verification_material.timestamp_verification_data
    if stamps is not None:
        times += [each.tst_info.gen_time for each in stamps.rfc3161_timestamps]
    return times


def _identity(certificate: bytes) -> Identity | None:
    """Give whom a certificate names, whoever made it; None where it cannot be said."""
    from cryptography.x509 import load_der_x509_certificate

    try:
        return _names(load_der_x509_certificate(certificate))
    except Exception:  # noqa: BLE001 -- whatever a made-up certificate makes the parser raise
        return None


def _names(certificate: "Certificate") -> Identity | None:
    """Give whom a certificate names: one name and one issuer, and no choice between several."""
    names, issuers = set(_subjects(certificate)), set(_issuers(certificate))
    if len(names) != 1 or len(issuers) != 1:
        return None
    who = Identity(names.pop(), issuers.pop())
    fits = len(who.name) <= LONGEST and len(who.issuer) <= LONGEST
    return who if fits and (who.name + who.issuer).isprintable() else None


def _subjects(certificate: "Certificate") -> Iterator[str]:
    from cryptography.hazmat import asn1
    from cryptography.x509 import OtherName, RFC822Name, SubjectAlternativeName
    from cryptography.x509 import UniformResourceIdentifier as Address

    for each in certificate.extensions.get_extension_for_class(SubjectAlternativeName).value:
        if isinstance(each, Address | RFC822Name):
            yield each.value
        elif isinstance(each, OtherName) and each.type_id.dotted_string == _USER_NAME:
            yield asn1.decode_der(str, each.value)
        else:
            raise ValueError("a certificate of Sigstore has no such name")


def _issuers(certificate: "Certificate") -> Iterator[str]:
    from cryptography.hazmat import asn1
    from cryptography.x509 import UnrecognizedExtension

    for each in certificate.extensions:
        if not isinstance(each.value, UnrecognizedExtension):
            continue
        if each.oid.dotted_string == _ISSUER:
            yield each.value.value.decode()
        elif each.oid.dotted_string == _ISSUER_DER:
            yield asn1.decode_der(str, each.value.value)


def _short(error: Exception) -> str:
    """Give what an error says in one line that a terminal can show."""
    text = " ".join(str(error).split()).partition(" [type=")[0]  # pydantic repeats what it read
    return text if len(text) <= _REASON_AT_MOST else f"{text[:_REASON_AT_MOST]}…"
