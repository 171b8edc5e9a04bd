"""Accepting violations for a time: waivers are evaluated at rule time, like everything else."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from eidos.engine.digest import canonical
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Subject, WaiverNote
from eidos.engine.model.rule import Rule, Scope
from eidos.engine.model.times import written
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.model.waiver import WaiverState

if TYPE_CHECKING:
    from eidos.engine.model.waiver import Waiver

UNUSED = "unused"
"""State of a note: the run has no such rule or subject, which elsewhere may be there."""
SELF_APPROVED = "self-approved"
BROAD = "broad"
"""State of a note: an active waiver is for many rules, and the note says how much it waives."""
_VERSION = re.compile(r"v?([0-9]{1,18}(?:\.[0-9]{1,18}){0,9})")
_PARTS = 10
"""Numbers of a version at most."""


class Waiving:
    """Applies waivers to subjects one after the other and remembers what became of each.

    A violation is waived where one waiver that is active covers all its findings. Of several the
    one that lasts longest is named, so that nothing fails before the day that is shown; of those
    the one for the rule before the one for a tag, then the first by id. Their order is no matter.

    Args:
        waivers: all that were given, each with an id of its own.
        rules: those that are asked; waivers for tags are for those of them.
        effective: rule time, with zone.
    """

    def __init__(
        self, waivers: "Sequence[Waiver]", rules: Iterable[Rule], effective: datetime
    ) -> None:
        self._effective = effective
        self._waivers = sorted(waivers, key=lambda each: each.id)
        self._by_rule = _by_rule(self._waivers, rules) if waivers else {}
        self.by_label = select_by_label(waivers)
        """Whether any asks for labels."""
        self._fates: dict[str, set[WaiverState]] = defaultdict(set)
        self._others: dict[str, set[str]] = defaultdict(set)
        self._covered: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        """Id of a waiver to subject and rule, and how many findings it waives there."""

    def apply(self, subject: Subject) -> Subject:
        """Give the subject with its waived violations marked.

        What is violated in a verdict that also lacks facts is waived, and the verdict is unknown.
        """
        if not self._waivers:
            return subject
        verdicts = tuple(self._waive(verdict, subject) for verdict in subject.verdicts)
        if all(map(_is_same, verdicts, subject.verdicts)):
            return subject  # subjects that share theirs go on to do so
        return replace(subject, verdicts=verdicts)

    def state(self, waiver: "Waiver") -> WaiverState | None:
        """Say how a waiver stands after all subjects; None where it met nothing it is for.

        A waiver may meet many subjects: the worst that happened is told, and alone.
        """
        if (dated := waiver.state(self._effective)) is not WaiverState.ACTIVE:
            return dated
        fates = self._fates.get(waiver.id, ())
        order = (WaiverState.EXCEEDED, WaiverState.ACTIVE, WaiverState.REDUNDANT)
        return next((each for each in order if each in fates), None)

    def notes(self) -> tuple[WaiverNote, ...]:
        """Say which waivers did nothing, came too late, or did not reach far enough."""
        return tuple(
            WaiverNote(waiver.id, waiver.about, state, text)
            for waiver in self._waivers
            for state, text in self._told(waiver)
        )

    def why(self, waiver: "Waiver") -> str:
        """Say in a clause why a waiver stands as `state` has it."""
        state = self.state(waiver)
        others = sorted(self._others.get(waiver.id, ()))
        if state is WaiverState.REDUNDANT and others:
            return f"{', '.join(others)} waives all that it would"
        if state is WaiverState.REVOKED and (by := waiver.revoked) is not None:
            return f"revoked {written(by.at)} by {by.by}: {by.reason}"
        said: dict[WaiverState | None, str] = {
            WaiverState.PENDING: f"holds from {written(waiver.since or waiver.until)}",
            WaiverState.ACTIVE: f"holds until {waiver.ends}",
            WaiverState.EXPIRED: f"held until {waiver.ends}",
            WaiverState.EXCEEDED: f"a finding goes beyond the waived {waived_values(waiver)}",
            WaiverState.REDUNDANT: "the rule does not fail where it applies",
        }
        return said.get(state, "matches no rule and subject of this run")

    def _waive(self, verdict: Verdict, subject: Subject) -> Verdict:
        chosen: Waiver | None = None
        for waiver in self._by_rule.get(verdict.rule, ()):
            if not selects(waiver, subject):
                continue
            fate = self._meet(waiver, verdict)
            if fate is WaiverState.ACTIVE and chosen is not None:
                fate = WaiverState.REDUNDANT
                self._others[waiver.id].add(chosen.id)
            elif fate is WaiverState.ACTIVE:
                chosen = waiver
            self._fates[waiver.id].add(fate)
        if chosen is None:
            return verdict
        self._covered[chosen.id][subject.identity, verdict.rule] = len(verdict.findings)
        return _waived(verdict, chosen)

    def _meet(self, waiver: "Waiver", verdict: Verdict) -> WaiverState:
        # Dates first: what has run out is told also where nothing would need it.
        if (dated := waiver.state(self._effective)) is not WaiverState.ACTIVE:
            return dated
        if verdict.status is not Status.FAIL:
            return WaiverState.REDUNDANT
        actuals = [finding.actual for finding in verdict.findings]
        is_covered = bool(actuals) and all(_covers(waiver, actual) for actual in actuals)
        is_covered = is_covered or not waiver.has_values
        return WaiverState.ACTIVE if is_covered else WaiverState.EXCEEDED

    def _told(self, waiver: "Waiver") -> Iterable[tuple[str, str]]:
        state = self.state(waiver)
        has_met = waiver.id in self._fates
        if state is None or (state is WaiverState.PENDING and not has_met):
            yield UNUSED, "matches no rule and subject of this run"
        elif state is WaiverState.REVOKED and not has_met:
            pass  # it stays in its file for good
        elif state is not WaiverState.ACTIVE:
            yield state.value, self.why(waiver)
        elif waiver.tag is not None:
            yield BROAD, self._breadth(waiver)
        if waiver.owner.strip().casefold() == waiver.approver.strip().casefold():
            yield SELF_APPROVED, f"{waiver.owner} is its owner and its approver"

    def _breadth(self, waiver: "Waiver") -> str:
        """Say how much an active waiver for a tag waives: its file does not tell."""
        covered = self._covered[waiver.id]
        rules = _counted(len({rule for _, rule in covered}), "rule")
        asked = sum(waiver in each for each in self._by_rule.values())
        found = _counted(sum(covered.values()), "finding")
        where = _counted(len({subject for subject, _ in covered}), "subject")
        return f"waives {found} of {rules} at {where}; it is for {asked} of the rules asked"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def selects(waiver: "Waiver", subject: Subject) -> bool:
    """Say whether a waiver is for a subject, whatever its rule."""
    asked = waiver.subjects
    node = subject.name if subject.scope is Scope.NODE else None
    return (
        (_fits(subject.identity, asked.names) or _fits(subject.name, asked.names))
        and (not asked.clusters or _fits(subject.cluster, asked.clusters))
        and (not asked.nodes or _fits(node, asked.nodes))
        and all(subject.labels.get(name) == value for name, value in asked.labels.items())
    )


def select_by_label(waivers: "Iterable[Waiver]") -> bool:
    """Say whether any waiver asks for labels, which a fleet need not keep otherwise."""
    return any(each.subjects.labels for each in waivers)


def unwaived(verdict: Verdict) -> Verdict:
    """Give a verdict as it was before a waiver was held against it."""
    if verdict.waiver is None:
        return verdict
    # Of what also lacks facts the reason says which; else it speaks of the waiver.
    reason = verdict.reason if verdict.status is Status.UNKNOWN else None
    return replace(verdict, status=Status.FAIL, waiver=None, reason=reason)


def waived_values(waiver: "Waiver") -> str:
    """Write which actual values are waived: ``value "570"``, ``values 1, 2``, ``range 1 to 3``."""
    if waiver.has_value:
        return f"value {_shown(waiver.value)}"
    if waiver.values:
        return f"values {', '.join(map(_shown, waiver.values))}"
    ends = ("from", waiver.least), ("to", waiver.most)
    return " ".join(["range", *(f"{end} {_shown(at)}" for end, at in ends if at is not None)])


def _shown(value: Json) -> str:
    return canonical(value).decode()


def _by_rule(
    waivers: "Iterable[Waiver]", rules: Iterable[Rule]
) -> "Mapping[str, Sequence[Waiver]]":
    """Give the waivers for each rule, the one to name first; none for what nobody may waive."""
    ordered = sorted(waivers, key=lambda each: (each.tag is not None, each.id))
    lasting = sorted(ordered, key=lambda each: each.until, reverse=True)
    return {
        rule.id: [each for each in lasting if each.rule == rule.id or each.tag in rule.labels]
        for rule in rules
        if rule.waivable_days != 0
    }


def _is_same(one: Verdict, other: Verdict) -> bool:
    return one is other


def _fits(name: str | None, globs: Iterable[str]) -> bool:
    return name is not None and any(fnmatchcase(name, glob) for glob in globs)


def _waived(verdict: Verdict, by: "Waiver") -> Verdict:
    said = f"waived by {by.id} ({by.holders()}): {by.reason}"
    if verdict.reason is None:
        return replace(verdict, status=Status.WAIVED, waiver=by.id, reason=said)
    reason = f"{verdict.reason}; what is violated is {said}"
    return replace(verdict, status=Status.UNKNOWN, waiver=by.id, reason=reason, lacks=())


def _covers(waiver: "Waiver", actual: Json) -> bool:
    """Say whether an actual value is one that is waived."""
    if waiver.has_value:
        return _same(actual, waiver.value)
    if waiver.values:
        return any(_same(actual, each) for each in waiver.values)
    least, most = waiver.least, waiver.most
    return (least is None or _reaches(actual, least)) and (
        most is None or _reaches(actual, most, sign=-1)
    )


def _same(one: Json, other: Json) -> bool:
    """Compare as JSON does, where true is not 1, unlike in Python."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _reaches(actual: Json, bound: Json, sign: int = 1) -> bool:
    """Say whether a value is at least a bound, or with ``sign=-1`` at most.

    A number is compared with numbers, a text as a version, also where YAML has the bound as a
    number (580.82). What cannot be compared reaches nothing.
    """
    if isinstance(actual, str):
        one, other = _version(actual), _version(bound)
        if one is None or other is None:
            return False
        return one >= other if sign > 0 else one <= other
    if _is_number(actual) and _is_number(bound):
        return actual >= bound if sign > 0 else actual <= bound  # type: ignore[operator]
    return False


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _version(value: Json) -> tuple[int, ...] | None:
    """Give the numbers of a version, ``v1.30.0`` as ``1.30``; None for what is none."""
    found = _VERSION.fullmatch(str(value)) if isinstance(value, str) or _is_number(value) else None
    if found is None:
        return None
    numbers = [int(each) for each in found[1].split(".")]
    return (*numbers, *(0 for _ in range(_PARTS - len(numbers))))
