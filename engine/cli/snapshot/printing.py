"""How a snapshot is written, and what is said about its making."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from eidos.engine.cli.console import printable
from eidos.engine.documents.snapshots import write_snapshot
from eidos.engine.documents.writing import to_json, to_yaml, write_atomically
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.snapshot import API_VERSION, Collection, CollectorState, Snapshot

if TYPE_CHECKING:
    from eidos.engine.app.cache import CachedSnapshot

_FORMS = {".json": "json", ".txt": "table", ".table": "table"}
_WORTH_SAYING = (CollectorState.FAILED, CollectorState.PARTIAL, CollectorState.UNAVAILABLE)


def write_snapshot_to(
    snapshot: Snapshot, output: str, form: str | None, dialect: str | None
) -> None:
    """Write a snapshot to a file or, for ``-``, to standard output.

    Args:
        snapshot: what to write.
        output: path, or ``-``.
        form: ``yaml``, ``json`` or ``table``; None to go by the file's ending.
        dialect: apiVersion to write; None for the present one.
    """
    value = write_snapshot(snapshot, dialect or API_VERSION)
    text = render(value, form or _FORMS.get(Path(output).suffix, "yaml"))
    if output == "-":
        click.echo(text, nl=False)
    else:
        write_atomically(Path(output), text)


def render(value: Json, form: str) -> str:
    """Write a document as ``yaml``, ``json`` or a ``table`` of paths and values."""
    if form == "table":
        return "".join(f"{printable(path)}\t{printable(text)}\n" for path, text in _rows(value, ""))
    return to_json(value) if form == "json" else to_yaml(value)


def _rows(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _rows(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _rows(item, f"{path}[{index}]")
    else:
        yield path, _one_line(value)


def _one_line(value: Json) -> str:
    return (
        value.replace("\t", "\\t").replace("\n", "\\n")
        if isinstance(value, str)
        else to_json(value).strip()
    )


def say_origin(taken: "CachedSnapshot", out: TextIO) -> None:
    """Say that a snapshot was kept from before, and what went wrong with keeping."""
    for note in taken.notes:
        click.echo(printable(f"note: {note}"), file=out)
    if taken.age is not None:
        taken_at = taken.snapshot.metadata.timestamp
        sentence = f"from the cache: collected {taken_at}, {taken.age:.0f} s ago"
        click.echo(printable(f"{sentence}; --no-cache collects anew"), file=out)


def say_collection(snapshot: Snapshot, out: TextIO) -> None:
    """Say which collectors could not give everything, one line for each reason."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for entry in snapshot.collection:
        if entry.status in _WORTH_SAYING:
            reason = entry.reason or "no reason given"
            subtypes = lines.setdefault((entry.type.lower(), entry.status.value, reason), [])
            subtypes.extend([_name(entry)] if entry.subtype else [])
    for (type_, status, reason), subtypes in lines.items():
        names = f" ({', '.join(subtypes)})" if subtypes else ""
        click.echo(printable(f"{type_}{names}: {status}: {reason}"), file=out)


def _name(entry: Collection) -> str:
    count = f": {len(entry.keys)} keys" if entry.keys else ""
    return f"{entry.subtype}{count}"
