"""What gates decided about bundles; ``schemas/bundles/v1.schema.json`` describes the JSON."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recorded_bundling import RecordedBundling, ReportRef, ShownBundling
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.history import rows
from eidos.engine.report.jsontext import write_document

Bundlings = Sequence[RecordedBundling]
_DIGITS = len("sha256:") + 12
"""Signs of a digest in a table: they tell bundles apart, and name one."""
_TITLES = ("DECIDED", "RUN", "CLUSTER", "RECIPE", "GATE", "DECISION", "BUNDLE", "PLACE")


def _rows(found: Bundlings) -> Iterator[tuple[object, ...]]:
    for each in found:
        bundle = each.bundle[:_DIGITS] if each.bundle else None
        yield (*_beginning(each), bundle, each.place)


def _beginning(each: RecordedBundling) -> tuple[object, ...]:
    who = (each.cluster, each.recipe.name)
    return (each.started, each.name, *who, each.gate, each.decision.value)


def _whole_rows(found: Bundlings) -> Iterator[tuple[object, ...]]:
    for each in found:
        yield (*_beginning(each), each.bundle, each.place)


text = rows.table(_TITLES, _rows)
table = text
csv = rows.csv(_TITLES, _whole_rows)


def json(found: Bundlings, out: TextIO, _rendering: Rendering) -> None:
    """Write all that is known of each."""
    write_document(out, "BundleList", bundles=[_bundling(each) for each in found])


def one_json(found: ShownBundling, out: TextIO, _rendering: Rendering) -> None:
    """Write the same of one alone."""
    write_document(out, "BundleList", bundles=[_bundling(found.said)])


def gate(found: ShownBundling, out: TextIO, _rendering: Rendering) -> None:
    """Write ``gate.json`` as it was; it holds nothing that moves a cursor."""
    out.write(found.document)


def one(found: ShownBundling, out: TextIO, _rendering: Rendering) -> None:
    """Write who decided what, on which evidence, and what came of it."""
    lines = (f"{title:<11}{one_line(str(said))}" for title, said in _lines(found.said))
    out.writelines(disarmed(line) + "\n" for line in lines)


def _lines(said: RecordedBundling) -> Iterator[tuple[str, object]]:
    yield "decision", f"{said.decision.value} (gate {said.gate})"
    yield "decided", f"{said.started}, by the rules of {said.effective_time}"
    yield "recipe", f"{said.recipe.name} {said.recipe.digest}"
    seen = f", seen {said.snapshot_time}" if said.snapshot_time else ""
    yield "cluster", f"{said.cluster or '-'}, snapshot {said.snapshot}{seen}"
    yield "before", _report(said.before)
    yield "after", _report(said.after) if said.after else "nothing was rendered"
    for title, texts in (
        ("reason", said.reasons),
        ("waiver", said.waivers),
        ("relaxed", said.relaxations),
    ):
        yield from ((title, each) for each in texts)
    yield "bundle", said.bundle or "none"
    yield "place", said.place or "none"
    yield "deployers", ", ".join(said.deployers)
    for each in said.components:
        yield "component", f"{each.name} {each.version or ''}".rstrip() + f" (wave {each.wave})"
    yield "gate.json", said.document


def _report(ref: ReportRef) -> str:
    return f"{ref.decision.value}, run {ref.run}, {ref.digest}"


def _bundling(said: RecordedBundling) -> Json:
    return {
        "run": said.name,
        "decided": said.started,
        "gate": said.gate,
        "decision": said.decision.value,
        "cluster": said.cluster,
        "snapshot": said.snapshot,
        "snapshotTime": said.snapshot_time,
        "effectiveTime": said.effective_time,
        "recipe": {"name": said.recipe.name, "digest": said.recipe.digest},
        "before": _ref(said.before),
        "after": _ref(said.after) if said.after else None,
        "reasons": list(said.reasons),
        "waivers": list(said.waivers),
        "relaxations": list(said.relaxations),
        "deployers": list(said.deployers),
        "components": [
            {"name": each.name, "version": each.version, "wave": each.wave}
            for each in said.components
        ],
        "bundle": said.bundle,
        "place": said.place,
        "document": said.document,
    }


def _ref(ref: ReportRef) -> Json:
    return {"run": ref.run, "decision": ref.decision.value, "digest": ref.digest}
