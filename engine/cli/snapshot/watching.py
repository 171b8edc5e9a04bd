"""``eidos snapshot --watch``: lines to standard output, trouble to standard error, clean ends."""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from eidos.engine.app.snapshot import Request
from eidos.engine.app.watch import SystemClock, Watch, watched
from eidos.engine.cli.console import printable
from eidos.engine.cli.snapshot.printing import write_snapshot_to
from eidos.engine.errors import ExitCode
from eidos.engine.model.report import Report
from eidos.engine.watching.hooking import parse_hook

if TYPE_CHECKING:
    from eidos.engine.config.settings import Settings

_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


def watch_and_tell(request: Request, options: dict[str, Any], settings: "Settings | None") -> int:
    """Watch until a signal comes; the look that is under way is finished first.

    Each change is one JSON line on standard output; with ``--output FILE`` the newest state is
    written there.

    Raises:
        UsageError: the hook cannot be run.
    """
    command = options["on_change"]
    hook = parse_hook(command, options["hook_timeout"]) if command else None
    wants_judge = options["check"] or options["record"]
    judge = _judge(options["record"], settings) if wants_judge else None
    stop = Flag()
    asked = Watch(request, options["interval"], hook, judge)
    if settings:
        asked = replace(asked, ignores=(*settings.ignore, *asked.ignores))
    with _signals(stop) as ended:
        for event in watched(asked, SystemClock(stop)):
            if event.line is not None:
                click.echo(json.dumps(event.line, ensure_ascii=False))
            if event.note:
                click.echo(printable(event.note), err=True)
            if event.snapshot is not None and options["output"] != "-":
                write_snapshot_to(
                    event.snapshot, options["output"], options["form"], options["dialect"]
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


def _judge(record: bool, settings: "Settings | None") -> Callable[[Path], Report]:  # noqa: FBT001
    from eidos.engine.app.check import CheckRequest, check
    from eidos.engine.model.policy import Enforcement, Severity
    from eidos.engine.packs.choosing import Choice

    def judge(path: Path) -> Report:
        plain = CheckRequest((str(path),), record=record)
        if settings is None:
            return check(plain)
        return check(
            CheckRequest(
                (str(path),),
                packs=settings.packs,
                choice=Choice(params=settings.params),
                enforcement={rule: Enforcement(one) for rule, one in settings.enforcement.items()},
                waivers=settings.waivers,
                fail_on=Severity(settings.fail_on),
                allow_incomplete=settings.allow_incomplete,
                record=record,
                db=settings.db,
            )
        )

    return judge
