"""Both gates of a bundle asked again, from what it carries alone; what differs is named."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

from eidos.engine.app.bundle_evidence import (
    FOLDER,
    RENDERED,
    idle,
    is_carried,
    oldest,
    read_json,
    read_question,
)
from eidos.engine.app.bundle_gate import (
    GateQuestion,
    gate_document,
    gate_file,
    judged_after,
    judged_before,
)
from eidos.engine.app.context import Context
from eidos.engine.bundling.comparing import read_bundle
from eidos.engine.bundling.verifying import GATE, RECIPE, OpenedBundle
from eidos.engine.bundling.writing import deployment
from eidos.engine.errors import DocumentError, EidosError, Location
from eidos.engine.gating.deciding import decided, uncovered
from eidos.engine.model.bundle import File, GateDecision
from eidos.engine.model.bundle_check import Outcome, Replayed
from eidos.engine.model.durations import span
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Module
from eidos.engine.ports import Answer, Clock, Job, ModuleFacts, RegoEngine

_ABSENT = "nothing"
_NAMED = (("id",), ("rule", "subject"), ("name",), ("fact", "of"), ("setting",))
"""Keys that tell entries of a list in a decision apart: those of the first that are all there."""


SECONDS = 300.0
"""How long both gates may take to answer again, unless said otherwise; as a run may, 5m."""


class BudgetError(EidosError):
    """The gates did not answer in the time that they had."""


def replay(bundle: OpenedBundle, context: Context, seconds: float = SECONDS) -> Replayed:
    """Ask both gates again, from what a bundle carries, and hold that against its decision.

    The Rego that is evaluated is the bundle's own, in the bounds that hold for any pack, and as
    long as both gates have. A question that was begun is answered in its own bounds.

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
        with _asking(bundle, context) as asking:
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
            raise BudgetError(
                f"both gates were to answer again within {span(self._seconds)}, and did not",
                hint="Give them longer with --replay-timeout, or ask who made the bundle why its "
                "rules take so long.",
            )


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
        yield from list(_of_rendered(seen, bundle))
    except (AttributeError, KeyError, TypeError):
        yield f"{RENDERED}: it is no bundle as rules see it"
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


# What was rendered ------------------------------------------------------------------------------


def _of_rendered(seen: Any, bundle: OpenedBundle) -> Iterator[str]:  # noqa: ANN401 -- any JSON
    """Hold what rules saw against the files that would be deployed."""
    published = read_bundle(bundle.folder)
    files = [
        {"path": path, "size": each.size}
        for path, each in bundle.listed.items()
        if path != GATE and not path.startswith(f"{FOLDER}/")
    ]
    there = (File(path, published.files[path]) for path in sorted(bundle.listed))
    wanted: dict[str, Any] = {
        "recipe": published.recipe.document,
        "criteria": published.recipe.criteria,
        "files": files,
        "deployment": list(deployment(there)),
    }
    for key, value in wanted.items():
        if _ordered(seen.get(key)) != _ordered(value):
            yield f"{RENDERED}: its {key} are not what the bundle holds"
    yield from _of_components(seen, bundle, published.values, published.resources)


def _of_components(
    seen: Mapping[str, Any],
    bundle: OpenedBundle,
    values: Mapping[str, Mapping[str, Json]],
    resources: Mapping[str, Mapping[str, Json]],
) -> Iterator[str]:
    said = seen.get("components")
    components = said if isinstance(said, dict) else {}
    names = [each.name for each in bundle.recipe.components]
    if sorted(components) != sorted(names):
        yield f"{RENDERED}: its components are not those of {RECIPE}"
        return
    for each in bundle.recipe.components:
        found = components[each.name]
        wanted = (each.chart, each.version, each.namespace, dict(values.get(each.name, {})))
        if tuple(found.get(k) for k in ("chart", "version", "namespace", "values")) != wanted:
            yield f"{RENDERED}: {each.name} is not what the bundle holds of it"
    objects = [
        (str(each.get("component")), f"{each.get('apply')}/{each.get('name')}.yaml", each["object"])
        for each in seen.get("objects", ())
    ]
    held = [(name, path, each) for name, its in resources.items() for path, each in its.items()]
    if sorted(objects, key=_place) != sorted(held, key=_place):
        yield f"{RENDERED}: its objects are not those of the bundle"


def _place(entry: tuple[str, str, Json]) -> tuple[str, str]:
    return entry[0], entry[1]


def _ordered(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    """Give entries about files in the order of their paths: a manifest has another."""
    is_files = isinstance(value, list) and all(isinstance(e, dict) and "path" in e for e in value)
    return sorted(value, key=lambda each: str(each["path"])) if is_files else value


# The decision -----------------------------------------------------------------------------------


def _of_decision(said: Any, made: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 -- any JSON
    """Say what of a decision is not as it was, entries of lists by what names them."""
    if isinstance(said, dict) and isinstance(made, dict):
        for key in dict.fromkeys((*said, *made)):
            place = f"{path}.{key}" if path else str(key)
            yield from _of_decision(said.get(key, _ABSENT), made.get(key, _ABSENT), place)
    elif isinstance(said, list) and isinstance(made, list) and (said or made):
        old, new = _keyed(said), _keyed(made)
        for name in dict.fromkeys((*old, *new)):
            yield from _of_decision(
                old.get(name, _ABSENT), new.get(name, _ABSENT), f"{path}[{name}]"
            )
    elif said != made:
        yield f"{path} was {_short(said)}, and is {_short(made)}"


def _keyed(entries: Sequence[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, entry in enumerate(entries):
        said = entry if isinstance(entry, dict) else {}
        keys = next((keys for keys in _NAMED if all(key in said for key in keys)), ())
        name = " of ".join(str(said[key]) for key in keys) or str(number)
        found[f"{name} ({number})" if name in found else name] = entry
    return found


def _short(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("status") or "there")
    return str(value)[:200]
