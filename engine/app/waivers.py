"""Reading waiver files, and refusing what no one may accept."""

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from eidos.engine.documents.finding import SUFFIXES, NothingFoundError, Source, find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, read_documents
from eidos.engine.errors import DocumentError, Location, Problem, UsageError
from eidos.engine.filesystem import is_version_control
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.rule import Rule, Severity
from eidos.engine.model.times import instant
from eidos.engine.model.waiver import Revocation, Subjects, Waiver, WaiverState
from eidos.engine.records import dataclass

SCHEMA = "waivers/v1"
_SAID = ("owner", "approver", "reason")
"""What must say something: more than spaces and signs."""
_VALUES = ("value", "values", "range")
"""Ways to say which values are waived; a waiver takes one at most."""


@dataclass(frozen=True, slots=True)
class WaiverFile:
    """One document with waivers, and what it says."""

    document: Document
    waivers: tuple[Waiver, ...]
    """In its order."""


def read_waivers(files: Sequence[str], limits: Limits) -> tuple[Waiver, ...]:
    """Read every waiver in the files, by id: their order in files is no matter.

    Args:
        files: files, folders, globs, or ``-``.
        limits: bounds of what is read.

    Raises:
        DocumentError: a file cannot be read or is not a valid list of waivers, a waiver has no
            owner, approver or reason, ends before it begins, or two have one id; a folder leads
            out of itself, or holds what some would read and others not. It says all that is wrong
            with the waivers.
    """
    found = [each for file in read_files(files, limits) for each in file.waivers]
    return tuple(sorted(found, key=lambda each: each.id))


def read_files(files: Sequence[str], limits: Limits) -> list[WaiverFile]:
    """Read every document with waivers, in the order of the files; see `read_waivers`."""
    for each in files:
        if os.path.isdir(each):  # noqa: PTH112 -- never raises, whatever the text is
            _refuse_doubtful(Path(each))
    found: list[WaiverFile] = []
    for source in find_sources(files):
        found += read_source(source, limits)
    refuse_twins(found)
    return found


def read_source(source: Source, limits: Limits) -> list[WaiverFile]:
    """Read the documents of one file; see `read_waivers`."""
    return [read_document(each) for each in read_documents(source, limits)]


def read_document(document: Document) -> WaiverFile:
    """Give the waivers of a document; see `read_waivers`."""
    from eidos.engine.schema import problems

    wrong = problems(document, SCHEMA)
    if wrong:
        raise DocumentError.joined(wrong)
    value: Any = document.value
    found: list[Waiver] = []
    for position, entry in enumerate(value["waivers"]):
        try:
            _refuse_vague(document, position, entry)
            found.append(_waiver(document, position, entry))
        except ValueError as error:
            message = f"the waiver {entry['id']} has a date that does not exist or fit: {error}"
            hint = "Write 2026-12-31 (the end of that day, UTC) or an RFC 3339 time with zone."
            wrong.append(Problem(message, hint, document.location(("waivers", position))))
        except DocumentError as error:
            wrong.append(error.problem)
    if wrong:
        raise DocumentError.joined(wrong)
    return WaiverFile(document, tuple(found))


def refuse_twins(files: Iterable[WaiverFile]) -> None:
    """Refuse two waivers of one id, also where they differ in capitals alone.

    So nothing that was revoked comes back under its id.

    Raises:
        DocumentError: it says where both are.
    """
    known: dict[str, Waiver] = {}
    for waiver in (each for file in files for each in file.waivers):
        other = known.setdefault(waiver.id.casefold(), waiver)
        if other is waiver:
            continue
        revoked = " and revoked" if other.revoked or waiver.revoked else ""
        called = "" if waiver.id == other.id else f" as {other.id}"
        raise DocumentError(
            f"the waiver {waiver.id} is there twice{revoked}: also{called} in {other.location}",
            location=waiver.location,
            hint="Give each waiver an id of its own; reports name them by it.",
        )


