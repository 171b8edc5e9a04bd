"""Keys are read, or refused with a sentence that tells nothing of them."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eidos.engine.errors import ConfigError, EidosError, MissingExtraError, UsageError
from eidos.engine.signing.keys import (
    KEY_VARIABLE,
    PASSPHRASE_VARIABLE,
    VERIFICATION_VARIABLE,
    SigningKey,
    load_signer,
    load_verifiers,
)
from eidos.engine.signing.signers import ALGORITHMS, Signed, read_jws
from fakes.keys import write_keys

SECRET = "correct horse battery staple"  # noqa: S105 -- of keys made here


@pytest.mark.parametrize("kind", ["ec", "ed25519", "rsa"])
def test_what_one_half_signs_the_other_verifies(tmp_path: Path, kind: str) -> None:
    secret, public = write_keys(tmp_path, kind)
    signer = load_signer(SigningKey(secret), {})
    [verifier] = load_verifiers([public], {})
    [other] = load_verifiers([write_keys(tmp_path, kind, "other")[1]], {})

    raw = signer.sign(b"data")
    assert raw.keyid == signer.keyid == verifier.keyid
    assert verifier.verifies(raw, b"data")
    assert not verifier.verifies(raw, b"Data")
    assert not verifier.verifies(Signed(raw.keyid, raw.signature[:-1]), b"data")
    assert not other.verifies(Signed(other.keyid, raw.signature), b"data")
    assert not other.verifies(raw, b"data")
    for algorithm in signer.algorithms:
        token = signer.sign_jws(b'{"a":1}', algorithm, "ours")
        assert verifier.verifies_jws(token)
        assert not other.verifies_jws(token)
        read = read_jws(token)
        assert read is not None
        assert (read.algorithm, read.key, read.payload) == (algorithm, "ours", b'{"a":1}')


def test_the_id_is_what_openssl_says(tmp_path: Path) -> None:
    secret, _ = write_keys(tmp_path)
    der = ["openssl", "pkey", "-in", str(secret), "-pubout", "-outform", "DER"]
    try:
        made = subprocess.run(der, check=True, capture_output=True).stdout
    except FileNotFoundError:
        pytest.skip("openssl is not here")

    import hashlib

    assert load_signer(SigningKey(secret), {}).keyid == hashlib.sha256(made).hexdigest()


def _token(header: dict[str, str], payload: bytes, signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), payload, signature)
    return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts)


@pytest.mark.parametrize("kind", ["ec", "ed25519", "rsa"])
def test_no_other_algorithm_is_taken_from_a_key(tmp_path: Path, kind: str) -> None:
    import hashlib
    import hmac

    _, public = write_keys(tmp_path, kind)
    [verifier] = load_verifiers([public], {})
    assert not verifier.verifies_jws(_token({"alg": "none"}, b"{}"))
    assert not verifier.verifies_jws(_token({"alg": "None"}, b"{}"))
    signed = _token({"alg": "HS256"}, b"{}").rpartition(".")[0]
    mac = hmac.digest(public.read_bytes(), signed.encode(), hashlib.sha256)
    assert not verifier.verifies_jws(_token({"alg": "HS256"}, b"{}", mac))
    for algorithm in set(ALGORITHMS) - set(verifier.algorithms):
        assert not verifier.verifies_jws(_token({"alg": algorithm}, b"{}", b"x" * 64))
    assert not verifier.verifies_jws("no token")
    assert not verifier.verifies_jws("")


def test_keys_and_passphrases_come_from_the_environment(tmp_path: Path) -> None:
    secret, public = write_keys(tmp_path, passphrase=SECRET)
    text = secret.read_text()
    environ = {KEY_VARIABLE: text, PASSPHRASE_VARIABLE: SECRET}
    one, other = public.read_text(), write_keys(tmp_path, "rsa", "o")[1].read_text()
    verifiers = load_verifiers([], {VERIFICATION_VARIABLE: f"{one}\n{other}"})

    assert load_signer(SigningKey(), environ).keyid == verifiers[0].keyid
    assert len(verifiers) == 2
    assert {each.place for each in verifiers} == {VERIFICATION_VARIABLE}
    phrase = tmp_path / "phrase"
    phrase.write_text(f"{SECRET}\n")
    phrase.chmod(0o600)
    assert load_signer(SigningKey(secret, phrase), {}).keyid == verifiers[0].keyid


def _refused(tmp_path: Path, key: SigningKey, environ: dict[str, str] | None = None) -> str:
    """Give what is said of a key; see that nothing of the key or its passphrase is in it."""
    with pytest.raises(EidosError) as caught:
        load_signer(key, environ or {})
    error = caught.value
    said = f"{error} {error.hint}"
    assert SECRET not in said
    body = re.findall(r"[A-Za-z0-9+/=]{16,}", " ".join(p.read_text() for p in tmp_path.iterdir()))
    assert not [each for each in body if each in said]
    assert error.__cause__ is None
    return said


def test_wrong_keys_are_refused_with_a_sentence(tmp_path: Path) -> None:
    secret, public = write_keys(tmp_path, passphrase=SECRET)
    junk = tmp_path / "junk"
    junk.write_text("no key")
    junk.chmod(0o600)
    broken = tmp_path / "broken"
    broken.write_text(secret.read_text()[:80] + "\n-----END ENCRYPTED PRIVATE KEY-----\n")
    broken.chmod(0o600)
    public.chmod(0o600)

    assert "no passphrase is given" in _refused(tmp_path, SigningKey(secret))
    wrong = {PASSPHRASE_VARIABLE: "wrong"}
    assert "the passphrase does not open it" in _refused(tmp_path, SigningKey(secret), wrong)
    assert "holds nothing in PEM" in _refused(tmp_path, SigningKey(junk))
    assert "PEM of 'PUBLIC KEY'" in _refused(tmp_path, SigningKey(public))
    for label in ("ENCRYPTED SIGSTORE PRIVATE KEY", "OPENSSH PRIVATE KEY", "CERTIFICATE"):
        junk.write_text(f"-----BEGIN {label}-----\nabc\n-----END {label}-----\n")
        assert f"PEM of '{label}'" in _refused(tmp_path, SigningKey(junk))
    junk.write_text("no key")
    assert "cannot be read" in _refused(tmp_path, SigningKey(broken), wrong)
    assert "No such file" in _refused(tmp_path, SigningKey(tmp_path / "none"))
    assert "is no file" in _refused(tmp_path, SigningKey(Path(os.devnull)))
    assert KEY_VARIABLE in _refused(tmp_path, SigningKey())
    secret.chmod(0o644)
    assert "open to others (mode 0644)" in _refused(tmp_path, SigningKey(secret))
    secret.chmod(0o640)
    assert "no passphrase" in _refused(tmp_path, SigningKey(secret))


@pytest.mark.parametrize(
    ("kind", "said"),
    [("p384", "curve secp384r1"), ("rsa1024", "1024 bits"), ("dsa", "of the kind DSA")],
)
def test_other_kinds_are_refused(tmp_path: Path, kind: str, said: str) -> None:
    secret, public = write_keys(tmp_path, kind)
    assert said in _refused(tmp_path, SigningKey(secret))
    with pytest.raises(ConfigError, match=said):
        load_verifiers([public], {})
    with pytest.raises(ConfigError, match="a public key is needed"):
        load_verifiers([secret], {})


def test_an_algorithm_of_another_kind_is_refused(tmp_path: Path) -> None:
    signer = load_signer(SigningKey(write_keys(tmp_path)[0]), {})
    with pytest.raises(UsageError, match="cannot sign with RS256"):
        signer.sign_jws(b"{}", "RS256")


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(MissingExtraError, match="'sign'"):
        load_signer(SigningKey(write_keys(tmp_path)[0]), {})
