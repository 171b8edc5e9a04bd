"""``eidos snapshot --watch``: lines to standard output, trouble to standard error, clean ends."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from types import FrameType
from typing import Any

import click

from eidos.engine.app.context import SystemClock
from eidos.engine.app.policies import resolve
from eidos.engine.app.snapshot import Request
from eidos.engine.app.watch import Watch, watched
from eidos.engine.cli.console import printable
from eidos.engine.cli.policy import open_context, policy_request
from eidos.engine.cli.snapshot.printing import write_snapshot_to
from eidos.engine.errors import ExitCode
from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Severity
from eidos.engine.watching.hooking import parse_hook

_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


def watch_and_tell(request: Request, options: dict[str, Any]) -> int:
    """Watch until a signal comes; the look that is under way is finished first.

    Each change is one JSON line on standard output; with ``--output FILE`` the newest state is
    written there.

    Raises:
        UsageError: the hook cannot be run.
    """
    command = options["on_change"]
    hook = parse_hook(command, options["hook_timeout"]) if command else None
    stop = Flag()
    with (
        _signals(stop) as ended,
        open_context(
            options["db"], record=options["record"], opa=options["opa"], clock=SystemClock(stop)
        ) as context,
    ):
        policy = None
        if options["check"] or options["record"]:
            gate = Gate(Severity(options["fail_on"]), options["allow_incomplete"])
            policy = resolve(policy_request(options, gate), context)
        for event in watched(Watch(request, options["interval"], hook, policy), context):
            if event.line is not None:
                click.echo(json.dumps(event.line, ensure_ascii=False))
            if event.note:
                click.echo(printable(event.note), err=True)
            if event.state is not None and options["output"] != "-":
                write_snapshot_to(
                    event.state.snapshot, options["output"], options["form"], options["dialect"]
                )
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
