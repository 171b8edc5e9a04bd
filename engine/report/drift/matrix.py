"""A fleet grouped by what is alike: one line for a subtype where all agree."""

from collections.abc import Iterator
from typing import Any, TextIO

from eidos.engine.model.drift import AlikeClass, Matrix, SubtypeClasses
from eidos.engine.model.rule import Scope
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.wording import fact, headline
from eidos.engine.report.escaping import disarmed, one_line
from eidos.engine.report.jsontext import relaxations_json, write_document
from eidos.engine.report.wording import and_more, named, plural

_NAMES = 5
"""Members named of a class."""
_CHANGES = 10
"""Changes shown of a class; all of them with verbose."""


def text(matrix: Matrix, out: TextIO, rendering: Rendering) -> None:
    """Write the classes for people."""
    for each in matrix.subtypes:
        out.writelines(f"{disarmed(line)}\n" for line in _lines(each, rendering))
    relaxed = (f"relaxed: {one_line(str(each))}" for each in matrix.relaxations)
    out.writelines(f"{disarmed(line)}\n" for line in relaxed)
    counts = (plural(matrix.clusters, "cluster"), plural(matrix.nodes, "node"))
    seen = ", ".join(counts if matrix.clusters else counts[1:])
    out.write(f"\n{seen}; exit code {int(matrix.exit_code)}\n")


def _lines(each: SubtypeClasses, rendering: Rendering) -> Iterator[str]:
    first, *others = each.classes
    name = one_line(f"{each.address.type}.{each.address.subtype}")
    alike = " alike" if len(first.members) > 1 or others else ""
    agree = f"{name}: {plural(len(first.members), each.scope.value)}{alike}"
    differ = sum(len(other.members) for other in others)
    classes = f" in {len(others):,} ways" if len(others) > 1 else ""
    yield (
        f"{agree}, {differ:,} {'differs' if differ == 1 else 'differ'}{classes}"
        if others
        else agree
    )
    for other in () if rendering.summary else others:
        yield f"  {_named(other.members, each.scope)}:"
        ranked = sorted(other.changes, key=lambda change: -change.level.rank)
        shown = ranked if rendering.verbose else ranked[:_CHANGES]
        for change in shown:
            yield f"    {change.level.value:<8} {headline(change)}"
        if hidden := len(other.changes) - len(shown):
            yield f"    {and_more(hidden)} (--show-ignored shows all)"
    if each.lacking:
        yield f"  not collected on {_named(each.lacking, each.scope)}"


def _named(members: tuple[str, ...], scope: Scope) -> str:
    names = named([one_line(name) for name in members[:_NAMES]], len(members))
    return f"{plural(len(members), scope.value)} ({names})"


def json(matrix: Matrix, out: TextIO, rendering: Rendering) -> None:
    """Write the classes as one document of kind DriftMatrix."""
    write_document(
        out,
        "DriftMatrix",
        nodes=matrix.nodes,
        clusters=matrix.clusters,
        exitCode=int(matrix.exit_code),
        **relaxations_json(matrix.relaxations),
        subtypes=[_subtype(each, rendering) for each in matrix.subtypes],
    )


def _subtype(each: SubtypeClasses, rendering: Rendering) -> dict[str, Any]:
    address = each.address
    named = {"scope": each.scope.value, "type": address.type, "subtype": address.subtype}
    if rendering.summary:
        sizes = [len(alike.members) for alike in each.classes]
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
    return {"members": list(alike.members), "changes": changes}
