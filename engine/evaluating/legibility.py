"""Facts that are there and cannot be read as what they should be, and what may be read of the rest.

What cannot be read may be anything. So a rule is asked about several readings of the facts: without
what cannot be read, with it as it stands, and with other values in its place. Only what it finds
each time does not hang on what nobody knows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final, NamedTuple

from eidos.engine.digest import canonical
from eidos.engine.evaluating.subjects import SubjectFacts
from eidos.engine.model.facts import FactAddress, Segment
from eidos.engine.model.facttypes import FactType
from eidos.engine.model.jsonvalue import Json
from eidos.engine.vocabulary import vocabulary

_BESIDE = 64
"""Neighbours, at each step of its path, whose values may stand in place of an unreadable one."""
_TRIED = 8
"""Values tried in one place at most, as many of its neighbours as of its type."""
_FOREIGN: Final = "?"
"""Where no value is known to try: it says nothing either, and in other words than what stands."""
_GONE: Final = object()


class _Place(NamedTuple):
    """Where something in a subject's facts cannot be read."""

    node: str | None
    """Whose it is, of every node's facts; None for those of the subject itself."""
    whole: FactAddress
    """The subtype."""
    at: tuple[Segment, ...]
    """In the data of the subtype; without steps it is all of it."""


def unreadable(path: FactAddress, subject: SubjectFacts) -> str | None:
    """Say why a fact that a rule declares cannot be read; None when it can, or is not there.

    Of every node's facts the first that cannot be read is told.
    """
    known = vocabulary()
    if not path.every_node:
        data = subject.facts.get(path.whole)
        return None if data is None else known.unreadable(path, data)
    for name, facts in subject.nodes.items():
        data = facts.get(path.whole)
        why = None if data is None else known.unreadable(path, data, f" on node {name}")
        if why is not None:
            return why
    return None


def is_lost(path: FactAddress, subject: SubjectFacts) -> bool:
    """Say whether nothing of an unreadable fact is left: it is no list or map, or not the value.

    A list with an item that cannot be read is not lost, nor a subtype with such a key, nor a fact
    of every node that can be read on one of them.
    """
    everywhere = subject.nodes.values() if path.every_node else (subject.facts,)
    held = (facts[path.whole] for facts in everywhere if path.whole in facts)
    return all(
        any(blot.at in ((), (path.key,)) for blot in vocabulary().blots(path, data))
        for data in held
        if path.key is None or path.key in data
    )


def without(paths: Iterable[FactAddress], subject: SubjectFacts) -> SubjectFacts:
    """Give a subject without what cannot be read: the field of the GPU, not the GPU.

    Args:
        paths: what a rule declares, some of it unreadable.
        subject: whose facts.
    """
    return _with(subject, {place: _GONE for place, _ in _places(paths, subject)})


def readings(paths: Iterable[FactAddress], subject: SubjectFacts) -> tuple[SubjectFacts, ...]:
    """Give a subject as it may be read beside `without`: as it stands, and with other values.

    Those are what neighbours have (the same field of another GPU), then samples of the type. They
    tell a rule that takes what is absent for a fault (no driver) from one that found a fault.

    Args:
        paths: what a rule declares, some of it unreadable.
        subject: whose facts.
    """
    kinds = dict(_places(paths, subject))
    others = {place: _others(place, kind, subject) for place, kind in kinds.items()}
    rounds = range(max(map(len, others.values()), default=0))
    tried = [
        {place: values[number % len(values)] for place, values in others.items()}
        for number in rounds
    ]
    return (subject, *(_with(subject, values) for values in tried))


def bare(paths: Iterable[FactAddress], subject: SubjectFacts) -> SubjectFacts:
    """Give a subject without anything in each fact of which something cannot be read.

    What a rule finds here as well it concludes from what is not there: no such entry in the list.
    Lists and maps stay, empty; all else is left out.
    """
    facts: dict[_Place, object] = {}
    for place, _ in _places(paths, subject):
        owner = subject.facts if place.node is None else subject.nodes[place.node]
        value = _at(owner[place.whole], place.at[:1])
        fact = place._replace(at=place.at[:1])
        facts[fact] = type(value)() if place.at and isinstance(value, list | dict) else _GONE
    return _with(subject, facts)


