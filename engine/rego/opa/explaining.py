"""From OPA's trace of an evaluation to what it means: see `eidos.engine.model.explained`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import takewhile
from typing import Any, Final

from eidos.engine.errors import Location
from eidos.engine.model.explained import BodyRun, Explanation, ReadFact, Stop
from eidos.engine.model.facts import join_path
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.records import dataclass

Event = Mapping[str, Any]
"""``{Op, QueryID, Node, Location: {file, row, col}}`` as ``opa eval --explain full`` writes it."""
_STEPS: Final = ("string", "number")
"""Types of terms by which a reference leads on to something known before it is evaluated."""


@dataclass(slots=True)
class _Body:
    rule: str
    location: Location
    entered: int = 0
    held: int = 0
    stops: Counter[tuple[int, int]] = field(default_factory=Counter)


def explained(events: Iterable[Event], modules: Sequence[Module], given: Json) -> Explanation:
    """Read a trace that was made without the rule index, which passes bodies over.

    Args:
        events: of OPA, in order; files have our names.
        modules: what was evaluated.
        given: the input.
    """
    bodies: dict[tuple[str, int, int], _Body] = {}
    running: dict[int, _Body] = {}
    stopped: dict[int, tuple[int, int]] = {}
    reads: dict[tuple[str | int, ...], None] = {}
    for event in events:
        query = event["QueryID"]
        place = event.get("Location") or {}
        at = (place.get("row") or 0, place.get("col") or 0)
        node = event.get("Node")
        if event["Op"] == "Enter" and isinstance(node, Mapping) and "head" in node:
            new = _Body(_name(node["head"]), Location(place["file"], *at))
            body = running[query] = bodies.setdefault((place["file"], *at), new)
            body.entered += 1
        elif event["Op"] == "Fail":
            # A body fails once for each value that it tries; the furthest try says the most.
            stopped[query] = max(at, stopped.get(query, at))
        elif event["Op"] == "Exit" and query in running:
            running.pop(query).held += 1
        elif event["Op"] == "Eval":
            reads.update(dict.fromkeys(_inputs(node)))
    for query, body in running.items():  # what was entered and never left
        if query in stopped:
            body.stops[stopped[query]] += 1
    lines = {module.file: module.source.splitlines() for module in modules}
    runs = tuple(_run(body, lines.get(body.location.file, [])) for body in bodies.values())
    return Explanation(runs, tuple(_read(path, given) for path in _longest(reads)))


def _name(head: Mapping[str, Any]) -> str:
    steps = [str(term.get("value")) for term in head.get("ref") or ()]
    return ".".join(steps) or str(head.get("name"))


def _run(body: _Body, lines: Sequence[str]) -> BodyRun:
    stops = [
        Stop(
            Location(body.location.file, row, column),
            lines[row - 1].strip() if 0 < row <= len(lines) else "",
            times,
        )
        for (row, column), times in sorted(body.stops.items())
    ]
    return BodyRun(body.rule, body.location, body.entered, body.held, tuple(stops))


def _inputs(node: object) -> Iterator[tuple[str | int, ...]]:
    """Give every path below input that an expression names, as far as it is fixed."""
    inner: Iterable[object] = ()
    if isinstance(node, Mapping):
        if node.get("type") == "ref" and _is_input(node.get("value")):
            fixed = takewhile(lambda term: term.get("type") in _STEPS, node["value"][1:])
            yield tuple(term["value"] for term in fixed)
        inner = [part for key, part in node.items() if key != "with"]
    elif isinstance(node, list):
        inner = node
    for part in inner:
        yield from _inputs(part)


def _is_input(value: object) -> bool:
    return isinstance(value, list) and bool(value) and value[0].get("value") == "input"


def _longest(paths: Iterable[tuple[str | int, ...]]) -> list[tuple[str | int, ...]]:
    """Leave out paths that others lead through: reading a part of them looked at them as well."""
    found = sorted(set(paths), key=lambda path: tuple(map(str, path)))
    return [
        path
        for path in found
        if path and not any(other != path and other[: len(path)] == path for other in found)
    ]


def _read(path: tuple[str | int, ...], given: Json) -> ReadFact:
    value: Any = given
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return ReadFact(join_path(("input", *map(str, path))), is_there=False)
    return ReadFact(join_path(("input", *map(str, path))), is_there=True, value=value)
