"""``eidos snapshot --watch``: lines to standard output, trouble to standard error, clean ends."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event as Flag
from types import FrameType
from typing import TYPE_CHECKING

import click

from eidos.engine.app.context import SystemClock
from eidos.engine.app.policies import resolve
from eidos.engine.app.snapshot import Request
from eidos.engine.app.watch import Watch, watched
from eidos.engine.cli import console
from eidos.engine.cli.opening import open_context, policy_request, tell_relaxations
from eidos.engine.cli.options import PolicyOptions, configured_settings
from eidos.engine.errors import ExitCode
from eidos.engine.model.snapshot import Snapshot
from eidos.engine.watching.hooking import parse_hook

if TYPE_CHECKING:
    from eidos.engine.cli.snapshot import WatchOptions

_BEARING = ("ignore", "redact", "redact-text")
_NOT_BEARING = ("snapshot.cache-ttl",)
"""A watch collects anew each time."""
_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


def watch_and_tell(
    wanted: Request,
    asked: "WatchOptions",
    policy: PolicyOptions,
    write: Callable[[Snapshot], None] | None,
) -> int:
    """Watch until a signal comes; the look that is under way is finished first.

    Each change is one JSON line on standard output.

    Args:
        wanted: what to look at.
        asked: how often, and who is told.
        policy: what judges, where states are judged.
        write: keeps the newest state somewhere; None to keep it nowhere.

    Raises:
        EidosError: the hook cannot be run, or the policy cannot be resolved.
    """
    hook = parse_hook(asked.on_change, asked.hook_timeout) if asked.on_change else None
    clock = SystemClock(Flag())
    relaxations = tell_relaxations(_BEARING, _NOT_BEARING) if asked.judges else ()
    opened = open_context(asked.db, policy, record=asked.record, clock=clock)
    with _signals(clock.stop) as ended, opened as context:
        judging = resolve(policy_request(policy, relaxations), context) if asked.judges else None
        watch = Watch(wanted, asked.interval, hook, judging)
        watch = replace(watch, ignores=(*configured_settings().ignore, *watch.ignores))
        for event in watched(watch, context):
            if event.line is not None:
                click.echo(json.dumps(event.line))
            if event.note:
                console.say(event.note)
            if event.state is not None and write is not None:
                write(event.state.snapshot)
    return _CODES.get(ended[0], ExitCode.OK) if ended else ExitCode.OK


@contextmanager
def _signals(stop: Flag) -> Iterator[list[signal.Signals]]:
    """Turn the first signal into a wish to end; a second one ends at once."""
    ended: list[signal.Signals] = []

    def wish(number: int, _frame: FrameType | None) -> None:
        ended.append(signal.Signals(number))
        stop.set()
        for one, handler in before.items():
            signal.signal(one, handler)

    before = {one: signal.signal(one, wish) for one in _CODES}
    try:
        yield ended
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
