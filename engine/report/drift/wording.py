"""What several formats say of drift in the same words: changes, values, nodes, the exit code."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from eidos.engine.errors import ExitCode
from eidos.engine.model.drift import (
    Change,
    ChangeKind,
    Drift,
    Flip,
    FlipCause,
    IdleRule,
    NodeChange,
    NodeFate,
    NodeFlip,
    NotComparable,
    Side,
)
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.rule import Severity
from eidos.engine.model.verdict import Status
from eidos.engine.report.drift.alike import Rest
from eidos.engine.report.escaping import one_line, shortened
from eidos.engine.report.jsontext import short
from eidos.engine.report.wording import and_more, named, plural

_NAMED = 3
"""Facts and verdicts named of many."""
_FLIPS = 6
"""Verdicts named of one change."""
_ENTRY = 2
"""Segments that lead to an entry of the list of containers."""
_DIGEST = len("sha256:") + 12
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


def gaps(found: Sequence[NotComparable]) -> Iterator[str]:
    """Say what each side lacks, once for each reason."""
    alike: dict[tuple[str, str], dict[str, None]] = {}
    for each in found:
        where = f" of {one_line(each.node)}" if each.node else ""
        key = (each.side, one_line(each.reason))
        alike.setdefault(key, {})[f"{one_line(each.fact)}{where}"] = None
    for (on, reason), facts in alike.items():
        lacking = "both sides lack" if on == "both" else f"the {on} lacks"
        yield f"{lacking} {named([*facts][:_NAMED], len(facts))} ({reason})"


def unexplained(drift: Drift, most: int = _NAMED) -> Iterator[str]:
    """Say which verdicts differ without a change that is told, once for each cause.

    Args:
        drift: what differs.
        most: verdicts named of each cause.
    """
    alike: dict[str, list[str]] = {}
    for each in drift.flips:
        if each.cause is not FlipCause.CHANGE:
            alike.setdefault(_cause(each), []).append(_verdict(each))
    for cause, verdicts in alike.items():
        differ = "differs" if len(verdicts) == 1 else "differ"
        told = named(verdicts[:most], len(verdicts))
        yield f"{plural(len(verdicts), 'verdict')} {differ} because {cause}: {told}"


def _verdict(of: NodeFlip) -> str:
    where = f" of {one_line(of.node)}" if of.node else ""
    return f"{one_line(of.flip.rule)} {of.flip.before} -> {of.flip.after}{where}"


def _cause(of: NodeFlip) -> str:
    facts = [one_line(change.fact) for change in of.sets[0]] if of.sets else []
    told = named(facts[:_NAMED], len(facts))
    match of.cause:
        case FlipCause.IGNORED:
            return f"of what an ignore rule hides ({told})"
        case FlipCause.NODES:
            return "nodes came or went"
        case FlipCause.WAIVER:
            return "a waiver holds on one side only"
        case FlipCause.UNFINISHED:
            return f"of some of {plural(len(facts), 'change')} (the search stopped at its bound)"
        case _:
            return "one side does not know their facts"


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
    return shortened(one_line(short(value)), limit) if value != "" else '""'


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


def flips(change: Change, most: int = _FLIPS) -> str:
    """Write the verdicts that flip, the worst first: ``GPU-001 pass -> fail``.

    What it does not flip alone names its company.
    """
    told = [
        f"{one_line(flip.rule)} {_turned(flip)}{_together(flip)}" for flip in change.flips[:most]
    ]
    rest = len(change.flips) - len(told)
    return ", ".join(told) + (f" {and_more(rest)}" if rest else "")


def _turned(flip: Flip) -> str:
    if flip.before is flip.after:
        return f"{flip.after} once more"
    # It stands under the severity of its rule, whichever way it turned.
    mended = flip.after is Status.PASS and flip.before in {Status.FAIL, Status.WARN}
    return f"{flip.before} -> {flip.after}{' (mended)' if mended else ''}"


def _together(flip: Flip) -> str:
    if not flip.together:
        return ""
    facts = [one_line(fact) for fact in flip.together[:_NAMED]]
    return f" (with {named(facts, len(flip.together))})"


def counted_only(rest: Rest, *, is_judged: bool) -> str:
    """Count changes that are not told one by one: ``+ 120 images differ, no rule reads them``."""
    address, count = rest.groups[0].change.address, len(rest.groups)
    is_image = (address.type, address.subtype) == ("k8s", "image")
    what = plural(count, "image") if is_image else plural(count, "fact")
    where = "" if is_image else f" of {one_line(str(address.whole))}"
    differ = "differs" if count == 1 else "differ"
    if rest.like is not None:
        return f"+ {what}{where} more: {flips(rest.like.change)}"
    if not is_judged:
        return f"+ {what}{where} {differ}"
    why = "no verdict hangs on them" if rest.is_read else "no rule reads them"
    return f"+ {what}{where} {differ}, {why}"


# Images -----------------------------------------------------------------------------------------


def headline(change: Change, limit: int = _VALUE) -> str:
    """Write a change as people call it: ``gpu.smi.driver  570 -> 580 (major upgrade)``.

    Images go by their reference: ``+ docker.io/library/nginx:1.27 (default/app)``.
    """
    return _image(change) or f"{fact(change)}  {values(change, limit)}"


def _image(change: Change) -> str | None:
    """Write the change of an image; None where it is none."""
    kind, subtype = change.address.type, change.address.subtype
    if (kind, subtype) != ("k8s", "image") or len(change.path) > _ENTRY:
        return None
    if change.path[0] != "containers":
        before, after = (_tagged(str(change.path[-1]), each) for each in _both(change))
        where = ""
    elif len(change.path) == _ENTRY:
        before, after = map(_reference, _both(change))
        where = _runs(change.after if isinstance(change.after, dict) else change.before)
    else:
        return None
    match change.kind:
        case ChangeKind.ADDED if after:
            return f"+ {after}{where}"
        case ChangeKind.REMOVED if before:
            return f"- {before}{where}"
        case ChangeKind.CHANGED if before and after and before != after:
            return f"{before} -> {_less(before, after)}{where}"
        case _:
            return None


def _both(change: Change) -> tuple[Json, Json]:
    return change.before, change.after


def _tagged(name: str, tag: Json) -> str | None:
    return one_line(f"{name}:{tag}") if isinstance(tag, str) else None


def _reference(entry: Json) -> str | None:
    """Write the reference of what a container runs; None where the entry has none."""
    if not isinstance(entry, dict) or not isinstance(entry.get("repository"), str):
        return None
    parts = {name: value for name, value in entry.items() if isinstance(value, str)}
    name = "/".join(parts[part] for part in ("registry", "repository") if parts.get(part))
    tag = f":{parts['tag']}" if parts.get("tag") else ""
    # Every digest is shown where it is all there is; beside a tag, so much tells it from others.
    digest = parts.get("digest", "")
    return one_line(f"{name}{tag}{'@' if digest else ''}{digest[:_DIGEST] if tag else digest}")


def _runs(entry: Json) -> str:
    """Say who runs it: ``(default/app)``."""
    if not isinstance(entry, dict):
        return ""
    names = (entry.get(part) for part in ("namespace", "controller", "container"))
    parts = [str(name).rpartition("/")[2] for name in names if name]
    return f" ({one_line('/'.join(dict.fromkeys(parts)))})" if parts else ""


def _less(before: str, after: str) -> str:
    """Leave out of a reference what it has in common with the one before: its name."""
    name = before.partition("@")[0].rpartition(":")[0]
    return after.removeprefix(f"{name}:") if name and "/" not in after[len(name) :] else after
