"""One reader for YAML and JSON: values, with a line and column for every path when asked for.

What is read here is what YAML 1.2's core schema and JSON mean: ``no`` and ``on`` are text, and so
are dates. A YAML number that would lose something of its source text stays that text (``1.10`` is
not 1.1, ``007`` is not 7). That is for documents of our own kinds; `eidos.engine.documents.given`
has the others. Every reader is guarded by `Limits`; whatever the bytes are, the only exception is
`DocumentError`.
"""

import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from eidos.engine.documents import jsontext
from eidos.engine.documents.finding import Source, unreadable
from eidos.engine.documents.jsonmarks import JsonPositions
from eidos.engine.documents.limits import Limits
from eidos.engine.documents.positions import NOWHERE, Positions
from eidos.engine.documents.scalars import YamlRules
from eidos.engine.errors import DocumentError, Location
from eidos.engine.model.byidentity import ByIdentity
from eidos.engine.model.facts import json_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import Subtype
from eidos.engine.records import dataclass

__all__ = [
    "Document",
    "Limits",
    "decode",
    "only",
    "read_bytes",
    "read_documents",
    "read_json",
    "read_one",
    "read_text",
    "read_yaml",
]

_JSON_STARTS = ("{", "[")


class Shape:
    """Says by its identity where a document holds what; see `Document.shape`."""


@dataclass(slots=True)
class PartMemory:
    """What is known of parts of alike documents, which are the same objects in all of them."""

    subtypes: ByIdentity[Subtype] = field(default_factory=ByIdentity)
    """By the map that says the subtype."""
    addresses: ByIdentity[str] = field(default_factory=ByIdentity)
    """Of a subtype's data."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    name: str
    """The file, as the user gave it."""
    index: int
    """Counted from 0; a YAML file may hold many."""
    value: Json
    positions: Positions = field(default=NOWHERE, repr=False, compare=False)
    shape: Shape | None = field(default=None, repr=False, compare=False)
    """Documents with the same one hold the same facts in the same places, with other values."""
    parts: PartMemory | None = field(default=None, repr=False, compare=False)
    """What is known of parts that the document shares with others that were read before it."""

    @property
    def title(self) -> str:
        """What reports call it: the file, and from the second document on its number."""
        return f"{self.name}#{self.index + 1}" if self.index else self.name

    def location(self, path: Sequence[str | int]) -> Location:
        """Give the place of a path, or of its nearest ancestor that exists."""
        place = self.positions.find(path)
        return Location(self.name, place.line, place.column, json_path(path[: place.depth]))


def read_documents(source: Source, limits: Limits = Limits()) -> list[Document]:  # noqa: B008 - frozen
    """Read every document of a file or of standard input; there is at least one.

    Raises:
        DocumentError: it cannot be read, is neither YAML nor JSON, is empty, or is over a limit.
    """
    return read_text(decode(read_bytes(source, limits), source.name), source.name, limits)


def read_one(source: Source, limits: Limits = Limits()) -> Document:  # noqa: B008 - frozen
    """Read the document of a file that may hold no other.

    Raises:
        DocumentError: as `read_documents`, or there are more.
    """
    return only(read_documents(source, limits))


def only(documents: Sequence[Document]) -> Document:
    """Give the document of a file that may hold no other: what is not read must not seem to be.

    Raises:
        DocumentError: there are more; with the place of the second.
    """
    if len(documents) > 1:
        raise DocumentError(
            f"the file holds {len(documents)} documents instead of one",
            hint="Put each into a file of its own.",
            location=documents[1].location(()),
        )
    return documents[0]


def read_text(text: str, name: str, limits: Limits = Limits()) -> list[Document]:  # noqa: B008 - frozen
    """Read every document of a text; see `read_documents`."""
    if not text.strip():
        raise empty(name)
    return read_json(text, name, limits) or read_yaml(text, name, limits)


def read_json(
    text: str, name: str, limits: Limits, rules: YamlRules = YamlRules.CORE
) -> list[Document] | None:
    """Read a JSON document; None where it is none and may be YAML."""
    if text.lstrip().startswith(_JSON_STARTS) or name.endswith(".json"):
        value = jsontext.read(text, name, limits, rules)
        if not isinstance(value, jsontext.NotJson):
            return [Document(name, 0, value, JsonPositions(text))]
    return None


def read_yaml(
    text: str, name: str, limits: Limits, rules: YamlRules = YamlRules.CORE
) -> list[Document]:
    """Read every document of a YAML text; see `eidos.engine.documents.yamltext.read`."""
    from eidos.engine.documents import yamltext

    found = yamltext.read(text, name, limits, rules)
    return [Document(name, index, *entry) for index, entry in enumerate(found)]


def empty(name: str) -> DocumentError:
    """Say that a file holds nothing."""
    return DocumentError(
        "the document is empty",
        hint="Check that what wrote it succeeded.",
        location=Location(name),
    )


def read_bytes(source: Source, limits: Limits = Limits()) -> bytes:  # noqa: B008 - frozen
    """Read a source as it is.

    Raises:
        DocumentError: it cannot be read, or is over the size limit.
    """
    try:
        if source.path is None:
            return _bounded(_stdin(), source.name, limits)
        with _open(source.path, source.name) as file:
            return _bounded(file, source.name, limits)
    except (OSError, ValueError) as error:
        raise unreadable(error, source.name) from error


def _stdin() -> BinaryIO:
    if sys.stdin is None:  # closed by the caller: eidos ... - <&-
        raise ValueError("standard input is closed")
    return sys.stdin.buffer


def _open(path: Path, name: str) -> BinaryIO:
    """Open what can end: a pipe that nobody has opened, or a device, would never."""
    mode = path.stat().st_mode
    handed_over = os.path.dirname(path) in ("/dev/fd", "/proc/self/fd") or str(path) == "/dev/stdin"  # noqa: PTH120
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or (handed_over and not stat.S_ISBLK(mode))):
        raise DocumentError(
            "this is not a regular file but a pipe, socket or device",
            hint="Give it on standard input: eidos ... - < FILE",
            location=Location(name),
        )
    return path.open("rb")


def _bounded(file: BinaryIO, name: str, limits: Limits) -> bytes:
    content = file.read(limits.size + 1)
    if len(content) > limits.size:
        raise limits.exceeded("size", f"{limits.size} bytes", Location(name))
    return content


def decode(content: bytes, name: str) -> str:
    """Give the text that a file holds.

    Raises:
        DocumentError: it is not UTF-8.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DocumentError(
            "the file is UTF-16, and must be UTF-8",
            hint="Convert it: iconv -f UTF-16 -t UTF-8 FILE",
            location=Location(name, 1, 1),
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_text(content, error.start, name) from error
    if "\0" in text:
        raise _not_text(content, content.index(0), name)
    return text


def _not_text(content: bytes, offset: int, name: str) -> DocumentError:
    before = content[:offset]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    return DocumentError(
        f"the file is not UTF-8 text (byte 0x{content[offset]:02x})",
        hint="A binary, compressed or truncated file? eidos reads YAML and JSON in UTF-8.",
        location=Location(name, line, column),
    )
