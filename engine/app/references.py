"""What a user may name as a snapshot: a file, standard input, or something in the store."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from eidos.engine.documents.finding import STDIN, STDIN_NAME, Source, find_sources
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document, read_documents, read_text
from eidos.engine.documents.snapshots import SnapshotDocument, read_snapshot, write_snapshot
from eidos.engine.documents.writing import to_json
from eidos.engine.errors import DocumentError, EidosError, Location, UsageError
from eidos.engine.model.snapshot import AddressedSnapshot, Snapshot
from eidos.engine.model.times import instant

_STORED = ("run", "snapshot")
"""What stands before the colon of a reference into the store."""
_SHOWN = 5
"""Snapshots of a run that an error names."""


@dataclass(frozen=True, slots=True)
class Referred:
    """A snapshot and what the user called it."""

    name: str
    source: SnapshotDocument
    in_store: bool = False

    @property
    def snapshot(self) -> Snapshot:
        """Give the snapshot."""
        return self.source.snapshot

    @property
    def document(self) -> Document:
        """Give the document it was read from; of a stored snapshot, its v1 form."""
        return self.source.document

    def locate(self, node: str | None, path: Sequence[str | int]) -> Location | None:
        """Give the line of a fact; None for a stored snapshot, which has no lines."""
        return None if self.in_store else self.source.locate(node, path)


def resolve(reference: str, db: Path | None, limits: Limits, *, lenient: bool = False) -> Referred:
    """Read the snapshot that a reference names.

    Args:
        reference: a file, ``-``, ``run:ID``, ``snapshot:DIGEST`` or ``CLUSTER@TIME``.
        db: database; None for the default one.
        limits: bounds for reading files.
        lenient: read snapshots without a header.

    Raises:
        EidosError: it does not exist, cannot be read, or is no snapshot.
    """
    if _is_stored(reference):
        return _stored(reference, db)
    documents = [
        document
        for source in find_sources([reference])
        for document in read_documents(source, limits)
    ]
    if len(documents) != 1:
        raise DocumentError(
            f"it holds {len(documents)} documents, and one snapshot is compared with one",
            location=Location(reference),
            hint="Name a single file; compare several with --baseline, or join them first with "
            "'eidos snapshot merge'.",
        )
    name = STDIN_NAME if reference == STDIN else reference
    return Referred(name, read_snapshot(documents[0], lenient=lenient))


def read_one(
    reference: str, db: Path | None, limits: Limits, *, lenient: bool = False
) -> Iterator[Referred]:
    """Do as `resolve`, in the form of `read_all`."""
    yield resolve(reference, db, limits, lenient=lenient)


def read_all(
    reference: str, db: Path | None, limits: Limits, *, lenient: bool = False
) -> Iterator[Referred | EidosError]:
    """Read every snapshot that a reference names; as `resolve`, but also folders and globs.

    Yields:
        A snapshot, or why one could not be read.
    """
    try:
        if _is_stored(reference):
            yield _stored(reference, db)
            return
        for source in find_sources([reference]):
            yield from _in_source(source, limits, lenient=lenient)
    except EidosError as error:
        yield error


def _in_source(source: Source, limits: Limits, *, lenient: bool) -> Iterator[Referred | EidosError]:
    try:
        documents = read_documents(source, limits)
    except EidosError as error:
        yield error
        return
    for document in documents:
        name = source.name if len(documents) == 1 else f"{source.name}#{document.index + 1}"
        try:
            yield Referred(name, read_snapshot(document, lenient=lenient))
        except EidosError as error:
            yield error


def _is_stored(reference: str) -> bool:
    kind, _, name = reference.partition(":")
    return (kind in _STORED and bool(name)) or ("@" in reference and not Path(reference).exists())


def _stored(reference: str, db: Path | None) -> Referred:
    from eidos.engine.store.opening import default_place, open_store

    kind, _, name = reference.partition(":")
    cluster, _, time = reference.rpartition("@")
    at = None if kind in _STORED else _time(time, reference)
    with open_store(db or default_place(os.environ), read_only=True) as store:
        if at is not None:
            seen = store.snapshot_of(cluster, at)
        elif kind == "run":
            seen = _the_one(store.snapshots_of_run(name))
        else:
            seen = store.snapshot(name)
    [document] = read_text(to_json(write_snapshot(seen.snapshot)), reference)
    return Referred(reference, read_snapshot(document), in_store=True)


def _the_one(found: Iterator[AddressedSnapshot]) -> AddressedSnapshot:
    """Give the snapshot that a run judged; the same one may have been given it several times."""
    several = {seen.digest: seen for seen in islice(found, _SHOWN)}
    if not several:
        raise UsageError(
            "the run judged no snapshot", hint="It judged other documents; choose another run."
        )
    if len(several) > 1:
        some = ", ".join(f"snapshot:{digest[7:19]}" for digest in several)
        raise UsageError("the run judged several snapshots", hint=f"Name one, as in {some}.")
    return next(iter(several.values()))


def _time(text: str, reference: str) -> datetime:
    try:
        return instant(text, end_of_day=True)
    except ValueError as error:
        raise UsageError(
            f"'{reference}' is no file, and '{text}' is no date and no RFC 3339 time with a zone",
            hint="Write CLUSTER@2026-03-31 or CLUSTER@2026-03-31T12:00:00Z.",
        ) from error
