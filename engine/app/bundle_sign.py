"""``eidos bundle sign``, ``statement``: say what a bundle is made of, and what let it through."""

from collections.abc import Mapping
from pathlib import Path

from eidos.engine.app.bundle_files import bundle_at, is_archive, write_archive
from eidos.engine.app.bundle_replay import replay
from eidos.engine.app.context import Context
from eidos.engine.bundling.attesting import attested, statement
from eidos.engine.bundling.verifying import whole
from eidos.engine.digest import canonical
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle_check import Replayed
from eidos.engine.model.claim import Claim
from eidos.engine.records import dataclass
from eidos.engine.signing.keys import SigningKey, load_signer


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """What was signed."""

    place: str
    digest: str
    """Of the bundle; signing does not change it."""
    signer: str
    """The id of the key."""
    files: tuple[str, ...]
    """The envelopes, below the bundle."""


def bundle_sign(
    place: Path, key: SigningKey, environ: Mapping[str, str], context: Context | None = None
) -> SignedBundle:
    """Sign the statements about a bundle, and put them beside what its manifest lists.

    What others signed stays, so that several may sign one after the other. An archive is written
    again, at once or not at all.

    Args:
        place: folder or archive.
        key: what to sign with.
        environ: may hold the key and its passphrase.
        context: both gates are asked again in it, and what they do not decide again is not signed;
            None to take the decision as it is.

    Raises:
        BudgetError: the gates do not answer again in time.
        BundleError: it is not whole, or no gate let it through: nobody should vouch for it.
        ConfigError: the key cannot be used.
        DistributionError: the archive cannot be taken.
        DocumentError: something cannot be written.
    """
    signer = load_signer(key, environ)
    with bundle_at(place) as folder:
        bundle = whole(folder, str(place))
        if context is not None:
            _refuse_otherwise(replay(bundle, context))
        files = attested(bundle, signer)
        for file in files:
            write_atomically(folder / file.path, file.content, with_folder=True)
        if is_archive(place):
            write_archive(place, folder)
    return SignedBundle(str(place), bundle.digest, signer.keyid, tuple(each.path for each in files))


def _refuse_otherwise(found: Replayed) -> None:
    if not found.is_reproduced:
        raise BundleError(
            f"it does not decide the same again: {found.differences[0]}",
            hint="Nothing was signed. All that differs says: eidos bundle verify --replay",
        )


def bundle_statement(place: Path, claim: Claim, *, predicate: bool = False) -> bytes:
    """Give a statement about a bundle, for others to sign; with `predicate`, only what it says.

    Raises:
        BundleError: it is not whole, or no gate let it through: nobody should vouch for it.
        DistributionError: the archive cannot be taken.
    """
    with bundle_at(place) as folder:
        said = statement(whole(folder, str(place)), claim)
    return canonical(said["predicate"] if predicate else said)
