"""Starting a program so that it never outlives us, whenever a signal comes."""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)
_CHUNK = 1 << 16


@contextmanager
def started(
    command: Sequence[str | Path],
    environ: Mapping[str, str],
    *,
    folder: Path | None = None,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stderr: int = subprocess.STDOUT,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in a group of its own, which is killed whole at the end of the block.

    Args:
        command: the program and its arguments.
        environ: the whole of its environment.
        folder: where it runs; where we do when None.
        stdin: what it reads.
        stderr: where its errors go; among its output by default.

    Yields:
        The running program, its output in a pipe.

    Raises:
        OSError: it cannot be started.
    """
    with ExitStack() as ending:
        with held():
            running = subprocess.Popen(
                command,
                env=dict(environ),
                cwd=folder,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
            ending.enter_context(running)
            ending.callback(kill_group, running.pid)
        yield running


def read_within(
    running: subprocess.Popen[bytes], at_most: int, deadline: float
) -> tuple[bytes, bool]:
    """Read what a program writes; not all of it where that has no end, or takes too long.

    Args:
        running: the program, its output in a pipe.
        at_most: bytes that are read.
        deadline: of `time.monotonic`.

    Returns:
        What it wrote, cut off after so many bytes, and whether its end came.
    """
    assert running.stdout is not None  # noqa: S101 -- it is a pipe
    told = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(running.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and ready.select(left):
            part = os.read(running.stdout.fileno(), _CHUNK)
            if not part:
                return bytes(told), True
            told += part
            if len(told) > at_most:
                break
    return bytes(told[:at_most]), False


def kill_group(leader: int) -> None:
    """End a program and everything it started in its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


@contextmanager
def held() -> Iterator[None]:
    """Let SIGINT and SIGTERM wait for the end of the block, where they act as they would have.

    They are caught and not blocked: what is blocked stays so in a process that is started. Signals
    come to the main thread, so in another one there is nothing to hold.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers = {int(number): signal.getsignal(number) for number in _ENDING}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    try:
        for number in ours:
            signal.signal(number, lambda *told: came.append(told))
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
    for number, frame in came[:1]:
        ours[number](number, frame)
