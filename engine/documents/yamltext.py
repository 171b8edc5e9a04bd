"""YAML to values and positions, in one guarded pass over libyaml's events."""

import base64
from typing import Any, NamedTuple, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from eidos.engine.documents.limits import Limits
from eidos.engine.documents.positions import MarkedPositions, Marks, pack
from eidos.engine.documents.scalars import Scalar, YamlRules, key_go, plain, plain_go, whole_go
from eidos.engine.errors import (
    LONGEST_NAME,
    DocumentError,
    Location,
    NoDocumentError,
    without_middle,
)
from eidos.engine.model.jsonvalue import Json

Event: TypeAlias = Any
"""PyYAML's event; its stubs cannot say which ones have marks and anchors."""

_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"
_TAG_DIRECTIVES = 1000
_STRING_TAGS = ("!", _TAG + "str")
_PLAIN_TAGS = tuple(_TAG + name for name in ("int", "float", "bool", "null"))
_GO_TAGS: dict[str, tuple[type, ...]] = {
    _TAG + "int": (int,),
    _TAG + "float": (int, float),
    _TAG + "bool": (bool,),
    _TAG + "null": (type(None),),
    _TAG + "timestamp": (str,),
}
"""Tags that go-yaml resolves, with what they must give; others but binary leave text as it is."""
_CONTAINER_TAGS = (None, "!", _TAG + "map", _TAG + "seq")


class _Node(NamedTuple):
    value: Json
    marks: Marks


class _Anchor(NamedTuple):
    node: _Node
    size: int
    """Values in it, itself included."""
    height: int
    """Levels below it."""


def read(
    text: str, name: str, limits: Limits, rules: YamlRules = YamlRules.CORE
) -> list[tuple[Json, MarkedPositions]]:
    """Read every document of a YAML text that is not wholly empty.

    Args:
        text: what the file holds.
        name: of the file, for messages.
        limits: bounds of what is read.
        rules: what plain values, keys, tags and merges mean.

    Raises:
        DocumentError: it is no YAML, or over a limit, or says what JSON cannot.
    """
    if text.count("\n%TAG") > _TAG_DIRECTIVES:  # libyaml compares each with all before it
        raise DocumentError("the document has too many %TAG lines", location=Location(name))
    reader = _READERS[rules](text, name, limits)
    try:
        found = reader.documents()
    except yaml.YAMLError as error:
        raise _syntax(error, name, text) from error
    return [(node.value, MarkedPositions(node.marks)) for node in found]


class _Merge(NamedTuple):
    """A ``<<`` and what it names."""

    event: Event
    node: _Node
    overridden: set[str]
    """The map's own keys that give way to it."""


