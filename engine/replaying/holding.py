"""From what was said at each time to the intervals in which each status held.

A status holds from the sight that found it to the one that finds another. A sight speaks for a
subject for a bounded time: after that nobody knows, until it is seen again. A subject that is not
seen any more while its cluster is has gone, and its line ends there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from eidos.engine.model.history import Capture, Interval, Line, Who, Window
from eidos.engine.model.verdict import Verdict


def lines(captures: Iterable[Capture], window: Window, max_age: timedelta) -> Iterator[Line]:
    """Give the line of each subject and rule of one cluster, within the window.

    Args:
        captures: of one cluster, by state time, those recorded later last; from `max_age` before
            the window on, so that what held at its beginning is known, and the last ones before,
            if there are none up to there, so that it is known that nobody looked.
        window: what is asked about.
        max_age: how long a sight speaks for its subject.
    """
    found = _Cluster(window, max_age)
    for capture in captures:
        found.see(capture)
    return found.lines()


class _Cluster:
    """The subjects of one cluster, and when anything of it was seen."""

    def __init__(self, window: Window, max_age: timedelta) -> None:
        self._window = window
        self._max_age = max_age
        self._subjects: dict[Who, _Subject] = {}
        self._seen: list[datetime] = []
        self._held: Capture | None = None
        """What those after it repeat word for word, up to the last one."""

    def see(self, capture: Capture) -> None:
        """Take a sight; one that says the very same as the last costs nothing."""
        held = self._held
        if held is None or held.said is not capture.said or self._is_stale(capture):
            self._again()
            for who, verdicts in capture.said.items():
                if self._window.has_subject(who):
                    subject = self._subjects.setdefault(who, _Subject(self._max_age))
                    subject.see(capture, verdicts)
            self._held = capture
        self._seen.append(capture.at)

    def _is_stale(self, capture: Capture) -> bool:
        return capture.at - self._seen[-1] > self._max_age

    def _again(self) -> None:
        """See those that were spoken of again, up to the last sight."""
        for who in self._held.said if self._held else ():
            if who in self._subjects:
                self._subjects[who].again(self._seen[-1])

    def lines(self) -> Iterator[Line]:
        """Give the line of each subject and rule."""
        if self._held is None:
            return
        self._again()
        cluster, window = self._held.cluster, self._window
        for who in sorted(self._subjects):
            strands = self._subjects[who].ended(self._seen, window.until)
            for rule, strand in sorted(strands.items()):
                found = tuple(_within(strand, window)) if window.has_rule(rule) else ()
                if found:
                    yield Line(cluster, who, rule, found)


def _within(intervals: Iterable[Interval], window: Window) -> Iterator[Interval]:
    """Give what of intervals lies in the window."""
    for each in intervals:
        since, until = max(each.since, window.since), min(each.until, window.until)
        if since < until or (since == until == each.since):
            yield _moved(each, since, until)


def _moved(each: Interval, since: datetime, until: datetime) -> Interval:
    return replace(each, since=since, until=until)


@dataclass
class _Strand:
    """One rule at one subject, on its way."""

    intervals: list[Interval] = field(default_factory=list)
    last: datetime | None = None
    """When it was last asked."""
    open: Interval | None = None
    """What holds; its end is not known yet."""

    def see(self, capture: Capture, verdict: Verdict, max_age: timedelta) -> None:
        """Take what was said; what is recorded later of one time goes before."""
        self.lapse(capture.at, max_age)
        if self.open is not None and self.open.status is verdict.status:
            self.last = capture.at
            return
        earliest = self.last
        if self.open is not None:
            if self.open.since == capture.at:
                earliest = self.open.earliest
            else:
                self.intervals.append(_moved(self.open, self.open.since, capture.at))
        self.open = Interval(
            verdict.status,
            capture.at,
            capture.at,
            capture.run,
            verdict.findings[0].msg if verdict.findings else verdict.reason,
            earliest,
            capture.known,
        )
        self.last = capture.at

    def lapse(self, now: datetime, max_age: timedelta) -> None:
        """End what nobody has looked at for too long; then nothing is known until now."""
        if self.open is None or self.last is None or now - self.last <= max_age:
            return
        end = self.last + max_age
        self.intervals.append(_moved(self.open, self.open.since, end))
        self.intervals.append(Interval(None, end, now, last=self.open.status))
        self.open = None

    def ended(self, until: datetime, gone: datetime | None, max_age: timedelta) -> list[Interval]:
        """Give all intervals, the last one until the end, or until it was gone."""
        if self.open is None or self.last is None:
            return self.intervals
        fresh = self.last + max_age
        end = until if gone is None else min(gone, until)
        found = [*self.intervals, _moved(self.open, self.open.since, min(fresh, end))]
        unseen = Interval(None, fresh, end, last=self.open.status)
        return [*found, unseen] if fresh < end else found


class _Subject:
    """One subject: its rules, and when it was last seen."""

    def __init__(self, max_age: timedelta) -> None:
        self._max_age = max_age
        self._strands: dict[str, _Strand] = {}
        self._said: tuple[Verdict, ...] = ()
        self._last: datetime | None = None

    def see(self, capture: Capture, verdicts: tuple[Verdict, ...]) -> None:
        """Take a sight; one that says the very same costs nothing."""
        known = verdicts is self._said and self._last is not None
        if known and self._last is not None and capture.at - self._last <= self._max_age:
            self._last = capture.at
            return
        self._catch_up()
        for verdict in verdicts:
            strand = self._strands.setdefault(verdict.rule, _Strand())
            strand.see(capture, verdict, self._max_age)
        self._said, self._last = verdicts, capture.at

    def again(self, at: datetime) -> None:
        """Take a later sight that said the same, no longer after the last than one speaks."""
        self._last = at

    def _catch_up(self) -> None:
        for verdict in self._said:
            self._strands[verdict.rule].last = self._last

    def ended(self, seen: Sequence[datetime], until: datetime) -> dict[str, list[Interval]]:
        """Give the intervals of each rule.

        Args:
            seen: when anything of the cluster was seen.
            until: when it all ends.
        """
        self._catch_up()
        assert self._last is not None  # noqa: S101 -- who was never seen is not here
        lapsed = self._last + self._max_age
        gone = next((each for each in seen if each > lapsed), None)
        return {
            rule: strand.ended(until, gone, self._max_age) for rule, strand in self._strands.items()
        }
