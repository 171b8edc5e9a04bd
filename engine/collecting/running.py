"""Running collectors side by side, each in a process of its own that can be killed.

A collector that crashes or hangs loses what it had not given yet, and nobody else loses anything.
"""

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue

from eidos.engine.model.snapshot import Collection
from eidos.engine.ports import Collector, Fact, Wanted
from eidos.engine.records import dataclass

_BACKSTOP = 5.0
"""Seconds after its time at which a collector ends itself, should nobody have killed it."""
_ENDING = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Task:
    """A collector and what it is asked for."""

    collector: Collector
    wanted: Wanted


@dataclass(slots=True)
class Outcome:
    """What became of a task."""

    task: Task
    items: list[Fact | Collection] = field(default_factory=list)
    error: str | None = None
    """Why it did not come to its end."""
    duration_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class _End:
    """The last message of a collector."""

    error: str | None = None


_Message = Fact | Collection | _End | None
"""None: the process is gone."""


@dataclass(slots=True)
class _Run:
    index: int
    process: BaseProcess
    receiver: Connection
    started: float
    deadline: float


def run(tasks: Sequence[Task], timeout: float) -> list[Outcome]:
    """Run all tasks at once and give their outcomes in the same order.

    Args:
        tasks: what to run; each has its own time in ``wanted.timeout``.
        timeout: seconds for all of them together.
    """
    with _scratch() as folder:
        return _run(tasks, timeout, folder)


@contextlib.contextmanager
def _scratch() -> Iterator[str | None]:
    """Give a folder for temporary files, also those of killed collectors; None if none can be."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="eidos-", ignore_cleanup_errors=True)
    except OSError:
        yield None
        return
    with folder as name:
        yield name


def _run(tasks: Sequence[Task], timeout: float, folder: str | None) -> list[Outcome]:
    outcomes = [Outcome(task) for task in tasks]
    messages: SimpleQueue[tuple[int, _Message]] = SimpleQueue()
    runs: list[_Run] = []
    readers: list[threading.Thread] = []
    try:
        runs.extend(_started(tasks, timeout, folder))
        for one in runs:
            readers.append(threading.Thread(target=_forward, args=(one, messages), daemon=True))
            readers[-1].start()
        _gather(dict(enumerate(runs)), messages, outcomes)
    finally:
        for one in runs:
            _kill(one.process)
    # A reader ends with its pipe. One that waits for a process nobody can kill is left behind.
    for reader in readers:
        reader.join(timeout=1.0)
    return outcomes


def _started(tasks: Sequence[Task], timeout: float, folder: str | None) -> Iterator[_Run]:
    """Start the tasks; each is told at once, so that it ends whatever happens next.

    A signal waits until the started process is told: otherwise nobody would end it, and an
    interrupt in its first moments would show a traceback of a process nobody asked for.
    """
    context = (
        multiprocessing.get_context("fork") if _alone() else multiprocessing.get_context("spawn")
    )
    for index, task in enumerate(tasks):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(task, sender, folder), daemon=False)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            process.start()
            sender.close()
            now = time.monotonic()
            deadline = now + min(timeout, task.wanted.timeout)
            yield _Run(index, process, receiver, now, deadline)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _alone() -> bool:
    """A fork is much quicker, and unsafe as soon as there are threads."""
    return threading.active_count() == 1


def _child(task: Task, sender: Connection, folder: str | None) -> None:
    os.setpgid(0, 0)  # so that its own children end with it
    if folder:
        tempfile.tempdir = os.environ["TMPDIR"] = folder
    faulthandler.disable()  # a crash is a finding, not a page on the terminal
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    signal.setitimer(signal.ITIMER_REAL, task.wanted.timeout + _BACKSTOP)
    _silence()
    try:
        for item in task.collector.collect(task.wanted):
            sender.send(item)
        sender.send(_End())
    except Exception as error:  # noqa: BLE001  # a collector may raise anything
        sender.send(_End(" ".join(f"{type(error).__name__}: {error}".split())))


def _silence() -> None:
    """Send what libraries print where nobody reads it."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def _forward(one: _Run, messages: SimpleQueue[tuple[int, _Message]]) -> None:
    with contextlib.suppress(Exception):  # end of file, or half a message of a crashed process
        while True:
            messages.put((one.index, one.receiver.recv()))
    messages.put((one.index, None))


def _gather(
    open_runs: dict[int, _Run],
    messages: SimpleQueue[tuple[int, _Message]],
    outcomes: Sequence[Outcome],
) -> None:
    while open_runs:
        for late in _late(open_runs.values()):
            _close(open_runs.pop(late.index), outcomes, _timed_out(late))
        if not open_runs:
            return
        patience = min(one.deadline for one in open_runs.values()) - time.monotonic()
        try:
            index, message = messages.get(timeout=max(patience, 0.0))
        except Empty:
            continue
        if index not in open_runs:
            continue
        if isinstance(message, Fact | Collection):
            outcomes[index].items.append(message)
        else:
            one = open_runs.pop(index)
            _close(one, outcomes, message.error if message else _crash(one.process))


def _late(runs: Iterable[_Run]) -> list[_Run]:
    now = time.monotonic()
    return [one for one in runs if one.deadline <= now]


def _close(one: _Run, outcomes: Sequence[Outcome], error: str | None) -> None:
    outcome = outcomes[one.index]
    outcome.error = error
    outcome.duration_ms = round((time.monotonic() - one.started) * 1000, 1)


def _timed_out(one: _Run) -> str:
    return f"timed out after {one.deadline - one.started:g} s"


def _crash(process: BaseProcess) -> str:
    process.join(timeout=1.0)
    code = process.exitcode
    if code is not None and code < 0:
        return f"crashed: {signal.Signals(-code).name}"
    return f"ended without an answer (exit code {code})"


def _kill(process: BaseProcess) -> None:
    """End a collector and everything it started; one that cannot be killed is left behind."""
    if process.pid is not None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join(timeout=1.0)
