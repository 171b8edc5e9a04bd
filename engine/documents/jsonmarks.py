"""Where everything stands in a JSON text: read piece by piece, and only when someone asks."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import field

from eidos.engine.documents.positions import MarkedPositions, Marks, Place, pack
from eidos.engine.records import dataclass

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|\n|[^\s{}\[\],:"]++')
"""Possessive: what could be given back is remembered, a hundred bytes for each character."""
_TEXT = r'"(?:[^"\\]++|\\.)*+"'
_SPACE = re.compile(r"\s*+")
_KEY = re.compile(r'[\s,]*+"((?:[^"\\]++|\\.)*+)"\s*+:\s*+')
_ITEM = re.compile(r"[\s,]*+(?![\]\s,])")
_ATOM = re.compile(rf'{_TEXT}|[^\s{{}}\[\],:"]++')
_BRACKET = re.compile(rf'[^"{{}}\[\]]*+(?:{_TEXT}[^"{{}}\[\]]*+)*+([{{}}\[\]])')
_LINE_END = re.compile(r"\n")


class JsonPositions:
    """Reads as much of the text again as leads to a place that is asked for."""

    __slots__ = ("_lines", "_maps", "found", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: MarkedPositions | None = None
        self._lines: list[int] = []
        self._maps: dict[int, _Children] = {}

    def find(self, path: Sequence[str | int]) -> Place:
        """Give the place of a path or of its nearest ancestor."""
        if self.found is not None:
            return self.found.find(path)
        mark = at = _SPACE.match(self.text).end()  # type: ignore[union-attr] # it always matches
        depth = 0
        for segment in path:
            child = self._children(at).get(segment)
            if child is None:
                break
            mark, at = child
            depth += 1
        return MarkedPositions(self._packed(mark)).find(())._replace(depth=depth)

    def marked(self) -> MarkedPositions:
        """Give every place there is."""
        if self.found is None:
            self.found = MarkedPositions(_Scan(self.text).run())
            self.text = ""
            self._maps.clear()
        return self.found

    def _children(self, at: int) -> "_Children":
        """Give where the parts of the value that begins here are; those of a text are none."""
        if at not in self._maps:
            read = {"{": _map_children, "[": _list_children}.get(self.text[at])
            self._maps[at] = read(self.text, at + 1) if read else {}
        return self._maps[at]

    def _packed(self, at: int) -> int:
        if not self._lines:
            self._lines = [0, *(found.end() for found in _LINE_END.finditer(self.text))]
        line = bisect_right(self._lines, at) - 1
        return pack(line, at - self._lines[line])


_Children = dict[str | int, tuple[int, int]]
"""By key or number: where a part stands, one of a map at its key, and where its value begins."""


def _map_children(text: str, at: int) -> _Children:
    children: _Children = {}
    while (key := _KEY.match(text, at)) is not None:
        name = key[1] if "\\" not in key[1] else json.loads(f'"{key[1]}"')
        children[name] = key.start(1) - 1, key.end()
        at = _over(text, key.end())
    return children


def _list_children(text: str, at: int) -> _Children:
    children: _Children = {}
    while (item := _ITEM.match(text, at)) is not None:
        children[len(children)] = item.end(), item.end()
        at = _over(text, item.end())
    return children


def _over(text: str, at: int) -> int:
    """Give where the value that begins here ends."""
    if text[at] not in "{[":
        return _ATOM.match(text, at).end()  # type: ignore[union-attr] # the text is JSON
    depth = 0
    for bracket in _BRACKET.finditer(text, at):
        depth += 1 if bracket[1] in "{[" else -1
        if depth == 0:
            return bracket.end()
    return len(text)


def find_repeated(text: str) -> tuple[str, int] | None:
    """Give the first key that its map already has, and its packed place.

    Args:
        text: JSON as far as that key; what comes after it may be anything.
    """
    scan = _Scan(text)
    scan.run()
    return scan.repeated


def find_token(text: str, wanted: str) -> int | None:
    """Give the packed place of a piece outside of strings."""
    return next((mark for piece, mark in _pieces(text) if piece == wanted), None)


def find_depth(text: str, limit: int) -> int | None:
    """Give the packed place where maps and lists are more than so many levels deep.

    Args:
        text: JSON, which need not be well-formed.
        limit: the deepest level that is allowed; the outermost map or list is 1.

    Returns:
        The first bracket that goes beyond it; None where none does.
    """
    depth = 0
    for piece, mark in _pieces(text):
        depth += (piece in "{[") - (piece in "}]")
        if depth > limit:
            return mark
    return None


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    line = start = 0
    for match in _TOKEN.finditer(text):
        piece = match.group()
        if piece == "\n":
            line, start = line + 1, match.end()
        else:
            yield piece, pack(line, match.start() - start)


@dataclass(slots=True)
class _Frame:
    mark: int
    children: dict[str, Marks] | list[Marks]
    key: str | None = None
    """The key whose value comes next; maps only."""
    key_mark: int = 0


@dataclass(slots=True)
class _Scan:
    """Builds marks from the pieces of a text that is known to be JSON."""

    text: str
    stack: list[_Frame] = field(default_factory=list)
    root: Marks = 0
    repeated: tuple[str, int] | None = None
    """Scanning ends at a key that its map already has, and at its packed place."""

    def run(self) -> Marks:
        for piece, mark in _pieces(self.text):
            if self.repeated:
                break
            if piece in ",:":
                continue
            if piece in "{[":
                children: dict[str, Marks] | list[Marks] = {} if piece == "{" else []
                self.stack.append(_Frame(self.slot(mark), children))
            elif piece in "}]":
                frame = self.stack.pop()
                self.attach((frame.mark, frame.children))
            else:
                self.leaf(piece, mark)
        return self.root

    def slot(self, mark: int) -> int:
        """A value in a map is found by its key."""
        frame = self.stack[-1] if self.stack else None
        return frame.key_mark if frame and isinstance(frame.children, dict) else mark

    def leaf(self, piece: str, mark: int) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is None or isinstance(frame.children, list) or frame.key is not None:
            self.attach(self.slot(mark))
            return
        frame.key, frame.key_mark = json.loads(piece), mark
        if frame.key in frame.children:
            self.repeated = (frame.key, mark)

    def attach(self, marks: Marks) -> None:
        if not self.stack:
            self.root = marks
            return
        frame = self.stack[-1]
        if isinstance(frame.children, list):
            frame.children.append(marks)
        elif frame.key is not None:
            frame.children[frame.key] = marks
            frame.key = None