class _Reader:
    """Builds documents from events; each method takes the event that starts what it reads."""

    def __init__(self, text: str, name: str, limits: Limits) -> None:
        self.parser = yaml.CSafeLoader(text)
        self.name = name
        self.limits = limits
        self.anchors: dict[str, _Anchor] = {}
        self.values = 0
        self.alias_values = 0
        self.depth = 0
        self.deepest = 0

    def documents(self) -> list[_Node]:
        found: list[_Node] = []
        empty: Event | None = None
        while not isinstance(event := self.next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self.anchors = {}
                first = self.next()
                node = self.node(first, _mark(first))
                if _is_empty(first):
                    empty = first
                else:
                    found.append(node)
                self.expect_end()
        if not found:
            raise NoDocumentError(
                "the file holds no document, only comments or '---'", location=self.location(empty)
            )
        return found

    def expect_end(self) -> None:
        event = self.next()
        if not isinstance(event, DocumentEndEvent):
            raise self.error("the document does not end where it should", event)

    def next(self) -> Event:
        return self.parser.get_event()

    def node(self, event: Event, mark: int) -> _Node:
        if type(event) is ScalarEvent and event.anchor is None:  # nearly all
            self.count(event)
            return _Node(self.scalar(event), mark)
        if isinstance(event, AliasEvent):
            return self.alias(event, mark)
        before, deepest, self.deepest = self.values, self.deepest, self.depth
        node = self.fresh(event, mark)
        if event.anchor is not None:
            size = self.values - before
            self.anchors[event.anchor] = _Anchor(node, size, self.deepest - self.depth)
        self.deepest = max(deepest, self.deepest)
        return node

    def fresh(self, event: Event, mark: int) -> _Node:
        self.count(event)
        if isinstance(event, ScalarEvent):
            return _Node(self.scalar(event), mark)
        self.check_tag(event)
        self.depth += 1
        self.deepen(self.depth, event)
        mapping = isinstance(event, MappingStartEvent)
        node = self.mapping(mark) if mapping else self.sequence(mark)
        self.depth -= 1
        return node

    def check_tag(self, event: Event) -> None:
        if event.tag not in _CONTAINER_TAGS:
            raise self.error(_tag(event.tag), event)

    def count(self, event: Event) -> None:
        self.values += 1
        if self.values > self.limits.values:
            raise self.over("values", f"{self.limits.values} values", event)

    def deepen(self, depth: int, event: Event) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > self.limits.depth:
            raise self.over("depth", f"{self.limits.depth} levels", event)

    def sequence(self, mark: int) -> _Node:
        values: list[Json] = []
        marks: list[Marks] = []
        while type(event := self.next()) is not SequenceEndEvent:
            node = self.node(event, _mark(event))
            values.append(node.value)
            marks.append(node.marks)
        return _Node(values, (mark, marks))

    def mapping(self, mark: int) -> _Node:
        values: dict[str, Json] = {}
        marks: dict[str, Marks] = {}
        merged: list[_Merge] = []
        while type(event := self.next()) is not MappingEndEvent:
            key = self.key(event)
            is_merge = key == _MERGE and event.style in ("", None)
            at = _mark(event)
            if key in values:
                raise self.repeated(event, key, marks[key])
            node = self.node(self.next(), at)
            if is_merge:
                merged.append(_Merge(event, node, self.overridden(values)))
                continue
            values[key], marks[key] = node
        if len(values) > self.limits.keys:
            raise self.over("keys", f"{self.limits.keys} keys", event)
        for each in merged:
            self.merge(each, values, marks)
        return _Node(values, (mark, marks))

    def key(self, event: Event) -> str:
        if isinstance(event, ScalarEvent):
            self.count(event)
            return str(event.value)
        if isinstance(event, AliasEvent):
            value = self.alias(event, 0).value
            if isinstance(value, str):
                return value
        raise self.error("a key must be text, not a map or a list", event)

    def overridden(self, values: dict[str, Json]) -> set[str]:  # noqa: ARG002 -- other readers look
        """Say which keys of a map give way to what is merged after them: none."""
        return set()

    def merge(self, merge: _Merge, values: dict[str, Json], marks: dict[str, Marks]) -> None:
        """Take in what ``<<`` names; the map's own keys win, then earlier ones of a list."""
        for value, mark in _parts(merge.node):
            if not isinstance(value, dict) or isinstance(mark, int) or isinstance(mark[1], list):
                raise self.error("only a map can be merged with '<<'", merge.event)
            for key, entry in value.items():
                if key not in values or key in merge.overridden:
                    values[key], marks[key] = entry, mark[1][key]
                    merge.overridden.discard(key)

    def alias(self, event: Event, mark: int) -> _Node:
        anchor = self.anchors.get(event.anchor)
        if anchor is None:
            problem = f"the alias *{event.anchor} names nothing that ended before it"
            raise self.error(problem, event)
        self.values += anchor.size
        self.alias_values += anchor.size
        if self.alias_values > self.limits.alias_values:
            bound = f"{self.limits.alias_values} values through aliases"
            raise self.over("alias-values", bound, event)
        self.deepen(self.depth + anchor.height, event)
        marks = anchor.node.marks
        return _Node(anchor.node.value, mark if isinstance(marks, int) else (mark, marks[1]))

    def scalar(self, event: ScalarEvent) -> Json:
        tag = event.tag
        if tag in _STRING_TAGS or (tag is None and not event.implicit[0]):
            return str(event.value)
        if tag is not None and tag not in _PLAIN_TAGS:
            raise self.error(_tag(tag), event)
        try:
            return plain(event.value)
        except ValueError as error:
            raise self.error(f"{error}; write it in quotes to keep it as text", event) from error

    def repeated(self, event: Event, key: str, first: Marks) -> DocumentError:
        mark = first if isinstance(first, int) else first[0]
        line = MarkedPositions(mark).find(()).line
        return DocumentError(
            f"the key {without_middle(key, LONGEST_NAME)!r} is there twice, first on line {line}",
            hint="Keep one of them.",
            location=self.location(event),
        )

    def error(self, problem: str, event: Event | None) -> DocumentError:
        return DocumentError(problem, location=self.location(event))

    def over(self, limit: str, bound: str, event: Event) -> DocumentError:
        return self.limits.exceeded(limit, bound, self.location(event))

    def location(self, event: Event | None) -> Location:
        if event is None:
            return Location(self.name)
        mark = event.start_mark
        return Location(self.name, mark.line + 1, mark.column + 1)


class _GoReader(_Reader):
    """Reads as go-yaml v2 and sigs.k8s.io/yaml do."""

    words = True
    """``on``, ``yes`` and the like are booleans."""

    def check_tag(self, event: Event) -> None:
        """Take maps and lists whatever their tag: CloudFormation has ``!If [...]``."""

    def overridden(self, values: dict[str, Json]) -> set[str]:
        return set(values)

    def key(self, event: Event) -> str:
        if not isinstance(event, ScalarEvent):
            return super().key(event)
        self.count(event)
        value = self.value(event)
        try:
            return key_go(value)
        except ValueError as error:
            raise self.error(str(error), event) from error

    def scalar(self, event: ScalarEvent) -> Json:
        return whole_go(self.value(event))

    def value(self, event: ScalarEvent) -> Scalar:
        tag = event.tag
        if tag == _TAG + "binary":
            return self.binary(event)
        is_plain = tag is None and event.implicit[0]
        if not is_plain and tag not in _GO_TAGS:
            return str(event.value)
        try:
            value = plain_go(event.value, words=self.words)
        except ValueError as error:
            raise self.error(f"{error}; write it in quotes to keep it as text", event) from error
        if tag is not None and type(value) not in _GO_TAGS[tag]:
            raise self.error(f"{event.value[:80]!r} is no {tag.replace(_TAG, '!!')}", event)
        return value

    def binary(self, event: ScalarEvent) -> str:
        try:
            return base64.b64decode("".join(event.value.split()), validate=True).decode(
                errors="replace"
            )
        except ValueError as error:
            raise self.error("the value is no base64, as !!binary says", event) from error


class _OpaReader(_GoReader):
    """Reads as go-yaml v3 and OPA's loader do."""

    words = False

    def overridden(self, values: dict[str, Json]) -> set[str]:
        return _Reader.overridden(self, values)


_READERS = {
    YamlRules.CORE: _Reader,
    YamlRules.KUBERNETES: _GoReader,
    YamlRules.OPA: _OpaReader,
}


def _tag(tag: str) -> str:
    return f"the tag {tag.replace(_TAG, '!!')} is not allowed: values are what JSON can say"


def _mark(event: Event) -> int:
    mark = event.start_mark
    return pack(mark.line, mark.column)


def _is_empty(event: Event) -> bool:
    return isinstance(event, ScalarEvent) and event.value == "" and event.implicit[0]


def _parts(node: _Node) -> list[tuple[Json, Marks]]:
    value, marks = node
    if isinstance(value, list) and not isinstance(marks, int) and isinstance(marks[1], list):
        return list(zip(value, marks[1], strict=True))
    return [(value, marks)]


def _syntax(error: yaml.YAMLError, name: str, text: str) -> DocumentError:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    mark = getattr(error, "problem_mark", None)
    location = Location(name)
    if mark is not None:
        location = Location(name, mark.line + 1, mark.column + 1)
    elif isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        column = error.position - (before.rfind("\n") + 1)
        location = Location(name, before.count("\n") + 1, column + 1)
    if "nesting depth" in problem:  # the parser's own bound; it reads ahead of our count
        return DocumentError("the document has more levels than are read", location=location)
    return DocumentError(
        f"the document is not YAML: {problem}",
        hint="Is the file truncated, or indented with tabs?",
        location=location,
    )
