"""Both gates of a bundle asked again, from what it carries alone; what differs is named."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

from eidos.engine import __version__
from eidos.engine.app.bundle_evidence import (
    DEFINITIONS,
    FOLDER,
    RENDERED,
    idle,
    is_carried,
    library_contents,
    maker,
    oldest,
    read_json,
    read_question,
    read_written,
)
from eidos.engine.app.bundle_gate import (
    GateQuestion,
    announced,
    gate_document,
    gate_file,
    judged_after,
    judged_before,
)
from eidos.engine.app.context import Context
from eidos.engine.bundling.remaking import plan_of
from eidos.engine.bundling.verifying import GATE, OpenedBundle
from eidos.engine.bundling.writing import as_input, bundle_files
from eidos.engine.digest import address, canonical
from eidos.engine.errors import DocumentError, EidosError, Location
from eidos.engine.gating.deciding import decided, uncovered
from eidos.engine.gating.relaxing import untold
from eidos.engine.model.bundle import File, GateDecision, Plan
from eidos.engine.model.bundle_check import Outcome, Replayed
from eidos.engine.model.durations import span
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.packs.files import LIBRARY, folder_contents, policy_contents
from eidos.engine.packs.shipped import shipped_as
from eidos.engine.plugins import find_deployers
from eidos.engine.ports import Answer, Clock, Job, ModuleFacts, RegoEngine

_ABSENT = object()
_NAMED = (("id",), ("rule", "subject"), ("name",), ("fact", "of"), ("setting",))
"""Keys that tell entries of a list in a decision apart: those of the first that are all there."""


SECONDS = 300.0
"""How long both gates may take to answer again, unless said otherwise; as a run may, 5m."""


class BudgetError(EidosError):
    """The gates did not answer in the time that they had."""


def replay(bundle: OpenedBundle, context: Context, seconds: float = SECONDS) -> Replayed:
    """Ask both gates again, from what a bundle carries, and hold that against its decision.

    The Rego that is evaluated is the bundle's own, in the bounds that hold for any pack, and as
    long as both gates have. Where that is over, whatever is being done is given up; outside of the
    main thread, where nothing can be interrupted, what was begun is ended in its own bounds.

    Args:
        bundle: that is whole.
        context: says which engine is asked; of `auto` the one that the decision names.
        seconds: how long both may take.

    Raises:
        BudgetError: they take longer.
    """
    if not is_carried(bundle):
        why = f"the bundle carries no {FOLDER}/ to replay: it was made without --evidence"
        return Replayed(Outcome.UNANSWERED, (why,))
    try:
        with _asking(bundle, context) as asking, given_up_after(seconds):
            asking.engine = Budgeted(asking.engine, context.clock, seconds)
            return _compared(bundle, tuple(_differences(bundle, asking)))
    except BudgetError:
        raise
    except (EidosError, ValueError) as error:  # an address of a fact, or a day, that is none
        return Replayed(Outcome.UNANSWERED, (f"the gates cannot be asked again: {error}",))


def _compared(bundle: OpenedBundle, found: tuple[str, ...]) -> Replayed:
    if not found:
        return Replayed(Outcome.SAME)
    engines = {f"{half}.engine was {bundle.gate[half]['engine']}," for half in ("before", "after")}
    other = all(any(each.startswith(engine) for engine in engines) for each in found)
    return Replayed(Outcome.OTHER_ENGINE if other else Outcome.OTHERWISE, found)


class Budgeted:
    """An engine that answers as long as there is time, and no longer.

    Args:
        engine: that is asked.
        clock: tells the time.
        seconds: how long it may take, from now.
    """

    def __init__(self, engine: RegoEngine, clock: Clock, seconds: float) -> None:
        self._engine = engine
        self._clock = clock
        self._seconds = seconds
        self._end = clock.now() + timedelta(seconds=seconds)
        self.name = engine.name
        self.version = engine.version

    def analyse(self, modules: Sequence[Module], *, v0: bool | None = None) -> list[ModuleFacts]:
        """Read modules, see `eidos.engine.ports.RegoEngine`."""
        self._go_on()
        return self._engine.analyse(modules, v0=v0)

    def prepare(self, jobs: Iterable[Job]) -> None:
        """Do nothing: what is asked here is asked once."""

    def expect(self, jobs: Iterable[Job]) -> None:
        """Hear what may be asked."""
        self._engine.expect(jobs)

    def evaluate(self, jobs: Iterable[Job]) -> Iterator[Answer]:
        """Answer each job, a few at a time, and look at the clock between."""
        every = list(jobs)
        self._engine.expect(every)  # what is asked a few at a time is still compiled together
        coming = iter(every)
        while some := list(islice(coming, _AT_ONCE)):
            self._go_on()
            yield from self._engine.evaluate(some)
        self._go_on()

    def close(self) -> None:
        """Leave the engine to who opened it."""

    def _go_on(self) -> None:
        if self._clock.now() > self._end:
            raise _over(self._seconds)


@contextmanager
def given_up_after(seconds: float) -> Iterator[None]:
    """Give up what is done here when its time is over; nothing outside of the main thread.

    A bundle of others says what is read, rendered and held against definitions, and no clock is
    looked at within. An alarm of others, as tests have one, goes on afterwards; where theirs comes
    first, or its handler is none that Python could put back, it is left alone.

    Args:
        seconds: by the machine's clock.

    Raises:
        BudgetError: the time is over; also where what was told so caught that, and went on.
    """
    theirs = signal.getitimer(signal.ITIMER_REAL)[0]
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGALRM) is None or 0 < theirs <= seconds:
        yield
        return
    is_over = False

    def give_up(_signal: int, _frame: object) -> None:
        nonlocal is_over
        is_over = True
        raise _over(seconds)

    try:
        with _alarm(give_up, seconds):
            yield
    except Exception as error:
        if is_over and not isinstance(error, BudgetError):
            raise _over(seconds) from error
        raise
    if is_over:
        raise _over(seconds)


@contextmanager
def _alarm(ring: Callable[[int, object], None], seconds: float) -> Iterator[None]:
    """Ring in the main thread after a time, and again; then let the alarm of others go on."""
    began = time.monotonic()
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    handler = signal.signal(signal.SIGALRM, ring)
    try:
        try:
            # Again and again: who catches what a part of the work raises may catch this too.
            signal.setitimer(signal.ITIMER_REAL, max(seconds, _SOONEST), _AGAIN)
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:  # also where it rings just now
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            gone = time.monotonic() - began
            signal.setitimer(signal.ITIMER_REAL, max(left - gone, _SOONEST), interval)


def _over(seconds: float) -> BudgetError:
    return BudgetError(
        f"both gates were to answer again within {span(seconds)}, and did not",
        hint="Give them longer with --replay-timeout, or ask who made the bundle why its rules "
        "take so long.",
    )


_SOONEST = 0.001
"""Seconds at least: an alarm of 0 is none."""
_AGAIN = 1.0
"""Seconds after which who was told to give up, and did not, is told again."""
_AT_ONCE = 4
"""Questions that are asked together: each may take as long as a job may, once time is over."""


def _asking(bundle: OpenedBundle, context: Context) -> Context:
    """Open the engine that decided, where no other is asked for."""
    opening = context.opening
    named = str(bundle.gate["before"]["engine"]).partition(" ")[0]
    if opening.engine == "auto" and named == "light":
        opening = replace(opening, engine="light")
    return Context(opening, context.environ, context.clock, context.say)


def _differences(bundle: OpenedBundle, context: Context) -> Iterator[str]:
    question = read_question(bundle, context.engine, context.limits)
    seen: Any = read_json(bundle, RENDERED, context.limits).value
    if not isinstance(seen, dict):
        raise DocumentError("it is no bundle as rules see it", location=Location(RENDERED))
    yield from (f"{path}: nothing is asked of it" for path in idle(bundle))
    try:
        yield from list(_of_rendered(seen, bundle, context))
    except (AttributeError, KeyError, TypeError):
        yield f"{RENDERED}: it is no bundle as rules see it"
    yield from _of_shipped(question, bundle, context)
    rules = question.bundle_packs, question.bundle_rules
    yield from untold(question.policy, question.gate.name, *rules)
    announced(question.policy, question.constraints, question.bundle_rules, context)
    before, outcomes = judged_before(question, context)
    after = judged_after(question, seen, bundle.recipe.name, context)
    reasons = (*_stale(question), *uncovered(question.gate, question.item.snapshot.snapshot))
    decision = decided([before, after], reasons, outcomes)
    said = GateDecision(question.gate, before, after, reasons, decision, outcomes)
    made = gate_file(said, question).content
    if made == bundle.read(GATE):
        return
    found = list(_of_decision(*_comparable(bundle.gate, gate_document(said, question))))
    yield from found or [f"{GATE}: the same decision, written in other bytes"]


def _comparable(said: Mapping[str, Any], made: Mapping[str, Any]) -> tuple[Any, Any]:
    """Leave out what another engine changes of every verdict: the address of what it was asked."""
    if said["before"]["engine"] == made["before"]["engine"]:
        return said, made
    return _without_addresses(said), _without_addresses(made)


def _without_addresses(said: Mapping[str, Any]) -> dict[str, Any]:
    parts = {
        part: {**said[part], "verdicts": [{**e, "evidence": None} for e in said[part]["verdicts"]]}
        for part in ("before", "after")
    }
    return {**said, **parts}


def _stale(question: GateQuestion) -> Iterator[str]:
    """Say what can be told of the age of facts: when a gate was asked is known to the day."""
    most = question.gate.max_age
    if most is None:
        return
    age = oldest(question)
    if age is None:
        yield "nobody knows how old the snapshot is: it has no timestamp"
    elif age.total_seconds() > most:
        yield f"the snapshot was older than {question.gate.name} takes, whenever that day"
    elif age.days < -1:
        yield "the snapshot is from a later day than the decision"


# What is deployed -------------------------------------------------------------------------------


def _of_rendered(seen: Any, bundle: OpenedBundle, context: Context) -> Iterator[str]:  # noqa: ANN401 -- any JSON
    """Make the files that are deployed again from what rules saw, and what rules saw from that."""
    written = read_written(bundle)
    plan = plan_of(seen, bundle.recipe, written)
    known, broken = find_deployers()
    here = {name: known[name] for name in written.deployers if name in known}
    missing = [name for name in written.deployers if name not in known]
    for name in missing:
        why = broken.get(name, "it is not installed")
        yield f"the deployer {name} cannot write its files again here: {why}"
    annotate = written.annotations is not None
    files = bundle_files(plan, bundle.recipe, here, annotate=annotate)
    otherwise = list(_of_files(files, bundle))
    yield from otherwise
    if otherwise and maker(bundle) != _US:
        yield f"{maker(bundle)} wrote the files, and this is {_US}, which may write some otherwise"
    made = _as_seen(plan, files, bundle, context)
    if missing:  # so are their files, in what is made again
        made |= {key: seen[key] for key in ("files", "deployment")}
    differing = list(_differing(seen, made))
    for path, saw, gives in differing:
        yield f"{RENDERED}: {path}: rules saw {_short(saw)}, and the bundle has {_short(gives)}"
    if not differing and canonical(seen) != canonical(made):
        yield f"{RENDERED}: it is not what the bundle gives"


_US = f"eidos {__version__}"


def _of_files(files: Sequence[File], bundle: OpenedBundle) -> Iterator[str]:
    """Name every file that is deployed and was not judged so, or was judged and is not there."""
    made = {each.path: each for each in files}
    for path in sorted(made.keys() | bundle.listed.keys()):
        there, wanted = bundle.listed.get(path), made.get(path)
        if there is None:
            yield f"{path}: rules judged it, and it is not in the bundle"
        elif wanted is None and path != GATE and not path.startswith(f"{FOLDER}/"):
            yield f"{path}: nobody judged it: it does not follow from what rules saw"
        elif wanted is not None and address(wanted.content) != there.digest:
            yield f"{path}: nobody judged it so: made again from what rules saw, it is another"
        elif there.is_executable is not (wanted is not None and wanted.is_executable):
            yield f"{path}: whether it can be executed is not as it was made"


def _as_seen(
    plan: Plan, files: Sequence[File], bundle: OpenedBundle, context: Context
) -> dict[str, Json]:
    """Give what rules see of a plan, with what carried definitions say of it."""
    made = as_input(plan, bundle.recipe, files)
    if DEFINITIONS in bundle.listed:
        from eidos.engine.bundling.definitions import definitions_in, held

        definitions = definitions_in([read_json(bundle, DEFINITIONS, context.limits)])
        made["definitions"] = held(definitions, made)
    return made


# What judged ------------------------------------------------------------------------------------


def _of_shipped(question: GateQuestion, bundle: OpenedBundle, context: Context) -> Iterator[str]:
    """Hold what judged against what comes with this eidos, by name: it may be called like that.

    What is of another version can be held against nothing here, and is told.
    """
    told = []
    for pack in (*question.policy.packs, *question.bundle_packs):
        version, digest = shipped_as(pack.name) or (None, None)
        if version == pack.version and digest != pack.digest:
            yield (
                f"the pack {pack.name}@{pack.version} is not the one that {_US} ships: "
                f"it is {pack.digest} and not {digest}"
            )
        elif version not in {None, pack.version}:
            told.append(f"{pack.name}@{pack.version} (here {version})")
    if maker(bundle) == _US and library_contents(bundle) != policy_contents(
        folder_contents(LIBRARY)
    ):
        yield f"the library that packs were read with is not the one of {_US}"
    if told:
        said = ", ".join(told)
        context.say(f"note: of another version than {_US} ships, and held against nothing: {said}")


# The decision -----------------------------------------------------------------------------------


def _of_decision(said: Any, made: Any) -> Iterator[str]:  # noqa: ANN401 -- any JSON
    """Say what of a decision is not as it was."""
    for path, was, is_ in _differing(said, made):
        yield f"{path} was {_short(was)}, and is {_short(is_)}"


def _differing(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 -- any JSON
    """Give where two documents differ, and how; entries of lists by what names them.

    A number is not a flag, and 1 is not 1.0: rules may tell them apart.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            place = f"{path}.{key}" if path else str(key)
            yield from _differing(one.get(key, _ABSENT), other.get(key, _ABSENT), place)
    elif isinstance(one, list) and isinstance(other, list):
        old, new = _keyed(one), _keyed(other)
        for name in dict.fromkeys((*old, *new)):
            place = f"{path}[{name}]"
            yield from _differing(old.get(name, _ABSENT), new.get(name, _ABSENT), place)
        if old == new and list(old) != list(new):
            yield f"the order of {path}", ", ".join(old), ", ".join(new)
    elif type(one) is not type(other) or one != other:
        yield path, one, other


def _keyed(entries: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, entry in enumerate(entries):
        said = entry if isinstance(entry, dict) else {}
        keys = next((keys for keys in _NAMED if all(key in said for key in keys)), ())
        name = " of ".join(str(said[key]) for key in keys) or str(number)
        found[f"{name} ({number})" if name in found else name] = entry
    return found


def _short(value: object) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, dict):
        return str(value.get("status") or "there")
    return str(value)[:200]
