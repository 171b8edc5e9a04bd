"""Whether what is stored is what was written (``eidos history verify``)."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.verification import Alteration, Continuation, Seals, Verification
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.jsontext import write_document

_NAMES = 3
"""Missing tables, triggers and views that are told one by one; more are counted."""
_VALUE = 160
"""Characters shown of a value."""


def text(found: Verification, out: TextIO, _rendering: Rendering) -> None:
    """Write each alteration with what should be there, then what the chain and seals say."""
    out.writelines(f"{disarmed(one_line(line))}\n" for line in _lines(found))


def _lines(found: Verification) -> Iterator[str]:
    rest, missing = _parted(found.alterations)
    for each in rest:
        yield f"altered: {each}"
        for label, value in (("should be", each.expected), ("is", each.found)):
            if value is not None:
                yield f"  {label:<9} {shortened(value, _VALUE)}"
    if missing:
        names = ", ".join(missing[:_NAMES]) + (" and others" if len(missing) > _NAMES else "")
        yield f"altered: {len(missing)} tables, triggers or views are missing: {names}"
    if found.more:
        yield f"and {found.more} more"
    yield f"runs: {found.runs}, the last with link {found.head}" if found.head else "runs: none"
    if found.continuation is not None:
        head, goes = found.continuation.head, found.continuation.holds
        is_so = "goes on from" if goes else "does not go on from"
        yield f"checkpoint: the chain {is_so} run {head.number}, {head.run}, taken {head.taken}"
    if found.pruned:
        yield f"pruned: {found.pruned} runs; {_checked(found.checkpoints)}"
    yield _worth(found.seals)
    altered = len(found.alterations) + found.more
    yield f"{found.place}: {f'{altered} altered' if altered else 'intact'}"


def _parted(alterations: Sequence[Alteration]) -> tuple[list[Alteration], list[str]]:
    """Part what is wrong with content from the names of tables and guards that are missing.

    Who alters rows takes all triggers away first: told one by one they hide what was altered.
    """
    missing = [each.table for each in alterations if each.is_missing]
    if len(missing) <= _NAMES:
        return list(alterations), []
    return [each for each in alterations if not each.is_missing], missing


def _checked(seals: Seals) -> str:
    count = seals.hold + seals.of_others + seals.unsealed
    if not seals.has_key:
        return f"the seals of {count} checkpoints are not checked, there is no key"
    return (
        f"of {count} checkpoints {seals.hold} are sealed with this key, {seals.of_others} with "
        f"others, {seals.unsealed} with none"
    )


def _worth(seals: Seals) -> str:
    if not seals.has_key:
        kept = seals.of_others + seals.unsealed
        return f"seals: not checked, there is no key; {kept} verdicts are not believed here"
    return (
        f"seals: {seals.hold} hold, {seals.of_others} of other keys and {seals.unsealed} without "
        "seal are not believed here"
    )


def json(found: Verification, out: TextIO, _rendering: Rendering) -> None:
    """Write everything; ``schemas/verification/v1.schema.json`` describes it."""
    write_document(
        out,
        "Verification",
        place=found.place,
        intact=found.exit_code == 0,
        exitCode=int(found.exit_code),
        runs=found.runs,
        head=found.head,
        seals=_seals(found.seals),
        pruned=found.pruned,
        checkpoints=_seals(found.checkpoints),
        checkpoint=_continuation(found.continuation),
        alterations=[_alteration(each) for each in found.alterations],
        more=found.more,
    )


def _continuation(found: Continuation | None) -> Json:
    if found is None:
        return None
    head = found.head
    return {
        "number": head.number,
        "run": head.run,
        "link": head.link,
        "taken": head.taken,
        "continues": found.holds,
    }


def _seals(seals: Seals) -> Json:
    return {
        "hasKey": seals.has_key,
        "hold": seals.hold,
        "ofOthers": seals.of_others,
        "unsealed": seals.unsealed,
    }


def _alteration(each: Alteration) -> Json:
    return {
        "table": each.table,
        "row": each.row,
        "run": each.run,
        "what": each.what,
        "expected": each.expected,
        "found": each.found,
    }
