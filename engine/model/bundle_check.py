"""What became of looking at a bundle: how far it can be trusted, and why no further."""

from collections.abc import Mapping

from eidos.engine.errors import ExitCode, Problem
from eidos.engine.model.attestation import Attestation, Claim, Signatory, Trust
from eidos.engine.model.gate import Gate
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Decided:
    """What the decision in a bundle says."""

    gate: str
    recipe: str
    cluster: str | None
    snapshot: str
    """Digest of the facts."""
    snapshot_time: str | None
    age: float | None
    """Seconds since they were taken; None where nobody knows."""
    effective_time: str
    packs: tuple[tuple[str, str, str], ...]
    """Name, version and digest of each pack that judged, before or after rendering."""
    waivers: int
    relaxations: int


@dataclass(frozen=True, slots=True)
class Held:
    """A requirement, and whether it holds."""

    text: str
    holds: bool
    why: str
    """One clause that says what makes it hold, or not."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of asking both gates again."""

    differences: tuple[str, ...]
    """What is not as it was decided: verdicts and what they were made of; none where all is."""

    @property
    def is_reproduced(self) -> bool:
        """Whether ``gate.json``, and every file that is deployed, came out byte for byte."""
        return not self.differences


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleCheck:
    """What became of looking at a bundle."""

    place: str
    digest: str | None
    """Of its manifest; None where that cannot be read."""
    origin: str | None = None
    """The package that brings the place, with its version; None where it is eidos' own."""
    problems: tuple[Problem, ...] = ()
    """What is not as it must be, of the bundle and of what is signed about it."""
    decided: Decided | None = None
    """None where there is no decision that could be looked at."""
    attestations: tuple[Attestation, ...] = ()
    keys: int = 0
    """How many keys are believed."""
    identities: int = 0
    """And how many identities."""
    requirements: tuple[Held, ...] = ()
    replayed: Replayed | None = None
    """None where nobody asked for it."""

    @property
    def signers(self) -> Mapping[Claim, tuple[Signatory, ...]]:
        """Who is believed and signed something right, by what it says."""
        found: dict[Claim, set[Signatory]] = {}
        for each in self.attestations:
            if each.counts and each.claim is not None:
                found.setdefault(each.claim, set()).update(each.signers)
        return {claim: tuple(sorted(found[claim], key=str)) for claim in Claim if claim in found}

    @property
    def trust(self) -> Trust:
        """How far it can be trusted; whatever is wrong with it leaves nothing of that."""
        signers = self.signers
        if self.problems:
            return Trust.NONE
        if not signers:
            return Trust.WHOLE
        if Claim.PROVENANCE not in signers:
            return Trust.SIGNED
        if Claim.GATE not in signers:
            return Trust.ATTESTED
        reproduced = self.replayed is not None and self.replayed.is_reproduced
        return Trust.REPLAYED if reproduced else Trust.GATED

    @property
    def exit_code(self) -> ExitCode:
        """0 all that was asked for holds; 1 something does not."""
        unmet = any(not each.holds for each in self.requirements)
        differs = self.replayed is not None and not self.replayed.is_reproduced
        return Gate().outcome(failed=bool(self.problems) or unmet or differs).exit_code
