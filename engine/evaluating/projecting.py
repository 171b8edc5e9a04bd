"""A rule sees only what it declares; what is missing is said, never guessed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eidos.engine.evaluating.subjects import Facts, SubjectFacts
from eidos.engine.model.factpath import FactPath
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Rule, Scope
from eidos.engine.model.snapshot import Collection
from eidos.engine.ports import View

NODE_NAME = FactPath("node", "name")


@dataclass(frozen=True, slots=True)
class Projection:
    """What a rule may see of a subject."""

    required: Json
    """Only what it requires: what ``applicable`` sees."""
    full: Json
    """What it requires and reads."""
    required_view: View | None = None
    """The same as `required`, as a part of all facts of the subject."""
    full_view: View | None = None
    """The same as `full`."""
    lacking: str | None = None
    """Why it cannot be asked at all: a required fact is missing."""
    gap: str | None = None
    """Why it must not pass: a fact that it may look at was not collected, or not completely."""


def everything(subject: SubjectFacts) -> dict[str, Json]:
    """Give all facts of a subject in the form of an input, for views."""
    seen: dict[str, Json] = {"node": {"name": subject.name}}
    for (kind, name), data in subject.facts.items():
        _child(seen, kind)[name] = dict(data)
    return seen


def project(
    rule: Rule, subject: SubjectFacts, whole: Mapping[str, Json] | None = None
) -> Projection:
    """Give a rule's view of a subject.

    Args:
        rule: who looks.
        subject: what it looks at.
        whole: what `everything` gave for the subject, if views are wanted.
    """
    if rule.scope is Scope.DOCUMENT:
        return Projection(subject.document, subject.document)
    lacking = [reason for path in rule.requires if (reason := _lacking(path, subject))]
    declared = (*rule.requires, *rule.reads)
    gaps = [reason for path in declared if (reason := _gap(path, subject))]
    required = _input(rule.requires, subject)
    full = _input(declared, subject) if rule.reads else required
    required_view = _view(rule.requires, subject, whole)
    full_view = _view(declared, subject, whole) if rule.reads else required_view
    return Projection(required, full, required_view, full_view, _said(lacking), _said(gaps))


def _view(
    paths: Sequence[FactPath], subject: SubjectFacts, whole: Mapping[str, Json] | None
) -> View | None:
    """Give an input as a part of all facts; what is not there has no path, nor has its parent."""
    if whole is None or any(path.every_node for path in paths):
        return None
    seen = [path for path in paths if (path.type, path.subtype) in subject.facts]
    named = [("node", "name")] if NODE_NAME in paths else []
    facts = [(path.type, path.subtype, *((path.key,) if path.key else ())) for path in seen]
    return View(whole, (*named, *facts))


def _said(reasons: list[str]) -> str | None:
    return "; ".join(dict.fromkeys(reasons)) or None


def _input(paths: Iterable[FactPath], subject: SubjectFacts) -> dict[str, Json]:
    seen: dict[str, Json] = {}
    for path in paths:
        if path == NODE_NAME:
            seen["node"] = {"name": subject.name}
        elif path.every_node:
            nodes = _child(seen, "nodes")
            for name, facts in subject.nodes.items():
                _show(path, facts, _child(nodes, name))
        else:
            _show(path, subject.facts, seen)
    return seen


def _child(parent: dict[str, Json], key: str) -> dict[str, Json]:
    child = parent.setdefault(key, {})
    assert isinstance(child, dict)  # noqa: S101 -- only this module fills it
    return child


def _show(path: FactPath, facts: Facts, seen: dict[str, Json]) -> None:
    """Copy a declared fact into the input; a subtype that was collected shows even when empty."""
    data = facts.get((path.type, path.subtype))
    if data is None:
        return
    subtype = _child(_child(seen, path.type), path.subtype)
    if path.key is None:
        subtype.update(data)
    elif path.key in data:
        subtype[path.key] = data[path.key]


def _lacking(path: FactPath, subject: SubjectFacts) -> str | None:
    if path == NODE_NAME:
        return None
    if not path.every_node:
        return None if _has(path, subject.facts) else _missing(path, subject, None)
    if not subject.nodes:
        return f"{path} is unknown: the snapshot has no nodes"
    if any(_has(path, facts) for facts in subject.nodes.values()):
        return None
    return _missing(path, subject, next(iter(subject.nodes)))


def _has(path: FactPath, facts: Facts) -> bool:
    data = facts.get((path.type, path.subtype))
    return data is not None and (path.key is None or data.get(path.key) is not None)


def _gap(path: FactPath, subject: SubjectFacts) -> str | None:
    if path == NODE_NAME:
        return None
    if not path.every_node:
        return _gap_of(path, subject, subject.facts, None)
    gaps = (_gap_of(path, subject, facts, name) for name, facts in subject.nodes.items())
    return next((gap for gap in gaps if gap), None)


def _gap_of(path: FactPath, subject: SubjectFacts, facts: Facts, node: str | None) -> str | None:
    if (path.type, path.subtype) not in facts:
        return _missing(path, subject, node)
    entry = _entry(path, subject.collection, node)
    if entry is None or (path.key is not None and not entry.keys and _has(path, facts)):
        return None
    return f"{path} is not complete{_why(entry)}"


def _missing(path: FactPath, subject: SubjectFacts, node: str | None) -> str:
    entry = _entry(path, subject.collection, node)
    where = f" on node {node}" if node else ""
    if entry is None:
        return f"{path}{where} is not in the snapshot"
    return f"{path}{where} was not collected{_why(entry)}"


def _entry(
    path: FactPath, collection: tuple[Collection, ...], node: str | None
) -> Collection | None:
    """Give the collector's own word on a fact, the most specific; not its word on other keys."""
    matching = [
        entry
        for entry in collection
        if entry.type.lower() == path.type
        and entry.subtype in (None, path.subtype)
        and (not entry.keys or path.key in (None, *entry.keys))
        and (node is None or entry.node in (None, node))
    ]
    return max(
        matching, key=lambda entry: (entry.subtype is not None, bool(entry.keys)), default=None
    )


def _why(entry: Collection) -> str:
    reason = f": {entry.reason}" if entry.reason else ""
    return f" ({entry.status.value}{reason})"
