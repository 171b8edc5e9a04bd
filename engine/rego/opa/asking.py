"""Asking one bundle many jobs: requests, and finding the guilty where one fails.

An error, a hang or a crash is of the whole request. Its jobs are asked again in smaller requests,
by program first, then by subject, until those that are to blame stand alone; all others are
answered.
"""

import select
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from eidos.engine.errors import EidosError
from eidos.engine.model.rule import Module
from eidos.engine.ports import Answer
from eidos.engine.records import dataclass
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.connection import Connection
from eidos.engine.rego.opa.faults import Fault, module_of, sentence
from eidos.engine.rego.opa.harness import Task, read_reply, read_values, request_body
from eidos.engine.rego.opa.process import Death
from eidos.engine.rego.opa.server import OpaServer, print_lines

_SUBJECTS: Final = 10
"""In a request; more cost memory (135 MB at 10, 400 at 100), fewer the parsing of more requests."""
_JOBS: Final = 1000
"""In a request."""
_ALONE: Final = 16
"""Jobs about one subject that are worth being divided among connections."""
_BACKSTOP: Final = 4
"""Times the limit of a job's seconds that it may take where the machine gives it no processor."""
_DEATHS: Final = 3
"""Deaths at one and the same request alone before it is blamed for a signal from outside."""
_SLACK_BYTES: Final = 1 << 16
"""In one response, for what OPA writes around the results."""
_MOST_BYTES: Final = 32 << 20
"""In one response; ten nodes and all shipped rules give 100 kB."""
_OK: Final = 200


@dataclass(slots=True)
class _Request:
    tasks: list[Task]
    alone: bool = False
    """No other request may run beside it: OPA ended while it was asked."""
    strict: bool = True
    deaths: int = 0
    """How often OPA ended while it was asked alone."""
    sent: float = 0.0
    cpu: float = 0.0
    """Processor time that the child had used when it was sent."""