def _refuse_doubtful(folder: Path) -> None:
    """Refuse a folder of which not everybody would read the same.

    What a pull request hides in a link, a hidden file or a name in other capitals is not seen by
    who reviews it, or is by one system and not by the next.
    """
    inside = folder.resolve()
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not is_version_control(each))
        _refuse_hidden(Path(root), [each for each in folders if each.startswith(".")])
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in folders:
            if (path := Path(root, name)).is_symlink():
                message = "this link to a folder is of no review: what it leads to may change"
                raise _doubtful(path, message, "Put the folder itself there, or name it.")
        seen: dict[str, str] = {}
        for name in sorted(each for each in names if each.lower().endswith(SUFFIXES)):
            path = Path(root, name)
            if name.startswith(".") or not name.endswith(SUFFIXES):
                message = (
                    "its name is hidden, or ends in capitals: not everybody sees it as a waiver"
                )
                raise _doubtful(path, message, f"Call it {name.lower().lstrip('.')}.")
            if (twin := seen.setdefault(name.casefold(), name)) != name:
                message = f"its name differs from {twin} in capitals alone"
                raise _doubtful(path, message, "Rename one: some file systems keep only one.")
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                message = "this link points outside the folder of waivers"
                raise _doubtful(path, message, "Put the file itself there, or name it: --waivers.")


def _refuse_hidden(folder: Path, hidden: Sequence[str]) -> None:
    """Refuse waivers in hidden folders, where they are in force and nobody sees them.

    Kubernetes puts the files of a volume into such a folder, with links to them beside it.
    """
    seen = {path.resolve() for path in folder.iterdir() if path.is_symlink()} if hidden else set()
    for name in hidden:
        with contextlib.suppress(NothingFoundError):
            for source in find_sources([str(folder / name)]):
                if source.path is not None and source.path.resolve() not in seen:
                    message = "it lies in a hidden folder: not everybody sees it as a waiver"
                    raise _doubtful(source.path, message, f"Put it beside {folder / name}.")


def _doubtful(path: Path, message: str, hint: str) -> DocumentError:
    return DocumentError(message, hint=hint, location=Location(str(path)))


# What no one may accept -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Terms:
    """What waivers are held against."""

    rules: Sequence[Rule]
    """Every rule that may be waived."""
    days: Mapping[Severity, int]
    """How long a waiver may last, by severity of its rule."""

    def of(self, waiver: Waiver) -> tuple[Rule, ...]:
        """Give the rules that a waiver is for."""
        return tuple(each for each in self.rules if is_for(waiver, each))

    def longest(self, rule: Rule) -> int:
        """Give the days that a waiver of a rule may last: its own limit can only be shorter."""
        days = self.days[rule.severity]
        return days if rule.waivable_days is None else min(days, rule.waivable_days)


def is_for(waiver: Waiver, rule: Rule) -> bool:
    """Say whether a waiver is for a rule."""
    return waiver.rule == rule.id if waiver.tag is None else waiver.tag in rule.labels


def refuse_untenable(waivers: Sequence[Waiver], terms: Terms, effective: datetime) -> None:
    """Refuse waivers of rules that there are not, and those that no one may give, or not so long.

    What is expired or revoked waives nothing, and stays in its file whatever becomes of its rule.

    Args:
        waivers: all that were given.
        terms: the rules, and how long they may be waived.
        effective: rule time, from which a waiver without a begin is counted.

    Raises:
        UsageError: says everything that is wrong, with file and line.
    """
    over = (WaiverState.EXPIRED, WaiverState.REVOKED)
    problems = [
        problem
        for waiver in waivers
        if waiver.state(effective) not in over
        if (problem := untenable(waiver, terms, effective)) is not None
    ]
    if problems:
        raise UsageError.joined(problems)


def untenable(waiver: Waiver, terms: Terms, effective: datetime) -> Problem | None:
    """Say why nobody may give a waiver; None where somebody may. See `refuse_untenable`."""
    rules = terms.of(waiver)
    for reason in (_of_nothing, _forbidden, _too_long):
        said = reason(waiver, rules, terms, effective)
        if said is not None:
            return Problem(f"the waiver {waiver.id} {said[0]}", said[1], waiver.location, _CODE)
    return None


_CODE = UsageError.code
_Said = tuple[str, str] | None


def _of_nothing(waiver: Waiver, rules: Sequence[Rule], terms: Terms, _: datetime) -> _Said:
    if rules:
        return None
    if waiver.tag is not None:
        labels = sorted({label for rule in terms.rules for label in rule.labels})
        return f"is for tag '{waiver.tag}', which no rule has", nearest(waiver.tag, labels)
    ids = sorted(rule.id for rule in terms.rules)
    return f"is for rule '{waiver.rule}', which there is not", nearest(waiver.rule, ids)


def _forbidden(waiver: Waiver, rules: Sequence[Rule], _terms: Terms, _: datetime) -> _Said:
    never = [rule.id for rule in rules if rule.waivable_days == 0]
    if not never:
        return None
    which = f"is for rule {never[0]}" if waiver.tag is None else f"is for {waiver.about}"
    more = "" if waiver.tag is None else f" of {', '.join(never)}"
    hint = "Fix what it finds"
    others = "" if waiver.tag is None else ", and waive the other rules one by one"
    return f"{which}, and waiving{more} is forbidden", f"{hint}{others}: 'waivable: never'."


