"""Drift as versioned JSON; schema: ``schemas/drift/v1.schema.json``."""

from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from eidos.engine.errors import Location
from eidos.engine.model.drift import Change, Drift, Side
from eidos.engine.model.factpath import join_path
from eidos.engine.ports import Rendering
from eidos.engine.report.jsontext import dumps

API_VERSION = "eidos.dev/v1"


def report(drift: Drift, out: TextIO, _rendering: Rendering) -> None:
    """Write one document of kind Drift."""
    out.write(dumps(document(drift), indent=2) + "\n")


def document(drift: Drift) -> dict[str, Any]:
    """Give the drift as JSON."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Drift",
        "baseline": _side(drift.baseline),
        "current": _side(drift.current),
        "exitCode": int(drift.exit_code),
        "counts": {level.value: count for level, count in drift.counts.items()},
        "nodes": [
            {
                "change": node.fate.value,
                "before": node.before,
                "after": node.after,
                "matchedBy": node.matched_by,
                "level": node.level.value,
            }
            for node in drift.nodes
        ],
        "changes": [_change(change) for change in drift.changes],
        "notComparable": [
            {
                "node": gap.node,
                "type": gap.type,
                "subtype": gap.subtype,
                "side": gap.side,
                "reason": gap.reason,
            }
            for gap in drift.not_comparable
        ],
        "ignored": _ignored(drift.ignored),
        "unusedIgnores": [
            {"pattern": rule.pattern, "origin": rule.origin} for rule in drift.unused_ignores
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
    return {
        "node": change.node,
        "fact": join_path((change.type.lower(), change.subtype, *change.path)),
        "type": change.type,
        "subtype": change.subtype,
        "path": list(change.path),
        "change": change.kind.value,
        "level": change.level.value,
        "before": change.before,
        "after": change.after,
        "note": change.note,
        "readBy": list(change.read_by),
        "flips": [
            {"rule": flip.rule, "before": flip.before.value, "after": flip.after.value}
            for flip in change.flips
        ],
        "beforeAt": _place(change.before_at),
        "afterAt": _place(change.after_at),
    }


def _place(place: Location | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"file": place.file, "line": place.line, "column": place.column, "path": place.path}


def _ignored(ignored: Mapping[str, Sequence[Change]]) -> list[dict[str, Any]]:
    return [
        {"pattern": pattern, "count": len(changes)} for pattern, changes in sorted(ignored.items())
    ]
