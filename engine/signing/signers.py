"""What signs and verifies bytes: raw (for DSSE envelopes) and as JSON web signatures (RFC 7515).

Raw signatures are those of securesystemslib, which cosign takes as well: ECDSA in DER over
SHA-256, Ed25519, and RSA with PKCS #1 v1.5 over SHA-256.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.api_jws import PyJWS
from securesystemslib.exceptions import Error
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey

from eidos.engine.errors import UsageError
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

Private: TypeAlias = Union[EllipticCurvePrivateKey, "Ed25519PrivateKey", RSAPrivateKey]
Public: TypeAlias = Union[EllipticCurvePublicKey, "Ed25519PublicKey", RSAPublicKey]
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
ALGORITHMS = ("ES256", "EdDSA", *_RSA)
"""Of JSON web signatures (RFC 7518, RFC 8037), by any key; none of them takes a shared secret."""
_JWS = PyJWS(algorithms=ALGORITHMS)
_SHORTEST_ID = 8
"""Digits that name a key, at least."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A raw signature, and whose it is."""

    keyid: str
    """See `eidos.engine.signing.keys.key_id`."""
    signature: bytes


@dataclass(frozen=True, slots=True)
class Jws:
    """What a JSON web signature says of itself; believed only where a `Verifier` says so."""

    algorithm: str
    key: str | None
    """The id of the key, in its header (``kid``)."""
    payload: bytes


class Signer:
    """Signs with one private key, which nobody sees.

    Args:
        private: the key.
        keyid: what it is known by.
    """

    def __init__(self, private: Private, keyid: str) -> None:
        self._private = private
        self.keyid = keyid
        self.algorithms = _algorithms(private)
        """Of JSON web signatures; the first is the default."""

    def sign(self, data: bytes) -> Signed:
        """Give the raw signature of bytes."""
        public = _key(self._private.public_key(), self.keyid)
        made = CryptoSigner(self._private, public).sign(data)
        return Signed(self.keyid, bytes.fromhex(made.signature))

    def sign_jws(self, payload: bytes, algorithm: str | None = None, kid: str | None = None) -> str:
        """Give a compact JSON web signature of bytes.

        Args:
            payload: what is signed.
            algorithm: one of `algorithms`; the first of them when None.
            kid: the id of the key that the header names; `keyid` when None.

        Raises:
            UsageError: the key cannot sign so.
        """
        algorithm = algorithm or self.algorithms[0]
        if algorithm not in self.algorithms:
            raise UsageError(
                f"this key cannot sign with {algorithm}",
                hint=f"It signs with {' or '.join(self.algorithms)}.",
            )
        headers = {"kid": kid or self.keyid}
        return _JWS.encode(payload, self._private, algorithm, headers)


class Verifier:
    """Verifies with one public key.

    Args:
        public: the key.
        keyid: what it is known by.
        place: where it was read from, for messages.
    """

    def __init__(self, public: Public, keyid: str, place: str) -> None:
        self._public = public
        self.keyid = keyid
        self.place = place
        self.algorithms = _algorithms(public)
        """Of JSON web signatures that are taken from this key, and no others."""

    @property
    def id(self) -> str:
        """What it is counted by, where signers are."""
        return self.keyid

    def is_called(self, name: str) -> bool:
        """Say whether a requirement means it by a name: its file's, or the beginning of its id."""
        is_id = len(name) >= _SHORTEST_ID and self.keyid.startswith(name.lower())
        return is_id or self.place.rpartition("/")[2] == name

    def verifies(self, signed: Signed, data: bytes) -> bool:
        """Say whether a raw signature is of these bytes, by this key."""
        if signed.keyid != self.keyid:
            return False
        with contextlib.suppress(Error):
            made = Signature(self.keyid, signed.signature.hex())
            _key(self._public, self.keyid).verify_signature(made, data)
            return True
        return False

    def verifies_jws(self, token: str) -> bool:
        """Say whether a JSON web signature is by this key, in an algorithm that is one of its own.

        The key says which algorithms there are, never the header alone: a public key as the secret
        of HS256, or no signature at all (``none``), is not taken.
        """
        with contextlib.suppress(jwt.InvalidTokenError):
            _JWS.decode_complete(token, self._public, algorithms=self.algorithms)
            return True
        return False


def read_jws(token: str) -> Jws | None:
    """Give what a JSON web signature says, unverified; None where it is none."""
    with contextlib.suppress(jwt.InvalidTokenError):
        found = _JWS.decode_complete(token, options={"verify_signature": False})
        header: Mapping[str, Any] = found["header"]
        key = header.get("kid")
        return Jws(
            str(header.get("alg")), key if isinstance(key, str) else None, bytes(found["payload"])
        )
    return None


def _key(public: Public, keyid: str) -> SSlibKey:
    scheme = "rsa-pkcs1v15-sha256" if isinstance(public, RSAPublicKey) else None
    return SSlibKey.from_crypto(public, keyid, scheme)


def _algorithms(key: Private | Public) -> Sequence[str]:
    if isinstance(key, EllipticCurvePrivateKey | EllipticCurvePublicKey):
        return ("ES256",)
    return _RSA if isinstance(key, RSAPrivateKey | RSAPublicKey) else ("EdDSA",)
