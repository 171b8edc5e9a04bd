"""What became of looking at a bundle: how far it can be trusted, and why no further."""

from collections.abc import Mapping
from enum import StrEnum

from eidos.engine.errors import ExitCode, Problem
from eidos.engine.model.attestation import Attestation, Signatory, Trust
from eidos.engine.model.claim import Claim
from eidos.engine.model.gate import Gate
from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class JudgingPack:
    """A pack that judged, before or after rendering, and how much of it did."""

    name: str
    version: str
    digest: str
    rules: int
    """How many it has that a gate can ask."""
    left_out: tuple[str, ...]
    """Ids of those that were not asked."""
    not_enforced: tuple[str, ...]
    """Ids of those whose violations do not close the gate."""

    @property
    def asked(self) -> int:
        """How many rules were asked."""
        return self.rules - len(self.left_out)

    @property
    def is_whole(self) -> bool:
        """Whether all its rules were asked and enforced, and there are any."""
        return self.rules > 0 and not self.left_out and not self.not_enforced

    def __str__(self) -> str:
        """Give ``gpu@0.1.0``, or ``gpu@0.1.0 (3 of 34 rules, GPU-001 not enforced)``."""
        said = [] if self.rules and not self.left_out else [f"{self.asked} of {self.rules} rules"]
        if self.not_enforced:
            said.append(f"{', '.join(self.not_enforced)} not enforced")
        return f"{self.name}@{self.version}" + (f" ({', '.join(said)})" if said else "")


@dataclass(frozen=True, slots=True)
class GivenWaiver:
    """A waiver that the gate was given."""

    id: str
    about: str
    """The rule, or ``tag NAME``."""
    until: str
    """Last instant it holds, RFC 3339."""
    uses: int
    """Verdicts that it waived."""
    has_ended: bool
    """By the clock of who looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the decision in a bundle says."""

    gate: str
    recipe: str
    recipe_digest: str
    cluster: str | None
    snapshot: str
    """Digest of the facts."""
    snapshot_time: str | None
    age: float | None
    """Seconds since they were taken, below 0 for a time to come; None where nobody knows."""
    stale: str | None
    """Why nobody should take them for facts of now, whatever their age; None where that is told."""
    effective_time: str
    terms: Gate
    """What closed it, and what did not."""
    unanswered: int
    """Verdicts and constraints without an answer, for want of facts."""
    packs: tuple[JudgingPack, ...]
    """Each that judged, before or after rendering."""
    waivers: tuple[GivenWaiver, ...]
    relaxations: tuple[tuple[str, str, str], ...]
    """Setting, value and place of what makes the gate easier to pass."""


@dataclass(frozen=True, slots=True)
class Held:
    """A requirement, and whether it holds."""

    text: str
    holds: bool
    why: str
    """One clause that says what makes it hold, or not."""


class Outcome(StrEnum):
    """What came of asking both gates again."""

    SAME = "same"
    """``gate.json`` came out byte for byte."""
    OTHERWISE = "otherwise"
    """They decide otherwise than the bundle says."""
    OTHER_ENGINE = "other-engine"
    """All is the same, and another engine, or version of it, says so."""
    UNANSWERED = "unanswered"
    """They cannot be asked: there is no evidence, or it cannot be used."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of asking both gates again."""

    outcome: Outcome
    differences: tuple[str, ...] = ()
    """What is not as it was decided: verdicts and what they were made of; none where all is."""

    @property
    def is_reproduced(self) -> bool:
        """Whether ``gate.json``, and every file that is deployed, came out byte for byte."""
        return self.outcome is Outcome.SAME


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleCheck:
    """What became of looking at a bundle."""

    place: str
    digest: str | None
    """Of its manifest; None where that cannot be read."""
    origin: str | None = None
    """The package that brings the place, with its version; None where it is eidos' own."""
    artifact: str | None = None
    """Digest of the artifact it was fetched as; None where it lies in a folder or an archive."""
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
    """None where nobody asked for it, or something else that was required does not hold."""

    @property
    def signers(self) -> Mapping[Claim, tuple[Signatory, ...]]:
        """Who is believed and signed something right, by what it says."""
        found: dict[Claim, set[Signatory]] = {}
        for each in self.attestations:
            if each.counts and each.claim is not None:
                found.setdefault(each.claim, set()).update(each.signers)
        return {claim: tuple(sorted(found[claim], key=str)) for claim in Claim if claim in found}

    @property
    def is_contradicted(self) -> bool:
        """Whether the gates, asked again, decide otherwise than the bundle says."""
        return self.replayed is not None and self.replayed.outcome is Outcome.OTHERWISE

    @property
    def trust(self) -> Trust:
        """How far it can be trusted; whatever is wrong with it leaves nothing of that."""
        signers = self.signers
        if self.problems or self.is_contradicted:
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
        return Gate().outcome(failed=bool(self.problems) or unmet).exit_code
