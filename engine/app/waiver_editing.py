"""``eidos waiver add`` and ``revoke``: writing waivers into files that people keep."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from eidos.engine.app.waivers import (
    Terms,
    WaiverFile,
    read_document,
    read_files,
    refuse_twins,
    untenable,
)
from eidos.engine.documents.editing import with_item, with_key
from eidos.engine.documents.finding import STDIN, SUFFIXES, NothingFoundError, Source
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import decode, read_bytes, read_text
from eidos.engine.documents.writing import to_yaml, write_atomically
from eidos.engine.errors import DocumentError, EidosError, Location, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.nearest import nearest
from eidos.engine.model.times import instant, written
from eidos.engine.model.waiver import Waiver, WaiverState
from eidos.engine.records import dataclass

_BOM = b"\xef\xbb\xbf"
_HEADER: Mapping[str, Json] = {"apiVersion": "eidos.dev/v1", "kind": "Waivers"}
_NEW = "<new>"
"""What messages call a waiver that is in no file yet."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a file."""

    waiver: Waiver
    """As it is read from there."""
    path: Path


def add_waiver(
    entry: Mapping[str, Json], place: Path, terms: Terms, now: datetime, limits: Limits
) -> Written:
    """Write a waiver where waivers are kept; whatever else is there stays as it is.

    Args:
        entry: the waiver as a file says it; without ``id`` it is given one, without ``from`` it
            begins today.
        place: a file, at whose end it is written, or a folder, in which it gets a file of its own.
        terms: what it is held against.
        now: with zone.
        limits: bounds of what is read.

    Raises:
        DocumentError: what is there cannot be read or written, or has a waiver of this id; or the
            entry is not what a waiver must be.
        UsageError: nobody may give this waiver, or not for so long, or it is over already.
    """
    with _alone(place):
        there = _read(place, limits)
        entry = _completed(entry, [each for file in there for each in file.waivers], now)
        _refuse(_asked(entry, limits), terms, now)
        path = place if _is_file(place) else place / f"{entry['id']}.yaml"
        if path != place and path.exists():
            raise UsageError(f"{path} already exists", hint="Give the waiver another --id.")
        text, expected = _with(path, entry, limits)
        proven = _proven(path, text, expected, there, limits)
        _write(path, text)
        return Written(proven[-1].waivers[-1], path)


def revoke_waiver(
    name: str, by: str, reason: str, places: Sequence[str], now: datetime, limits: Limits
) -> Written:
    """Write into a waiver that it does not hold any more; it stays in its file.

    Args:
        name: its id.
        by: who revokes it.
        reason: why.
        places: files and folders with waivers.
        now: from when on it does not hold, with zone.
        limits: bounds of what is read.

    Raises:
        DocumentError: a file cannot be read or written.
        UsageError: there is no such waiver, or it was revoked before.
    """
    if STDIN in places:
        raise UsageError("standard input is not a file", hint="Name one: --waivers waivers/")
    with _alone(Path(_found(name, read_files(places, limits))[0].document.name)):
        files = read_files(places, limits)
        file, position = _found(name, files)
        document = file.document
        path, index = Path(document.name), document.index
        revoked: Json = {"at": written(now), "by": by, "reason": reason}
        text = with_key(_text(path, limits), index, ("waivers", position), "revoked", revoked)
        expected = [each.document.value for each in files if each.document.name == document.name]
        expected[index] = _revoked(document.value, position, revoked)
        proven = _proven(path, text, expected, files, limits)
        _write(path, text)
        return Written(proven[index].waivers[position], path)


def _found(name: str, files: Sequence[WaiverFile]) -> tuple[WaiverFile, int]:
    for file in files:
        for position, waiver in enumerate(file.waivers):
            if waiver.id == name and waiver.revoked is None:
                return file, position
            if waiver.id == name and (revoked := waiver.revoked):
                raise UsageError(
                    f"the waiver {name} was revoked before: {written(revoked.at)}, {revoked.by}",
                    hint=f"See {waiver.location}.",
                )
    ids = sorted(each.id for file in files for each in file.waivers)
    raise UsageError(f"there is no waiver '{name}'", hint=nearest(name, ids))


def _revoked(value: Any, position: int, revoked: Json) -> Json:  # noqa: ANN401 -- of the schema
    entries = [*value["waivers"]]
    entries[position] = {**entries[position], "revoked": revoked}
    return {**value, "waivers": entries}


# A new waiver -----------------------------------------------------------------------------------


