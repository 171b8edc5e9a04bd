"""Whom a verification believes: public keys, and identities under a root of Sigstore."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eidos.engine.errors import UsageError
from eidos.engine.model.claim import Claim
from eidos.engine.model.identity import ExpectedIdentity, distinct, together
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
class BelievedKey:
    """A file of public keys that are believed."""

    file: Path
    signs: frozenset[Claim] = frozenset()
    """What their signatures count for; empty for everything."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """All who are believed."""

    keys: "tuple[Verifier, ...]" = ()
    keyless: Keyless | None = None
    """None where no identity is believed."""
    roles: Mapping[str, frozenset[Claim]] = field(default_factory=dict)
    """By id, what a signature counts for; whoever is not there, or has none, for everything."""

    @property
    def every(self) -> tuple[Anchor, ...]:
        """Keys, then identities."""
        return (*self.keys, *(self.keyless.expected if self.keyless else ()))

    def may_sign(self, anchor: str, claim: Claim | None) -> bool:
        """Say whether a signature of one with this id counts for a statement of a kind."""
        role = self.roles.get(anchor)
        return not role or claim in role

    def believed(
        self, found: Envelope | SigstoreBundle, digest: str, claim: Claim | None
    ) -> Believed:
        """Hold signatures against all who are believed for what they sign.

        Args:
            found: an envelope, or a Sigstore bundle.
            digest: what is to be signed where there is no envelope, ``sha256:…``.
            claim: what is signed; None for what nobody looks at.
        """
        if isinstance(found, Envelope):
            worth = believed(found, self.keys)
        elif self.keyless is None:
            return Believed(strangers=("a certificate",))
        else:
            worth = self.keyless.believed(found, digest)
        others = tuple(str(each) for each in worth.signers if not self.may_sign(each.id, claim))
        return replace(
            worth,
            signers=tuple(each for each in worth.signers if self.may_sign(each.id, claim)),
            strangers=(*worth.strangers, *others),
        )


def load_anchors(
    keys: Sequence[BelievedKey],
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
    roles = {each.id: each.signs for each in identities}
    verifiers = []
    for key in keys:
        for verifier in load_verifiers([key.file], {}):
            verifiers.append(verifier)
            known = roles.get(verifier.id, key.signs)
            roles[verifier.id] = together(known, key.signs)
    for verifier in load_verifiers([], environ):
        verifiers.append(verifier)
        roles[verifier.id] = frozenset()
    return Anchors(
        tuple(verifiers),
        None if trusted_root is None else load_keyless(trusted_root, identities),
        roles,
    )
