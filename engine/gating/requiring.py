"""Whether what is required of a bundle holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from eidos.engine.errors import UsageError
from eidos.engine.model.attestation import Signatory
from eidos.engine.model.bundle_check import BundleCheck, Decided, GivenWaiver, Held, Outcome
from eidos.engine.model.claim import Claim
from eidos.engine.model.durations import span
from eidos.engine.model.requirement import Demand, Requirement
from eidos.engine.model.rule import UNVERSIONED, Severity

if TYPE_CHECKING:
    from eidos.engine.signing.anchors import Anchor, Anchors


def resolved(requirements: Sequence[Requirement], anchors: "Anchors") -> tuple[Requirement, ...]:
    """Give requirements with all whom they name by their ids.

    Where keys or identities are given, one of them must have signed, whether that is required or
    not: a bundle whose signatures were taken away must not pass for one that never had any.

    Raises:
        UsageError: nobody is believed, and somebody must be; or one that is named is not given, or
            nobody may sign what must be signed.
    """
    for each in requirements:
        if each.needs_signers and not anchors.every:
            raise UsageError(
                f"'{each.text}' is required, and no key or identity is given that could be "
                "believed",
                hint="Name public keys with --key FILE, or put them into EIDOS_VERIFICATION_KEY; "
                "or --identity WHO --issuer URL --trusted-root FILE.",
            )
        if each.claim is not None and not any(
            anchors.may_sign(one.id, each.claim) for one in anchors.every
        ):
            raise UsageError(
                f"'{each.text}' can never hold: nobody who is believed may sign the {each.claim}",
                hint="Name it below 'signs' of a key or an identity in the requirements.",
            )
    found = tuple(replace(each, signers=_signers(each, anchors.every)) for each in requirements)
    if anchors.every and not any(each.needs_signers for each in found):
        return (Requirement("signed", Demand.SIGNED), *found)
    return found


def _signers(requirement: Requirement, anchors: "Sequence[Anchor]") -> frozenset[str]:
    if requirement.demand is Demand.SIGNED_BY:
        return frozenset({_anchor(requirement.value, anchors)})
    if requirement.demand is not Demand.N_OF:
        return frozenset()
    names = requirement.value.split("+") if requirement.value else []
    ids = {_anchor(name, anchors) for name in names} or {each.id for each in anchors}
    if len(ids) < requirement.number:
        given = "one key or identity is" if len(ids) == 1 else f"{len(ids)} keys and identities are"
        raise UsageError(f"'{requirement.text}' can never hold: {given} given for it")
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
    return tuple(_held(each, seen, claims) for each in requirements)


def _held(each: Requirement, seen: BundleCheck, claims: set[Claim]) -> Held:
    if seen.problems or seen.decided is None:
        return Held(each.text, holds=False, why="the bundle is not as it was made")
    if seen.is_contradicted and each.demand is not Demand.REPLAY:
        return Held(each.text, holds=False, why="the gates, asked again, decide otherwise")
    if each.demand in {Demand.SIGNED, Demand.SIGNED_BY, Demand.N_OF}:
        return _signed(each, seen.signers, claims)
    who = seen.signers.get(each.claim, ()) if each.claim else ()
    if each.claim is not None and not who:
        return Held(each.text, holds=False, why=f"nobody who is believed signed its {each.claim}")
    check = _CHECKS.get(each.demand)
    if check is None or (each.demand is Demand.GATE and not each.value):
        return Held(each.text, holds=True, why=_by(who))
    holds, why = check(each, seen, seen.decided)
    return Held(each.text, holds=holds, why=why)


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


# What the decision says -------------------------------------------------------------------------

_Answer = tuple[bool, str]
"""Whether it holds, and why."""


def _of_gate(each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    return said.gate == each.value, f"gate {said.gate} let it through"


def _of_policy(each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    """See that all of a pack judged: by name, by name and version, or by name and digest.

    Plain rules and templates are known by digest alone: any folder may be called like a pack.
    """
    name, _at, which = each.value.partition("@")
    named = [pack for pack in said.packs if pack.name == name]
    found = [
        pack
        for pack in named
        if which == pack.digest or (pack.version != UNVERSIONED and which in {"", pack.version})
    ]
    holds = bool(found) and all(pack.is_whole for pack in found)
    why = ", ".join(f"{pack}, {pack.digest}" for pack in named)
    if not why:
        return False, f"no pack {name} judged"
    if not found and all(pack.version == UNVERSIONED for pack in named):
        return False, f"{why} is no pack, and known by its digest alone"
    return holds, f"{why} judged"


def _of_cluster(each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    of = f"of {said.cluster}" if said.cluster else "of a cluster that has no name"
    return said.cluster == each.value, f"the facts are {of}"


def _of_recipe(each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    name, _at, which = each.value.partition("@")
    holds = said.recipe == name and which in {"", said.recipe_digest}
    return holds, f"the recipe is {said.recipe}, {said.recipe_digest}"


def _of_digest(each: Requirement, seen: BundleCheck, _: Decided) -> _Answer:
    if each.value == seen.artifact:
        return False, f"that is the artifact (--expect); the bundle is {seen.digest}"
    return seen.digest == each.value, f"the bundle is {seen.digest}"


def _fails_on(each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    found = said.terms.fail_on
    return found.rank <= Severity(each.value).rank, f"the gate fails on {found} and above"


def _complete(_each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    count = said.unanswered
    return (
        not count,
        f"verdicts and constraints without an answer: {count}" if count else "all was answered",
    )


def _not_relaxed(_each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    """See what was said to relax the gate, and what of the decision shows it all the same."""
    found = [setting for setting, _value, _place in said.relaxations]
    found += [] if said.terms.fail_on is Severity.INFO else [f"fails on {said.terms.fail_on}"]
    found += ["incomplete is allowed"] if said.terms.allow_incomplete else []
    found += [str(pack) for pack in said.packs if not pack.is_whole]
    return not found, ", ".join(dict.fromkeys(found)) or "nothing relaxes the gate"


def _not_waived(_each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    return _of_waivers([each for each in said.waivers if each.uses], "nothing is waived")


def _in_force(_each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    ended = [each for each in said.waivers if each.uses and each.has_ended]
    return _of_waivers(ended, "no waiver that was needed has ended")


def _of_waivers(found: Sequence[GivenWaiver], none: str) -> _Answer:
    return not found, ", ".join(f"{each.id} ({each.until})" for each in found) or none


def _young(each: Requirement, _: BundleCheck, said: Decided) -> _Answer:
    if said.stale is not None or said.age is None:
        return False, f"the snapshot {said.stale}"
    return said.age <= each.number, f"the facts are {span(max(said.age, 0))} old"


def _replayed(_each: Requirement, seen: BundleCheck, _: Decided) -> _Answer:
    if seen.replayed is None:
        return False, "the gates were not asked again, for something else does not hold"
    found, count = seen.replayed.outcome, len(seen.replayed.differences)
    things = "1 thing is" if count == 1 else f"{count} things are"
    return found is Outcome.SAME, {
        Outcome.SAME: "both gates decide the same again",
        Outcome.OTHERWISE: f"both gates decide otherwise: {things} not as it was decided",
        Outcome.OTHER_ENGINE: "both gates decide the same again, by another engine",
        Outcome.UNANSWERED: "the gates cannot be asked again",
    }[found]


_CHECKS: Mapping[Demand, Callable[[Requirement, BundleCheck, Decided], _Answer]] = {
    Demand.GATE: _of_gate,
    Demand.POLICY: _of_policy,
    Demand.CLUSTER: _of_cluster,
    Demand.RECIPE: _of_recipe,
    Demand.DIGEST: _of_digest,
    Demand.FAIL_ON: _fails_on,
    Demand.COMPLETE: _complete,
    Demand.NO_RELAXATIONS: _not_relaxed,
    Demand.NO_WAIVERS: _not_waived,
    Demand.WAIVERS_IN_FORCE: _in_force,
    Demand.MAX_AGE: _young,
    Demand.REPLAY: _replayed,
}
