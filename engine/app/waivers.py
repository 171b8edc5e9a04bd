"""Reading waiver files."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eidos.engine.documents.finding import find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, read_documents
from eidos.engine.errors import DocumentError
from eidos.engine.model.times import instant
from eidos.engine.model.waiver import Waiver


def read_waivers(files: Sequence[str], limits: Limits) -> tuple[Waiver, ...]:
    """Read every waiver in the files.

    Raises:
        DocumentError: a file cannot be read or is not a valid list of waivers, or two have one id.
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
        try:
            yield _waiver(entry)
        except ValueError as error:
            raise DocumentError(
                f"the waiver has a date that does not exist: {error}",
                location=document.location(("waivers", position)),
                hint="Write 2026-12-31 (the end of that day, UTC) or an RFC 3339 time with zone.",
            ) from error


def _waiver(entry: Mapping[str, Any]) -> Waiver:
    return Waiver(
        id=entry["id"],
        rule=entry["rule"],
        owner=entry["owner"],
        approver=entry["approver"],
        reason=entry["reason"],
        until=instant(entry["until"], end_of_day=True),
        since=instant(entry["from"]) if "from" in entry else None,
        ticket=entry.get("ticket"),
        subjects=tuple(entry.get("subjects", ("*",))),
        value=entry.get("value"),
        has_value="value" in entry,
    )
