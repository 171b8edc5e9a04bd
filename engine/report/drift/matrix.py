"""A fleet grouped by what is alike: one line for a subtype where all agree."""

from collections.abc import Iterator
from typing import Any, TextIO

from eidos.engine.model.drift import AlikeClass, Matrix, SubtypeClasses
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.wording import fact, values
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import relaxations_json, write_document
from eidos.engine.report.wording import and_more, named, plural

_NAMES = 5
"""Nodes named of a class."""
_CHANGES = 10
"""Changes shown of a class; all of them with verbose."""


def text(matrix: Matrix, out: TextIO, rendering: Rendering) -> None:
    """Write the classes for people."""
    for each in matrix.subtypes:
        out.writelines(f"{disarmed(line)}\n" for line in _lines(each, rendering))
    relaxed = (f"relaxed: {one_line(str(each))}" for each in matrix.relaxations)
    out.writelines(f"{disarmed(line)}\n" for line in relaxed)
    out.write(f"\n{matrix.nodes} nodes; exit code {int(matrix.exit_code)}\n")


def _lines(each: SubtypeClasses, rendering: Rendering) -> Iterator[str]:
    first, *others = each.classes
    name = one_line(f"{each.address.type}.{each.address.subtype}")
    agree = f"{name}: {plural(len(first.nodes), 'node')} alike"
    differ = sum(len(other.nodes) for other in others)
    classes = f" in {len(others):,} ways" if len(others) > 1 else ""
    yield (
        f"{agree}, {differ:,} {'differs' if differ == 1 else 'differ'}{classes}"
        if others
        else agree
    )
    for other in () if rendering.summary else others:
        yield f"  {_named(other.nodes)}:"
        ranked = sorted(other.changes, key=lambda change: -change.level.rank)
        shown = ranked if rendering.verbose else ranked[:_CHANGES]
        for change in shown:
            yield f"    {change.level.value:<8} {fact(change)}: {values(change)}"
        if hidden := len(other.changes) - len(shown):
            yield f"    {and_more(hidden)} (--show-ignored shows all)"
    if each.lacking:
        yield f"  not collected on {_named(each.lacking)}"


def _named(nodes: tuple[str, ...]) -> str:
    names = named([one_line(name) for name in nodes[:_NAMES]], len(nodes))
    return f"{plural(len(nodes), 'node')} ({names})"


def json(matrix: Matrix, out: TextIO, rendering: Rendering) -> None:
    """Write the classes as one document of kind DriftMatrix."""
    write_document(
        out,
        "DriftMatrix",
        nodes=matrix.nodes,
        exitCode=int(matrix.exit_code),
        **relaxations_json(matrix.relaxations),
        subtypes=[_subtype(each, rendering) for each in matrix.subtypes],
    )


def _subtype(each: SubtypeClasses, rendering: Rendering) -> dict[str, Any]:
    named = {"type": each.address.type, "subtype": each.address.subtype}
    if rendering.summary:
        sizes = [len(alike.nodes) for alike in each.classes]
        counts = {"classSizes": sizes, "lackingCount": len(each.lacking)}
        return {**named, **counts}
    return {
        **named,
        "classes": [_class(alike) for alike in each.classes],
        "lacking": list(each.lacking),
    }


def _class(alike: AlikeClass) -> dict[str, Any]:
    changes = [
        {
            "fact": fact(change),
            "change": change.kind.value,
            "level": change.level.value,
            "before": change.before,
            "after": change.after,
        }
        for change in alike.changes
    ]
    return {"nodes": list(alike.nodes), "changes": changes}
