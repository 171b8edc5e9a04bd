"""The process that runs policy: it may hang, crash or be killed, and nothing else is harmed.

It imports as little as it can, since every start is waited for: classes here and in what it imports
are `msgspec.Struct`, for `dataclasses` would take a fifth of the start. It says which call it works
on in a shared page, so that the parent knows whom to blame.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from eidos.engine.rego.frames import (
    HEADER_BYTES,
    PROGRESS,
    Batch,
    Call,
    Evaluate,
    Reply,
    pack,
)
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.runtime import Runtime

_FLUSH_SECONDS = 0.02
_FLUSH_BYTES = 1 << 16
"""Replies are sent together, until they are this old or this large."""
_GRACE_SECONDS = 1.0
"""Beyond the limits of a call, at which the parent kills and can say why."""
_STDERR_BYTES = 1 << 20
"""Of the file that catches what the engine writes: policy cannot fill a disk."""
_RECURSION = 5000  # syntax trees of long expressions are deep
_DECODER = msgspec.msgpack.Decoder(Batch)


def main(progress: int, limits: str) -> None:
    """Answer batches from standard input on standard output until the parent is gone.

    Args:
        progress: descriptor of the shared page.
        limits: `EngineLimits` as JSON.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for alarm in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(alarm, signal.SIG_DFL)
    bounds = msgspec.json.decode(limits, type=EngineLimits)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_FSIZE, _STDERR_BYTES)
    _limit_memory(bounds.memory_bytes)
    sys.setrecursionlimit(_RECURSION)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    try:
        _Worker(progress, bounds, answers).serve(os.fdopen(os.dup(0), "rb"))
    except BrokenPipeError:
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 -- whatever it is, the parent reads it
        os.write(2, f"{type(error).__name__}: {error}".encode())
        os._exit(1)


def _limit_memory(size: int) -> None:
    """Allow so much more than is mapped: the engine's allocator reserves 1 GiB at its start."""
    with open("/proc/self/statm", encoding="ascii") as mapped:  # noqa: PTH123 -- starts fast
        pages = int(mapped.read().split()[0])
    bound = pages * resource.getpagesize() + size
    _limit(resource.RLIMIT_AS, bound)


def _limit(kind: int, most: int) -> None:
    """Bound a resource, or leave it to a lower bound that the user has set (`ulimit`)."""
    _, hard = resource.getrlimit(kind)
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (bound, bound))


class _Worker:
    def __init__(self, progress: int, limits: EngineLimits, answers: BinaryIO) -> None:
        self._progress = progress
        self._limits = limits
        self._answers = answers
        self._runtime = Runtime(limits)

    def serve(self, batches: BinaryIO) -> None:
        for body in _bodies(batches):
            batch = _DECODER.decode(body)
            self._runtime.forget(batch.forget)
            self._runtime.learn(batch.learn)
            self._work(batch.calls)

    def _work(self, calls: list[Call]) -> None:
        replies: list[Reply] = []
        flushed, size = time.monotonic(), 0
        for call in calls:
            began = self._begin(call)
            reply = self._answer(call)
            replies.append(reply)
            size += sum(len(value or b"") for value in reply.values)
            if began - flushed > _FLUSH_SECONDS or size > _FLUSH_BYTES:
                self._end()  # the parent may take its time to read
                self._send(replies)
                replies, flushed, size = [], began, 0
        self._end()
        self._send(replies)

    def _begin(self, call: Call) -> float:
        if os.lseek(2, 0, os.SEEK_CUR):  # the engine panics when its noise has no room
            os.ftruncate(2, 0)
            os.lseek(2, 0, os.SEEK_SET)
        began = time.monotonic()
        evaluates = isinstance(call.task, Evaluate)
        allowed = self._limits.seconds if evaluates else self._limits.analysis_seconds
        page = PROGRESS.pack(call.id, began, time.process_time(), allowed)
        os.pwrite(self._progress, page, 0)
        # The parent kills in time; this is for when the parent is gone or looks away.
        signal.setitimer(signal.ITIMER_PROF, allowed + _GRACE_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, self._limits.wall_seconds + _GRACE_SECONDS)
        return began

    def _end(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.pwrite(self._progress, PROGRESS.pack(-1, 0.0, 0.0, 0.0), 0)

    def _answer(self, call: Call) -> Reply:
        if isinstance(call.task, Evaluate):
            return self._runtime.evaluate(call.id, call.task)
        from eidos.engine.rego.analysing import analyse  # most workers only evaluate

        return analyse(call.id, call.task, self._limits)

    def _send(self, replies: list[Reply]) -> None:
        if replies:
            view = memoryview(pack(replies))
            while view:
                view = view[self._answers.write(view) :]


def _bodies(stream: BinaryIO) -> Iterator[bytes]:
    while header := stream.read(HEADER_BYTES):
        yield stream.read(int.from_bytes(header, "big"))
