"""How far a bundle can be trusted, and why (``eidos bundle verify``)."""

from collections.abc import Iterator
from typing import TextIO

from eidos.engine.model.attestation import Attestation, Trust
from eidos.engine.model.bundle_check import BundleCheck, Decided, Outcome
from eidos.engine.model.claim import Claim
from eidos.engine.model.durations import span
from eidos.engine.model.jsonvalue import Json
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.jsontext import known, signatory, write_document
from eidos.engine.report.wording import named, plural

_DIFFERENCES = 20
"""Of a replay, that are shown; ``json`` has all."""
_STRANGERS, _NAME = 3, 200
"""How many of an attestation are named, and how many characters of each are shown."""
_NEXT = {
    Trust.WHOLE: "nobody who is believed signed anything right about it",
    Trust.SIGNED: "nobody who is believed signed its provenance",
    Trust.ATTESTED: "nobody who is believed signed the decision of its gate",
}


def text(found: BundleCheck, out: TextIO, _rendering: Rendering) -> None:
    """Write what is wrong, who says what, what is required, and last how far it can be trusted."""
    out.writelines(f"{disarmed(one_line(line))}\n" for line in _lines(found))


def _lines(found: BundleCheck) -> Iterator[str]:
    yield from (f"wrong: {each}" for each in found.problems)
    hints = dict.fromkeys(each.hint for each in found.problems if each.hint)
    yield from (f"  hint: {hint}" for hint in hints)
    if found.decided is not None:
        yield from _decided(found.decided)
    yield from (f"attestation: {each.path}: {_worth(each)}" for each in found.attestations)
    if found.replayed is not None:
        yield from _replayed(found)
    for held in found.requirements:
        yield f"{'holds' if held.holds else 'DOES NOT HOLD'}: {held.text}: {held.why}"
    if found.digest is not None:
        yield f"digest: {found.digest}"
    if found.artifact is not None:
        yield f"artifact: {found.artifact}"
    place = f"{found.place} ({found.origin})" if found.origin else found.place
    yield f"{place}: trust {found.trust}: {'; '.join(reasons(found))}"


def _decided(said: Decided) -> Iterator[str]:
    yield f"gate {said.gate}: passed by the rules of {said.effective_time} for {said.recipe}"
    yield f"facts: of {said.cluster or 'a cluster without a name'}, {_taken(said)}"
    yield f"policy: {', '.join(map(str, said.packs))}"
    yield f"terms: {'; '.join(_terms(said))}"
    for setting, value, place in said.relaxations:
        yield f"relaxed: {setting}: {value} ({place})"
    for each in said.waivers:
        waives = f"waives {plural(each.uses, 'verdict')}" if each.uses else "waives nothing"
        ends = "ended" if each.has_ended else "holds until"
        yield f"waiver: {each.id} for {each.about}, {ends} {each.until}, {waives}"


def _terms(said: Decided) -> Iterator[str]:
    """Say what closed the gate, and what did not."""
    severity = said.terms.fail_on
    least = f" of severity {severity} and above" if severity.rank else ""
    yield f"violations{least} close it"
    if said.terms.allow_incomplete:
        yield "incomplete is allowed"
    if said.unanswered:
        yield f"{plural(said.unanswered, 'verdict')} without an answer"
    yield plural(len(said.relaxations), "relaxation")
    yield plural(len(said.waivers), "waiver")


def _taken(said: Decided) -> str:
    """Say when facts were taken, and how long ago that is."""
    if said.age is None:
        return "nobody knows when they were taken"
    if said.stale is not None:
        return f"taken {said.snapshot_time}, which is in the future"
    return f"taken {said.snapshot_time}, {span(max(said.age, 0))} old"


def _worth(each: Attestation) -> str:
    if each.faults:
        return "does not count"
    said = [f"signed by {', '.join(map(str, each.signers))}"] if each.signers else []
    if each.strangers:
        shown = [shortened(other or "a key", _NAME) for other in each.strangers[:_STRANGERS]]
        count = len(each.strangers)
        others = f"{plural(count, 'signature')} of others, whom nobody believes for this"
        said.append(f"{others}: {named(shown, count)}")
    return "; ".join(said) or "signed by nobody"


