"""Keeping workers busy with calls, in order, whatever becomes of any of them."""

import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from eidos.engine.errors import EidosError
from eidos.engine.records import dataclass
from eidos.engine.rego.frames import Batch, Bundle, Call, Fault, Reply
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.process import Death, WorkerProcess

_FIRST_BATCH = 16
_LAST_BATCH = 128
"""Calls in a batch, at first and at most. It grows by one with each batch that is done: a short run
is spread over all workers, and a long one takes few messages."""
_BATCH_BYTES = 1 << 20
"""In a batch, whatever the number of its calls: great inputs are not piled up."""
_BATCHES_AHEAD = 2
"""At one worker: while one is evaluated, the next is at hand."""
_REPLIES_AHEAD = 4096
"""Replies that nobody took yet, beyond which nothing more is asked, so that memory stays flat."""
_LOSSES = 3
"""Workers that may die in a row with no call to blame, before it is the machine that is blamed."""
_SHORTEST_WAIT = 0.005
_LONGEST_WAIT = 1.0
"""Seconds between two looks at whether workers have reached their limits."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A call and the program that it needs."""

    call: Call
    bundle: Bundle | None = None
    size: int = 0
    """Bytes it takes to send."""


@dataclass(slots=True)
class _Station:
    """A worker with the errands it has been sent and not answered, oldest first."""

    worker: WorkerProcess
    batches: deque[int] = field(default_factory=deque)
    errands: deque[Errand] = field(default_factory=deque)
    condemned: int | None = None
    """The call that took too long."""


class Schedule:
    """Runs one stream of errands on up to `count` workers.

    Args:
        errands: numbered from 0 without gaps.
        hire: gives a worker that has nothing to do.
        count: workers at most.
        limits: bounds for each errand.
    """

    def __init__(
        self,
        errands: Iterable[Errand],
        hire: Callable[[], WorkerProcess],
        count: int,
        limits: EngineLimits,
    ) -> None:
        self._source = iter(errands)
        self._exhausted = False
        self._again: deque[Errand] = deque()
        self._hire = hire
        self._count = count
        self._limits = limits
        self._stations: list[_Station] = []
        self._replies: dict[int, Reply] = {}
        self._next = 0
        self._batch = _FIRST_BATCH
        self._retried: set[int] = set()
        self._lost_in_a_row = 0

    def run(self) -> Iterator[Reply]:
        """Give the replies in the order of the errands."""
        while True:
            self._deal()
            while self._next in self._replies:
                yield self._replies.pop(self._next)
                self._next += 1
            if not any(station.errands for station in self._stations):
                if self._exhausted and not self._again:
                    return
                continue
            self._wait()

    def release(self) -> list[WorkerProcess]:
        """Give the workers back that have nothing to do; bury the others."""
        idle = [station.worker for station in self._stations if not station.errands]
        for station in self._stations:
            if station.errands:
                station.worker.bury()
        self._stations.clear()
        return idle

    def _deal(self) -> None:
        for _ in range(_BATCHES_AHEAD):
            for number in range(self._count):
                if self._is_full() or not self._deal_one(number):
                    return

    def _is_full(self) -> bool:
        return len(self._replies) >= _REPLIES_AHEAD and not self._again

    def _deal_one(self, number: int) -> bool:
        if number < len(self._stations) and (len(self._stations[number].batches) >= _BATCHES_AHEAD):
            return True
        errands = self._draw()
        if not errands:
            return False
        if number >= len(self._stations):
            self._stations.append(_Station(self._hire()))
        self._send(self._stations[number], errands)
        return True

    def _draw(self) -> list[Errand]:
        if self._again:
            return [self._again.popleft()]
        drawn: list[Errand] = []
        size = 0
        while len(drawn) < self._batch and size < _BATCH_BYTES and not self._exhausted:
            errand = next(self._source, None)
            if errand is None:
                self._exhausted = True
                break
            drawn.append(errand)
            size += errand.size
        return drawn

    def _send(self, station: _Station, errands: list[Errand]) -> None:
        known = station.worker.known
        forgotten: list[str] = []
        if errands[0].call.id in self._retried:  # it gets all the memory there is
            forgotten.extend(known)
            known.clear()
        needed: dict[str, Bundle] = {}
        for errand in errands:
            if errand.bundle is not None:
                if errand.bundle.key in known:
                    known.move_to_end(errand.bundle.key)
                else:
                    needed[errand.bundle.key] = errand.bundle
                    known[errand.bundle.key] = None
        while len(known) > max(self._limits.programs, len(errands)):
            forgotten.append(known.popitem(last=False)[0])
        station.batches.append(errands[-1].call.id)
        station.errands.extend(errands)
        calls = [errand.call for errand in errands]
        station.worker.send(Batch(forgotten, list(needed.values()), calls))

    def _wait(self) -> None:
        busy = [station for station in self._stations if station.errands]
        poll = select.poll()
        for station in busy:
            poll.register(station.worker.answers, select.POLLIN)
            if station.worker.wants_to_write:
                poll.register(station.worker.requests, select.POLLOUT)
        ready = {descriptor for descriptor, _ in poll.poll(self._patience(busy) * 1000)}
        for station in busy:
            if station.worker.requests in ready:
                station.worker.flush()
            if station.worker.answers in ready:
                self._collect(station)
            else:
                self._kill_late(station)

    def _patience(self, busy: list[_Station]) -> float:
        """Give the seconds until a worker may have reached a limit."""
        progress = [station.worker.progress() for station in busy]
        at_work = [min(p.processor_left, p.wall_left) for p in progress if p.call >= 0]
        return max(_SHORTEST_WAIT, min(at_work, default=_LONGEST_WAIT))

    def _kill_late(self, station: _Station) -> None:
        progress = station.worker.progress()
        if progress.exhausted and station.condemned is None:
            station.condemned = progress.call
            station.worker.kill(progress.exhausted)

    def _collect(self, station: _Station) -> None:
        replies = station.worker.receive()
        if replies is None:
            self._lose(station)
            return
        for reply in replies:
            self._settle(station, reply)

    def _settle(self, station: _Station, reply: Reply) -> None:
        self._lost_in_a_row = 0
        errand = station.errands.popleft()
        if station.batches[0] == errand.call.id:
            station.batches.popleft()
            self._batch = min(self._batch + 1, _LAST_BATCH)
        self._replies[reply.id] = reply

    def _lose(self, station: _Station) -> None:
        """Blame the call at work, and run all others of the dead worker again."""
        culprit = station.worker.progress().call
        if station.condemned not in (None, culprit):
            culprit = -1  # the late one was done just before the end
        death = station.worker.bury()
        self._stations.remove(station)
        self._lost_in_a_row += 1
        if self._lost_in_a_row > _LOSSES and culprit < 0:
            hint = "Check that eidos is installed completely and that the machine has memory left."
            raise EidosError(f"the process that runs policy {death.cause}", hint=hint)
        for errand in reversed(station.errands):
            if errand.call.id == culprit and not self._pardoned(culprit, death):
                self._replies[culprit] = Reply(culprit, fault=Fault(death.cause, hint=death.hint))
            else:
                self._again.appendleft(errand)

    def _pardoned(self, culprit: int, death: Death) -> bool:
        """Memory may have been used up by others before: ask once more, alone."""
        if not death.out_of_memory or culprit in self._retried:
            return False
        self._retried.add(culprit)
        return True
