"""One worker process as its parent sees it."""

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections import OrderedDict

import msgspec

from eidos.engine.errors import EidosError
from eidos.engine.records import dataclass
from eidos.engine.rego.frames import HEADER_BYTES, PROGRESS, Batch, Reply, pack
from eidos.engine.rego.limits import EngineLimits

# msgspec does without typing_extensions, whose import would take a quarter of the start.
# Looking for garbage where there is none yet would take a tenth of it.
_BOOT = (
    "import gc, sys; gc.set_threshold(50_000); "
    "sys.path[:] = sys.argv[3:]; sys.modules['typing_extensions'] = None; "
    "from eidos.engine.rego.worker import main; main(int(sys.argv[1]), sys.argv[2])"
)
_ENVIRONMENT = {"RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
_PROGRESS_FD = 3
_CPUCLOCK_SCHED = 2
"""Linux's number of the clock that counts what a process took of processors
(``clock_getcpuclockid(3)``, which Python does not offer)."""
_READ_BYTES = 1 << 20
_STDERR_TAIL = 4096
"""Of what a dead worker wrote: its last lines say why it died."""
_DECODER = msgspec.msgpack.Decoder(list[Reply])


@dataclass(frozen=True, slots=True)
class Death:
    """Why a worker is no more, and what one can do about it."""

    cause: str
    hint: str = "Make its expressions simpler."
    out_of_memory: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """The call that a worker is at, and what it may still use up."""

    call: int
    """Number of the call, -1 for none."""
    processor_left: float
    """Seconds of processor time."""
    wall_left: float
    """Seconds by the clock."""
    processor_allowed: float

    @property
    def exhausted(self) -> str:
        """Name the limit that is reached; empty as long as none is."""
        if self.call < 0:
            return ""
        if self.processor_left <= 0:
            return f"{self.processor_allowed:g} s of processor time"
        return "clock" if self.wall_left <= 0 else ""


def _processor_seconds(pid: int) -> float:
    """Give the processor time of a process: its clock's number is made of its id (Linux)."""
    try:
        return time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
    except OSError:  # it is gone; reading its answers will say so
        return 0.0


class WorkerProcess:
    """A process that answers batches; its pipes never block the parent."""

    def __init__(self, limits: EngineLimits) -> None:
        self._limits = limits
        self.known: OrderedDict[str, None] = OrderedDict()
        """Keys of the programs it keeps, the least recently used first."""
        self._outbox = bytearray()
        self._inbox = bytearray()
        self._exhausted = ""
        self._progress = _unlike_standard(os.memfd_create("eidos-progress"))
        os.ftruncate(self._progress, PROGRESS.size)
        os.pwrite(self._progress, PROGRESS.pack(-1, 0.0, 0.0, 0.0), 0)
        self._stderr = _unlike_standard(os.memfd_create("eidos-stderr"))
        self.pid, self.requests, self.answers = self._spawn()

    def _spawn(self) -> tuple[int, int, int]:
        theirs_in, requests = map(_unlike_standard, os.pipe())
        answers, theirs_out = map(_unlike_standard, os.pipe())
        limits = msgspec.json.encode(self._limits).decode()
        paths = [path for path in sys.path if path]
        command = [sys.executable, "-I", "-S", "-c", _BOOT, str(_PROGRESS_FD), limits, *paths]
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs_in, 0),
            (os.POSIX_SPAWN_DUP2, theirs_out, 1),
            (os.POSIX_SPAWN_DUP2, self._stderr, 2),
            (os.POSIX_SPAWN_DUP2, self._progress, _PROGRESS_FD),
        ]
        try:
            pid = os.posix_spawn(sys.executable, command, _ENVIRONMENT, file_actions=actions)
        except OSError as error:
            for descriptor in (requests, answers, self._progress, self._stderr):
                os.close(descriptor)
            raise EidosError(f"no worker process could be started: {error.strerror}") from error
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        os.set_blocking(requests, False)
        os.set_blocking(answers, False)
        return pid, requests, answers

    def send(self, batch: Batch) -> None:
        """Queue a batch; `flush` writes it."""
        self._outbox += pack(batch)
        self.flush()

    def flush(self) -> None:
        """Write as much as the pipe takes now."""
        try:
            while self._outbox:
                del self._outbox[: os.write(self.requests, self._outbox)]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it died; reading its answers will say so
            self._outbox.clear()

    @property
    def wants_to_write(self) -> bool:
        """Something is queued that the pipe did not take."""
        return bool(self._outbox)

    def receive(self) -> list[Reply] | None:
        """Give the replies that have come, None when there will be no more."""
        try:
            chunk = os.read(self.answers, _READ_BYTES)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        self._inbox += chunk
        return self._unpack()

    def _unpack(self) -> list[Reply]:
        replies: list[Reply] = []
        start = 0
        while len(self._inbox) - start >= HEADER_BYTES:
            body = start + HEADER_BYTES
            end = body + int.from_bytes(self._inbox[start:body], "big")
            if end > len(self._inbox):
                break
            replies += _DECODER.decode(memoryview(self._inbox)[body:end].tobytes())
            start = end
        del self._inbox[:start]
        return replies

    def progress(self) -> Progress:
        """Say which call is at work and what is left to it."""
        page = os.pread(self._progress, PROGRESS.size, 0)
        number, began, processor, allowed = PROGRESS.unpack(page)
        spent = _processor_seconds(self.pid) - processor
        waited = time.monotonic() - began
        return Progress(number, allowed - spent, self._limits.wall_seconds - waited, allowed)

    def kill(self, exhausted: str) -> None:
        """Stop it because it reached a limit."""
        self._exhausted = exhausted
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def bury(self) -> Death:
        """Wait for the end of a dying worker, free everything, and say what it died of."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        status = 0
        with contextlib.suppress(ChildProcessError):  # whoever started us ignores SIGCHLD
            _, status = os.waitpid(self.pid, 0)
        begin = max(0, os.fstat(self._stderr).st_size - _STDERR_TAIL)
        noise = os.pread(self._stderr, _STDERR_TAIL, begin).decode(errors="replace")
        for descriptor in (self.requests, self.answers, self._progress, self._stderr):
            os.close(descriptor)
        return self._death(os.waitstatus_to_exitcode(status), noise)

    def _death(self, code: int, noise: str) -> Death:
        limit = self._limit_reached(code)
        if limit is not None:
            return limit
        if "memory allocation" in noise or "MemoryError" in noise:
            size = self._limits.memory_bytes >> 20
            return Death(f"ran out of memory, of which it may have {size} MiB", out_of_memory=True)
        if code == -signal.SIGSEGV:
            return Death("crashed with signal 11, probably endless recursion")
        if code == -signal.SIGKILL:
            return Death("was killed, probably because the machine ran out of memory")
        if code < 0:
            return Death(f"crashed with signal {-code}")
        last = noise.strip().rpartition("\n")[2]
        return Death(f"ended with exit code {code}: {last}")

    def _limit_reached(self, code: int) -> Death | None:
        if code == -signal.SIGALRM or self._exhausted == "clock":
            waited = f"timed out after {self._limits.wall_seconds:g} s by the clock"
            return Death(waited, "The machine may be too busy: try again.")
        if code == -signal.SIGPROF or self._exhausted:
            spent = self._exhausted or f"{self._limits.seconds:g} s of processor time"
            return Death(f"timed out after {spent}")
        return None


def _unlike_standard(descriptor: int) -> int:
    """Move a descriptor out of the way of 0 to 3, where the worker expects its own."""
    if descriptor > _PROGRESS_FD:
        return descriptor
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _PROGRESS_FD + 1)
    os.close(descriptor)
    return moved