class Round:
    """Asks tasks of one bundle until each has an answer.

    Args:
        tasks: what to ask.
        hire: gives a server that has nothing to do; each one is used, and buried or given back.
        limits: bounds for each job.
    """

    def __init__(
        self, tasks: Sequence[Task], hire: Callable[[], OpaServer], limits: EngineLimits
    ) -> None:
        self.answers: dict[int, Answer] = {}
        """By number of the task."""
        self._hire = hire
        self._limits = limits
        self._server: OpaServer | None = hire()
        self._waiting = deque(_requests(tasks, self._server))
        self._suspects: deque[_Request] = deque()
        self._running: dict[Connection, _Request] = {}

    def run(self) -> None:
        """Ask until nothing is open.

        Raises:
            EidosError: OPA cannot be started again.
        """
        while self._waiting or self._suspects or self._running:
            server = self._ready()
            try:
                self._deal(server)
                self._collect(server)
            except OSError:
                self._lose(server)

    def _ready(self) -> OpaServer:
        for _ in range(_DEATHS):
            server, self._server = self._server or self._hire(), None
            try:
                server.wait()
            except ConnectionError:
                continue
            self._server = server
            return server
        hint = "Check that the machine has memory left, and what else may end processes."
        raise EidosError("opa is killed from outside whenever it starts", hint=hint)

    def _deal(self, server: OpaServer) -> None:
        if any(request.alone for request in self._running.values()):
            return
        if self._suspects:
            if not self._running:
                self._send(server, server.connections[0], self._suspects.popleft())
            return
        for connection in server.connections:
            if self._waiting and connection not in self._running:
                self._send(server, connection, self._waiting.popleft())

    def _send(self, server: OpaServer, connection: Connection, request: _Request) -> None:
        body = request_body(request.tasks)
        self._running[connection] = request  # whatever happens from here on is its business
        request.sent, request.cpu = time.monotonic(), server.process.cpu_seconds()
        server.send(connection, body, strict=request.strict)

    def _collect(self, server: OpaServer) -> None:
        poll = select.poll()
        by_descriptor = {connection.fileno(): connection for connection in self._running}
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        for descriptor, _ in poll.poll(self._patience() * 1000):
            if by_descriptor[descriptor] in self._running:
                self._receive(server, by_descriptor[descriptor])
        late = [request for request in self._running.values() if self._is_late(server, request)]
        if late:
            self._stop(server, late)

    def _patience(self) -> float:
        oldest = min(request.sent for request in self._running.values())
        return max(0.05, oldest + self._limits.seconds - time.monotonic())

    def _is_late(self, server: OpaServer, request: _Request) -> bool:
        """Judge by processor time, so that a busy machine blames nobody, and by the backstop.

        OPA ignores the signal of RLIMIT_CPU, whose hard bound could not be renewed.
        """
        spent = time.monotonic() - request.sent
        limit = self._limits.seconds
        if spent < limit:
            return False
        used = server.process.cpu_seconds() - request.cpu
        return used >= limit or spent >= limit * _BACKSTOP

    def _receive(self, server: OpaServer, connection: Connection) -> None:
        request = self._running[connection]
        most = min(len(request.tasks) * self._limits.output_bytes, _MOST_BYTES) + _SLACK_BYTES
        status, content = server.receive(connection, most)
        del self._running[connection]
        if len(content) > most:
            self._shrink(request, {"message": self._too_long(len(content))}, server)
            self._stop(server, [])  # what is left unread cannot be skipped
        elif status == _OK:
            self._settle(server, request, content)
        else:
            self._shrink(request, _fault(content), server)

    def _settle(self, server: OpaServer, request: _Request, content: bytes) -> None:
        prints: tuple[str, ...] = ()
        if server.prints:
            prints = print_lines(server.process.take_errors(), server.modules)
        try:
            texts = read_reply(content)
        except msgspec.DecodeError:
            self._shrink(request, _fault(content), server)
            return
        for number, task in enumerate(request.tasks):
            text = texts.get(number)
            if text is None:
                answer = Answer(error="opa gave no answer", prints=prints)
            elif len(text) > self._limits.output_bytes:
                answer = Answer(error=self._too_long(len(text)), prints=prints)
            else:
                answer = Answer(read_values(text), prints=prints, notes=task.notes)
            self.answers[task.number] = answer

    def _too_long(self, size: int) -> str:
        return f"gave {size} bytes of output, over the limit of {self._limits.output_bytes}"

    def _shrink(self, request: _Request, fault: Fault, server: OpaServer) -> None:
        """Ask less at a time, or say what is wrong with the only job."""
        if len(request.tasks) > 1:
            parts = _halves(request.tasks, fault, server.modules)
            self._waiting.extendleft(_Request(part, strict=request.strict) for part in parts)
            return
        [task] = request.tasks
        said = sentence(fault, server.modules)
        if request.strict and not task.job.program.strict and _is_builtin(fault):
            task.notes = (said,)
            self._waiting.appendleft(_Request([task], strict=False))
            return
        self.answers[task.number] = Answer(error=said)

    def _stop(self, server: OpaServer, late: Sequence[_Request]) -> None:
        """End a server for the requests that are late; all others are asked again."""
        for request in self._running.values():
            if request not in late:
                self._waiting.appendleft(request)
            elif len(request.tasks) > 1:
                self._waiting.extendleft(_Request(part) for part in _parts(request.tasks))
            else:
                seconds = f"{self._limits.seconds:g}"
                error = Answer(error=f"timed out after {seconds} s")
                self.answers[request.tasks[0].number] = error
        self._running.clear()
        server.bury()
        self._server = None

    def _lose(self, server: OpaServer) -> None:
        """Ask again, one after the other, what a server died of; it may have been any of them."""
        fresh = server.fresh
        death = server.mourn()
        self._server = None
        lost = list(self._running.values())
        self._running.clear()
        if len(lost) > 1:
            again = [_Request(each.tasks, alone=True, strict=each.strict) for each in lost]
            self._suspects.extendleft(again)
        elif lost:
            self._blame(lost[0], death, fresh=fresh)

    def _blame(self, request: _Request, death: Death, *, fresh: bool) -> None:
        """Deal with what a server died of: it was asked alone.

        A signal from outside may be chance, and memory may have been used up by others before.
        """
        request.deaths += 1
        sure = request.deaths >= _DEATHS or not (death.killed or death.stalled)
        if len(request.tasks) > 1 and sure:
            parts = _parts(request.tasks)
            self._suspects.extendleft(_Request(part, alone=True) for part in parts)
        elif len(request.tasks) == 1 and sure and (fresh or request.deaths > 1):
            self.answers[request.tasks[0].number] = Answer(error=death.cause)
        else:
            request.alone = True
            self._suspects.appendleft(request)

    def release(self) -> OpaServer | None:
        """Give the server back, unless it still works on something: then it is ended."""
        if self._server is not None and self._running:
            self._server.bury()
            self._server = None
        return self._server


