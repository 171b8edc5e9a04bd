"""``eidos snapshot --watch``: look, tell, judge, record."""

import json
from collections.abc import Iterator
from dataclasses import field, replace

from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.reporting import report_on
from eidos.engine.app.snapshot import Request, take_snapshot
from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.patching import make_patch, proven
from eidos.engine.comparing.snapshots import is_noise
from eidos.engine.documents.snapshots import write_snapshot
from eidos.engine.errors import EidosError
from eidos.engine.model.drift import IgnoreRule
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy
from eidos.engine.model.snapshot import AddressedSnapshot, Snapshot
from eidos.engine.records import dataclass
from eidos.engine.watching.hooking import Hook, run_hook
from eidos.engine.watching.looping import Trouble, watch


@dataclass(frozen=True, slots=True)
class Watch:
    """What the user asked to be watched, and who is told."""

    request: Request
    interval: float
    """Seconds between two looks."""
    hook: Hook | None = None
    policy: Policy | None = None
    """What judges each state, as ``eidos check`` would; None to judge none."""
    ignores: tuple[IgnoreRule, ...] = field(default_factory=default_ignores)
    """What differs without meaning; a state that differs in nothing else is no change."""


@dataclass(frozen=True, slots=True)
class Event:
    """What came of one look; at least one of the fields is set."""

    line: Json = None
    """The change, as a JSON object; None when nothing changed."""
    state: AddressedSnapshot | None = None
    """The new state, also for the first look."""
    note: str | None = None
    """What went wrong, for people."""


def watched(asked: Watch, context: Context) -> Iterator[Event]:
    """Give what happens until the context's clock says that it is time to end.

    Facts that change by themselves are not collected.

    Raises:
        UsageError: an ignore rule can match nothing.
    """
    steady = replace(asked.request.filter, volatile=False)
    request = replace(asked.request, filter=steady)
    clock = context.clock
    before: AddressedSnapshot | None = None
    Sieve(asked.ignores, clock.now())  # refuses a pattern that can match nothing, before any look
    for found in watch(lambda now: take_snapshot(request, now), clock, asked.interval):
        if isinstance(found, Trouble):
            yield Event(note=f"{found.message}; looking again in {found.wait:g} s")
        elif before is None or not is_noise(before, found, Sieve(asked.ignores, clock.now())):
            yield from _events(asked, before, found, context)
            before = found  # the last that was told: the next patch starts from it


def _events(
    asked: Watch, before: AddressedSnapshot | None, after: AddressedSnapshot, context: Context
) -> Iterator[Event]:
    verdict, note = _judged(asked.policy, after, context)
    if note:
        yield Event(note=note)
    if before is None and verdict is None:
        yield Event(state=after)
        return
    line = _line(before, after)
    yield Event({**line, "check": verdict} if verdict else line, after)
    if asked.hook and before is not None:
        yield from _told(asked.hook, line, context)


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


def _told(hook: Hook, line: dict[str, Json], context: Context) -> Iterator[Event]:
    patch = line["patch"]
    facts = {
        "EIDOS_CHANGE_TIMESTAMP": str(line["timestamp"]),
        "EIDOS_CHANGE_CLUSTER": str(line["cluster"] or ""),
        "EIDOS_CHANGE_FROM": str(line["from"]),
        "EIDOS_CHANGE_TO": str(line["to"]),
        "EIDOS_CHANGE_COUNT": str(len(patch) if isinstance(patch, list) else 0),
    }
    result = run_hook(hook, json.dumps(patch).encode(), {**context.environ, **facts})
    if result.output:
        yield Event(note=f"hook: {result.output.rstrip()}")
    if result.error:
        yield Event(note=f"the hook failed: {result.error}")


def _judged(
    policy: Policy | None, state: AddressedSnapshot, context: Context
) -> tuple[Json, str | None]:
    """Judge a state; a judgement that fails is a note and does not end the watch."""
    if policy is None:
        return None, None
    if not policy.is_pinned:
        policy = replace(policy, effective=context.clock.now())
    try:
        report = report_on([Item(_name(state), seen=state)], policy, context)
    except EidosError as error:
        return None, f"the state could not be judged: {error}"
    counts: dict[str, Json] = {status.value: count for status, count in report.counts.items()}
    said: dict[str, Json] = {
        "run": report.run,
        "decision": report.decision.value,
        "counts": counts,
    }
    if report.relaxations:
        said["relaxations"] = [str(each) for each in report.relaxations]
    return said, None


def _name(state: AddressedSnapshot) -> str:
    """Name a state as the report calls where it was found: by its cluster, else its only node."""
    names = [state.metadata.cluster, *(node.name for node in state.snapshot.nodes)]
    return next((name for name in names if name), "watch")
