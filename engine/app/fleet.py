"""Judging many files in worker processes, in order: reading, hashing, asking, all but folding.

A worker is given a policy once and then batches of files; each has an engine of its own. What it
says is the same as if this process had judged: it only knows fewer files to compare with. Waivers,
recording and the report stay here. A worker that dies loses nothing: its batch is judged again by
another, and told as a problem if that dies too.
"""

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from io import BytesIO
from multiprocessing.connection import Connection, wait
from socket import socketpair
from typing import TYPE_CHECKING, Final, NoReturn, Self

from eidos.engine.app.context import Context, Opening
from eidos.engine.app.judging import Judged, Judging, holding_of
from eidos.engine.app.reader import Item, Reader
from eidos.engine.documents.finding import Source
from eidos.engine.errors import EidosError, Location, Problem
from eidos.engine.evaluating.memo import NoMemo
from eidos.engine.evaluating.waiving import Waiving, select_by_label
from eidos.engine.model.byidentity import ByIdentity
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Subject, WaiverNote
from eidos.engine.model.verdict import Verdict
from eidos.engine.records import dataclass
from eidos.engine.store.sealing import Seal, SealedMemo

if TYPE_CHECKING:
    from eidos.engine.ports import Memo

Found = Source | Item | EidosError
"""What a reference leads to: a file, something recorded, or what is wrong with it."""

_BATCH: Final = 16
"""Files that a worker judges together: enough for one request to OPA, few enough to share out."""
_AHEAD: Final = 3
"""Batches for each worker that may be judged before it is their turn to be told."""
_REMEMBERED_BYTES: Final = 4 << 20
"""Of replies, after which both sides forget what was said; objects take some ten times as much."""
_FORGET: Final = b"\1"
_GO_ON: Final = b"\0"
_TRIES: Final = 2
_LAST_SECONDS: Final = 5.0
"""For a worker to end its engine and to remove what it left in the temporary folder."""
_SHARED: Final = 50_000
"""Verdicts that are remembered so that like subjects share them, some hundred bytes each."""
_BOOT: Final = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from eidos.engine.app.fleet import work; work(int(sys.argv[1]))"
)


@dataclass(frozen=True, slots=True)
class _Order:
    """What a worker needs to know before it can judge."""

    policy: Policy
    """Without waivers: who used which is known here only."""
    opening: Opening
    environ: Mapping[str, str]
    lenient: bool
    parser: str | None
    seal: Seal | None
    """What verdicts of earlier runs are believed by; None where none are looked up."""
    labels: bool
    """Subjects keep their labels: waivers select by them."""
    returns: bool
    """Snapshots are given back, to be recorded."""
    parent: int


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a worker says of one batch."""

    judged: tuple[Judged | Problem, ...] = ()
    prints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fresh: tuple[Verdict, ...] = ()
    """Verdicts that were evaluated and may be remembered."""
    error: EidosError | None = None
    """Why nothing can be judged at all."""
    files: int = 0
    """How many it is about; what was judged here counts by itself."""


class _Speaker:
    """Says replies; what replies share, and alike nodes share nearly all, is sent once.

    Who speaks and who hears remember what was said, and forget it at the same time.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._buffer = BytesIO()
        self._pickler = pickle.Pickler(self._buffer, pickle.HIGHEST_PROTOCOL)
        self._said = 0

    def say(self, reply: _Reply) -> None:
        """Send a reply; raises `OSError` when nobody hears."""
        is_new = self._said > _REMEMBERED_BYTES
        if is_new:
            self._pickler.clear_memo()
            self._said = 0
        self._buffer.seek(0)
        self._buffer.truncate()
        self._buffer.write(_FORGET if is_new else _GO_ON)
        self._pickler.dump(reply)
        self._said += self._buffer.tell()
        self._connection.send_bytes(self._buffer.getbuffer())


