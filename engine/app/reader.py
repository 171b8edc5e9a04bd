"""The one loop that turns what a user names into documents and addressed snapshots, or Problems.

A reference is a file, a folder, a glob, ``-``, or something that is recorded: ``run:ID``,
``snapshot:DIGEST``, ``CLUSTER@TIME``. What cannot be read is a value in its place and hides nothing
else. Verbs judge, compare, convert and join what comes out of here; none of them knows where it
came from. A snapshot leaves here without secrets, whoever wrote it: what is judged, compared,
converted and recorded is the same.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from eidos.engine.app.tally import Tally
from eidos.engine.digest import addressed
from eidos.engine.documents.finding import STDIN, Source, find_each
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.reading import Document
from eidos.engine.documents.resembling import AlikeReader
from eidos.engine.documents.snapshots import (
    SnapshotDocument,
    is_snapshot,
    read_snapshot,
    write_snapshot,
)
from eidos.engine.errors import DocumentError, EidosError, Location, Problem, UsageError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.model.times import instant
from eidos.engine.records import dataclass
from eidos.engine.redacting import Sweep, secret_names, told

if TYPE_CHECKING:
    from eidos.engine.ports import Store

_STORED = ("run", "snapshot")
"""What stands before the colon of a reference into the store."""
_SHOWN = 5
"""Facts that a note names."""


class Item:
    """One thing that was named: a document, or a snapshot that is no document.

    Args:
        name: what reports call it: the file, ``FILE#2`` for its second document, ``run:ID``.
        document: what was read; None for a snapshot from the store or from a watch.
        seen: the snapshot, where there is no document.
        lenient: take measurements without a header for a snapshot.
        is_alone: it is all that its file holds.
        sweep: takes out the secrets of the snapshot in the document.
    """

    def __init__(
        self,
        name: str,
        document: Document | None = None,
        seen: AddressedSnapshot | None = None,
        *,
        lenient: bool = False,
        is_alone: bool = False,
        sweep: "Callable[[str, AddressedSnapshot], AddressedSnapshot] | None" = None,
    ) -> None:
        self.name = name
        self.is_alone = is_alone
        self.document = document
        self._seen = seen
        self._lenient = lenient
        self._sweep = sweep or _swept
        self._held_secrets = False

    @property
    def file(self) -> str:
        """The file it is in, or its name where it is in none."""
        return self.document.name if self.document else self.name

    @property
    def is_snapshot(self) -> bool:
        """Whether it says that it is a snapshot; it may still be a broken one."""
        return self.document is None or is_snapshot(self.document.value, lenient=self._lenient)

    @cached_property
    def snapshot(self) -> AddressedSnapshot:
        """The snapshot, without secrets.

        Raises:
            DocumentError: the document is none, has the wrong shape, or has a secret in a name.
        """
        if self._seen is not None:
            return self._seen
        if wrong := list(named_secrets(self._source)):
            raise DocumentError.joined(wrong)
        parts = self.document.parts if self.document else None
        found = addressed(self._source.snapshot, parts.addresses if parts else None)
        clean = self._sweep(self.name, found)
        self._held_secrets = clean is not found
        return clean

    @property
    def clean_document(self) -> Json | None:
        """The document of a snapshot, as it was read; None where it holds secrets.

        Raises:
            DocumentError: it is no snapshot.
        """
        _ = self.snapshot
        return None if self._held_secrets else self.value

    @cached_property
    def value(self) -> Json:
        """The document's value; of a snapshot that is no document, its v1 form."""
        return self.document.value if self.document else write_snapshot(self.snapshot.snapshot)

    @cached_property
    def _source(self) -> SnapshotDocument:
        assert self.document is not None  # noqa: S101 -- without one, the snapshot was given
        return read_snapshot(self.document, lenient=self._lenient)

    def location(self, path: Sequence[str | int] = ()) -> Location:
        """Give the place of a path of the document, or of its nearest ancestor."""
        return self.document.location(path) if self.document else Location(self.name)

    def shape_for(self, node: str | None) -> Hashable | None:
        """Give what is the same for documents that have a node's facts in the same places.

        Returns:
            None where no other document is known to have them there.
        """
        if self.document is None or self.document.shape is None:
            return None
        return self.document.shape, self._source.node_place(node) if node is not None else None

    def locate(self, node: str | None, path: Sequence[str | int]) -> Location:
        """Give the place of a fact of a node, or of the cluster (None)."""
        return self._source.locate(node, path) if self.document else Location(self.name)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads references one after the other.

    Args:
        limits: bounds of what is read.
        open_store: opens the database; called when a reference leads into it.
        lenient: take measurements without a header for a snapshot.
        parser: conftest's name of the format of every file; None to go by their names.
        every_format: take from folders whatever conftest would, and not only YAML and JSON.
        say: is told which snapshots held secrets.
        tally: counts the files that were read.
        remembers: read alike files by what differs; else each in full, which gives the same.
    """

    limits: Limits
    open_store: "Callable[[], Store]"
    lenient: bool = False
    parser: str | None = None
    every_format: bool = False
    say: Callable[[str], None] = lambda _: None
    _sweep: Sweep = field(default_factory=Sweep)
    tally: Tally = field(default_factory=Tally)
    remembers: bool = True

    def read(self, references: Sequence[str]) -> Iterator[Item | Problem]:
        """Give every item that the references name, in order, each file once."""
        return self.items(self.find(references))

    def find(self, references: Sequence[str]) -> Iterator[Source | Item | EidosError]:
        """Give what references lead to, in order, each file once; no file is read."""
        return find_each(references, self._stored, every_format=self.every_format)

    def alike(self) -> AlikeReader:
        """Give what reads files and remembers some, for many calls of `items`."""
        return AlikeReader(self.limits, self.parser, remembers=self.remembers)

    def items(
        self, found: Iterable[Source | Item | EidosError], alike: AlikeReader | None = None
    ) -> Iterator[Item | Problem]:
        """Give every item of what `find` found, in order."""
        for each in self._items(found, alike or self.alike()):
            yield told(each.problem) if isinstance(each, EidosError) else each

    def every(self, references: Sequence[str]) -> Iterator[Item]:
        """Do as `read` where one that cannot be read ends it all.

        Raises:
            EidosError: a reference does not exist or cannot be read.
        """
        for found in self._items(self.find(references), self.alike()):
            if isinstance(found, EidosError):
                raise found
            yield found

    def one(self, reference: str) -> Item:
        """Give the only item that a reference names.

        Raises:
            EidosError: it does not exist, cannot be read, or names several.
        """
        items = list(self.every([reference]))
        if len(items) != 1:
            raise DocumentError(
                f"it holds {len(items)} documents, but exactly one is needed",
                location=Location(reference),
                hint="Name a single document; join snapshots first with 'eidos snapshot merge'.",
            )
        return items[0]

    def _items(
        self, found: Iterable[Source | Item | EidosError], alike: AlikeReader
    ) -> Iterator[Item | EidosError]:
        for each in found:
            if isinstance(each, Source):
                yield from self._in_source(each, alike)
            else:
                yield each

    def _in_source(self, source: Source, alike: AlikeReader) -> Iterator[Item | EidosError]:
        self.tally.done += 1
        try:
            documents = alike.read(source)
        except EidosError as error:
            yield error
            return
        is_alone = len(documents) == 1
        for document in documents:
            yield Item(
                document.title,
                document,
                lenient=self.lenient,
                is_alone=is_alone,
                sweep=self._swept,
            )

    def _swept(self, name: str, seen: AddressedSnapshot) -> AddressedSnapshot:
        """Take the secrets out of a snapshot, and say so: its writer should not have left any."""
        clean, places = self._sweep.swept(seen)
        if places:
            shown = ", ".join(places[:_SHOWN]) + (", …" if len(places) > _SHOWN else "")
            were = "secret was" if len(places) == 1 else "secrets were"
            self.say(f"note: {name}: {len(places)} {were} taken out: {shown}")
        return clean

    def _stored(self, reference: str) -> list[Item] | None:
        """Give what a reference into the store names; None when it is none."""
        if not _is_stored(reference):
            return None
        kind, _, name = reference.partition(":")
        if kind == "run":
            found = _distinct(self.open_store().snapshots_of_run(name))
            return [
                self.recorded(f"{reference}#{number}" if number > 1 else reference, seen)
                for number, seen in enumerate(found, 1)
            ]
        if kind == "snapshot":
            return [self.recorded(reference, self.open_store().snapshot(name))]
        cluster, _, time = reference.rpartition("@")
        at = _time(time, reference)
        return [self.recorded(reference, self.open_store().snapshot_of(cluster, at))]

    def recorded(self, name: str, seen: AddressedSnapshot) -> Item:
        """Give a snapshot from the store; an older version may have recorded secrets."""
        return Item(name, seen=self._swept(name, seen))


def named_secrets(read: SnapshotDocument) -> Iterator[Problem]:
    """Say which names in a snapshot hold a secret; the name itself is not repeated."""
    for what, node, path in secret_names(read.snapshot):
        place = replace(read.locate(node, path), path=None)
        yield Problem(f"the name of a {what} holds what looks like a secret", _RENAME, place)


_RENAME: Final = "Give it another name: rules, waivers and history go by it, so it is not masked."


def _swept(_name: str, seen: AddressedSnapshot) -> AddressedSnapshot:
    return Sweep().swept(seen)[0]


def _distinct(found: Iterable[AddressedSnapshot]) -> list[AddressedSnapshot]:
    """Give each snapshot of a run once; it may have been given the same one several times.

    Raises:
        UsageError: there is none.
    """
    distinct = {seen.digest: seen for seen in found}
    if not distinct:
        raise UsageError(
            "the run judged no snapshot", hint="It judged other documents; choose another run."
        )
    return list(distinct.values())


def refuse_second_stdin(references: Sequence[str]) -> None:
    """Refuse to read standard input twice.

    Raises:
        UsageError: ``-`` is named more than once.
    """
    if [*references].count(STDIN) > 1:
        raise UsageError("standard input can be read only once", hint="Give '-' once.")


def _is_stored(reference: str) -> bool:
    """Say whether a reference leads into the store.

    What begins with ``run:`` or ``snapshot:`` always does, so that no file in a checkout can stand
    in for what was recorded (``./run:x`` is a file); of names with an ``@``, files go first.
    """
    kind, _, name = reference.partition(":")
    return (kind in _STORED and bool(name)) or ("@" in reference and not Path(reference).exists())


def _time(text: str, reference: str) -> datetime:
    if text == "now":
        return datetime.max.replace(tzinfo=UTC)  # whatever was seen last
    try:
        return instant(text, end_of_day=True)
    except ValueError as error:
        raise UsageError(
            f"'{reference}' is not a file, and '{text}' is neither a date nor an RFC 3339 time "
            "with a zone",
            hint="Write CLUSTER@now, CLUSTER@2026-03-31 or CLUSTER@2026-03-31T12:00:00Z.",
        ) from error
