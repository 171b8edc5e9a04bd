"""Both gates of a bundle asked again, from what it carries alone; what differs is named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
from eidos.engine.errors import EidosError
from eidos.engine.gating.deciding import decided, uncovered
from eidos.engine.model.bundle import File, GateDecision
from eidos.engine.model.bundle_check import Replayed
from eidos.engine.model.jsonvalue import Json

_ABSENT = "nothing"
_NAMED = (("id",), ("rule", "subject"), ("name",), ("fact", "of"), ("setting",))
"""Keys that tell entries of a list in a decision apart: those of the first that are all there."""


def replay(bundle: OpenedBundle, context: Context) -> Replayed:
    """Ask both gates again, from what a bundle carries, and hold that against its decision.

    The Rego that is evaluated is the bundle's own, in the bounds that hold for any pack.

    Args:
        bundle: that is whole.
        context: says which engine is asked; of `auto` the one that the decision names.
    """
    if not is_carried(bundle):
        return Replayed(
            (f"the bundle carries no {FOLDER}/ to replay: it was made without --evidence",)
        )
    try:
        with _asking(bundle, context) as asking:
            return Replayed(tuple(_differences(bundle, asking)))
    except (EidosError, ValueError) as error:  # an address of a fact, or a day, that is none
        return Replayed((f"the gates cannot be asked again: {error}",))


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
