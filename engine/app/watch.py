"""``eidos snapshot --watch``: look, tell, judge, record."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag

from eidos.engine.app.snapshot import Request, take_snapshot
from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.patching import make_patch, proven
from eidos.engine.comparing.snapshots import is_noise
from eidos.engine.documents.snapshots import write_snapshot
from eidos.engine.documents.writing import write_atomically
from eidos.engine.errors import EidosError
from eidos.engine.model.drift import IgnoreRule
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report
from eidos.engine.model.snapshot import AddressedSnapshot, Snapshot
from eidos.engine.ports import Clock
from eidos.engine.watching.hooking import Hook, run_hook
from eidos.engine.watching.looping import Trouble, watch

Judge = Callable[[Path], Report]
"""Judges the snapshot in a file."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock; waiting ends early when ``stop`` is set."""

    stop: Flag

    def now(self) -> datetime:
        """Give the present moment."""
        return datetime.now(UTC)

    def wait(self, seconds: float) -> bool:
        """Wait; True when it is time to end."""
        return self.stop.wait(seconds)


@dataclass(frozen=True, slots=True)
class Watch:
    """What the user asked to be watched, and who is told."""

    request: Request
    interval: float
    """Seconds between two looks."""
    hook: Hook | None = None
    judge: Judge | None = None
    ignores: tuple[IgnoreRule, ...] = field(default_factory=default_ignores)
    """What differs without meaning; a state that differs in nothing else is no change."""


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

    Raises:
        UsageError: an ignore rule can match nothing.
    """
    steady = replace(asked.request.filter, volatile=False)
    request = replace(asked.request, filter=steady)
    before: AddressedSnapshot | None = None
    Sieve(asked.ignores, clock.now())  # refuses a pattern that can match nothing, before any look
    for found in watch(lambda now: take_snapshot(request, now), clock, asked.interval):
        if isinstance(found, Trouble):
            yield Event(note=f"{found.message}; looking again in {found.wait:g} s")
        elif before is None or not is_noise(before, found, Sieve(asked.ignores, clock.now())):
            yield from _events(asked, before, found)
            before = found  # the last that was told: the next patch starts from it


def _events(
    asked: Watch, before: AddressedSnapshot | None, after: AddressedSnapshot
) -> Iterator[Event]:
    verdict, note = _judged(asked.judge, after.snapshot)
    if note:
        yield Event(note=note)
    if before is None and verdict is None:
        yield Event(snapshot=after.snapshot)
        return
    line = _line(before, after)
    yield Event({**line, "check": verdict} if verdict else line, after.snapshot)
    if asked.hook and before is not None:
        yield from _told(asked.hook, line)


def _line(before: AddressedSnapshot | None, after: AddressedSnapshot) -> dict[str, Json]:
    return {
        "timestamp": after.metadata.timestamp,
        "cluster": after.metadata.cluster,
        "from": before.digest if before else None,
        "to": after.digest,
        "patch": _patch(before.snapshot, after.snapshot) if before else [],
    }


def _patch(before: Snapshot, after: Snapshot) -> Json:
    """Give the patch between the documents, what is ignored included: it leads to the state."""
    earlier, later = write_snapshot(before), write_snapshot(after)
    return [*proven(make_patch(earlier, later), earlier, later)]


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
