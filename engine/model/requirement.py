"""What must hold of a bundle before it is taken: ``gate=prod``, ``sbom``, ``2-of``."""

import re
from enum import StrEnum

from eidos.engine.errors import UsageError
from eidos.engine.model.attestation import Claim
from eidos.engine.model.durations import seconds
from eidos.engine.model.nearest import nearest
from eidos.engine.records import dataclass


class Demand(StrEnum):
    """What can be required."""

    SIGNED = "signed"
    PROVENANCE = "provenance"
    GATE = "gate"
    SBOM = "sbom"
    SIGNED_BY = "signed-by"
    N_OF = "N-of"
    MAX_AGE = "max-age"
    POLICY = "policy"
    REPLAY = "replay"


_PLAIN = frozenset({Demand.SIGNED, Demand.PROVENANCE, Demand.GATE, Demand.SBOM, Demand.REPLAY})
_VALUED = frozenset({Demand.GATE, Demand.SIGNED_BY, Demand.MAX_AGE, Demand.POLICY})
_THRESHOLD = re.compile(r"([1-9]\d?)-of")
_CLAIMS = {
    Demand.PROVENANCE: Claim.PROVENANCE,
    Demand.GATE: Claim.GATE,
    Demand.POLICY: Claim.GATE,  # which packs judged says the decision
    Demand.SBOM: Claim.SBOM,
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that must hold."""

    text: str
    """As it was written."""
    demand: Demand
    value: str = ""
    """A gate's name, a pack, a key or an identity, several joined by ``+``; empty for any."""
    number: float = 0
    """Signers of `Demand.N_OF`, seconds of `Demand.MAX_AGE`."""
    signers: frozenset[str] = frozenset()
    """Ids of those whose signatures count for it; empty for everybody who is believed."""

    @property
    def claim(self) -> Claim | None:
        """The statement that must be signed for it; None where it asks for none."""
        return _CLAIMS.get(self.demand)

    @property
    def needs_signers(self) -> bool:
        """Whether it can only hold where somebody is believed."""
        return self.demand not in {Demand.MAX_AGE, Demand.REPLAY}


def parse_requirement(text: str) -> Requirement:
    """Read a requirement.

    Raises:
        UsageError: it is none.
    """
    name, equals, value = text.strip().partition("=")
    threshold = _THRESHOLD.fullmatch(name)
    if threshold is not None and bool(value) is bool(equals):
        return Requirement(text.strip(), Demand.N_OF, value, int(threshold[1]))
    try:
        demand = Demand(name)
    except ValueError:
        raise UsageError(
            f"nobody knows how to require {name!r}",
            hint=f"{nearest(name, list(Demand))} Several are separated by commas.",
        ) from None
    takes = _VALUED if equals else _PLAIN
    if demand not in takes or (equals and not value):
        form = f"{name}=..." if demand in _VALUED - _PLAIN or (equals and not value) else name
        raise UsageError(f"{text!r} is no requirement", hint=f"Write --require {form}")
    if demand is Demand.MAX_AGE:
        try:
            return Requirement(text.strip(), demand, value, seconds(value))
        except ValueError as error:
            raise UsageError(str(error), hint="Write --require max-age=24h") from None
    return Requirement(text.strip(), demand, value)


def parse_requirements(texts: tuple[str, ...]) -> tuple[Requirement, ...]:
    """Read requirements, of which several may stand in one text, separated by commas.

    Raises:
        UsageError: one is none.
    """
    parts = [part for text in texts for part in text.split(",") if part.strip()]
    if texts and not parts:  # as from an unset variable: nothing would be required
        raise UsageError("--require says nothing", hint="Write --require gate,provenance")
    return tuple(map(parse_requirement, dict.fromkeys(parts)))
