"""The sentences that every format of drift shares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eidos.engine.errors import ExitCode
from eidos.engine.model.drift import (
    Drift,
    IdleRule,
    IgnoreRule,
    NodeChange,
    NodeFate,
    NodeFlip,
    NotComparable,
    Side,
)
from eidos.engine.model.policy import Severity
from eidos.engine.report.escaping import one_line
from eidos.engine.report.summary import plural


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


@dataclass(slots=True)
class Tally:
    """What was compared with one baseline, counted."""

    codes: dict[ExitCode, int] = field(default_factory=dict)
    _idle: dict[IgnoreRule, IdleRule] | None = None

    def add(self, drift: Drift) -> None:
        """Count a comparison; an ignore rule is idle when it hid nothing in any of them."""
        self.codes[drift.exit_code] = self.codes.get(drift.exit_code, 0) + 1
        found = {each.rule: each for each in drift.idle_ignores}
        known = found if self._idle is None else self._idle
        self._idle = {rule: each for rule, each in known.items() if rule in found}

    def lines(self) -> Iterator[str]:
        """Give the last words."""
        for each in (self._idle or {}).values():
            yield f"note: {idle(each)}"
        words = {
            ExitCode.OK: "without drift",
            ExitCode.FAILED: "drifted",
            ExitCode.INCOMPLETE: "not comparable",
        }
        said = ", ".join(
            f"{self.codes[code]:,} {word}" for code, word in words.items() if code in self.codes
        )
        yield f"{plural(sum(self.codes.values()), 'snapshot')} compared: {said}"