def _replayed(found: BundleCheck) -> Iterator[str]:
    differences = found.replayed.differences if found.replayed else ()
    if found.replayed is not None and found.replayed.is_reproduced:
        yield "replay: both gates decide the same again, byte for byte"
    yield from (f"replay: {each}" for each in differences[:_DIFFERENCES])
    if len(differences) > _DIFFERENCES:
        yield f"replay: and {len(differences) - _DIFFERENCES} more"


def reasons(found: BundleCheck) -> Iterator[str]:
    """Say why a bundle is trusted so far, and what keeps it from the next level."""
    trust = found.trust
    if trust is Trust.NONE:
        yield from _against(found)
        return
    yield "every file is as its manifest says"
    for claim, who in found.signers.items():
        yield f"its {claim} is signed by {plural(len({each.id for each in who}), 'signer')}"
    if trust is Trust.WHOLE and not found.keys and not found.identities:
        yield "no key or identity is given that could be believed"
    elif trust in _NEXT:
        yield _NEXT[trust]
    if trust.rank >= Trust.GATED.rank:
        yield _ASKED[found.replayed.outcome if found.replayed else None]


def _against(found: BundleCheck) -> Iterator[str]:
    count = len(found.problems)
    if count:
        yield f"{plural(count, 'thing')} {'is' if count == 1 else 'are'} wrong with it"
    if found.is_contradicted:
        yield _ASKED[Outcome.OTHERWISE]


_ASKED = {
    None: "the gates were not asked again",
    Outcome.SAME: "both gates decide the same again",
    Outcome.OTHERWISE: "both gates, asked again, decide otherwise",
    Outcome.OTHER_ENGINE: "another engine decides the same",
    Outcome.UNANSWERED: "the gates cannot be asked again",
}


def json(found: BundleCheck, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/bundle-check/v1.schema.json`` describes it."""
    write_document(
        out,
        "BundleCheck",
        place=found.place,
        **known(origin=found.origin),
        digest=found.digest,
        artifact=found.artifact,
        trust=found.trust.value,
        reasons=list(reasons(found)),
        exitCode=int(found.exit_code),
        problems=[_problem(each.message, each.hint, each.location) for each in found.problems],
        decision=None if found.decided is None else _decision(found.decided),
        attestations=[_attestation(each) for each in found.attestations],
        signers={
            claim.value: list(map(signatory, found.signers.get(claim, ()))) for claim in Claim
        },
        keys=found.keys,
        identities=found.identities,
        requirements=[
            {"require": each.text, "holds": each.holds, "because": each.why}
            for each in found.requirements
        ],
        replay=None
        if found.replayed is None
        else {
            "outcome": found.replayed.outcome.value,
            "reproduced": found.replayed.is_reproduced,
            "differences": list(found.replayed.differences),
        },
    )


def _problem(message: str, hint: str | None, location: object) -> Json:
    return {"message": message, "hint": hint, "location": str(location) if location else None}


def _decision(said: Decided) -> Json:
    return {
        "gate": said.gate,
        "recipe": said.recipe,
        "recipeDigest": said.recipe_digest,
        "effectiveTime": said.effective_time,
        "cluster": said.cluster,
        "snapshot": said.snapshot,
        "snapshotTime": said.snapshot_time,
        "snapshotAge": None if said.age is None else int(said.age),
        "failOn": said.terms.fail_on.value,
        "allowIncomplete": said.terms.allow_incomplete,
        "requireAskable": said.terms.require_askable,
        "unanswered": said.unanswered,
        "packs": [
            {
                "name": each.name,
                "version": each.version,
                "digest": each.digest,
                "rules": each.rules,
                "asked": each.asked,
                "leftOut": list(each.left_out),
                "notEnforced": list(each.not_enforced),
            }
            for each in said.packs
        ],
        "waivers": [
            {
                "id": each.id,
                "rule": each.about,
                "until": each.until,
                "ended": each.has_ended,
                "uses": each.uses,
            }
            for each in said.waivers
        ],
        "relaxations": [
            {"setting": setting, "value": value, "place": place}
            for setting, value, place in said.relaxations
        ],
    }


def _attestation(each: Attestation) -> Json:
    return {
        "path": each.path,
        "predicateType": each.predicate,
        "claim": each.claim.value if each.claim else None,
        "counts": each.counts,
        "signers": list(map(signatory, each.signers)),
        "strangers": list(each.strangers),
        "faults": list(each.faults),
    }
