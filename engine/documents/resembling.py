"""Reading many alike documents: by the lines in which each differs from one read before.

Of two nodes of a fleet, nearly all lines are the same. Where the others differ in nothing but one
plain value each, the structure is the same too: the values are put into what is known, and whatever
did not change is shared. Everything else is read in full, so that the result is always the same as
that of `eidos.engine.documents.given`.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from eidos.engine.documents import jsontext
from eidos.engine.documents.dialects import is_ours
from eidos.engine.documents.finding import Source
from eidos.engine.documents.formats.naming import JSON, YAML, format_of
from eidos.engine.documents.given import read_given
from eidos.engine.documents.jsonmarks import JsonPositions
from eidos.engine.documents.limits import MEBIBYTE, Limits
from eidos.engine.documents.positions import MarkedPositions, Marks, line_of
from eidos.engine.documents.reading import Document, PartMemory, Shape, decode, read_bytes
from eidos.engine.documents.scalars import YamlRules, plain, plain_go, whole_go
from eidos.engine.model.jsonvalue import Json

_KEPT = 16
"""Documents to compare with, each with another number of lines."""
_LARGEST = 4 * MEBIBYTE
"""Characters of a text that is compared; a node of a fleet has a tenth of a megabyte."""
_BLOCK = 32
"""Lines that are compared at once; of a block that differs, each line is looked at."""
_ALIKE = 1 / 8
"""Lines that may differ; with more, reading in full takes hardly longer."""

_KEY = r"""(?:"[^"\\]*"|'[^']*'|[A-Za-z0-9/._][^\s:#"'\\,{}\[\]]*)"""
_VALUE = r"""(?:"[ !#-\[\]-~]*"|'[ -&(-~]*'|-?[A-Za-z0-9/._+]+(?:[ @=-][A-Za-z0-9/._+]+)*)"""
_LINE = re.compile(rf"( *(?:- +{_KEY}: +|- +|{_KEY}: +))({_VALUE})(,?)")
"""A key, an item or both, and a value that ends where the line does, whatever comes next."""
_UNSURE = re.compile("(?:^|[\\s\\[{,])[&*]|<<|[\r\x85\u2028\u2029]")
"""Anchors and merges show a value in other places too; other line ends are counted differently."""

Path = tuple[str | int, ...]


class _Different:
    """The answer for a text that does not merely differ in plain values."""


_DIFFERENT: Final = _Different()


class AlikeReader:
    """Reads documents one after the other, and remembers some to compare the next ones with.

    Args:
        limits: bounds of what is read.
        parser: conftest's name of the format of every file; None to go by their names.
        remembers: False reads every file in full.
    """

    def __init__(
        self, limits: Limits, parser: str | None = None, *, remembers: bool = True
    ) -> None:
        self._limits = limits
        self._remembers = remembers
        self._parser = parser
        self._kept: OrderedDict[tuple[int, bool], _Known] = OrderedDict()
        self._parts = PartMemory()

    def read(self, source: Source) -> list[Document]:
        """Read every document of a file; see `eidos.engine.documents.given.read_given`.

        Values are shared between documents and must not be changed.
        """
        text = decode(read_bytes(source, self._limits), source.name)
        is_foreign = (self._parser or format_of(source.name) or YAML) not in (YAML, JSON)
        if is_foreign or len(text) > _LARGEST:  # its lines would be as large again
            return read_given(text, source.name, self._limits, self._parser)
        is_json = source.name.endswith(".json")
        last = next(reversed(self._kept.values()), None)  # most often, the next file is like it
        if last is not None and last.is_json is is_json and (found := last.read(text, source.name)):
            return [found]
        key = text.count("\n"), is_json
        known = self._kept.get(key)
        if known is not None and known is not last:
            self._kept.move_to_end(key)
            if found := known.read(text, source.name):
                return [found]
        return self._read_in_full(text, source.name, key)

    def _read_in_full(self, text: str, name: str, key: tuple[int, bool]) -> list[Document]:
        documents = read_given(text, name, self._limits, self._parser)
        if len(documents) != 1 or not self._remembers:
            return documents
        document = replace(documents[0], parts=self._parts)
        if key not in self._kept:
            document = replace(document, shape=Shape())
            self._kept[key] = _Known(document, text.split("\n"), key[1])
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return [document]


