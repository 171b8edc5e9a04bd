"""Telling a program of a change: no shell, the patch on its standard input, bounded in all ways."""

import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping

from eidos.engine.errors import UsageError
from eidos.engine.records import dataclass
from eidos.engine.starting import kill_group, read_within, started

OUTPUT_LIMIT = 64 * 1024
"""Bytes a hook may write."""
_TOO_LONG = "it did not end in time"
_TOO_MUCH = f"it wrote more than {OUTPUT_LIMIT} bytes"


@dataclass(frozen=True, slots=True)
class Hook:
    """A program to tell."""

    arguments: tuple[str, ...]
    timeout: float
    """Seconds it may take."""


@dataclass(frozen=True, slots=True)
class HookResult:
    """How a hook ended."""

    output: str
    error: str | None = None
    """Why it counts as failed."""


def parse_hook(command: str, timeout: float) -> Hook:
    """Take a command line apart as a shell would, without one.

    Raises:
        UsageError: it is empty, has an open quote, or names no program.
    """
    try:
        arguments = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(f"the hook {command!r} cannot be read: {error}") from None
    if not arguments or shutil.which(arguments[0]) is None:
        raise UsageError(
            f"the hook {command!r} names no program that can be run",
            hint="Give a path or a program on the PATH; for shell syntax: sh -c '...'.",
        )
    return Hook(arguments, timeout)


def run_hook(hook: Hook, content: bytes, environ: Mapping[str, str]) -> HookResult:
    """Run the hook to its end, or to the end of its time.

    Args:
        hook: what to run.
        content: what it finds on its standard input.
        environ: the whole of its environment.
    """
    with tempfile.TemporaryFile() as given:
        given.write(content)
        given.seek(0)
        try:
            with started(hook.arguments, environ, stdin=given) as process:
                return _attend(process, hook.timeout)
        except OSError as error:
            return HookResult("", f"it does not start: {error.strerror}")


def _attend(process: subprocess.Popen[bytes], timeout: float) -> HookResult:
    deadline = time.monotonic() + timeout
    output = b""
    error = None
    try:
        output, ended = read_within(process, OUTPUT_LIMIT, deadline)
        if not ended:
            error = _TOO_MUCH if len(output) >= OUTPUT_LIMIT else _TOO_LONG
        else:
            process.wait(max(deadline - time.monotonic(), 0.0))
    except subprocess.TimeoutExpired:
        error = _TOO_LONG
    finally:  # also when a signal ends the watch
        kill_group(process.pid)  # it, or what it left behind
    code = process.wait()
    if error is None and code != 0:
        error = f"it ended with {code}"
    return HookResult(output.decode(errors="replace"), error)
