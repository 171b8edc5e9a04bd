"""From lines of statuses to shares of time: what is not known is never counted as passed."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from eidos.engine.model.history import Interval, Line, Share
from eidos.engine.model.verdict import Status

_GOOD = frozenset({Status.PASS, Status.WARN})
_BAD = frozenset({Status.FAIL})


def shares(
    clusters: Iterable[tuple[Iterable[Line], Mapping[str, Sequence[str]]]],
) -> tuple[Share, ...]:
    """Give the shares of all lines, of each cluster, rule and control.

    Args:
        clusters: of each, statuses over time, and the controls that each rule speaks to, as text.
    """
    found: dict[tuple[str, str], _Sum] = {("all", "all"): _Sum()}
    for lines, controls in clusters:
        for line in lines:
            names = [("all", "all"), ("cluster", line.cluster), ("rule", line.rule)]
            names += [("control", each) for each in controls.get(line.rule, ())]
            for name in names:
                found.setdefault(name, _Sum()).take(line)
    kinds = ("all", "cluster", "rule", "control")
    ordered = sorted(found, key=lambda key: (kinds.index(key[0]), key[1]))
    return tuple(found[key].share(*key) for key in ordered)


@dataclass
class _Sum:
    """One share, on its way."""

    seconds: dict[str, float] = field(default_factory=dict)
    fixes: list[float] = field(default_factory=list)
    detections: list[float] = field(default_factory=list)
    standing: int = 0
    flips: int = 0
    flapping: int = 0

    def take(self, line: Line) -> None:
        """Take one line."""
        following = [*(each.status for each in line.intervals[1:]), None]
        for each, after in zip(line.intervals, following, strict=True):
            kind = _kind(each.status, each.last, after)
            if kind is not None:
                self.seconds[kind] = self.seconds.get(kind, 0.0) + each.seconds
            if each.status in _BAD and each.earliest is not None and each.known is not None:
                self.detections.append((each.known - each.earliest).total_seconds())
        episodes = list(_episodes(line.intervals))
        self.fixes += [each for each in episodes if each is not None]
        self.standing += None in episodes
        turns = [each.status in _GOOD for each in line.intervals if each.status in _GOOD | _BAD]
        self.flips += sum(one is not other for one, other in itertools.pairwise(turns))
        self.flapping += len(episodes) > 1

    def share(self, kind: str, name: str) -> Share:
        """Give what became of it."""
        return Share(
            kind=kind,
            name=name,
            **self.seconds,
            fixed=len(self.fixes),
            standing=self.standing,
            to_fix=fmean(self.fixes) if self.fixes else None,
            to_detect=fmean(self.detections) if self.detections else None,
            flips=self.flips,
            flapping=self.flapping,
        )


def _kind(status: Status | None, last: Status | None, after: Status | None) -> str | None:
    """Give what time with a status counts as; None where the rule was not about the subject.

    Args:
        status: None where nobody looked.
        last: then, what had been seen last.
        after: what was seen next; None where nothing was.
    """
    if status is None and last is Status.SKIP and after in {Status.SKIP, None}:
        return None  # as far as anybody knows it never was about it
    match status:
        case Status.SKIP:
            return None
        case Status.PASS | Status.WARN:
            return "passed"
        case Status.FAIL:
            return "failed"
        case Status.WAIVED:
            return "waived"
        case _:
            return "unknown"


def _episodes(intervals: Iterable[Interval]) -> Iterator[float | None]:
    """Give how long each violation lasted until it passed; None for one that stands.

    Waiving it, or not looking, fixes nothing: it goes on.
    """
    began = None
    for each in intervals:
        if each.status in _BAD and began is None:
            began = each.since
        elif began is not None and each.status in _GOOD | {Status.SKIP}:
            yield (each.since - began).total_seconds()
            began = None
    if began is not None:
        yield None