class _Listener:
    """Hears what a `_Speaker` says."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._forget()

    def hear(self) -> _Reply:
        """Give the next reply; raises `EOFError` or `OSError` when there will be none."""
        content = self._connection.recv_bytes()
        if content[:1] == _FORGET:
            self._forget()
        self._buffer.seek(0)
        self._buffer.truncate()
        self._buffer.write(content)
        self._buffer.seek(1)
        reply: _Reply = self._unpickler.load()
        return reply

    def _forget(self) -> None:
        self._buffer = BytesIO()
        self._unpickler = pickle.Unpickler(self._buffer)  # noqa: S301 -- it hears our own child


class FleetJudging:
    """Judges what references lead to, by as many workers as there are cores.

    Args:
        policy: what judges.
        context: what is open; says how many cores may be used.
        reader: reads what is no file.
    """

    def __init__(self, policy: Policy, context: Context, reader: Reader) -> None:
        self._policy = replace(policy, waivers=())
        self._labels = select_by_label(policy.waivers)
        self._context = context
        self._reader = reader
        self._local: Judging | None = None
        self._waiving = Waiving(policy.waivers, policy.rules, policy.effective)
        self._holding = holding_of(policy, context.engine, context.memo)
        self._prints: dict[str, None] = {}
        self._notes: dict[str, None] = {}
        self._verdicts: dict[object, Verdict] = {}
        self._rows: dict[tuple[int, ...], tuple[Verdict, ...]] = {}
        self._sheets: ByIdentity[tuple[Verdict, ...]] = ByIdentity()

    @property
    def prints(self) -> tuple[str, ...]:
        """What rules printed so far, and which built-ins failed in them, without repetition."""
        return (*self._prints, *self._notes)

    def waiver_notes(self) -> tuple[WaiverNote, ...]:
        """Say which waivers did nothing, came too late, or did not reach far enough."""
        return self._waiving.notes()

    def judge(self, found: Iterable[Found]) -> Iterator[list[Judged | Problem]]:
        """Give what is said of each thing, in order.

        Raises:
            EidosError: nothing can be judged: the engine or the store is not there.
        """
        order = pickle.dumps(self._order())
        with _Crew(order, self._context.cores) as crew:
            for said in crew.work(_portions(found)):
                reply = said if isinstance(said, _Reply) else self._here(said)
                if reply.error is not None:
                    raise reply.error
                self._context.tally.done += reply.files
                yield self._take(reply)

    def _order(self) -> _Order:
        context = self._context
        remembers = not isinstance(context.memo, NoMemo)
        return _Order(
            policy=self._policy,
            opening=replace(context.opening, record=False, cores=1),
            environ=dict(context.environ),
            lenient=self._reader.lenient,
            parser=self._reader.parser,
            seal=context.seal if remembers else None,
            labels=self._labels,
            returns=context.records,
            parent=os.getpid(),
        )

    def _here(self, found: Found) -> _Reply:
        """Judge in this process what no other can read."""
        if self._local is None:
            engine, memo = self._context.engine, self._context.memo
            remembers = self._context.opening.remembers
            self._local = Judging(
                self._policy, engine, memo, remembers=remembers, labels=self._labels
            )
        return _judged(self._reader.items([found]), self._local)

    def _take(self, reply: _Reply) -> list[Judged | Problem]:
        self._prints.update(dict.fromkeys(reply.prints))
        self._notes.update(dict.fromkeys(reply.notes))
        if reply.fresh:
            self._context.memo.remember(reply.fresh)
        if len(self._verdicts) > _SHARED:
            self._verdicts.clear()
            self._rows.clear()
        return [each if isinstance(each, Problem) else self._shared(each) for each in reply.judged]

    def _shared(self, judged: Judged) -> Judged:
        """Let subjects share what is the same, as they do where one process judges them."""
        return replace(judged, subjects=tuple(map(self._subject, judged.subjects)))

    def _subject(self, subject: Subject) -> Subject:
        row = self._sheets.get(subject.verdicts, lambda: self._row(subject.verdicts))
        waived = self._waiving.apply(replace(subject, verdicts=row))
        return self._holding.with_tuning(waived) if self._holding else waived

    def _row(self, verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
        """Give the one tuple of these verdicts, whichever worker says them."""
        known = tuple(map(self._verdict, verdicts))
        return self._rows.setdefault(tuple(map(id, known)), known)

    def _verdict(self, verdict: Verdict) -> Verdict:
        """Give the first verdict that says the same; findings follow from the memo key."""
        key = (verdict.rule, verdict.memo, verdict.status, verdict.reason, verdict.enforcement)
        return self._verdicts.setdefault(key, verdict)


def _portions(found: Iterable[Found]) -> "Iterator[list[Source] | Found]":
    """Put neighbouring files together; give everything else, standard input too, in its place."""
    batch: list[Source] = []
    for each in found:
        is_file = isinstance(each, Source) and each.path is not None
        if batch and (not is_file or len(batch) == _BATCH):
            yield batch
            batch = []
        if is_file and isinstance(each, Source):
            batch.append(each)
        else:
            yield each
    if batch:
        yield batch


# The crew ---------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Batch:
    """Files on their way, or what was said in their place."""

    sources: Sequence[Source] = ()
    said: "_Reply | Found | None" = None
    tries: int = 0


class _Worker:
    """A process that judges batches."""

    def __init__(self, order: bytes) -> None:
        ours, theirs = socketpair()
        self.batch: _Batch | None = None
        paths = [path for path in sys.path if path]
        with theirs:
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _BOOT, str(descriptor), *paths],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[descriptor],
                process_group=0,  # an interrupt is ours to deal with
            )
        self.connection = Connection(ours.detach())
        self._listener = _Listener(self.connection)
        with contextlib.suppress(OSError):  # told when it is asked
            self.connection.send_bytes(order)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def send(self, batch: _Batch) -> None:
        """Hand it a batch; if it is gone, reading its answer will tell."""
        self.batch, batch.tries = batch, batch.tries + 1
        with contextlib.suppress(OSError):
            self.connection.send_bytes(pickle.dumps([*batch.sources]))

    def receive(self) -> _Reply | None:
        """Give what it said; None when it is gone."""
        try:
            return self._listener.hear()
        except (EOFError, OSError):
            return None

    def dismiss(self) -> None:
        """Tell it to end, whatever it does, and to clean up."""
        self.connection.close()
        self._process.terminate()

    def bury(self) -> None:
        """Wait for its end, and do not wait long; whoever works for it ends with it."""
        self.connection.close()
        try:
            self._process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(slots=True)
class _Crew:
    """Workers that come as they are needed, and go at the end."""

    order: bytes
    most: int
    workers: list[_Worker] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.dismiss()
        for worker in self.workers:
            worker.bury()

    def work(self, portions: "Iterable[list[Source] | Found]") -> "Iterator[_Reply | Found]":
        """Give what is said of each portion, in order; what is no batch is given as it is."""
        coming = iter(portions)
        line: deque[_Batch] = deque()
        waiting: deque[_Batch] = deque()
        while True:
            while len(line) < self.most * _AHEAD and (portion := next(coming, None)) is not None:
                is_batch = isinstance(portion, list)
                batch = _Batch(portion) if isinstance(portion, list) else _Batch(said=portion)
                line.append(batch)
                waiting.extend([batch] if is_batch else [])
            if not line:
                return
            self._hand_out(waiting)
            while line and (said := line[0].said) is not None:
                line.popleft()
                yield said
            if line:
                self._collect(waiting)

    def _hand_out(self, waiting: deque[_Batch]) -> None:
        for worker in self.workers:
            if waiting and worker.batch is None:
                worker.send(waiting.popleft())
        while waiting and len(self.workers) < self.most:
            self.workers.append(_Worker(self.order))
            self.workers[-1].send(waiting.popleft())

    def _collect(self, waiting: deque[_Batch]) -> None:
        """Wait for what some workers say."""
        busy = [worker for worker in self.workers if worker.batch]
        ready = wait([worker.connection for worker in busy])
        for worker in [worker for worker in busy if worker.connection in ready]:
            batch, worker.batch = worker.batch, None
            assert batch is not None  # noqa: S101 -- it is busy
            batch.said = worker.receive()
            if batch.said is None:
                self._replace(worker, batch, waiting)

    def _replace(self, worker: _Worker, batch: _Batch, waiting: deque[_Batch]) -> None:
        """Let another worker judge what one died of, or say that it cannot be judged."""
        worker.dismiss()
        worker.bury()
        self.workers.remove(worker)
        if batch.tries < _TRIES:
            waiting.appendleft(batch)
        else:
            batch.said = _Reply(tuple(map(_lost, batch.sources)))


def _lost(source: Source) -> Problem:
    return EidosError(
        "it was not judged: its worker process ended unexpectedly, twice",
        hint="Check that the machine has memory left, or judge fewer files at a time.",
        location=Location(source.name),
    ).problem


# In the worker ----------------------------------------------------------------------------------


class _Notebook:
    """Recalls from the database, under a seal; keeps for the parent what is to be remembered."""

    def __init__(self, memo: "Memo") -> None:
        self._memo = memo
        self.fresh: list[Verdict] = []

    def recall(self, keys: Sequence[str]) -> Mapping[str, Verdict]:
        """Give the verdicts known for these keys."""
        return self._memo.recall(keys)

    def remember(self, verdicts: Sequence[Verdict]) -> None:
        """Keep verdicts until the batch is done."""
        self.fresh.extend(verdicts)


def work(descriptor: int) -> None:
    """Judge the batches that come through a socket, until it is closed or the parent is gone."""
    signal.signal(signal.SIGTERM, _stop)
    connection = Connection(descriptor)
    with contextlib.suppress(EOFError, OSError):
        order: _Order = pickle.loads(connection.recv_bytes())  # noqa: S301 -- from our parent
        _end_with(order.parent)
        with Context(order.opening, order.environ) as context:
            _serve(connection, order, context)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit


def _serve(connection: Connection, order: _Order, context: Context) -> None:
    speaker = _Speaker(connection)
    try:
        desk = _Desk(order, context)
    except EidosError as error:
        connection.recv_bytes()
        speaker.say(_Reply(error=error))
        return
    while True:
        speaker.say(desk.judge(pickle.loads(connection.recv_bytes())))  # noqa: S301 -- from our parent


class _Desk:
    """What a worker keeps from batch to batch.

    Raises:
        EidosError: the engine or the store is not there.
    """

    def __init__(self, order: _Order, context: Context) -> None:
        self._returns = order.returns
        self._reader = context.reader(lenient=order.lenient, parser=order.parser)
        self._alike = self._reader.alike()
        self._notebook = _Notebook(SealedMemo(context.store, order.seal)) if order.seal else None
        memo, remembers = self._notebook or NoMemo(), order.opening.remembers
        self._judging = Judging(
            order.policy, context.engine, memo, remembers=remembers, labels=order.labels
        )

    def judge(self, sources: Sequence[Source]) -> _Reply:
        """Judge one batch."""
        try:
            reply = _judged(self._reader.items(sources, self._alike), self._judging)
        except EidosError as error:
            return _Reply(error=error)
        if self._notebook is not None:
            reply = replace(reply, fresh=tuple(self._notebook.fresh))
            self._notebook.fresh.clear()
        reply = replace(reply, files=len(sources))
        if not self._returns:
            reply = replace(reply, judged=tuple(map(_without_snapshot, reply.judged)))
        return reply


def _without_snapshot(judged: Judged | Problem) -> Judged | Problem:
    return judged if isinstance(judged, Problem) else replace(judged, snapshot=None)


def _judged(items: Iterable[Item | Problem], judging: Judging) -> _Reply:
    """Judge items together, and say what rules printed since the last time."""
    each = list(items)
    prints, notes = len(judging.printed), len(judging.failures)
    said = judging.in_place(each)
    return _Reply(tuple(said), judging.printed[prints:], judging.failures[notes:])


def _end_with(parent: int) -> None:
    """End this process when its parent ends, whatever it is doing."""
    watched = os.pidfd_open(parent)

    def watch() -> None:
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        poll.poll()
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
