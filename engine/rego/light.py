"""The light engine: part of Rego, in a pool of killable worker processes.

It serves what is proven to mean the same as in OPA and refuses the rest, see
`eidos.engine.rego.translating`.
"""

import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from eidos.engine.digest import canonical
from eidos.engine.errors import Location, PolicyError
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.ports import UNDEFINED, Answer, Job, ModuleFacts, Program, Undefined
from eidos.engine.rego.frames import (
    Analyse,
    Bundle,
    Call,
    Evaluate,
    Facts,
    Fault,
    Question,
    Reply,
    Source,
)
from eidos.engine.rego.limits import EngineLimits
from eidos.engine.rego.process import WorkerProcess
from eidos.engine.rego.scheduling import Errand, Schedule


class LightEngine:
    """Rego in worker processes that start when there is something to do.

    Threads may share it: each call of `evaluate` has workers of its own while it runs.

    Args:
        workers: processes at most for one call; one for each core when None.
        limits: bounds for each job.
    """

    name = "light"
    version = "0.13.0"
    """Of gordon-to-regorus, as pinned in pyproject.toml."""

    def __init__(self, workers: int | None = None, limits: EngineLimits | None = None) -> None:
        self._count = workers or len(os.sched_getaffinity(0))
        self._limits = limits or EngineLimits()
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._owner = os.getpid()
        self._finalizer = weakref.finalize(self, _bury, self._idle, self._owner)

    def analyse(self, modules: Sequence[Module], *, v0: bool | None = None) -> list[ModuleFacts]:
        """Read modules without running them, see `eidos.engine.ports.RegoEngine`."""
        return self.read(modules, every_function=False, v0=v0)

    def read(
        self, modules: Sequence[Module], *, every_function: bool, v0: bool | None = None
    ) -> list[ModuleFacts]:
        """Read modules for this engine or, with `every_function`, for one that has all of OPA's."""
        sources = [Source(module.file, module.source) for module in modules]
        if not sources:
            return []
        (reply,) = self._run([Errand(Call(0, Analyse(sources, every_function, v0)))])
        if reply.fault:
            raise self._policy_error(reply.fault, sources)
        return [_module_facts(facts) for facts in reply.facts]

    def _policy_error(self, fault: Fault, sources: list[Source]) -> PolicyError:
        if not fault.file and len(sources) > 1:  # the worker died: of which module?
            alone = [Errand(Call(n, Analyse([source]))) for n, source in enumerate(sources)]
            for source, reply in zip(sources, self._run(alone), strict=True):
                if reply.fault and not reply.fault.file:
                    return _policy_error(reply.fault, source)
        return _policy_error(fault, sources[0])

    def prepare(self, jobs: Iterable[Job]) -> None:
        """Do nothing: workers start in no time."""

    def expect(self, jobs: Iterable[Job]) -> None:
        """Do nothing: programs are kept apart here."""

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Answer each job, in order."""
        for reply in self._run(_errands(jobs)):
            yield _answer(reply)

    def close(self) -> None:
        """End the idle workers; the engine may be used again."""
        with self._lock:
            idle, self._idle[:] = list(self._idle), []
        _bury(idle, os.getpid())

    def _run(self, errands: Iterable[Errand]) -> Iterator[Reply]:
        schedule = Schedule(errands, self._hire, self._count, self._limits)
        try:
            yield from schedule.run()
        finally:
            self._take_back(schedule.release())

    def _hire(self) -> WorkerProcess:
        with self._lock:
            if self._owner != os.getpid():  # after a fork the workers are the parent's
                self._owner = os.getpid()
                self._idle.clear()
            if self._idle:
                return self._idle.pop()
        return WorkerProcess(self._limits)

    def _take_back(self, workers: list[WorkerProcess]) -> None:
        with self._lock:
            room = max(0, self._count - len(self._idle))
            self._idle.extend(workers[:room])
        for worker in workers[room:]:
            worker.bury()


def _bury(workers: list[WorkerProcess], owner: int) -> None:
    if os.getpid() == owner:
        for worker in workers:
            worker.bury()
    workers.clear()


def _errands(jobs: Iterable[Job]) -> Iterator[Errand]:
    bundles: dict[str, Bundle] = {}
    for number, job in enumerate(jobs):
        bundle = bundles.get(job.program.key)
        if bundle is None:
            bundle = bundles[job.program.key] = _bundle(job.program)
        task = _task(job)
        yield Errand(Call(number, task), bundle, sum(map(len, task.inputs)))


def _bundle(program: Program) -> Bundle:
    sources = [Source(module.file, module.source) for module in program.modules]
    return Bundle(program.key, sources, canonical(program.data).decode(), program.v0)


def _task(job: Job) -> Evaluate:
    places: dict[int, int] = {}
    inputs: list[str] = []
    questions: list[Question] = []
    for ask in job.asks:
        place = places.get(id(ask.input))
        if place is None:
            place = places[id(ask.input)] = len(inputs)
            inputs.append(canonical(ask.input).decode())
        questions.append(Question(ask.query, place))
    return Evaluate(job.program.key, questions, inputs, job.now_ns, job.guarded)


def _answer(reply: Reply) -> Answer:
    prints = tuple(reply.prints)
    if reply.fault:
        return Answer(error=_sentence(reply.fault), prints=prints)
    return Answer(tuple(_value(value) for value in reply.values), prints=prints)


def _value(value: bytes | None) -> Json | Undefined:
    if value is None:
        return UNDEFINED
    decoded: Json = msgspec.json.decode(value)
    return decoded


def _sentence(fault: Fault) -> str:
    if not fault.file:
        return fault.message
    return f"{fault.file}:{fault.line}:{fault.column}: {fault.message}"


def _policy_error(fault: Fault, source: Source) -> PolicyError:
    message = fault.message if fault.file else f"reading the module {fault.message}"
    location = Location(fault.file or source.file, fault.line or None, fault.column or None)
    return PolicyError(message, hint=fault.hint or None, location=location)


def _module_facts(facts: Facts) -> ModuleFacts:
    return ModuleFacts(
        facts.file,
        facts.package,
        facts.rules,
        tuple(facts.imports),
        facts.reads_time,
        facts.v0,
        facts.inputs,
    )
