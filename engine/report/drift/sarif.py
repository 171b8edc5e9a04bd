"""Drift as SARIF 2.1.0: a result on the line of each change, for viewers of code scanning.

There is a rule for each level, because drift is of facts and not of rules of policy; what a change
did to verdicts is said in its message.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from eidos.engine.digest import digest
from eidos.engine.errors import ExitCode
from eidos.engine.model.drift import Comparison, Drift, NodeChange
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Severity
from eidos.engine.ports import Rendering
from eidos.engine.report.drift.alike import Group, grouped
from eidos.engine.report.drift.wording import counted, decided, flips, gaps, headline, node_moved
from eidos.engine.report.escaping import one_line, sarif_text
from eidos.engine.report.jsontext import dumps
from eidos.engine.report.sarif import LEVELS, SCHEMA, SCORES, physical

_FINGERPRINT = "eidosDrift/v1"
_WORST_FIRST: Sequence[Severity] = tuple(reversed(Severity))


def report(compared: Comparison, out: TextIO, rendering: Rendering) -> None:
    """Write a log with one run."""
    report_all([compared], out, rendering)


def report_all(found: Iterable[Comparison], out: TextIO, rendering: Rendering) -> None:
    """Write a log with a run for each comparison."""
    runs: list[Json] = [_run(each.drift, summary=rendering.summary) for each in found]
    log: Json = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    out.write(dumps(log, indent=2) + "\n")


def _run(drift: Drift, *, summary: bool) -> Json:
    results: list[Json] = [] if summary else list(_results(drift))
    return {
        "tool": {"driver": {"name": "eidos diff", "rules": [_rule(each) for each in _WORST_FIRST]}},
        "automationDetails": {"id": one_line(f"eidos-diff/{drift.current.name}")},
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": int(drift.exit_code),
                "exitCodeDescription": f"{decided(drift)}: {counted(drift)}",
                "toolExecutionNotifications": list(_notifications(drift)),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }


def _rule(level: Severity) -> Json:
    text = f"A fact differs from the baseline: {level.value}"
    return {
        "id": f"drift-{level.value}",
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": LEVELS[level]},
        "properties": {"security-severity": SCORES[level]},
    }


def _notifications(drift: Drift) -> Iterator[Json]:
    lines = [*drift.unlike, *(f"not comparable: {each}" for each in gaps(drift.not_comparable))]
    level = "error" if drift.exit_code is ExitCode.INCOMPLETE else "warning"
    for line in (*lines, *(f"relaxed: {each}" for each in drift.relaxations)):
        yield {"level": level, "message": {"text": sarif_text(line)}}


def _results(drift: Drift) -> Iterator[Json]:
    for node in sorted(drift.moved, key=lambda node: -node.level.rank):
        yield _node(node)
    for group in grouped(drift.changes):
        yield _change(group)


def _result(level: Severity, text: str, *identity: Json) -> dict[str, Json]:
    return {
        "ruleId": f"drift-{level.value}",
        "ruleIndex": _WORST_FIRST.index(level),
        "level": LEVELS[level],
        "message": {"text": sarif_text(text)},
        # Who holds it for the same tomorrow goes by what it is about, and not by its line.
        "partialFingerprints": {_FINGERPRINT: digest(list(identity))},
    }


def _node(node: NodeChange) -> Json:
    names: list[Json] = [node.before, node.after]
    logical: Json = {"name": one_line(node.after or node.before or ""), "kind": "resource"}
    result = _result(node.level, node_moved(node), "node", node.fate.value, names)
    return {**result, "locations": [{"logicalLocations": [logical]}]}


def _change(group: Group) -> Json:
    change = group.change
    flipped = f"; verdict {flips(change)}" if change.flips else ""
    before, after = change.places()
    place = after or before
    where: dict[str, Json] = {
        "logicalLocations": [{"fullyQualifiedName": one_line(change.fact), "kind": "member"}]
    }
    if place:
        where["physicalLocation"] = physical(place)
    nodes: list[Json] = [*group.nodes]
    values: list[Json] = [change.kind.value, change.before, change.after]
    text = f"{group.where}: {headline(change, 400)}{flipped}"
    result = _result(change.level, text, change.fact, nodes, values)
    return {**result, "locations": [where]}
