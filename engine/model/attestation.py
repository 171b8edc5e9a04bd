"""Attestations: what somebody signed about a bundle, and how far that bundle can be trusted."""

from collections.abc import Mapping
from enum import StrEnum

from eidos.engine.model.claim import Claim
from eidos.engine.model.identity import Identity
from eidos.engine.records import dataclass

STATEMENT = "https://in-toto.io/Statement/v1"
"""https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md"""
PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""Of an envelope that holds a statement."""


PREDICATES: Mapping[Claim, str] = {
    Claim.PROVENANCE: "https://slsa.dev/provenance/v1",
    Claim.GATE: "https://in-toto.io/attestation/svr/v0.1",
    Claim.SBOM: "https://cyclonedx.org/bom",
}
"""Predicate types: SLSA provenance, a Simple Verification Result, CycloneDX. All that have one are
statements, which `eidos bundle sign` signs."""


class Trust(StrEnum):
    """How far a bundle can be trusted; each level needs all that those before it need."""

    NONE = "none"
    """It differs from its manifest, contradicts itself, or what is signed was meddled with."""
    WHOLE = "whole"
    """Everything is as its manifest says; nobody who is believed says that it is the right one."""
    SIGNED = "signed"
    """Somebody who is believed signed it, or a right statement about it."""
    ATTESTED = "attested"
    """One signed its provenance."""
    GATED = "gated"
    """One signed the decision of the gate as well."""
    REPLAYED = "replayed"
    """And both gates, asked again here, decide the same."""

    @property
    def rank(self) -> int:
        """Give its place, from 0."""
        return tuple(Trust).index(self)


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody who is believed, and signed."""

    id: str
    """Of the key, or of the identity as it is expected: what has one id counts once."""
    identity: Identity | None = None
    """Whom the certificate names; None for a key."""

    def __str__(self) -> str:
        """Give the id of the key, or whom the certificate names and who vouches for it."""
        return str(self.identity or self.id)


@dataclass(frozen=True, slots=True)
class Attestation:
    """A file of signatures, and what came of holding it against who is believed, and the bundle."""

    path: str
    """Of its file, below the bundle; one that lies beside it is named as it was given."""
    predicate: str | None
    """Type of the statement; None where there is none that can be read."""
    claim: Claim | None
    """None where it is of no kind that is looked at."""
    signers: tuple[Signatory, ...] = ()
    """Who is believed and signed it, each once."""
    strangers: tuple[str, ...] = ()
    """Who else is named in it, as a key or by a certificate; nothing was held against those."""
    faults: tuple[str, ...] = ()
    """Why it does not count."""

    @property
    def counts(self) -> bool:
        """Whether somebody who is believed says something right of this very bundle."""
        return bool(self.signers) and not self.faults
