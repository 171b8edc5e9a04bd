"""Other people's code in a process of its own: it may crash, hang or leave, and we go on."""

import faulthandler
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import msgspec

from eidos.engine.errors import EidosError
from eidos.engine.model.secrets import MASK, is_secret_name
from eidos.engine.records import dataclass
from eidos.engine.starting import held, kill_group

_TASKS = Path("/proc/self/task")
"""A folder for each thread, those of native libraries included, of which Python knows nothing."""
_JOINED_WITHIN = 1.0
"""Seconds for a process that ends to tell how it ended."""
_PR_SET_PDEATHSIG = 1
"""Of ``linux/prctl.h``."""
_SECRET_AT_LEAST = 6
"""Characters; what is shorter may be a part of any word."""


class GoneError(Exception):
    """Code of others did not answer; the message says it as what the code did: ``crashed: ...``."""


class SilentError(GoneError):
    """Code of others did not answer in its time."""


class RefusedError(Exception):
    """Code of others answered that it failed, or refuses.

    Args:
        message: in its words, where it raised an `EidosError`; else only of which kind and where.
        hint: the next step, in its words.
    """

    def __init__(self, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.hint = hint


class OddError(Exception):
    """Code of others offers or gives something else than it should; the message is told."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A process in which other people's code runs, and the pipe to it."""

    process: BaseProcess
    pipe: Connection

    def receive(self, seconds: float) -> object:
        """Give the next object that it sends, which whoever wrote it is trusted to pickle.

        Raises:
            GoneError: none came in this time, or it ended without one.
        """
        self._await(seconds)
        try:
            found: object = self.pipe.recv()
        except Exception as error:  # the pipe's end, or half a message of a crash
            raise GoneError(self._ending()) from error
        return found

    def receive_bytes(self, seconds: float, at_most: int) -> bytes:
        """Give the next bytes that it sends, as they are.

        Args:
            seconds: how long to wait for them.
            at_most: how many are taken.

        Raises:
            GoneError: none came in this time, it ended without any, or it sends more.
        """
        self._await(seconds)
        try:
            return self.pipe.recv_bytes(at_most)
        except EOFError as error:
            raise GoneError(self._ending()) from error
        except OSError as error:  # a crash in the midst of a message looks alike
            alive = self.process.is_alive()
            why = f"gave more than {at_most:,} bytes at once" if alive else self._ending()
            raise GoneError(why) from error

    def answer(self, kind: Any, seconds: float, at_most: int) -> Any:  # noqa: ANN401 -- of any type
        """Give the next answer, as `said` and `failed` write them: data, and nothing that acts.

        Args:
            kind: its type; anything else is refused.
            seconds: how long to wait for it.
            at_most: how many bytes are taken.

        Raises:
            GoneError: there is none, or it is something else.
            RefusedError: it says what went wrong.
        """
        content = self.receive_bytes(seconds, at_most)
        try:
            error, hint, packed = msgspec.msgpack.decode(
                content, type=tuple[str | None, str | None, msgspec.Raw]
            )
            value = None if error is not None else msgspec.msgpack.decode(packed, type=kind)
        except (msgspec.DecodeError, ValueError, RecursionError) as odd:
            raise GoneError(f"gives something else than it should: {odd}") from odd
        if error is not None:
            raise RefusedError(error, hint)
        return value

    def send(self, what: object) -> None:
        """Send anything that can be pickled.

        Raises:
            GoneError: it has ended.
        """
        try:
            self.pipe.send(what)
        except OSError as error:
            raise GoneError(self._ending()) from error

    def send_bytes(self, content: bytes) -> None:
        """Send bytes as they are.

        Raises:
            GoneError: it has ended.
        """
        try:
            self.pipe.send_bytes(content)
        except OSError as error:
            raise GoneError(self._ending()) from error

    def _await(self, seconds: float) -> None:
        try:
            ready = self.pipe.poll(seconds)
        except OSError as error:
            raise GoneError(self._ending()) from error
        if not ready:
            raise SilentError(f"did not answer within {seconds:g} s")

    def _ending(self) -> str:
        self.process.join(timeout=_JOINED_WITHIN)
        code = self.process.exitcode
        if code is not None and code < 0:
            return f"crashed: {signal.Signals(-code).name}"
        return f"ended without an answer (exit code {code})"


@contextmanager
def apart(target: Callable[..., None], *arguments: object) -> Iterator[Apart]:
    """Run a function in a process of its own, which is killed at the end of the block.

    What it starts ends with it, what it prints nobody sees, and the keyboard does not interrupt it.

    Args:
        target: a function of a module; gets its end of a pipe, then the arguments.
        arguments: anything that can be pickled.

    Raises:
        GoneError: no process can be started.
    """
    # A fork is much quicker, and unsafe as soon as there are threads.
    forks = _is_alone()
    context = multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
    with _starting():
        ours, theirs = context.Pipe()
    # Whoever inherits our end keeps it open: the process would not see us go.
    inherited = ours if forks else None
    process = context.Process(
        target=_child, args=(target, theirs, inherited, arguments), daemon=True
    )
    try:
        with held(), _starting():
            process.start()
        theirs.close()
        yield Apart(process, ours)
    finally:
        _end(process)
        ours.close()


@contextmanager
def _starting() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GoneError(f"cannot be started: {error.strerror or error}") from error


def _is_alone() -> bool:
    try:
        return len([*_TASKS.iterdir()]) == 1
    except OSError:  # no Linux
        return False


def _child(
    target: Callable[..., None],
    pipe: Connection,
    inherited: Connection | None,
    arguments: tuple[object, ...],
) -> None:
    os.setpgid(0, 0)  # so that what it starts ends with it
    _end_with_parent()
    faulthandler.disable()  # a crash is told in a sentence
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if inherited is not None:
        inherited.close()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    with suppress(OSError):  # nobody listens any more
        target(pipe, *arguments)


def _end_with_parent() -> None:
    """Have this process killed when the one that started it is, which can tell nobody then."""
    import ctypes

    with suppress(OSError, AttributeError):  # no Linux
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def _end(process: BaseProcess) -> None:
    """End a process and everything it started."""
    if process.pid is None:
        return
    kill_group(process.pid)
    process.kill()
    process.join(timeout=_JOINED_WITHIN)


# What is answered there, and told here ----------------------------------------------------------


def said(value: object) -> bytes:
    """Write an answer for `Apart.answer`.

    Raises:
        TypeError: it is nothing that MessagePack knows.
    """
    return msgspec.msgpack.encode((None, None, value))


def failed(error: BaseException) -> bytes:
    """Write what went wrong for `Apart.answer`.

    Of an error that is none of ours only kind and place are told: its words may hold a credential.
    Those about a module that is missing do not.
    """
    if isinstance(error, EidosError):
        hint = error.hint and encodable(str(error.hint))
        told = (encodable(str(error.message)), hint, None)
    elif isinstance(error, OddError):
        told = (encodable(str(error)), None, None)
    else:
        frames = traceback.extract_tb(error.__traceback__)
        where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
        words = f": {error}" if isinstance(error, ImportError) else ""
        told = (encodable(f"failed with {type(error).__name__}{words}{where}"), None, None)
    return msgspec.msgpack.encode(told)


def encodable(text: str) -> str:
    """Write text that UTF-8 can hold: halves of characters become visible escapes."""
    return text.encode(errors="backslashreplace").decode()


def harmless(text: str, environ: Mapping[str, str]) -> str:
    """Take out of a text what variables hold whose names promise a secret."""
    for name, value in environ.items():
        if len(value) >= _SECRET_AT_LEAST and is_secret_name(name):
            text = text.replace(value, MASK)
    return text
