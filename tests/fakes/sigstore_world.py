"""A Sigstore of our own, with real cryptography and no network.

A certificate authority as Fulcio is one, a log of certificates, and a log of signatures as Rekor
(v1) is one. Every step of making a bundle is a method, so that a test can make one of them wrong.
"""

import base64
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

WORKFLOW = "https://github.com/acme/clusters/.github/workflows/bundle.yml@refs/heads/main"
GITHUB = "https://token.actions.githubusercontent.com"
MINUTES = timedelta(minutes=10)
SIGNED = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
START, END = SIGNED - timedelta(days=300), SIGNED + timedelta(days=3000)
_KEYS = ("fulcio", "ct", "rekor")
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER_DER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def public_der(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signature(key: EllipticCurvePrivateKey, content: bytes) -> bytes:
    return key.sign(content, ECDSA(hashes.SHA256()))


def pae(kind: str, payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def der(tag: int, content: bytes) -> bytes:
    """One ASN.1 value with a definite length."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + content


class Leaf:
    """A key of minutes, and the certificate over it."""

    def __init__(self, key: EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self.key = key
        self.certificate = certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


class World:
    """An instance of Sigstore."""

    def __init__(self) -> None:
        self.fulcio, self.ct, self.rekor = (generate_private_key(SECP256R1()) for _ in range(3))

    def save(self, path: Path) -> None:
        """Write its keys to a file, from which another process can `load` it."""
        pem = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        keys = {name: vars(self)[name].private_bytes(*pem).decode() for name in _KEYS}
        path.write_text(json.dumps({**keys, "root": self.root.public_bytes(Encoding.PEM).decode()}))

    @classmethod
    def load(cls, path: Path) -> "World":
        found, kept = cls(), json.loads(path.read_text())
        for name in _KEYS:
            setattr(found, name, load_pem_private_key(kept[name].encode(), None))
        found.root = x509.load_pem_x509_certificate(kept["root"].encode())
        return found

    @cached_property
    def root(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fulcio of a test")])
        usage = x509.KeyUsage(
            *(False,) * 5,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        public = self.fulcio.public_key()
        builder = (
            x509.CertificateBuilder(name, name, public, x509.random_serial_number(), START, END)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        return builder.sign(self.fulcio, hashes.SHA256())

    def trusted_root(self) -> dict[str, Any]:
        """What is trusted in this world, as ``trusted_root.json`` says it."""

        def log(url: str, key: EllipticCurvePrivateKey) -> dict[str, Any]:
            return {
                "baseUrl": url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": b64(public_der(key)),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": {"start": START.isoformat()},
                },
                "logId": {"keyId": b64(sha256(public_der(key)).digest())},
            }

        certificate = {"rawBytes": b64(self.root.public_bytes(Encoding.DER))}
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log("https://rekor.example.test", self.rekor)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "test", "commonName": "fulcio of a test"},
                    "uri": "https://fulcio.example.test",
                    "certChain": {"certificates": [certificate]},
                    "validFor": {"start": START.isoformat()},
                }
            ],
            "ctlogs": [log("https://ct.example.test", self.ct)],
            "timestampAuthorities": [],
        }

    def write_root(self, path: Path) -> Path:
        path.write_text(json.dumps(self.trusted_root()))
        return path

    # The certificate ----------------------------------------------------------------------------

    def leaf(
        self,
        identity: str = WORKFLOW,
        issuer: str = GITHUB,
        *,
        at: datetime = SIGNED,
        sct: bool = True,
        key: Any = None,
        issuer_der: str | None = None,
        names: list[x509.GeneralName] | None = None,
        purpose: x509.ObjectIdentifier = x509.ExtendedKeyUsageOID.CODE_SIGNING,
    ) -> Leaf:
        """Certify who signs, for ten minutes, with the promise of the log in it."""
        key = key or generate_private_key(SECP256R1())
        builder = self._builder(key, identity, issuer, at, names)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        second = der(0x0C, (issuer_der or issuer).encode())
        builder = builder.add_extension(
            x509.UnrecognizedExtension(_ISSUER_DER, second), critical=False
        )
        if sct:
            bare = builder.sign(self.fulcio, hashes.SHA256())
            promise = self._promise(bare.tbs_certificate_bytes, at)
            builder = builder.add_extension(
                x509.UnrecognizedExtension(_SCTS, der(0x04, promise)), critical=False
            )
        return Leaf(key, builder.sign(self.fulcio, hashes.SHA256()))

    def _builder(
        self,
        key: Any,
        identity: str,
        issuer: str,
        at: datetime,
        names: list[x509.GeneralName] | None,
    ) -> x509.CertificateBuilder:
        kind = x509.UniformResourceIdentifier if "://" in identity else x509.RFC822Name
        public, serial = key.public_key(), x509.random_serial_number()
        usage = x509.KeyUsage(True, *(False,) * 6, encipher_only=False, decipher_only=False)
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.fulcio.public_key())
        said = x509.UnrecognizedExtension(_ISSUER, issuer.encode())
        return (
            x509.CertificateBuilder(
                self.root.subject, x509.Name([]), public, serial, at, at + MINUTES
            )
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(above, critical=False)
            .add_extension(x509.SubjectAlternativeName(names or [kind(identity)]), critical=True)
            .add_extension(said, critical=False)
        )

    def _promise(self, tbs: bytes, at: datetime) -> bytes:
        """The list of one signed certificate timestamp (RFC 6962, 3.2 and 3.3)."""
        moment = int(at.timestamp() * 1000)
        above = sha256(public_der(self.fulcio)).digest()
        size = struct.pack("!I", len(tbs))[1:]
        entry = struct.pack("!BBQH", 0, 0, moment, 1) + above + size + tbs + b"\0\0"
        signed = signature(self.ct, entry)
        log = sha256(public_der(self.ct)).digest()
        one = struct.pack("!B32sQHBBH", 0, log, moment, 0, 4, 3, len(signed)) + signed
        return struct.pack("!HH", len(one) + 2, len(one)) + one

    # The log ------------------------------------------------------------------------------------

    def entry(self, body: Mapping[str, Any], at: datetime = SIGNED) -> dict[str, Any]:
        """Take a signature into the log: the second of two leaves."""
        content = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
        log = sha256(public_der(self.rekor)).digest()
        first = sha256(b"\0the first entry").digest()
        root = sha256(b"\1" + first + sha256(b"\0" + content).digest()).digest()
        moment = int(at.timestamp())
        promise = {
            "body": b64(content),
            "integratedTime": moment,
            "logID": log.hex(),
            "logIndex": 1,
        }
        canonical = json.dumps(promise, separators=(",", ":"), sort_keys=True).encode()
        return {
            "logIndex": "1",
            "logId": {"keyId": b64(log)},
            "kindVersion": {"kind": body["kind"], "version": body["apiVersion"]},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": b64(signature(self.rekor, canonical))},
            "inclusionProof": {
                "logIndex": "1",
                "rootHash": b64(root),
                "treeSize": "2",
                "hashes": [b64(first)],
                "checkpoint": {"envelope": self.checkpoint(root)},
            },
            "canonicalizedBody": b64(content),
        }

    def checkpoint(self, root: bytes, size: int = 2) -> str:
        origin = "rekor.example.test - 1"
        note = f"{origin}\n{size}\n{b64(root)}\n"
        hint = sha256(public_der(self.rekor)).digest()[:4]
        signed = b64(hint + signature(self.rekor, note.encode()))
        return f"{note}\n\u2014 {origin.partition(' ')[0]} {signed}\n"

    # Bundles ------------------------------------------------------------------------------------

    def attest(
        self,
        statement: bytes,
        leaf: Leaf | None = None,
        at: datetime = SIGNED,
        *,
        kind: str = "application/vnd.in-toto+json",
        key: EllipticCurvePrivateKey | None = None,
    ) -> dict[str, Any]:
        """What ``cosign attest-blob --statement`` gives; `key` signs for the leaf's."""
        leaf = leaf or self.leaf()
        signed = b64(signature(key or leaf.key, pae(kind, statement)))
        envelope = {
            "payload": b64(statement),
            "payloadType": kind,
            "signatures": [{"sig": signed}],
        }
        body = self.dsse_body(envelope, leaf.pem, json.dumps(envelope).encode())
        return {**self._material(leaf, self.entry(body, at)), "dsseEnvelope": envelope}

    def dsse_body(self, envelope: dict[str, Any], pem: bytes, written: bytes) -> dict[str, Any]:
        """What the log keeps of an envelope."""
        [one] = envelope["signatures"]
        return {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": _hash(written),
                "payloadHash": _hash(base64.b64decode(envelope["payload"])),
                "signatures": [{"signature": one["sig"], "verifier": b64(pem)}],
            },
        }

    def sign(
        self, content: bytes, leaf: Leaf | None = None, at: datetime = SIGNED
    ) -> dict[str, Any]:
        """What ``cosign sign-blob`` gives."""
        leaf = leaf or self.leaf()
        signed = b64(signature(leaf.key, content))
        body = {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": _hash(content)},
                "signature": {"content": signed, "publicKey": {"content": b64(leaf.pem)}},
            },
        }
        digest = {"algorithm": "SHA2_256", "digest": b64(sha256(content).digest())}
        message = {"messageDigest": digest, "signature": signed}
        return {**self._material(leaf, self.entry(body, at)), "messageSignature": message}

    def _material(self, leaf: Leaf, entry: dict[str, Any]) -> dict[str, Any]:
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": b64(leaf.der)},
                "tlogEntries": [entry],
                "timestampVerificationData": {"rfc3161Timestamps": []},
            },
        }


def _hash(content: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": sha256(content).hexdigest()}
