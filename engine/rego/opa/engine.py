"""The engine: which programs share an OPA, and which OPA answers which job."""

import os
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from eidos.engine.digest import digest
from eidos.engine.errors import EidosError, PolicyError
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Job, ModuleFacts, Program
from eidos.engine.records import dataclass
from eidos.engine.rego.finding import FLOOR
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.opa.bundle import Bundle, KindKey, kind_key, refuse

if TYPE_CHECKING:  # what starts and asks is imported when there is something to ask
    from eidos.engine.rego.opa.command import OpaCommand
    from eidos.engine.rego.opa.harness import Task
    from eidos.engine.rego.opa.server import OpaServer

_FLOOR: Final = tuple(map(int, FLOOR.split(".")))
_WINDOW: Final = 8192
"""Jobs that are put into requests together."""
_SERVERS: Final = 4
"""Bundles that keep an OPA running while they have nothing to do."""
_BUNDLES: Final = 32
"""Bundles that are held together; beyond, the one that was made first goes with its servers."""


@dataclass(slots=True, eq=False)
class _Ward:
    """A bundle and the servers that have it and have nothing to do."""

    bundle: Bundle
    idle: list["OpaServer"] = field(default_factory=list)


class OpaEngine:
    """Rego as OPA means it, in child processes that start when there is something to do.

    Threads may share it: each call of `evaluate` has servers of its own while it runs.

    Args:
        binary: the ``opa`` executable.
        limits: bounds for each job.
        version: of the executable, where it is known and new enough; None to ask it.
        cores: how many to keep busy; all that the process may use when None.

    Raises:
        EidosError: there is no such executable.
    """

    name = "opa"

    def __init__(
        self,
        binary: Path,
        limits: EngineLimits | None = None,
        version: str | None = None,
        cores: int | None = None,
    ) -> None:
        self._known_version = version
        self._limits = limits or EngineLimits()
        self._binary = _executable(binary)
        self._connections = cores or len(os.sched_getaffinity(0))
        self._lock = threading.RLock()
        self._wards: list[_Ward] = []
        self._kinds: dict[KindKey, tuple[_Ward, int]] = {}
        self._analysed: dict[str, list[ModuleFacts]] = {}
        self._owner = os.getpid()
        self._finalizer = weakref.finalize(self, _bury, self._wards, self._owner)

    @cached_property
    def _command(self) -> "OpaCommand":
        from eidos.engine.rego.opa.command import OpaCommand

        return OpaCommand(self._binary, self._limits)

    @cached_property
    def version(self) -> str:
        """Version of the executable.

        Raises:
            EidosError: it is no OPA, or too old.
        """
        return self._known_version or self._command.version(_FLOOR)

    def analyse(self, modules: Sequence[Module], *, v0: bool | None = None) -> list[ModuleFacts]:
        """Read modules without running them, see `eidos.engine.ports.RegoEngine`.

        What was read once is known for as long as the engine lives.
        """
        if not modules:
            return []
        _ = self.version
        key = digest([v0, [[module.file, module.source] for module in modules]])
        if key not in self._analysed:
            from eidos.engine.rego.opa.reading import read_modules  # not for packs in the index

            self._analysed[key] = read_modules(self._command, modules, v0=v0)
        return self._analysed[key]

    def prepare(self, jobs: Iterable[Job]) -> None:
        """Start OPA for what will be asked; it compiles while the caller does something else.

        Raises:
            EidosError: it cannot be started.
        """
        for ward in self._wards_of(jobs):
            server = self._hire(ward)
            with self._lock:
                ward.idle.append(server)

    def expect(self, jobs: Iterable[Job]) -> None:
        """Have one OPA know what may be asked, once anything is: each start and compile costs."""
        self._wards_of(jobs)

    def _wards_of(self, jobs: Iterable[Job]) -> "Collection[_Ward]":
        wards: dict[int, _Ward] = {}
        for job in jobs:
            with suppress(PolicyError):  # told by whoever asks
                ward, _ = self._kind(job)
                wards[id(ward)] = ward
        return wards.values()

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Answer each job, in order.

        Raises:
            EidosError: OPA cannot be started.
        """
        _ = self.version
        coming = iter(jobs)
        while window := list(islice(coming, _WINDOW)):
            parts = [_parts(job) for job in window]
            answers = self._answers([part for job in parts for part in job])
            for job, divided in zip(window, parts, strict=True):
                yield _joined(job, list(islice(answers, len(divided))))

    def close(self) -> None:
        """End all servers; the engine may be used again."""
        with self._lock:
            wards = list(self._wards)
            self._wards.clear()
            self._kinds.clear()
        _bury(wards, os.getpid())

    def _answers(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        from eidos.engine.rego.opa.harness import Task

        by_ward: dict[int, tuple[_Ward, list[Task]]] = {}
        answers: dict[int, Answer] = {}
        for number, job in enumerate(jobs):
            try:
                ward, kind = self._kind(job)
            except PolicyError as error:
                answers[number] = Answer(error=str(error))
                continue
            by_ward.setdefault(id(ward), (ward, []))[1].append(Task(number, job, kind))
        for ward, tasks in by_ward.values():
            answers.update(self._ask(ward, tasks))
        return iter([answers[number] for number in range(len(jobs))])

    def _ask(self, ward: _Ward, tasks: "list[Task]") -> dict[int, Answer]:
        from eidos.engine.rego.opa.asking import Round

        try:
            round_ = Round(tasks, lambda: self._hire(ward), self._limits)
            try:
                round_.run()
            finally:
                self._take_back(ward, round_.release())
        except PolicyError as error:
            return self._apart(ward, tasks, error)
        return round_.answers

    def _apart(self, ward: _Ward, tasks: "list[Task]", error: PolicyError) -> dict[int, Answer]:
        """Ask each program on its own where they do not compile together."""
        self._dismiss(ward)
        programs = {task.job.program.key: task.job.program for task in tasks}
        if len(programs) == 1 and ward.bundle.programs == 1:
            return {task.number: Answer(error=str(error)) for task in tasks}
        answers: dict[int, Answer] = {}
        for key, program in programs.items():
            own = _Ward(Bundle(program))
            mine = [task for task in tasks if task.job.program.key == key]
            renumbered = [
                replace(task, kind=own.bundle.number(kind_key(task.job), program)) for task in mine
            ]
            answers.update(self._ask(own, renumbered))
            _bury([own], os.getpid())
        return answers

    def _kind(self, job: Job) -> tuple[_Ward, int]:
        key = kind_key(job)
        with self._lock:
            self._after_fork()
            known = self._kinds.get(key)
            if known is None:
                refuse(job)
                ward = self._ward(job.program, key[1])
                known = self._kinds[key] = ward, ward.bundle.number(key, job.program)
            return known

    def _ward(self, program: Program, queries: Sequence[str]) -> _Ward:
        for ward in self._wards:
            if ward.bundle.takes(program, queries):
                return ward
        while len(self._wards) >= _BUNDLES:
            self._dismiss(self._wards[0])
        ward = _Ward(Bundle(program))
        self._wards.append(ward)
        return ward

    def _dismiss(self, ward: _Ward) -> None:
        with self._lock:
            if ward in self._wards:
                self._wards.remove(ward)
            for key in [key for key, (owner, _) in self._kinds.items() if owner is ward]:
                del self._kinds[key]
        _bury([ward], os.getpid())

    def _hire(self, ward: _Ward) -> "OpaServer":
        """Give a server that knows all kinds of a bundle, and end those that do not."""
        with self._lock:
            kinds = len(ward.bundle.kinds)
            stale = [server for server in ward.idle if server.kinds < kinds]
            ward.idle = [server for server in ward.idle if server.kinds >= kinds]
            for server in stale:
                server.bury()
            return ward.idle.pop() if ward.idle else self._start(ward)

    def _start(self, ward: _Ward) -> "OpaServer":
        from eidos.engine.rego.opa.server import OpaServer

        return OpaServer(self._binary, ward.bundle, self._limits, self._connections)

    def _take_back(self, ward: _Ward, server: "OpaServer | None") -> None:
        if server is None:
            return
        with self._lock:
            known = ward in self._wards and not ward.idle
            if known:
                self._wards.remove(ward)
                self._wards.append(ward)
                ward.idle.append(server)
            resting = [other for other in self._wards if other.idle]
            ended = [] if known else [server]
            for other in resting[:-_SERVERS]:
                ended += other.idle
                other.idle = []
        for old in ended:
            old.bury()

    def _after_fork(self) -> None:
        if self._owner != os.getpid():  # the servers are the parent's
            self._owner = os.getpid()
            self._wards.clear()
            self._kinds.clear()


def _executable(binary: Path) -> str:
    if not os.access(binary, os.X_OK) or not binary.is_file():
        raise EidosError(
            f"there is no OPA at {binary}", hint="Name the 'opa' executable, or put it on PATH."
        )
    return str(binary.absolute())


def _bury(wards: list[_Ward], owner: int) -> None:
    if os.getpid() == owner:
        for ward in wards:
            for server in ward.idle:
                server.bury()
            ward.idle = []


def _parts(job: Job) -> list[Job]:
    """Divide a job whose questions have more inputs than the guard's and one other."""
    rest = job.asks[1:] if job.guarded else job.asks
    if all(ask.input is rest[-1].input for ask in rest):
        return [job]
    return [replace(job, asks=(ask,), guarded=False) for ask in job.asks]


def _joined(job: Job, answers: Sequence[Answer]) -> Answer:
    if len(answers) == 1:
        return answers[0]
    said = answers[:1] if job.guarded and answers[0].values in ((UNDEFINED,), (False,)) else answers
    prints = tuple(line for answer in said for line in answer.prints)
    for answer in said:
        if answer.error is not None:
            return replace(answer, prints=prints)
    values = tuple(value for answer in said for value in answer.values)
    return Answer(values, prints=prints, notes=tuple(note for each in said for note in each.notes))
