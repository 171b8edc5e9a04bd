"""Whether what is required of a bundle holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from eidos.engine.errors import UsageError
from eidos.engine.model.attestation import Claim, Signatory
from eidos.engine.model.bundle_check import BundleCheck, Decided, Held
from eidos.engine.model.durations import span
from eidos.engine.model.requirement import Demand, Requirement
from eidos.engine.model.rule import UNVERSIONED

if TYPE_CHECKING:
    from eidos.engine.signing.anchors import Anchor


def resolved(
    requirements: Sequence[Requirement], anchors: "Sequence[Anchor]"
) -> tuple[Requirement, ...]:
    """Give requirements with all whom they name by their ids.

    Where keys or identities are given, one of them must have signed, whether that is required or
    not: a bundle whose signatures were taken away must not pass for one that never had any.

    Raises:
        UsageError: nobody is believed, and somebody must be; or one that is named is not given.
    """
    for each in requirements:
        if each.needs_signers and not anchors:
            raise UsageError(
                f"'{each.text}' is required, and no key or identity is given that could be "
                "believed",
                hint="Name public keys with --key FILE, or put them into EIDOS_VERIFICATION_KEY; "
                "or --identity WHO --issuer URL --trusted-root FILE.",
            )
    found = tuple(replace(each, signers=_signers(each, anchors)) for each in requirements)
    if anchors and not any(each.needs_signers for each in found):
        return (Requirement("signed", Demand.SIGNED), *found)
    return found


def _signers(requirement: Requirement, anchors: "Sequence[Anchor]") -> frozenset[str]:
    if requirement.demand is Demand.SIGNED_BY:
        return frozenset({_anchor(requirement.value, anchors)})
    if requirement.demand is not Demand.N_OF:
        return frozenset()
    names = [name for name in requirement.value.split("+") if name]
    ids = {_anchor(name, anchors) for name in names} or {each.id for each in anchors}
    if len(ids) < requirement.number:
        raise UsageError(
            f"'{requirement.text}' can never hold: {len(ids)} different keys and identities are "
            "given for it"
        )
    return frozenset(ids)


def _anchor(name: str, anchors: "Sequence[Anchor]") -> str:
    """Give the id of the key or identity with a name."""
    found = {each.id for each in anchors if each.is_called(name)}
    if len(found) != 1:
        several = "several that are given are" if found else "no key or identity that is given is"
        raise UsageError(
            f"{several} called {name!r}",
            hint="Name the file of a key, the first digits of its id, 8 at least, or an identity "
            "as it is given, or by its name in the file of requirements.",
        )
    return found.pop()


def held(requirements: Sequence[Requirement], seen: BundleCheck) -> tuple[Held, ...]:
    """Say of each requirement whether it holds, and why.

    Args:
        requirements: as `resolved` gives them.
        seen: what was found; with any problem, nothing that is signed counts.
    """
    claims = {each.claim for each in requirements if each.claim is not None}
    signers = {} if seen.problems else seen.signers
    return tuple(_held(each, seen, signers, claims) for each in requirements)


def _held(
    each: Requirement,
    seen: BundleCheck,
    signers: Mapping[Claim, tuple[Signatory, ...]],
    claims: set[Claim],
) -> Held:
    if seen.problems or seen.decided is None:
        return Held(each.text, holds=False, why="the bundle is not as it was made")
    if each.demand is Demand.REPLAY:
        return _replayed(each, seen)
    if each.demand is Demand.MAX_AGE:
        return _young(each, seen.decided)
    if each.demand in {Demand.SIGNED, Demand.SIGNED_BY, Demand.N_OF}:
        return _signed(each, signers, claims)
    claim = each.claim
    who = signers.get(claim, ()) if claim else ()
    if not who:
        return Held(each.text, holds=False, why=f"nobody who is believed signed its {claim}")
    check = _NAMED.get(each.demand) if each.value else None
    return check(each, seen.decided) if check else Held(each.text, holds=True, why=_by(who))


def _signed(
    each: Requirement, signers: Mapping[Claim, tuple[Signatory, ...]], claims: set[Claim]
) -> Held:
    """See that enough keys signed each statement that is required; else any one of them."""
    least = int(each.number) or 1
    counted = {
        claim: [one for one in who if not each.signers or one.id in each.signers]
        for claim, who in signers.items()
    }
    asked = {claim: counted.get(claim, []) for claim in Claim if claim in claims} or counted
    enough = [len({one.id for one in who}) >= least for who in asked.values()]
    holds = all(enough) if claims else any(enough)
    said = "; ".join(f"{claim}: {_by(who)}" for claim, who in asked.items())
    return Held(each.text, holds=holds, why=said or "nobody who is believed signed anything")


def _by(who: Sequence[Signatory]) -> str:
    return f"signed by {', '.join(map(str, who))}" if who else "signed by none of them"


def _young(each: Requirement, said: Decided) -> Held:
    if said.age is None:
        return Held(each.text, holds=False, why="nobody knows how old the facts are")
    if said.age < 0:
        return Held(
            each.text, holds=False, why=f"the facts are from the future: {said.snapshot_time}"
        )
    why = f"the facts are {span(said.age)} old"
    return Held(each.text, holds=said.age <= each.number, why=why)


def _replayed(each: Requirement, seen: BundleCheck) -> Held:
    if seen.replayed is None:
        return Held(each.text, holds=False, why="the gate was not asked again")
    if seen.replayed.is_reproduced:
        return Held(each.text, holds=True, why="both gates decide the same again")
    count = len(seen.replayed.differences)
    return Held(each.text, holds=False, why=f"{count} things are not as they were decided")


def _of_gate(each: Requirement, said: Decided) -> Held:
    return Held(each.text, holds=said.gate == each.value, why=f"gate {said.gate} let it through")


def _of_policy(each: Requirement, said: Decided) -> Held:
    """See that a pack judged: by name, by name and version, or by name and digest.

    Plain rules and templates are known by digest alone: any folder may be called like a pack.
    """
    name, _, which = each.value.partition("@")
    found = [pack for pack in said.packs if pack[0] == name]
    holds = any(
        which == digest or (version != UNVERSIONED and which in {"", version})
        for _, version, digest in found
    )
    why = ", ".join(f"{pack[0]}@{pack[1]} ({pack[2]})" for pack in found)
    if not why:
        return Held(each.text, holds=False, why=f"no pack {name} judged")
    if not holds and all(pack[1] == UNVERSIONED for pack in found):
        return Held(each.text, holds=False, why=f"{why} is no pack, and known by its digest alone")
    return Held(each.text, holds=holds, why=f"{why} judged")


_NAMED: Mapping[Demand, Callable[[Requirement, Decided], Held]] = {
    Demand.GATE: _of_gate,
    Demand.POLICY: _of_policy,
}