def _too_long(waiver: Waiver, rules: Sequence[Rule], terms: Terms, effective: datetime) -> _Said:
    rule = min(rules, key=lambda each: (terms.longest(each), each.id))
    days = terms.longest(rule)
    if waiver.days(effective) <= days:
        return None
    begin = waiver.since or effective
    which = (
        f"a {rule.severity} rule" if waiver.tag is None else f"{rule.id}, a {rule.severity} rule"
    )
    is_own = days == rule.waivable_days
    way = "its METADATA says so" if is_own else "the setting waiver-terms allows longer ones"
    day, last = f"{begin:%Y-%m-%d}", begin + timedelta(days)
    return (
        f"holds until {waiver.ends}, and a waiver of {which} may last {days} days from {day}",
        f"Let it end on {last:%Y-%m-%d} or before, and renew it then; {way}.",
    )


# From a file to waivers -------------------------------------------------------------------------


def _refuse_vague(document: Document, position: int, entry: Mapping[str, Any]) -> None:
    """Refuse what the schema cannot say in a sentence that helps."""
    said: list[tuple[str, str, tuple[str, ...]]] = [(each, entry[each], (each,)) for each in _SAID]
    if "revoked" in entry:
        said += [(f"revoked.{n}", entry["revoked"][n], ("revoked", n)) for n in ("by", "reason")]
    for name, text, path in said:
        if not any(character.isalnum() for character in text):
            raise DocumentError(
                f"the waiver {entry['id']} has no {name}: {text!r} says nothing",
                location=document.location(("waivers", position, *path)),
                hint="A waiver names who is responsible for it, who allowed it, and why.",
            )
    for names, hint in _ONE_OF:
        given = [name for name in names if name in entry]
        if len(given) > 1:
            raise DocumentError(
                f"the waiver {entry['id']} has both '{given[0]}' and '{given[1]}'",
                location=document.location(("waivers", position, given[1])),
                hint=hint,
            )


_ONE_OF = (
    (("rule", "tag"), "It is for one rule, or for all rules of a tag: write two waivers."),
    (_VALUES, "Say once which values are waived: value, values, or range."),
)


def waiver_entry(waiver: Waiver) -> dict[str, Json]:
    """Write a waiver as a file with waivers says it; read again it is the same in another place."""
    limits = {"min": waiver.least, "max": waiver.most}
    revoked = waiver.revoked
    entry: dict[str, Json] = {
        "id": waiver.id,
        "rule": waiver.rule or None,
        "tag": waiver.tag,
        "owner": waiver.owner,
        "approver": waiver.approver,
        "reason": waiver.reason,
        "ticket": waiver.ticket,
        "from": waiver.since.isoformat() if waiver.since else None,
        "until": waiver.until.isoformat(),
        "subjects": waiver.subjects.said,
        "values": list(waiver.values) or None,
        "range": {name: value for name, value in limits.items() if value is not None} or None,
        "revoked": None
        if revoked is None
        else {"at": revoked.at.isoformat(), "by": revoked.by, "reason": revoked.reason},
    }
    found = {name: value for name, value in entry.items() if value is not None}
    return {**found, **({"value": waiver.value} if waiver.has_value else {})}


def _waiver(document: Document, position: int, entry: Mapping[str, Any]) -> Waiver:
    until = instant(entry["until"], end_of_day=True)
    since = instant(entry["from"]) if "from" in entry else None
    if since is not None and since > until:
        raise DocumentError(
            f"the waiver {entry['id']} ends ({entry['until']}) before it begins ({entry['from']})",
            location=document.location(("waivers", position, "until")),
            hint="Give a later day; the day that 'until' names is waived to its end, UTC.",
        )
    limits = entry.get("range", {})
    revoked = entry.get("revoked")
    return Waiver(
        id=entry["id"],
        rule=entry.get("rule", ""),
        owner=entry["owner"],
        approver=entry["approver"],
        reason=entry["reason"],
        until=until,
        since=since,
        ticket=entry.get("ticket"),
        subjects=Subjects.read(entry.get("subjects")),
        value=entry.get("value"),
        has_value="value" in entry,
        location=document.location(("waivers", position)),
        tag=entry.get("tag"),
        values=tuple(entry.get("values", ())),
        least=limits.get("min"),
        most=limits.get("max"),
        revoked=revoked and Revocation(instant(revoked["at"]), revoked["by"], revoked["reason"]),
    )
