"""Reading waiver files, and refusing what no one may accept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from eidos.engine.documents.finding import find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, read_documents
from eidos.engine.errors import DocumentError, Problem, UsageError
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Rule, Severity
from eidos.engine.model.times import instant
from eidos.engine.model.waiver import Waiver

_SAID = ("owner", "approver", "reason")
"""What must say something: more than spaces and signs."""


def read_waivers(files: Sequence[str], limits: Limits) -> tuple[Waiver, ...]:
    """Read every waiver in the files.

    Raises:
        DocumentError: a file cannot be read or is not a valid list of waivers, a waiver has no
            owner, approver or reason, ends before it begins, or two have one id.
    """
    found: dict[str, Waiver] = {}
    for source in find_sources(files):
        for document in read_documents(source, limits):
            for position, waiver in enumerate(_waivers(document)):
                if waiver.id in found:
                    raise DocumentError(
                        f"the waiver {waiver.id} is there twice",
                        location=document.location(("waivers", position, "id")),
                        hint="Give each waiver an id of its own; reports name them by it.",
                    )
                found[waiver.id] = waiver
    return tuple(found.values())


def refuse_untenable(
    waivers: Sequence[Waiver],
    rules: Iterable[Rule],
    effective: datetime,
    terms: Mapping[Severity, int],
) -> None:
    """Refuse waivers of rules that there are not, and those that last longer than they may.

    Args:
        waivers: all that were given.
        rules: every rule that may be waived.
        effective: rule time, from which a waiver without a begin is counted.
        terms: the days that a waiver may last, by severity of its rule.

    Raises:
        UsageError: says everything that is wrong, with file and line.
    """
    by_id = {rule.id: rule for rule in rules}
    problems = [
        problem
        for waiver in waivers
        if (problem := _untenable(waiver, by_id, effective, terms)) is not None
    ]
    if problems:
        raise UsageError.joined(problems)


def _untenable(
    waiver: Waiver,
    rules: Mapping[str, Rule],
    effective: datetime,
    terms: Mapping[Severity, int],
) -> Problem | None:
    rule = rules.get(waiver.rule)
    if rule is None:
        message = f"the waiver {waiver.id} is for rule '{waiver.rule}', which there is not"
        return Problem(message, nearest(waiver.rule, rules), waiver.location, UsageError.code)
    days = terms[rule.severity]
    if waiver.days(effective) <= days:
        return None
    begin = waiver.since or effective
    return Problem(
        f"the waiver {waiver.id} holds until {waiver.until:%Y-%m-%d}, and a waiver of a "
        f"{rule.severity} rule may last {days} days from {begin:%Y-%m-%d}",
        f"Let it end on {begin + timedelta(days):%Y-%m-%d} or before, and renew it then; "
        "the setting waiver-terms allows longer ones.",
        waiver.location,
        UsageError.code,
    )


def _waivers(document: Document) -> Iterator[Waiver]:
    from eidos.engine.schema import first_error

    problem = first_error(document, "waivers/v1")
    if problem is not None:
        raise DocumentError(
            problem.message,
            location=problem.location,
            hint=f"Run 'eidos validate {document.name}' to see all that is wrong.",
        )
    value: Any = document.value
    for position, entry in enumerate(value["waivers"]):
        _refuse_blank(document, position, entry)
        try:
            yield _waiver(document, position, entry)
        except ValueError as error:
            raise DocumentError(
                f"the waiver has a date that does not exist or fit: {error}",
                location=document.location(("waivers", position)),
                hint="Write 2026-12-31 (the end of that day, UTC) or an RFC 3339 time with zone.",
            ) from error


def _refuse_blank(document: Document, position: int, entry: Mapping[str, Any]) -> None:
    for field in _SAID:
        if not any(character.isalnum() for character in entry[field]):
            raise DocumentError(
                f"the waiver {entry['id']} has no {field}: {entry[field]!r} says nothing",
                location=document.location(("waivers", position, field)),
                hint="A waiver names who answers for it, who allowed it, and why.",
            )


def _waiver(document: Document, position: int, entry: Mapping[str, Any]) -> Waiver:
    until = instant(entry["until"], end_of_day=True)
    since = instant(entry["from"]) if "from" in entry else None
    if since is not None and since > until:
        raise ValueError(f"it ends ({entry['until']}) before it begins ({entry['from']})")
    return Waiver(
        id=entry["id"],
        rule=entry["rule"],
        owner=entry["owner"],
        approver=entry["approver"],
        reason=entry["reason"],
        until=until,
        since=since,
        ticket=entry.get("ticket"),
        subjects=tuple(entry.get("subjects", ("*",))),
        value=entry.get("value"),
        has_value="value" in entry,
        location=document.location(("waivers", position)),
    )
