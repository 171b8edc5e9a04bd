"""``eidos history timeline``: from when until when a rule had which status at a subject."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from itertools import chain

from eidos.engine.app.context import Context
from eidos.engine.app.past import MAX_AGE, clusters, tell_rivals, window
from eidos.engine.errors import UsageError
from eidos.engine.model.history import Capture, Dark, Line, Timeline, Window
from eidos.engine.model.times import written
from eidos.engine.replaying.holding import lines


def timeline(
    asked: Window,
    context: Context,
    max_age: timedelta = MAX_AGE,
    gone: Sequence[str] = (),
) -> Timeline:
    """Give the status intervals of each rule at each subject.

    Args:
        asked: what is asked about.
        context: what is open.
        max_age: how long a sight of a subject speaks for it.
        gone: clusters, as globs, that are gone for good.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: nothing is recorded about what is asked about, the times are none, or a
            cluster is not gone.
    """
    asked = window(asked, context)
    dark = unseen(asked, context, max_age, gone)
    clusters_ = lines_by_cluster(asked, context, max_age, dark)
    return Timeline(asked, tuple(line for found, _ in clusters_ for line in found), dark)


def unseen(
    asked: Window, context: Context, max_age: timedelta, gone: Sequence[str]
) -> tuple[Dark, ...]:
    """Give the clusters that nobody had looked at for too long when a time ended.

    Raises:
        UsageError: one that is said to be gone was looked at since, or there is none.
    """
    return dark_at(asked.until, clusters(asked, context), context, max_age, gone)


def dark_at(
    until: datetime,
    named: Sequence[str],
    context: Context,
    max_age: timedelta,
    gone: Sequence[str] = (),
) -> tuple[Dark, ...]:
    """Give which of some clusters nobody had looked at for too long at a time; see `unseen`."""
    for glob in gone:
        if not any(fnmatchcase(cluster, glob) for cluster in named):
            raise UsageError(f"--gone {glob}: nothing that is asked about is called so")
    found = []
    for cluster in named:
        captures = context.store.captures(cluster, until=until, last=True)
        is_gone = any(fnmatchcase(cluster, glob) for glob in gone)
        if captures and until - captures[-1].at > max_age:
            found.append(Dark(cluster, captures[-1].at, is_gone))
        elif captures and is_gone:
            raise UsageError(
                f"{cluster} is not gone: it was seen at {written(captures[-1].at)}",
                hint="Leave out clusters that are there still by naming others with --cluster.",
            )
    return tuple(found)


def lines_by_cluster(
    asked: Window, context: Context, max_age: timedelta, dark: Sequence[Dark] = ()
) -> Iterator[tuple[Iterable[Line], Sequence[Capture]]]:
    """Give the lines of each cluster and the sights they are of, one cluster in memory at a time.

    Args:
        asked: what is asked about.
        context: what is open.
        max_age: how long a sight of a subject speaks for it.
        dark: clusters that nobody looks at any more; lines of those that are gone end there.

    Raises:
        UsageError: nodes or rules are named, and none of them was there.
    """
    ends = {each.cluster: each.seen for each in dark if each.is_gone}
    is_silent = bool(asked.nodes or asked.rules)
    for cluster in clusters(asked, context):
        within = replace(asked, until=ends.get(cluster, asked.until))
        if within.until <= asked.since:
            continue
        captures = _sights(cluster, within, context, max_age)
        tell_rivals(cluster, captures, context)
        found = lines(captures, within, max_age)
        if (first := next(found, None)) is not None:
            is_silent = False
            yield chain([first], found), captures
    if is_silent:
        about = [f"rule {each}" for each in asked.rules] + [f"node {each}" for each in asked.nodes]
        raise UsageError(
            f"nothing is recorded about {', '.join(about)} in that time",
            hint="See what is: eidos history show latest -o table",
        )


def _sights(cluster: str, asked: Window, context: Context, max_age: timedelta) -> list[Capture]:
    """Give what was seen of a cluster in a time, and what was known of it when that began.

    Where nobody had looked for longer than a sight speaks, that is the last sight before: what
    nobody looks at any more is not what never was.
    """
    store, begin = context.store, asked.since - max_age
    found = store.captures(cluster, begin, asked.until)
    if found and found[0].at <= asked.since:
        return found
    before = store.captures(cluster, until=begin, last=True)
    return [*before, *found]
