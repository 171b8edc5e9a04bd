"""``eidos snapshot --watch``: look, tell, judge, record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from eidos.engine.app.check import report_on
from eidos.engine.app.context import Context
from eidos.engine.app.reader import Item
from eidos.engine.app.snapshot import Request, take_snapshot
from eidos.engine.digest import addressed
from eidos.engine.errors import EidosError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.resolved import Policy
from eidos.engine.model.snapshot import AddressedSnapshot
from eidos.engine.watching.hooking import Hook, run_hook
from eidos.engine.watching.looping import Change, Trouble, watch


@dataclass(frozen=True, slots=True)
class Watch:
    """What the user asked to be watched, and who is told."""

    request: Request
    interval: float
    """Seconds between two looks."""
    hook: Hook | None = None
    policy: Policy | None = None
    """What judges each state, as ``eidos check`` would; None to judge none."""


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
    """
    choice = replace(asked.request.choice, volatile=False)
    request = replace(asked.request, choice=choice)
    looks = watch(lambda now: take_snapshot(request, now), context.clock, asked.interval)
    for found in looks:
        if isinstance(found, Trouble):
            yield Event(note=f"{found.message}; looking again in {found.wait:g} s")
        else:
            yield from _events(asked, found, context)


def _events(asked: Watch, change: Change, context: Context) -> Iterator[Event]:
    state = addressed(change.after.snapshot)
    verdict, note = _judged(asked.policy, state, context)
    if note:
        yield Event(note=note)
    if change.before is None and verdict is None:
        yield Event(state=state)
        return
    line = _line(change)
    yield Event({**line, "check": verdict} if verdict else line, state)
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
    return {"run": report.run, "decision": report.decision.value, "counts": counts}, None


def _name(state: AddressedSnapshot) -> str:
    """Name a state as the report calls where it was found: by its cluster, else its only node."""
    names = [state.metadata.cluster, *(node.name for node in state.snapshot.nodes)]
    return next((name for name in names if name), "watch")
