"""Whom a verification believes: public keys, and identities under a root of Sigstore."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eidos.engine.errors import UsageError
from eidos.engine.model.identity import ExpectedIdentity, distinct
from eidos.engine.records import dataclass
from eidos.engine.signing.envelopes import Believed, Envelope, believed
from eidos.engine.signing.keyless import Keyless, SigstoreBundle, load_keyless
from eidos.engine.signing.keys import load_verifiers

if TYPE_CHECKING:
    from eidos.engine.signing.signers import Verifier


class Anchor(Protocol):
    """A key or an identity that is believed."""

    @property
    def id(self) -> str:
        """What it is counted by."""
        ...

    def is_called(self, name: str) -> bool:
        """Say whether a requirement means it by a name."""
        ...


@dataclass(frozen=True, slots=True)
class Anchors:
    """All who are believed."""

    keys: "tuple[Verifier, ...]" = ()
    keyless: Keyless | None = None
    """None where no identity is believed."""

    @property
    def every(self) -> tuple[Anchor, ...]:
        """Keys, then identities."""
        return (*self.keys, *(self.keyless.expected if self.keyless else ()))

    def believed(self, found: Envelope | SigstoreBundle, digest: str) -> Believed:
        """Hold signatures against all who are believed.

        Args:
            found: an envelope, or a Sigstore bundle.
            digest: what is to be signed where there is no envelope, ``sha256:…``.
        """
        if isinstance(found, Envelope):
            return believed(found, self.keys)
        if self.keyless is None:
            return Believed(strangers=("a certificate",))
        return self.keyless.believed(found, digest)


def load_anchors(
    keys: Sequence[Path],
    trusted_root: Path | None,
    expected: Sequence[ExpectedIdentity],
    environ: Mapping[str, str],
) -> Anchors:
    """Give all who are believed.

    Args:
        keys: files of public keys; more may be in the environment.
        trusted_root: file of Sigstore's trusted root, where identities are believed.
        expected: those.
        environ: may hold keys.

    Raises:
        ConfigError: a key or the trusted root cannot be used.
        MissingExtraError: what verifies is not installed.
        UsageError: identities are believed without a root to hold them against, or the reverse.
    """
    identities = distinct(expected)
    if trusted_root is None and identities:
        raise UsageError(
            f"{identities[0].id} is to be believed, and no trusted root is given",
            hint="Name Sigstore's trusted_root.json with --trusted-root FILE.",
        )
    if trusted_root is not None and not identities:
        raise UsageError(
            "a trusted root is given, and nobody who is to be believed under it",
            hint="Say who: --identity WHO --issuer URL",
        )
    return Anchors(
        tuple(load_verifiers(keys, environ)),
        None if trusted_root is None else load_keyless(trusted_root, identities),
    )
