"""``eidos policy sign`` and ``verify``: who vouches for a pack, and is it as they left it?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from eidos.engine.digest import address
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import Location, PolicyError, Problem, UsageError
from eidos.engine.model.attestation import Signatory
from eidos.engine.model.elsewhere import pack_elsewhere
from eidos.engine.model.identity import ExpectedIdentity
from eidos.engine.model.signature import Signature, SignatureCheck, SignOptions
from eidos.engine.packs.archives import MOST_BYTES, write_archive
from eidos.engine.packs.files import is_archive
from eidos.engine.signing.anchors import load_anchors
from eidos.engine.signing.envelopes import ENVELOPE_AT_MOST
from eidos.engine.signing.keyless import read_sigstore_bundle
from eidos.engine.signing.keys import (
    SigningKey,
    load_signer,
    load_verifiers,
    read_small_file,
)


def policy_sign(
    place: Path,
    key: SigningKey,
    environ: Mapping[str, str],
    options: SignOptions | None = None,
    *,
    for_folder: bool = False,
) -> Signature:
    """Sign a folder or an archive; what was signed before is signed anew.

    A folder gets a ``.signatures.json``; an archive is written again with one, at once or not at
    all.

    Args:
        place: what to sign.
        key: what to sign with.
        environ: may hold the key and its passphrase.
        options: what the signature says beside the files.
        for_folder: name the files by the path that is given here, as OPA asks of folders.

    Raises:
        UsageError: there is no such place, or no file in it, or the key cannot sign with the
            algorithm.
        ConfigError: the key cannot be used.
        PolicyError: what is there cannot be read or signed.
        EidosError: the signature cannot be written.
    """
    _refuse_other_places(place)
    signer = load_signer(key, environ)
    from eidos.engine.packs.signatures import FILE, read_contents, sign_contents

    options = options or SignOptions()
    if for_folder:
        if not place.is_dir():
            raise UsageError("--for-folder is for a folder, and this is an archive")
        options = replace(options, prefix=place.as_posix().lstrip("/") + "/")
    contents = read_contents(place)
    if not contents.keys() - {FILE}:
        raise UsageError(f"'{place}' holds no file to sign", hint="Name the folder of a pack.")
    signature = sign_contents(contents, signer, options)
    if place.is_dir():
        write_atomically(place / FILE, signature)
    else:
        write_atomically(place, write_archive({**contents, FILE: signature}))
    signed = sorted(contents.keys() - {FILE})
    return Signature(str(place), signer.keyid, options.scope, tuple(signed))


def policy_verify(
    place: Path, keys: Sequence[Path], environ: Mapping[str, str], *, scope: str = ""
) -> SignatureCheck:
    """Say whether a folder or an archive is exactly what one of the keys signed.

    Args:
        place: what to look at.
        keys: files with public keys; more may be in the environment.
        environ: the environment.
        scope: what the signature must be for.

    Raises:
        UsageError: there is no such place, or no key, or there is no file in it.
        ConfigError: a key cannot be used.
        EidosError: something cannot be read.
    """
    _refuse_other_places(place)
    verifiers = load_verifiers(keys, environ)
    if not verifiers:
        hint = "Name the public key of who should have signed: --key FILE"
        raise UsageError("there is no key to verify with", hint=hint)
    from eidos.engine.packs.signatures import read_contents, verify_contents

    try:
        contents = read_contents(place)
    except PolicyError as error:  # a hostile archive is an answer: no
        return SignatureCheck(str(place), None, 0, (error.problem, *error.others))
    found = verify_contents(contents, verifiers, scope, place)
    if not found.problems and not found.files:
        raise UsageError(
            f"'{place}' holds no file, and the signature is of none",
            hint="Name the folder of a pack.",
        )
    signer = Signatory(found.signer) if found.signer else None
    return SignatureCheck(str(place), signer, found.files, found.problems)


def policy_verify_keyless(
    place: Path, sigstore: Path, trusted_root: Path | None, expected: Sequence[ExpectedIdentity]
) -> SignatureCheck:
    """Say whether an archive is, byte for byte, what one who is believed signed without a key.

    Args:
        place: the archive.
        sigstore: the Sigstore bundle over it, as ``cosign sign-blob`` makes one.
        trusted_root: what certificates are held against.
        expected: who is believed.

    Raises:
        ConfigError: a file cannot be read.
        MissingExtraError: what verifies is not installed.
        UsageError: there is no such archive, or nobody is believed.
    """
    _refuse_other_places(place)
    anchors = load_anchors((), trusted_root, expected, {})
    if anchors.keyless is None:
        hint = "Say who: --identity WHO --issuer URL --trusted-root FILE"
        raise UsageError("nobody is given who could be believed", hint=hint)
    digest = address(read_small_file(place, what="an archive", at_most=MOST_BYTES))
    content = read_small_file(sigstore, what="a Sigstore bundle", at_most=ENVELOPE_AT_MOST)
    try:
        found = read_sigstore_bundle(content)
    except ValueError as error:
        return SignatureCheck(str(place), None, 0, (_wrong(sigstore, str(error)),))
    if found.signed != digest:
        other = found.signed if isinstance(found.signed, str) else "a statement"
        why = f"it is over {other}, and this archive is {digest}"
        return SignatureCheck(str(place), None, 0, (_wrong(sigstore, why),))
    worth = anchors.believed(found, digest, None)
    if worth.signers:
        return SignatureCheck(str(place), worth.signers[0], 1)
    others = f"nobody who is believed signed it, but {', '.join(worth.strangers)}"
    faults = worth.faults or (others,)
    return SignatureCheck(str(place), None, 0, tuple(_wrong(sigstore, each) for each in faults))


def _wrong(file: Path, why: str) -> Problem:
    hint = "Take archive and signature anew from where they were made."
    return Problem(why, hint, Location(str(file)))


def _refuse_other_places(place: Path) -> None:
    if not place.exists():
        hint = "Name a folder or an archive; 'eidos policy pack NAME -o FILE' makes one of a pack."
        how = pack_elsewhere(str(place)) or hint
        raise UsageError(f"there is no file or folder '{place}'", hint=how)
    if not place.is_dir() and not is_archive(place):
        hint = "A folder, or an archive named .tar.gz or .tgz, can be signed."
        raise UsageError(f"'{place}' is no folder and no archive", hint=hint)
