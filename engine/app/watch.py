"""``eidos snapshot --watch``: look, tell, judge, record."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from eidos.engine.app.snapshot import Request, take_snapshot
from eidos.engine.documents.snapshots import write_snapshot
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import EidosError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report
from eidos.engine.model.snapshot import Snapshot
from eidos.engine.watching.hooking import Hook, run_hook
from eidos.engine.watching.looping import Change, Clock, Trouble, watch

Judge = Callable[[Path], Report]
"""Judges the snapshot in a file."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What the user asked to be watched, and who is told."""

    request: Request
    interval: float
    """Seconds between two looks."""
    hook: Hook | None = None
    judge: Judge | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What came of one look; at least one of the fields is set."""

    line: Json = None
    """The change, as a JSON object; None when nothing changed."""
    snapshot: Snapshot | None = None
    """The new state, also for the first look."""
    note: str | None = None
    """What went wrong, for people."""


def watched(asked: Watch, clock: Clock) -> Iterator[Event]:
    """Give what happens until the clock says that it is time to end.

    Facts that change by themselves are not collected.
    """
    choice = replace(asked.request.choice, volatile=False)
    request = replace(asked.request, choice=choice)
    for found in watch(lambda now: take_snapshot(request, now), clock, asked.interval):
        if isinstance(found, Trouble):
            yield Event(note=f"{found.message}; looking again in {found.wait:g} s")
        else:
            yield from _events(asked, found)


def _events(asked: Watch, change: Change) -> Iterator[Event]:
    verdict, note = _judged(asked.judge, change.after.snapshot)
    if note:
        yield Event(note=note)
    if change.before is None and verdict is None:
        yield Event(snapshot=change.after.snapshot)
        return
    line = _line(change)
    yield Event({**line, "check": verdict} if verdict else line, change.after.snapshot)
    if asked.hook and change.before is not None:
        yield from _told(asked.hook, line)


def _line(change: Change) -> dict[str, Json]:
    return {
        "timestamp": change.after.snapshot.metadata.timestamp,
        "cluster": change.after.snapshot.metadata.cluster,
        "from": change.before.digest if change.before else None,
        "to": change.after.digest,
        "patch": change.patch(),
    }


def _told(hook: Hook, line: dict[str, Json]) -> Iterator[Event]:
    patch = line["patch"]
    facts = {
        "EIDOS_CHANGE_TIMESTAMP": str(line["timestamp"]),
        "EIDOS_CHANGE_CLUSTER": str(line["cluster"] or ""),
        "EIDOS_CHANGE_FROM": str(line["from"]),
        "EIDOS_CHANGE_TO": str(line["to"]),
        "EIDOS_CHANGE_COUNT": str(len(patch) if isinstance(patch, list) else 0),
    }
    result = run_hook(hook, json.dumps(patch).encode(), facts)
    if result.output:
        yield Event(note=f"hook: {result.output.rstrip()}")
    if result.error:
        yield Event(note=f"the hook failed: {result.error}")


def _judged(judge: Judge | None, snapshot: Snapshot) -> tuple[Json, str | None]:
    """Judge a state; a judgement that fails is a note and does not end the watch."""
    if judge is None:
        return None, None
    with tempfile.TemporaryDirectory(prefix="eidos-") as folder:
        path = Path(folder, "snapshot.json")
        write_atomically(path, json.dumps(write_snapshot(snapshot)), mode=0o600)
        try:
            report = judge(path)
        except EidosError as error:
            return None, f"the state could not be judged: {error}"
    counts: dict[str, Json] = {status.value: count for status, count in report.counts.items()}
    return {"run": report.run, "decision": report.decision.value, "counts": counts}, None