@dataclass
class _Known:
    """A document that was read in full."""

    document: Document
    lines: list[str]
    is_json: bool
    """By the name of its file."""

    def read(self, text: str, name: str) -> Document | None:
        """Give the document of a text that differs in plain values; None for any other text."""
        changed = self._changed(text)
        if changed is None or not self._is_sure:
            return None
        changes: list[tuple[Path, Json]] = []
        for number, line in changed:
            path = self._leaves.get(number)
            if path is None:
                return None
            value = self._value(self.lines[number], line, path)
            if isinstance(value, _Different):
                return None
            changes.append((path, value))
        value = _with(self.document.value, changes)
        if is_ours(value) is not self._is_ours:
            return None
        is_same = all(_keeps_places(path) for path, _ in changes)
        shape = self.document.shape if is_same else None
        return replace(self.document, name=name, value=value, shape=shape)

    def _changed(self, text: str) -> list[tuple[int, str]] | None:
        """Give the lines that differ, with their numbers; None for another number of lines."""
        changed: list[tuple[int, str]] = []
        at = 0
        for number, block in self._blocks:
            if text.startswith(block, at):
                at += len(block)
                continue
            for each in range(number, min(number + _BLOCK, len(self.lines))):
                end = text.find("\n", at)
                is_last = each == len(self.lines) - 1
                if (end < 0) is not is_last or len(changed) > len(self.lines) * _ALIKE:
                    return None
                line = text[at:] if is_last else text[at:end]
                at += len(line) + (not is_last)
                if line != self.lines[each]:
                    changed.append((each, line))
        return changed if at == len(text) else None

    @cached_property
    def _blocks(self) -> list[tuple[int, str]]:
        """Its lines in blocks that are compared at once, each with the number of its first line."""
        numbers = range(0, len(self.lines), _BLOCK)
        blocks = [(number, "\n".join(self.lines[number : number + _BLOCK])) for number in numbers]
        return [(number, block + "\n") for number, block in blocks[:-1]] + blocks[-1:]

    @cached_property
    def _is_ours(self) -> bool:
        return is_ours(self.document.value)

    @cached_property
    def _is_sure(self) -> bool:
        return not any(_UNSURE.search(line) for line in self.lines)

    @cached_property
    def _leaves(self) -> dict[int, Path | None]:
        """The path of the only plain value that starts on a line; None where there are several."""
        found: dict[int, Path | None] = {}
        for line, path in _leaves(self._marks, ()):
            found[line] = None if line in found else path
        return found

    @property
    def _marks(self) -> Marks:
        positions = self.document.positions
        if isinstance(positions, JsonPositions):
            return positions.marked().marks
        assert isinstance(positions, MarkedPositions)  # noqa: S101 -- what was read from text has them
        return positions.marks

    def _value(self, before: str, after: str, path: Path) -> Json | _Different:
        """Give the new value of a line, if the line says in full what the old one is."""
        old, new = _LINE.fullmatch(before), _LINE.fullmatch(after)
        if old is None or new is None or (old[1], old[3]) != (new[1], new[3]):
            return _DIFFERENT
        is_json = isinstance(self.document.positions, JsonPositions)
        if _style(old[2]) != _style(new[2]) or (old[3] and not is_json):
            return _DIFFERENT
        read = self._json_scalar if is_json else self._scalar
        try:
            told, value = read(old[2]), read(new[2])
        except ValueError:
            return _DIFFERENT
        known = _at(self.document.value, path)
        return value if type(told) is type(known) and told == known else _DIFFERENT

    def _json_scalar(self, text: str) -> Json:
        return jsontext.scalar(text, YamlRules.CORE if self._is_ours else YamlRules.KUBERNETES)

    def _scalar(self, text: str) -> Json:
        if _style(text):
            return text[1:-1]
        return plain(text) if self._is_ours else whole_go(plain_go(text))


def _keeps_places(path: Path) -> bool:
    """Say whether another value here leaves every fact where it is.

    Facts and metadata do; names of types and subtypes say what stands in a place. A node's name is
    looked at by whoever looks for the node.
    """
    is_node = path[0] == "nodes" and path[2:] == ("name",)
    return path[0] == "metadata" or "data" in path or is_node


def _style(text: str) -> str:
    return text[0] if text[0] in "\"'" else ""


def _leaves(marks: Marks, path: Path) -> Iterator[tuple[int, Path]]:
    if isinstance(marks, int):
        yield line_of(marks), path
        return
    children = marks[1]
    named = children.items() if isinstance(children, dict) else enumerate(children)
    for segment, child in named:
        yield from _leaves(child, (*path, segment))


def _at(value: Json, path: Path) -> Json:
    for segment in path:
        value = value[segment]  # type: ignore[index]
    return value


def _with(value: Json, changes: Sequence[tuple[Path, Json]]) -> Json:
    """Give a value with some parts changed; only what leads to them is copied."""
    copies: dict[Path, Json] = {(): _copy(value)}
    for path, new in changes:
        parent = copies[()]
        for depth, segment in enumerate(path[:-1], start=1):
            child = copies.get(path[:depth])
            if child is None:
                child = copies[path[:depth]] = _copy(parent[segment])  # type: ignore[index]
                parent[segment] = child  # type: ignore[index]
            parent = child
        parent[path[-1]] = new  # type: ignore[index]
    return copies[()]


def _copy(value: Json) -> Json:
    return (
        dict(value) if isinstance(value, dict) else [*value] if isinstance(value, list) else value
    )