def _requests(tasks: Sequence[Task], server: OpaServer) -> Iterator[_Request]:
    """Put tasks into requests that keep all connections busy, a few subjects in each."""
    by_time: dict[int, list[Task]] = {}
    for task in tasks:
        by_time.setdefault(task.job.now_ns, []).append(task)
    for group in by_time.values():
        yield from map(_Request, _portions(group, server))


def _portions(tasks: Sequence[Task], server: OpaServer) -> Iterator[list[Task]]:
    if server.prints:
        yield from ([task] for task in tasks)
        return
    subjects: dict[int, list[Task]] = {}
    for task in tasks:
        ask = task.job.asks[-1]
        seen = ask.input if ask.view is None else ask.view.document
        subjects.setdefault(id(seen), []).append(task)
    share = -(-len(subjects) // server.count)
    most = max(1, min(_SUBJECTS, share))
    if len(subjects) < server.count and len(tasks) > _ALONE:
        yield from (list(tasks[start :: server.count]) for start in range(server.count))
        return
    portion: list[Task] = []
    held = 0
    for found in subjects.values():
        if portion and (held == most or len(portion) + len(found) > _JOBS):
            yield portion
            portion, held = [], 0
        portion = portion + found
        held += 1
    if portion:
        yield portion


def _halves(tasks: list[Task], fault: Fault, modules: Sequence[Module]) -> list[list[Task]]:
    """Divide tasks by the module that a fault names, by program, or in the middle."""
    module = module_of(fault, modules)
    if module is not None:
        accused = [task for task in tasks if module in task.job.program.modules]
        if 0 < len(accused) < len(tasks):
            return [accused, [task for task in tasks if module not in task.job.program.modules]]
    kinds = sorted({task.kind for task in tasks})
    if len(kinds) > 1:
        first = set(kinds[: len(kinds) // 2])
        return [
            [task for task in tasks if task.kind in first],
            [task for task in tasks if task.kind not in first],
        ]
    middle = len(tasks) // 2
    return [tasks[:middle], tasks[middle:]]


def _parts(tasks: list[Task]) -> list[list[Task]]:
    """Divide tasks by program, or one by one: each wait for one that hangs is long."""
    kinds = sorted({task.kind for task in tasks})
    if len(kinds) > 1:
        return [[task for task in tasks if task.kind == kind] for kind in kinds]
    return [[task] for task in tasks]


def _fault(content: bytes) -> Fault:
    try:
        body: dict[str, Any] = msgspec.json.decode(content, type=dict)
    except msgspec.DecodeError:
        return {"message": "opa gave no answer that can be read"}
    found: list[Fault] = body.get("errors") or [body]
    return found[0]


def _is_builtin(fault: Fault) -> bool:
    return fault.get("code") == "eval_builtin_error"
