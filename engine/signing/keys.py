"""Keys from files and the environment: PEM in, a `Signer` or `Verifier` out.

What is taken: ECDSA on P-256, Ed25519, and RSA of at least `SHORTEST_RSA` bits; private keys as
PKCS #8 (encrypted or not), SEC 1 or PKCS #1, public ones as SubjectPublicKeyInfo. A key is known
by its id: the SHA-256 of its public half in DER, which
``openssl pkey -in key.pem -pubout -outform DER | sha256sum`` gives too.
"""

import hashlib
import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eidos.engine.errors import ConfigError, MissingExtraError
from eidos.engine.filesystem import IrregularFileError, open_regular
from eidos.engine.records import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

    from eidos.engine.signing.signers import Private, Public, Signer, Verifier

KEY_VARIABLE = "EIDOS_SIGNING_KEY"
"""Holds a private key, the PEM itself."""
PASSPHRASE_VARIABLE = "EIDOS_SIGNING_PASSPHRASE"  # noqa: S105 -- its name
VERIFICATION_VARIABLE = "EIDOS_VERIFICATION_KEY"
"""Holds public keys, the PEM itself, one after the other."""
SHORTEST_RSA = 2048
"""Bits: NIST SP 800-131A revision 2 disallows shorter ones."""
_LONGEST = 65_536
"""Bytes of a file with keys; an RSA key of 16384 bits has 13 kB."""
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/|pkcs11:")
"""Begins what names a key elsewhere; of ``https://`` a path keeps one slash."""
_PRIVATE = frozenset({"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"})
_PUBLIC = frozenset({"PUBLIC KEY", "RSA PUBLIC KEY"})
_OTHERS = {
    "OPENSSH PRIVATE KEY": "Make another with openssl: PEM of OpenSSH is not taken.",
    "CERTIFICATE": "Take the key out of it: openssl x509 -in FILE -noout -pubkey",
}
"""Labels of PEM that are mistaken for a key, to the way out."""
_TAKEN = "ECDSA on P-256, Ed25519 and RSA are taken"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Where a private key is, and what opens it; nothing of either."""

    file: Path | None = None
    """None for `KEY_VARIABLE`."""
    passphrase_file: Path | None = None
    """Its first line opens an encrypted key; None for `PASSPHRASE_VARIABLE`."""


def load_signer(key: SigningKey, environ: Mapping[str, str]) -> "Signer":
    """Give what signs with a private key.

    Raises:
        ConfigError: there is no key, others may read it, it cannot be opened, or is of another
            kind.
        MissingExtraError: the extra ``sign`` is not installed.
    """
    _need_runtime()
    from eidos.engine.signing.signers import Signer

    if key.file is not None:
        place, pem = str(key.file), read_small_file(key.file, is_secret=True)
    elif environ.get(KEY_VARIABLE, "").strip():
        place, pem = KEY_VARIABLE, environ[KEY_VARIABLE].encode()
    else:
        hint = f"Name its file with --key FILE, or put the PEM into {KEY_VARIABLE}."
        raise ConfigError("there is no key to sign with", hint=hint)
    private = _private(_opened(pem, place, _passphrase(key, environ)), place)
    return Signer(private, key_id(private.public_key()))


def load_verifiers(files: Sequence[Path], environ: Mapping[str, str]) -> "list[Verifier]":
    """Give what verifies with public keys: those of the files, then of the environment.

    Raises:
        ConfigError: a file cannot be read, or holds none, or one of another kind.
        MissingExtraError: the extra ``sign`` is not installed.
    """
    texts = [(str(file), read_small_file(file)) for file in files]
    if environ.get(VERIFICATION_VARIABLE, "").strip():
        texts.append((VERIFICATION_VARIABLE, environ[VERIFICATION_VARIABLE].encode()))
    if not texts:
        return []
    _need_runtime()
    from eidos.engine.signing.signers import Verifier

    return [
        Verifier(public, key_id(public), place)
        for place, text in texts
        for public in _publics(text, place)
    ]


def key_id(public: "Public") -> str:
    """Give the id of a public key: SHA-256 of its SubjectPublicKeyInfo in DER, hexadecimal."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _need_runtime() -> None:
    try:
        import cryptography  # noqa: F401 -- is it there?
        import jwt  # noqa: F401
        import securesystemslib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("sign", "signing and verifying") from error


def read_small_file(
    file: Path,
    *,
    is_secret: bool = False,
    what: str = "a key in PEM",
    at_most: int = _LONGEST,
) -> bytes:
    """Read a small regular file; a secret one only where nobody else may.

    Args:
        file: where it is.
        is_secret: others may neither read nor replace it.
        what: should be in it, for messages.
        at_most: bytes.

    Raises:
        ConfigError: it cannot be read, is none, or too large.
    """
    try:
        with open_regular(file) as opened:
            if is_secret:
                _refuse_others(file, os.fstat(opened.fileno()))
            content = opened.read(at_most + 1)
    except IrregularFileError:
        raise _unusable(f"{file} is no file", f"Name a file with {what}.") from None
    except OSError as error:
        if _ADDRESS.match(str(file)):
            hint = "Save it as a file first: what is fetched, or kept by a KMS, is not taken."
            raise _unusable(f"{file} is no file", hint) from None
        problem = f"{file} cannot be read: {error.strerror}"
        raise _unusable(problem, "Check the name and its permissions.") from None
    if len(content) > at_most:
        raise _unusable(f"{file} has more than {at_most} bytes", f"Name a file with {what}.")
    return content


