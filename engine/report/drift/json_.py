"""Drift as versioned JSON; schema: ``schemas/drift/v1.schema.json``."""

from typing import Any, TextIO

from eidos.engine.model.drift import (
    Change,
    Comparison,
    Drift,
    Explained,
    Explanation,
    Flip,
    Ignored,
    NodeChange,
    NotComparable,
    Side,
)
from eidos.engine.model.verdict import Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.jsontext import (
    API_VERSION,
    dumps,
    location_json,
    relaxations_json,
    write_document,
)


def report(compared: Comparison, out: TextIO, rendering: Rendering) -> None:
    """Write one document of kind Drift."""
    out.write(dumps(document(compared.drift, summary=rendering.summary), indent=2) + "\n")


def patch(compared: Comparison, out: TextIO, _rendering: Rendering) -> None:
    """Write the JSON Patch (RFC 6902) that makes the current snapshot of the baseline."""
    out.write(dumps([*compared.patch()], indent=2) + "\n")


def document(drift: Drift, *, summary: bool = False) -> dict[str, Any]:
    """Give the drift as JSON.

    Args:
        drift: what differs.
        summary: leave out everything but the counts.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": "Drift",
        "baseline": _side(drift.baseline),
        "current": _side(drift.current),
        "exitCode": int(drift.exit_code),
        "failOn": drift.gate.fail_on.value,
        **relaxations_json(drift.relaxations),
        "counts": {level.value: count for level, count in drift.counts.items()},
        "unlike": list(drift.unlike),
        "summary": {
            "changes": len(drift.changes),
            "nodes": len(drift.moved),
            "notComparable": len(drift.not_comparable),
            "flips": len(drift.flips),
            "ignored": drift.hidden,
        },
        **({} if summary else _details(drift)),
    }


def _details(drift: Drift) -> dict[str, Any]:
    return {
        "nodes": [_node(node) for node in drift.nodes],
        "changes": [_change(change) for change in drift.changes],
        "flips": [
            {
                "node": each.node,
                **_flip(each.flip),
                "level": each.flip.level.value,
                "cause": each.cause.value,
                "changes": [[_named(change) for change in changes] for changes in each.sets],
            }
            for each in drift.flips
        ],
        "notComparable": [_gap(gap) for gap in drift.not_comparable],
        "ignored": [_ignored(each) for each in drift.ignored],
        "idleIgnores": [
            {"pattern": each.rule.pattern, "origin": each.rule.origin, "expired": each.is_expired}
            for each in drift.idle_ignores
        ],
    }


def _node(node: NodeChange) -> dict[str, Any]:
    return {
        "change": node.fate.value,
        "before": node.before,
        "after": node.after,
        "matchedBy": node.matched_by,
        "level": node.level.value,
    }


def _gap(gap: NotComparable) -> dict[str, Any]:
    return {
        "node": gap.node,
        "type": gap.address.type,
        "subtype": gap.address.subtype,
        "key": gap.address.key,
        "side": gap.side,
        "reason": gap.reason,
    }


def _ignored(ignored: Ignored) -> dict[str, Any]:
    rule = ignored.rule
    return {
        "pattern": rule.pattern,
        "reason": rule.reason,
        "origin": rule.origin,
        "count": len(ignored.changes),
        "facts": sorted({change.fact for change in ignored.changes}),
    }


def _flip(flip: Flip) -> dict[str, Any]:
    return {"rule": flip.rule, "before": flip.before.value, "after": flip.after.value}


def _named(change: Change) -> dict[str, Any]:
    return {"node": change.node, "fact": change.fact}


def _blamed(flip: Flip) -> dict[str, Any]:
    return {**_flip(flip), "level": flip.level.value, "together": list(flip.together)}


def explanation(explained: Explanation, out: TextIO, _rendering: Rendering) -> None:
    """Write one document of kind DriftExplanation; ``schemas/drift-explanation/v1.schema.json``."""
    drift, rule = explained.drift, explained.rule
    write_document(
        out,
        "DriftExplanation",
        rule={"id": rule.id, "title": rule.title, "severity": rule.severity.value},
        baseline=_side(drift.baseline),
        current=_side(drift.current),
        exitCode=int(drift.exit_code),
        subjects=[_explained(each) for each in explained.subjects],
    )


def _explained(each: Explained) -> dict[str, Any]:
    flip = each.flip
    return {
        "node": each.node,
        "before": _verdict(each.before),
        "after": _verdict(each.after),
        "cause": flip.cause.value if flip else None,
        "changes": [[_change(change) for change in found] for found in (flip.sets if flip else ())],
        "undo": [[_named(change) for change in found] for found in each.undo],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "status": verdict.status.value,
        "reason": verdict.reason,
        "findings": [
            {"msg": finding.msg, "path": finding.path, "fix": finding.fix}
            for finding in verdict.findings
        ],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "digest": side.digest,
        "cluster": side.cluster,
        "timestamp": side.timestamp,
    }


def _change(change: Change) -> dict[str, Any]:
    before_at, after_at = change.places()
    return {
        "node": change.node,
        "fact": change.fact,
        "type": change.address.type,
        "subtype": change.address.subtype,
        "path": list(change.path),
        "change": change.kind.value,
        "level": change.level.value,
        "before": change.before,
        "after": change.after,
        "note": change.note,
        "readBy": list(change.read_by),
        "flips": [_blamed(flip) for flip in change.flips],
        "beforeAt": location_json(before_at),
        "afterAt": location_json(after_at),
    }
