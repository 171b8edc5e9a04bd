"""What must hold of a bundle before it is taken: ``gate=prod``, ``sbom``, ``2-of``.

A text that says less than it seems to is refused: where a variable was not set, nobody should find
out by what was let through.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from eidos.engine.errors import UsageError
from eidos.engine.model.claim import Claim
from eidos.engine.model.durations import seconds
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Severity
from eidos.engine.records import dataclass


class Demand(StrEnum):
    """What can be required."""

    SIGNED = "signed"
    PROVENANCE = "provenance"
    SBOM = "sbom"
    GATE = "gate"
    POLICY = "policy"
    CLUSTER = "cluster"
    RECIPE = "recipe"
    DIGEST = "digest"
    FAIL_ON = "fail-on"
    COMPLETE = "complete"
    NO_RELAXATIONS = "no-relaxations"
    NO_WAIVERS = "no-waivers"
    WAIVERS_IN_FORCE = "waivers-in-force"
    SIGNED_BY = "signed-by"
    N_OF = "N-of"
    MAX_AGE = "max-age"
    REPLAY = "replay"


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_THRESHOLD = re.compile(r"([1-9]\d?)-of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a demand is written, and what it needs."""

    value: str = ""
    """What stands behind ``=``, for people: ``PACK[@VERSION|@DIGEST]``; empty for nothing."""
    is_optional: bool = False
    """It may stand alone."""
    claim: Claim | None = None
    """The statement that must be signed for it; None where it asks for none."""
    needs_signers: bool = True
    """It can only hold where somebody is believed."""
    check: Callable[[str], object] = str
    """Raises ValueError, in the user's words, for a value that can be none."""


def _digest(text: str) -> None:
    """Refuse what is no digest.

    Raises:
        ValueError: it is none.
    """
    if not _DIGEST.fullmatch(text):
        raise ValueError(f"{text!r} is no digest: sha256: and 64 hexadecimal digits")


def _severity(text: str) -> None:
    """Refuse what is no severity.

    Raises:
        ValueError: it is none.
    """
    if text not in set(Severity):
        raise ValueError(f"there is no severity {text!r}: {', '.join(Severity)}")


def _parts(separator: str) -> Callable[[str], None]:
    """Give what refuses empty parts, as an unset variable leaves them."""

    def check(text: str) -> None:
        if not all(part.strip() for part in text.split(separator)):
            raise ValueError(f"there is nothing at one side of '{separator}' in {text!r}")

    return check


FORMS: Mapping[Demand, Form] = {
    Demand.SIGNED: Form(),
    Demand.PROVENANCE: Form(claim=Claim.PROVENANCE),
    Demand.SBOM: Form(claim=Claim.SBOM),
    Demand.GATE: Form(value="NAME", is_optional=True, claim=Claim.GATE),
    # What the decision says is signed with it.
    Demand.POLICY: Form(value="PACK[@VERSION|@DIGEST]", claim=Claim.GATE, check=_parts("@")),
    Demand.CLUSTER: Form(value="NAME", claim=Claim.GATE),
    Demand.RECIPE: Form(value="NAME[@DIGEST]", claim=Claim.GATE, check=_parts("@")),
    Demand.FAIL_ON: Form(value="SEVERITY", claim=Claim.GATE, check=_severity),
    Demand.COMPLETE: Form(claim=Claim.GATE),
    Demand.NO_RELAXATIONS: Form(claim=Claim.GATE),
    Demand.NO_WAIVERS: Form(claim=Claim.GATE),
    Demand.WAIVERS_IN_FORCE: Form(claim=Claim.GATE),
    Demand.SIGNED_BY: Form(value="WHO"),
    Demand.N_OF: Form(value="WHO+WHO", is_optional=True, check=_parts("+")),
    # The bundle says these of itself, whoever signed it.
    Demand.DIGEST: Form(value="DIGEST", needs_signers=False, check=_digest),
    Demand.MAX_AGE: Form(value="DURATION", needs_signers=False, check=seconds),
    Demand.REPLAY: Form(needs_signers=False),
}
"""Everything that can be required, a row each."""


def written_form(demand: Demand) -> str:
    """Write how something is required: ``gate[=NAME]``."""
    form = FORMS[demand]
    value = f"={form.value}" if form.value else ""
    return f"{demand}[{value}]" if value and form.is_optional else f"{demand}{value}"


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
        return FORMS[self.demand].claim

    @property
    def needs_signers(self) -> bool:
        """Whether it can only hold where somebody is believed."""
        return FORMS[self.demand].needs_signers


def parse_requirement(text: str) -> Requirement:
    """Read a requirement.

    Raises:
        UsageError: it is none, or something is missing in it.
    """
    text = text.strip()
    name, equals, value = text.partition("=")
    threshold = _THRESHOLD.fullmatch(name)
    demand = Demand.N_OF if threshold else _demand(name)
    form = FORMS[demand]
    if bool(value.strip()) is not bool(equals) or not (form.value if equals else _stands(form)):
        raise UsageError(f"{text!r} is no requirement", hint=f"Write {written_form(demand)}")
    try:
        if value:
            form.check(value)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no requirement: {error}", hint=f"Write {written_form(demand)}"
        ) from None
    number = int(threshold[1]) if threshold else 0
    return Requirement(text, demand, value, seconds(value) if demand is Demand.MAX_AGE else number)


def _stands(form: Form) -> bool:
    """Say whether something is required by its name alone."""
    return form.is_optional or not form.value


def _demand(name: str) -> Demand:
    known = [each.value for each in Demand if each is not Demand.N_OF]
    if name in known:
        return Demand(name)
    hint = f"{nearest(name, [*known, '2-of'])} Several are separated by commas."
    raise UsageError(f"nobody knows how to require {name!r}", hint=hint)


def parse_requirements(texts: tuple[str, ...]) -> tuple[Requirement, ...]:
    """Read requirements, of which several may stand in one text, separated by commas.

    Raises:
        UsageError: one is none, or there is nothing between two commas.
    """
    parts = [part.strip() for text in texts for part in text.split(",")]
    if not all(parts):
        raise UsageError(
            "something that is required is empty",
            hint="Write --require gate,provenance; a variable in it may be unset.",
        )
    return tuple(map(parse_requirement, dict.fromkeys(parts)))