def blotted(paths: Iterable[FactAddress], subject: SubjectFacts) -> tuple[str, ...]:
    """Give the places that cannot be read, each as `plain` writes it.

    Args:
        paths: what a rule declares.
        subject: whose facts.
    """
    return tuple(
        plain((*(("nodes", each.node) if each.node else ()), *each.whole.segments, *each.at))
        for each, _ in _places(paths, subject)
    )


def plain(segments: Iterable[Segment]) -> str:
    """Write a path with dots alone, ``k8s.policy.toolkit.env.0.name.``, to see what begins how."""
    return "".join(f"{segment}." for segment in segments)


def _places(
    paths: Iterable[FactAddress], subject: SubjectFacts
) -> Iterator[tuple[_Place, FactType]]:
    for path in paths:
        owners = subject.nodes.items() if path.every_node else ((None, subject.facts),)
        for node, facts in owners:
            for blot in vocabulary().blots(path, facts.get(path.whole, {})):
                yield _Place(node, path.whole, blot.at), blot.kind


def _others(place: _Place, kind: FactType, subject: SubjectFacts) -> Sequence[Json]:
    """Give values that may stand in a place that cannot be read, each once."""
    beside = {canonical(v): v for v in _beside(place, subject) if kind.fault(v) is None}
    few = dict(islice(beside.items(), _TRIED // 2))
    few |= {canonical(value): value for value in kind.samples}
    return list(few.values())[:_TRIED] or [_FOREIGN]


def _beside(place: _Place, subject: SubjectFacts) -> Iterator[Json]:
    """Give what stands at the like place of the things beside it: of GPU 1 and 2 for GPU 0."""
    owners = subject.nodes.items() if place.node is not None else (("", subject.facts),)
    holder: Any = {name: facts.get(place.whole) for name, facts in islice(owners, _BESIDE)}
    steps = (place.node or "", *place.at)
    for depth, step in enumerate(steps):
        keys = range(len(holder)) if isinstance(holder, list) else holder
        for key in islice(keys, _BESIDE) if isinstance(holder, list | Mapping) else ():
            value = _at(holder, (key, *steps[depth + 1 :])) if key != step else None
            if value is not None:
                yield value
        holder = _at(holder, (step,))


def _at(value: Any, steps: Iterable[Segment]) -> Any:  # noqa: ANN401 -- JSON
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        else:
            is_item = isinstance(value, list) and isinstance(step, int) and step < len(value)
            value = value[step] if is_item else None
    return value


def _with(subject: SubjectFacts, values: Mapping[_Place, object]) -> SubjectFacts:
    """Give a subject with other values in some places of its facts."""
    own = {(each.whole, *each.at): value for each, value in values.items() if each.node is None}
    others = {(each.node, each.whole, *each.at): values[each] for each in values if each.node}
    facts, nodes = _changed(subject.facts, own), _changed(subject.nodes, others)
    return replace(subject, facts=facts, nodes=nodes)


def _changed(value: Any, changes: Mapping[tuple[Any, ...], object]) -> Any:  # noqa: ANN401 -- JSON
    """Give a value with others at some places in it; all that is not on the way is shared.

    An item of a list that is gone leaves its place empty, so that the others keep theirs.
    """
    if not changes:
        return value
    if () in changes:
        return changes[()]
    if isinstance(value, str):
        value = json.loads(value)  # a list that is written as JSON text
    below: dict[Any, dict[tuple[Any, ...], object]] = {}
    for (step, *rest), new in changes.items():
        below.setdefault(step, {})[tuple(rest)] = new
    copy: Any = dict(value) if isinstance(value, Mapping) else list(value)
    for step, inner in below.items():
        new = _changed(_at(copy, (step,)), inner)
        if new is _GONE and isinstance(copy, dict):
            copy.pop(step, None)
        else:
            copy[step] = None if new is _GONE else new
    return copy
