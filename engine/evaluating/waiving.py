"""Accepting violations for a time: waivers are evaluated at rule time, like everything else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from eidos.engine.digest import canonical
from eidos.engine.model.report import Subject, WaiverNote
from eidos.engine.model.verdict import Status, Verdict

if TYPE_CHECKING:
    from eidos.engine.model.waiver import Waiver


class Waiving:
    """Applies waivers to subjects one after the other and remembers what became of each.

    Args:
        waivers: all that were given.
        effective: rule time, with zone.
    """

    def __init__(self, waivers: "Sequence[Waiver]", effective: datetime) -> None:
        self._effective = effective
        self._waivers = waivers
        self._by_rule: Mapping[str, list[Waiver]] = defaultdict(list)
        for waiver in waivers:
            self._by_rule[waiver.rule].append(waiver)
        self._fates: dict[str, set[str]] = defaultdict(set)

    def apply(self, subject: Subject) -> Subject:
        """Give the subject with its waived violations marked."""
        if not self._waivers:
            return subject
        verdicts = tuple(self._waive(verdict, subject) for verdict in subject.verdicts)
        return replace(subject, verdicts=verdicts)

    def notes(self) -> tuple[WaiverNote, ...]:
        """Say which waivers did nothing, came too late, or did not reach far enough."""
        return tuple(
            WaiverNote(waiver.id, waiver.rule, state, text)
            for waiver in self._waivers
            for state, text in self._fate(waiver)
        )

    def _waive(self, verdict: Verdict, subject: Subject) -> Verdict:
        for waiver in self._by_rule.get(verdict.rule, ()):
            if not _selects(waiver, subject):
                continue
            fate = self._meet(waiver, verdict)
            self._fates[waiver.id].add(fate)
            if fate == "used":
                reason = (
                    f"waived by {waiver.approver} until {waiver.until:%Y-%m-%d}: {waiver.reason}"
                )
                return replace(verdict, status=Status.WAIVED, waiver=waiver.id, reason=reason)
        return verdict

    def _meet(self, waiver: "Waiver", verdict: Verdict) -> str:
        if self._effective > waiver.until:
            return "expired"
        if waiver.since is not None and self._effective < waiver.since:
            return "early"
        # Dates first: what has run out is told also where nothing would need it.
        if verdict.status is not Status.FAIL:
            return "redundant"
        within = not waiver.has_value or _same(waiver, verdict)
        return "used" if within else "exceeded"

    def _fate(self, waiver: "Waiver") -> Iterable[tuple[str, str]]:
        # A waiver may meet many subjects: the worst that happened is told, and alone.
        fates = self._fates.get(waiver.id)
        if fates is None:
            yield "unused", "matches no rule and subject of this run"
        elif "exceeded" in fates:
            yield (
                "exceeded",
                f"a finding goes beyond the waived value {canonical(waiver.value).decode()}",
            )
        elif "expired" in fates:
            yield "expired", f"held until {waiver.until.isoformat()}"
        elif "early" in fates and waiver.since is not None:
            yield "early", f"holds from {waiver.since.isoformat()}"
        elif "used" not in fates:
            yield "redundant", "the rule does not fail where it applies"
        if waiver.owner.strip().casefold() == waiver.approver.strip().casefold():
            yield "self-approved", f"{waiver.owner} is its owner and its approver"


def _same(waiver: "Waiver", verdict: Verdict) -> bool:
    """Compare as JSON does, where true is not 1, unlike in Python."""
    return all(
        finding.actual == waiver.value
        and isinstance(finding.actual, bool) is isinstance(waiver.value, bool)
        for finding in verdict.findings
    )


def _selects(waiver: "Waiver", subject: Subject) -> bool:
    names = (subject.identity, subject.name)
    return any(fnmatchcase(name, glob) for name in names for glob in waiver.subjects)
