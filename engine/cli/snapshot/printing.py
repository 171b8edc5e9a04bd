"""How a snapshot is written, and what is said about its making."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eidos.engine.cli import console
from eidos.engine.cli.options import DocumentOptions
from eidos.engine.documents.snapshots import write_snapshot
from eidos.engine.model.snapshot import API_VERSION, Collection, CollectorState, Snapshot
from eidos.engine.report.outputs import document_output
from eidos.engine.report.registry import DOCUMENT
from eidos.engine.report.wording import plural

if TYPE_CHECKING:
    from eidos.engine.app.cache import CachedSnapshot

_WORTH_SAYING = (CollectorState.FAILED, CollectorState.PARTIAL, CollectorState.UNAVAILABLE)

_NAMED_KEYS = 3
"""Keys that are named rather than counted: a line has room for them."""


def write_snapshot_to(snapshot: Snapshot, place: DocumentOptions, dialect: str | None) -> None:
    """Write a snapshot to a file or, for ``-``, to standard output.

    Args:
        snapshot: what to write.
        place: where to write it, and how.
        dialect: apiVersion to write; None for the present one.
    """
    value = write_snapshot(snapshot, dialect or API_VERSION)
    console.show(DOCUMENT, value, [document_output(place.output, place.form)])


def say_origin(taken: "CachedSnapshot") -> None:
    """Say that a snapshot was kept from before, and what went wrong with keeping."""
    for note in taken.notes:
        console.say(f"note: {note}")
    if taken.age is not None:
        taken_at = taken.snapshot.metadata.timestamp
        sentence = f"from the cache: collected {taken_at}, {taken.age:.0f} s ago"
        console.say(f"{sentence}; --no-cache collects again")


def say_collection(snapshot: Snapshot) -> None:
    """Say which collectors could not give everything, one line for each reason."""
    lines: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for entry in snapshot.collection:
        if entry.status in _WORTH_SAYING:
            reason = entry.reason or "no reason given"
            subtypes = lines.setdefault((entry.type.lower(), entry.status.value, reason), {})
            if entry.subtype:
                nodes = subtypes.setdefault(_name(entry), [])
                nodes.extend([entry.node] if entry.node else [])
    for (type_, status, reason), subtypes in lines.items():
        names = ", ".join(map(_on_nodes, subtypes, subtypes.values()))
        console.say(f"{type_}{f' ({names})' if names else ''}: {status}: {reason}")


def _name(entry: Collection) -> str:
    if not entry.keys:
        return entry.subtype or ""
    count = len(entry.keys)
    named = ", ".join(entry.keys) if count <= _NAMED_KEYS else plural(count, "key")
    return f"{entry.subtype}: {named}"


def _on_nodes(name: str, nodes: Sequence[str]) -> str:
    return f"{name} on {len(nodes)} nodes" if len(nodes) > 1 else name
