"""What several formats say of drift in the same words: changes, values, nodes, the exit code."""

from collections.abc import Mapping
from itertools import takewhile

from eidos.engine.errors import ExitCode
from eidos.engine.model.drift import (
    Change,
    ChangeKind,
    Drift,
    IdleRule,
    NodeChange,
    NodeFate,
    NodeFlip,
    NotComparable,
    Side,
)
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Severity
from eidos.engine.report.escaping import one_line, shortened
from eidos.engine.report.jsontext import short
from eidos.engine.report.wording import plural

_VALUE = 80
"""Characters shown of a value."""
_CONTEXT = 20
"""Characters that two long values have in common and that are shown all the same."""
_TYPES = {str: "text", bool: "boolean", int: "integer", float: "number"}


def side(of: Side) -> str:
    """Name a snapshot: how the user called it, its cluster, its time."""
    remarks = [one_line(remark) for remark in (of.cluster, of.timestamp) if remark]
    name = one_line(of.name)
    return f"{name} ({', '.join(remarks)})" if remarks else name


def counted(drift: Drift) -> str:
    """Count the changes by level, and what was hidden."""
    total = len(drift.changes) + len(drift.moved)
    text = plural(total, "change")
    if levels := leveled(drift.counts):
        text += f": {levels}"
    return f"{text}; {drift.hidden:,} ignored" if drift.hidden else text


def leveled(counts: Mapping[Severity, int]) -> str:
    """Count by level, worst first, zeros left out."""
    worst_first = reversed([*counts.items()])
    return ", ".join(f"{count:,} {level}" for level, count in worst_first if count)


def decided(drift: Drift) -> str:
    """Say the exit code in words."""
    code = drift.exit_code
    if code is ExitCode.INCOMPLETE:
        known = plural(len(drift.not_comparable), "group")
        return f"incomplete (exit code 3): {known} of facts not known on both sides"
    if code is ExitCode.FAILED:
        return "drift (exit code 1)"
    if drift.changes or drift.moved:
        return f"no drift at or above {drift.gate.fail_on} (exit code 0)"
    if drift.not_comparable:
        return "nothing differs in what could be compared (exit code 0)"
    return "identical (exit code 0)"


def node_moved(node: NodeChange) -> str:
    """Say what became of a node."""
    if node.fate is NodeFate.COUNTERPART:
        names = f"{one_line(node.before or '')} with {one_line(node.after or '')}"
        return f"compares node {names}: each is the only one of its snapshot"
    if node.before and node.after:
        how = f", recognised by {one_line(node.matched_by or 'name')}"
        return f"node {one_line(node.before)} replaced by {one_line(node.after)}{how}"
    return f"node {one_line(node.after or node.before or '')} {node.fate}"


def gap(of: NotComparable) -> str:
    """Say which facts a side lacks, and why."""
    where = one_line(of.node) if of.node else "cluster"
    lacking = "both sides lack it" if of.side == "both" else f"the {of.side} lacks it"
    return f"{where}  {one_line(of.fact)}: {lacking} ({one_line(of.reason)})"


def flipped(of: NodeFlip) -> str:
    """Say how a verdict differs where no change that is shown explains it."""
    where = one_line(of.node) if of.node else "cluster"
    flip = of.flip
    verdict = f"{one_line(flip.rule)} {flip.before} -> {flip.after}"
    return f"{where}  {verdict}: its facts are lost or ignored"


def idle(of: IdleRule) -> str:
    """Say that an ignore rule is of no use."""
    rule = of.rule
    until = f"expired on {rule.until:%Y-%m-%d}" if of.is_expired and rule.until else "hides nothing"
    return f"the ignore rule {one_line(rule.pattern)} ({one_line(rule.origin)}) {until}"


# One change -------------------------------------------------------------------------------------


def fact(change: Change) -> str:
    """Write the fact's path: ``gpu.smi.driver``."""
    return one_line(change.fact)


def shown(value: Json, limit: int = _VALUE) -> str:
    """Write a value on one line."""
    return shortened(one_line(short(value)), limit)


def sides(change: Change, limit: int) -> tuple[str, str]:
    """Write both values, a line each; of long ones that begin alike, the beginning is left out."""
    texts = (one_line(short(change.before)), one_line(short(change.after)))
    pairs = zip(*texts, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    skipped = max(common - _CONTEXT, 0) if max(map(len, texts)) > limit else 0
    before, after = (f"…{text[skipped + 1 :]}" if skipped else text for text in texts)
    return shortened(before, limit), shortened(after, limit)


def cells(change: Change, limit: int) -> tuple[str, str]:
    """Write both values for a table; what is not there is empty."""
    match change.kind:
        case ChangeKind.ADDED:
            return "", shown(change.after, limit)
        case ChangeKind.REMOVED:
            return shown(change.before, limit), ""
        case ChangeKind.RETYPED:
            return _typed(change.before, limit), _typed(change.after, limit)
        case _:
            return shown(change.before, limit), shown(change.after, limit)


def values(change: Change, limit: int = _VALUE) -> str:
    """Write what became of the value: ``570 -> 580 (major upgrade)``."""
    note = f" ({change.note})" if change.note else ""
    match change.kind.value:
        case "added":
            return f"added {shown(change.after, limit)}"
        case "removed":
            return f"removed {shown(change.before, limit)}"
        case "changed" if told := _members(change.before, change.after):
            return shortened(told, limit)
        case "retyped":
            return f"{_typed(change.before, limit)} -> {_typed(change.after, limit)} (retyped)"
        case _:
            return f"{shown(change.before, limit)} -> {shown(change.after, limit)}{note}"


def _members(before: Json, after: Json) -> str | None:
    """Write what a list lost and what it got; None when it is not as simple as that."""
    if not (isinstance(before, list) and isinstance(after, list)):
        return None
    if any(isinstance(entry, dict | list) for entry in (*before, *after)):
        return None
    lost = [f"-{one_line(short(entry))}" for entry in before if entry not in after]
    got = [f"+{one_line(short(entry))}" for entry in after if entry not in before]
    return " ".join([*lost, *got]) or None


def _typed(value: Json, limit: int) -> str:
    return f"{_TYPES.get(type(value), 'null')} {shown(value, limit)}"


def flips(change: Change) -> str:
    """Write the verdicts that flip: ``GPU-001 fail -> pass``."""
    told = (f"{one_line(flip.rule)} {flip.before} -> {flip.after}" for flip in change.flips)
    return ", ".join(told)
