"""One run of the ``opa`` executable: bounded, silent, and never outliving us."""

import contextlib
import fcntl
import os
import queue
import resource
import select
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from eidos.engine.errors import EidosError
from eidos.engine.records import dataclass
from eidos.engine.rego.limits import EngineLimits

_LAUNCH: Final = """
import ctypes, os, resource, sys
parent, data = int(sys.argv[1]), int(sys.argv[2])
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
if os.getppid() != parent:
    os._exit(1)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for kind, most in ((resource.RLIMIT_FSIZE, 1 << 26), (resource.RLIMIT_DATA, data)):
    hard = resource.getrlimit(kind)[1]  # the user may have set a lower one
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))
os.execv(sys.argv[3], sys.argv[3:])
"""
"""What a child does before it becomes OPA; it takes 12 ms. `preexec_fn` would be a fork in a
process with threads."""

MIN_MEMORY: Final = 128 << 20
"""Bytes of data that OPA needs to start with all shipped rules (measured with 1.22.3)."""
_SOFT_MEMORY: Final = 8 / 11
"""GOMEMLIMIT as a part of RLIMIT_DATA, which the collector overshoots for a moment."""
_OUTPUT_BYTES: Final = 64 << 20
"""RLIMIT_FSIZE of a child: what it writes goes into files in memory."""
_NO_MEMORY: Final = ("out of memory", "cannot allocate memory", "new OS thread", "SIGSEGV")
"""What Go says when the system gives it no more: a thread, or a stack that grows, fails as well."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Death:
    """Why a process is no more."""

    cause: str
    """For a sentence: ``ran out of memory``."""
    killed: bool = False
    """By a signal from outside, which says nothing about what it was doing."""
    stalled: bool = False
    """It was alive, and we ended it."""
    output: str = ""
    """What it wrote on both streams."""


_ENDED: Final = Death("did not answer", stalled=True)


class OpaProcess:
    """An ``opa`` that runs in an empty environment until it ends or is buried.

    Args:
        command: the executable's absolute path and its arguments.
        limits: bounds for its memory.
        folder: its working folder and home.
        cores: how many it may keep busy; all that this process may use when None.

    Raises:
        EidosError: it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        limits: EngineLimits,
        folder: str,
        cores: int | None = None,
    ) -> None:
        self._memory = max(limits.memory_bytes, MIN_MEMORY)
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        self._most_output = min(_OUTPUT_BYTES, _OUTPUT_BYTES if hard < 0 else hard)
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), str(self._memory)]
        launch += command
        environment = {
            "GOGC": "400",
            "GOMEMLIMIT": str(int(self._memory * _SOFT_MEMORY)),
            "GOMAXPROCS": str(cores or len(os.sched_getaffinity(0))),
            "GOTRACEBACK": "none",
            "TZ": "UTC",
            "HOME": folder,
        }
        self._stdout = _memory_file("eidos-opa-stdout")
        self._stderr = _memory_file("eidos-opa-stderr")
        try:
            self.pid = _KEEPER.do(lambda: _spawn(launch, environment, self._outputs()))
            self.watch = os.pidfd_open(self.pid)
        except BaseException:
            os.close(self._stdout)
            os.close(self._stderr)
            raise
        self._finalizer = weakref.finalize(
            self, _end, self.pid, os.getpid(), (self.watch, *self._outputs())
        )

    def _outputs(self) -> tuple[int, int]:
        return self._stdout, self._stderr

    def wait(self, seconds: float) -> bool:
        """Wait for its end, and tell whether it came."""
        poll = select.poll()
        poll.register(self.watch, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def cpu_seconds(self) -> float:
        """Give the processor time that it has used."""
        try:
            with open(f"/proc/{self.pid}/stat", "rb") as stat:  # noqa: PTH123 -- in a hot loop
                fields = stat.read().rpartition(b")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def take_errors(self) -> str:
        """Give what it wrote on standard error since it was last asked."""
        size = os.fstat(self._stderr).st_size
        text = os.pread(self._stderr, min(size, _OUTPUT_BYTES), 0).decode(errors="replace")
        os.ftruncate(self._stderr, 0)
        os.lseek(self._stderr, 0, os.SEEK_SET)  # the child writes through the same description
        return text

    def bury(self) -> Death:
        """End it, free everything, and say what it died of.

        Returns:
            What it died of, or that we ended it.
        """
        if not self._finalizer.alive:  # at exit it may be gone before whoever owns it
            return _ENDED
        alive = not self.wait(0)
        if alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        code, stdout, stderr = self._close()
        output = f"{stdout}\n{stderr}"
        return _ENDED if alive else _death(code, output, self._memory)

    def _close(self) -> tuple[int | None, str, str]:
        """Give exit code and output of what has ended, and free everything."""
        code = _status(self.pid)
        stdout, stderr = map(_read, self._outputs())
        self._finalizer.detach()
        for descriptor in (self.watch, *self._outputs()):
            os.close(descriptor)
        return code, stdout, stderr

    def finish(self, seconds: float, hint: str | None = None) -> tuple[int, str, str]:
        """Wait for the end of a command, and give its exit code and what it wrote.

        Args:
            seconds: how long it may take.
            hint: what to do where that is too short.

        Raises:
            EidosError: it took too long, crashed, ran out of memory, or had more to say than it
                may write.
        """
        if not self.wait(seconds):
            self.bury()
            raise EidosError(f"opa timed out after {seconds:g} s", hint=hint or _BUSY)
        full = any(os.fstat(each).st_size >= self._most_output for each in self._outputs())
        code, stdout, stderr = self._close()
        if full:  # OPA does not notice: its exit code is that of one who said it all
            most = f"{self._most_output >> 10} KiB, which is all it may"
            raise EidosError(f"opa wrote {most}, and what it said breaks off", hint=_SHORT)
        if code is None:
            code = 1 if stderr else 0
        if code < 0 or "fatal error: " in stderr:
            raise EidosError(f"opa {_death(code, stderr, self._memory).cause}", hint=_BUSY)
        return code, stdout, stderr


_SHORT = "Raise the limit of files where one is set (ulimit -f), or make the policy simpler."
_BUSY = "Make the policy simpler, or give the machine more memory and time."


def _memory_file(name: str) -> int:
    """Give a file in memory whose descriptor is none of the standard ones, which we may lack."""
    made = os.memfd_create(name)
    try:
        return fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(made)


def _status(pid: int) -> int | None:
    """Take the exit code of a process that ended; None when whoever started us ignores SIGCHLD."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return None


def _read(descriptor: int) -> str:
    size = min(os.fstat(descriptor).st_size, _OUTPUT_BYTES)
    return os.pread(descriptor, size, 0).decode(errors="replace")


def _death(code: int | None, output: str, memory: int) -> Death:
    if any(words in output for words in _NO_MEMORY):
        cause = f"ran out of memory, of which it may have {memory >> 20} MiB"
        return Death(cause, output=output)
    if "stack overflow" in output or "goroutine stack exceeds" in output:
        return Death("crashed, probably in endless recursion", output=output)
    if code == -signal.SIGKILL or code is None:
        cause = "was killed, probably because the machine ran out of memory"
        return Death(cause, killed=True, output=output)
    if code < 0:
        return Death(f"crashed with signal {-code}", output=output)
    return Death(f"ended with exit code {code}: {_reason(output)}", output=output)


def _reason(output: str) -> str:
    """Give the line that says most: Go's own, or the first that is no entry of a log."""
    lines = [line for line in output.splitlines() if line and not line.startswith("{")]
    fatal = [line for line in lines if line.startswith(("fatal error: ", "panic: ", "runtime: "))]
    return next(iter([*fatal, *lines, *output.splitlines()]), "it gave no reason")[:300]


def _end(pid: int, owner: int, descriptors: tuple[int, ...]) -> None:
    if os.getpid() == owner:  # after a fork it is the parent's
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _spawn(launch: list[str], environment: Mapping[str, str], outputs: tuple[int, int]) -> int:
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, outputs[0], 1),
        (os.POSIX_SPAWN_DUP2, outputs[1], 2),
    ]
    try:
        return os.posix_spawn(
            sys.executable, launch, environment, file_actions=actions, setpgroup=0
        )
    except OSError as error:
        raise EidosError(f"opa could not be started: {error.strerror}") from error


class _Keeper:
    """A thread that lives as long as the process: what it starts dies with the process only.

    The signal that ends a child with its parent is bound to the thread that started the child.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._errands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._owner = 0

    def do(self, start: Callable[[], int]) -> int:
        """Run something in the keeper's thread and give what it gave."""
        with self._lock:
            if self._owner != os.getpid():  # a fork has no threads but the one that forked
                self._owner = os.getpid()
                self._errands = queue.SimpleQueue()
                threading.Thread(target=self._keep, name="eidos-keeper", daemon=True).start()
            errands = self._errands
        done: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()
        errands.put(lambda: done.put(_outcome(start)))
        outcome = done.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _keep(self) -> None:
        errands = self._errands
        while True:
            errands.get()()


def _outcome(start: Callable[[], int]) -> int | BaseException:
    try:
        return start()
    except Exception as error:  # noqa: BLE001 -- told to whoever asked
        return error


_KEEPER = _Keeper()