def _completed(
    entry: Mapping[str, Json], there: Sequence[Waiver], now: datetime
) -> Mapping[str, Json]:
    day = f"{now.astimezone(UTC):%Y-%m-%d}"
    said = {"from": day, **entry}
    said["until"] = _end(str(said["until"]), str(said["from"]))
    name = said.pop("id", None) or _name(str(said.get("rule") or said.get("tag")), day, there)
    order = ("rule", "tag", "subjects", "value", "values", "range", "owner", "approver", "reason")
    first: dict[str, Json] = {"id": name}
    first |= {each: said[each] for each in (*order, "ticket", "from", "until") if each in said}
    return {**first, **said}


def _end(until: str, begin: str) -> str:
    """Give a day for ``30d``: so many after the day of the begin."""
    if not (until.endswith("d") and until[:-1].isdecimal()):
        return until
    try:
        return f"{instant(begin) + timedelta(int(until[:-1])):%Y-%m-%d}"
    except (ValueError, OverflowError) as error:
        raise UsageError(f"there is no day {until} after {begin}", hint="Name a day.") from error


def _name(about: str, day: str, there: Sequence[Waiver]) -> str:
    """Give an id that no waiver has: ``GPU-001-2026-11-26``, then ``GPU-001-2026-11-26-2``."""
    taken = {each.id.casefold() for each in there}
    safe = "".join(each if each.isascii() and each.isalnum() else "-" for each in about)[:80]
    name, number = f"{safe}-{day}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{safe}-{day}-{number}"
    return name


def _with(path: Path, entry: Mapping[str, Json], limits: Limits) -> tuple[str, list[Json]]:
    """Give the text of a file with an entry, and the documents that it must then hold."""
    if not path.exists():
        document: Json = {**_HEADER, "waivers": [dict(entry)]}
        return to_yaml(document), [document]
    text = _text(path, limits)
    old = [read_document(each) for each in read_text(text, str(path), limits)]
    last = len(old) - 1
    expected = [each.document.value for each in old]
    value: Any = expected[last]
    expected[last] = {**value, "waivers": [*value["waivers"], dict(entry)]}
    return with_item(text, last, ("waivers",), dict(entry)), expected


def _refuse(waiver: Waiver, terms: Terms, now: datetime) -> None:
    if waiver.state(now) is WaiverState.EXPIRED:
        hint = "Give a later --until."
        raise UsageError(f"the waiver {waiver.id} would have ended: {waiver.ends}", hint=hint)
    problem = untenable(waiver, terms, now)
    if problem is not None:
        raise UsageError(problem.message, hint=problem.hint)


# Files ------------------------------------------------------------------------------------------


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep others of us from writing there at the same time; the folder is made if need be."""
    folder = place.parent if _is_file(place) else place
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise DocumentError(
            f"waivers cannot be kept there: {(error.strerror or str(error)).lower()}",
            location=Location(str(folder)),
            hint="Name a file or folder with --waivers.",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
        if is_new:  # where nothing was written, nothing is left
            with suppress(OSError):
                folder.rmdir()


def _is_file(place: Path) -> bool:
    return place.is_file() or (not place.is_dir() and place.name.endswith(SUFFIXES))


def _read(place: Path, limits: Limits) -> list[WaiverFile]:
    if not place.exists():
        return []
    try:
        return read_files([str(place)], limits)
    except NothingFoundError:
        return []


def _text(path: Path, limits: Limits) -> str:
    return decode(read_bytes(Source(str(path), path), limits), str(path))


def _asked(entry: Mapping[str, Json], limits: Limits) -> Waiver:
    """Read an entry as if it stood in a file.

    Raises:
        UsageError: it is not what a waiver must be.
    """
    text = to_yaml({**_HEADER, "waivers": [dict(entry)]})
    try:
        return read_document(read_text(text, _NEW, limits)[0]).waivers[0]
    except EidosError as error:
        wrong = [replace(each, location=None) for each in (error.problem, *error.others)]
        raise UsageError.joined(wrong) from error


def _proven(
    path: Path,
    text: str,
    expected: Sequence[Json],
    there: Sequence[WaiverFile],
    limits: Limits,
) -> list[WaiverFile]:
    """Read what is to be written: it must say what is expected, and nothing else.

    Raises:
        DocumentError: it does not, or there is a waiver of that id; nothing is written.
    """
    try:
        new = [read_document(each) for each in read_text(text, str(path), limits)]
    except EidosError as error:
        raise _not_edited(path) from error
    if [each.document.value for each in new] != list(expected):
        raise _not_edited(path)
    refuse_twins([*(each for each in there if each.document.name != str(path)), *new])
    return new


def _not_edited(path: Path) -> DocumentError:
    return DocumentError(
        "the file has a form to which nothing can be added safely",
        location=Location(str(path)),
        hint="Add it by hand, or give --waivers a folder: then it gets a file of its own.",
    )


def _write(path: Path, text: str) -> None:
    has_bom = path.exists() and path.read_bytes().startswith(_BOM)
    write_atomically(path, f"\ufeff{text}" if has_bom else text)