def _refuse_others(file: Path, state: os.stat_result) -> None:
    """Refuse a secret that others may read or replace; a group is trusted to read it.

    Kubernetes gives mounted secrets to a group (``fsGroup``), and so do many build machines.
    """
    if state.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        mode = f"{stat.S_IMODE(state.st_mode):04o}"
        raise _unusable(f"{file} is open to others (mode {mode})", f"Run 'chmod 600 {file}'.")
    if state.st_uid not in (0, os.geteuid()):
        raise _unusable(f"{file} belongs to another user", "Use a file of your own.")


def _passphrase(key: SigningKey, environ: Mapping[str, str]) -> bytes | None:
    if key.passphrase_file is not None:
        lines = read_small_file(key.passphrase_file, is_secret=True).splitlines()
        return lines[0] if lines else b""
    given = environ.get(PASSPHRASE_VARIABLE)
    return given.encode() if given else None


def _opened(pem: bytes, place: str, passphrase: bytes | None) -> "PrivateKeyTypes":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    label = _label(pem)
    if label not in _PRIVATE:
        _refuse_label(label, place, "private")
    is_encrypted = label == "ENCRYPTED PRIVATE KEY" or b"Proc-Type: 4,ENCRYPTED" in pem
    if is_encrypted and not passphrase:
        hint = f"Put it into {PASSPHRASE_VARIABLE}, or name a file with --passphrase-file."
        raise _unusable(f"the key in {place} is encrypted, and no passphrase is given", hint)
    try:
        return load_pem_private_key(pem, passphrase if is_encrypted else None)
    except UnsupportedAlgorithm:
        raise _of_kind("of a kind that is not known", place) from None
    except (ValueError, TypeError):  # its own words may repeat what they are about
        why = "the passphrase does not open it" if is_encrypted else "it is damaged"
        problem = f"the key in {place} cannot be read: {why}"
        raise _unusable(problem, "Check it with: openssl pkey -in FILE -noout") from None


def _publics(text: bytes, place: str) -> "list[Public]":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    blocks = list(_BLOCK.finditer(text))
    labels = [block[1].decode() for block in blocks]
    for label in labels or [None]:
        if label not in _PUBLIC:
            _refuse_label(label, place, "public")
    try:
        return [_public(load_pem_public_key(block[0]), place) for block in blocks]
    except UnsupportedAlgorithm:
        raise _of_kind("of a kind that is not known", place) from None
    except ValueError:
        problem = f"the key in {place} cannot be read: it is damaged"
        hint = "Check it with: openssl pkey -pubin -in FILE -noout"
        raise _unusable(problem, hint) from None


def _label(pem: bytes) -> str | None:
    found = _BLOCK.search(pem)
    return found[1].decode() if found else None


def _refuse_label(label: str | None, place: str, wanted: str) -> None:
    what = f"PEM of '{label}'" if label else "nothing in PEM"
    hint = f"A {wanted} key in PEM is needed, as openssl writes it; {_TAKEN}."
    if label in _PRIVATE:
        hint = "Give the public half: openssl pkey -in KEY -pubout -out KEY.pub"
    elif label in _PUBLIC:
        hint = "Signing needs the private half; the public one is for 'verify'."
    elif label in _OTHERS:
        hint = _OTHERS[label]
    raise _unusable(f"{place} holds {what}, and a {wanted} key is needed", hint)


def _private(key: "PrivateKeyTypes", place: str) -> "Private":
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if not isinstance(key, EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey):
        raise _of_kind(f"of the kind {type(key).__name__.removesuffix('PrivateKey')}", place)
    _public(key.public_key(), place)
    return key


def _public(key: "PublicKeyTypes", place: str) -> "Public":
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(key, EllipticCurvePublicKey) and not isinstance(key.curve, SECP256R1):
        raise _of_kind(f"on the curve {key.curve.name}", place)
    if isinstance(key, RSAPublicKey) and key.key_size < SHORTEST_RSA:
        raise _of_kind(f"of {key.key_size} bits, and {SHORTEST_RSA} are the least", place)
    if not isinstance(key, EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey):
        raise _of_kind(f"of the kind {type(key).__name__.removesuffix('PublicKey')}", place)
    return key


def _of_kind(what: str, place: str) -> ConfigError:
    make = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem"
    return _unusable(f"the key in {place} is {what}", f"{_TAKEN}. Make one with: {make}")


def _unusable(problem: str, hint: str) -> ConfigError:
    return ConfigError(problem, hint=hint)
