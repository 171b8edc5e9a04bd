"""``eidos history timeline``: from when until when a rule had which status at a subject."""

from collections.abc import Iterator
from datetime import timedelta

from eidos.engine.app.context import Context
from eidos.engine.app.past import MAX_AGE, captures_of, clusters, window
from eidos.engine.errors import UsageError
from eidos.engine.model.history import Line, Timeline, Window
from eidos.engine.replaying.holding import lines


def timeline(asked: Window, context: Context, max_age: timedelta = MAX_AGE) -> Timeline:
    """Give the status intervals of each rule at each subject.

    Args:
        asked: what is asked about.
        context: what is open.
        max_age: how long a sight of a subject speaks for it.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: nothing is recorded about what is asked about, or the times are none.
    """
    asked = window(asked, context)
    return Timeline(asked, tuple(every_line(asked, context, max_age)))


def every_line(asked: Window, context: Context, max_age: timedelta) -> Iterator[Line]:
    """Give the lines of all clusters, one cluster in memory at a time.

    Raises:
        UsageError: nodes or rules are named, and none of them was there.
    """
    is_silent = bool(asked.nodes or asked.rules)
    for cluster in clusters(asked, context):
        captures = captures_of(cluster, context, asked.since - max_age, asked.until)
        for line in lines(captures, asked, max_age):
            is_silent = False
            yield line
    if is_silent:
        about = [f"rule {each}" for each in asked.rules] + [f"node {each}" for each in asked.nodes]
        raise UsageError(
            f"nothing is recorded about {', '.join(about)} in that time",
            hint="See what is: eidos history show latest -o table",
        )
