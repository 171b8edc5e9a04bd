"""``eidos history compliance``: how large a share of its time everything passed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from eidos.engine.app.context import Context
from eidos.engine.app.past import MAX_AGE, clusters, window
from eidos.engine.app.timeline import every_line
from eidos.engine.model.history import Compliance, Window
from eidos.engine.replaying.complying import shares


def compliance(asked: Window, context: Context, max_age: timedelta = MAX_AGE) -> Compliance:
    """Give time-weighted shares of all, and of each cluster, rule and control.

    Args:
        asked: what is asked about.
        context: what is open.
        max_age: how long a sight of a subject speaks for it; after that its status is unknown.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: nothing is recorded about what is asked about, or the times are none.
    """
    asked = window(asked, context)
    lines = every_line(asked, context, max_age)
    return Compliance(asked, shares(lines, _controls(asked, context)))


def _controls(asked: Window, context: Context) -> Mapping[str, Sequence[str]]:
    """Give what the rules speak to, as the last run of each cluster in that time has them."""
    found: dict[str, Sequence[str]] = {}
    runs: dict[str, None] = {}
    for cluster in clusters(asked, context):
        captures = context.store.captures(cluster, asked.since, asked.until)
        last = {frozenset(v.rule for vs in c.said.values() for v in vs): c.run for c in captures}
        runs |= dict.fromkeys(last.values())
    for run in runs:
        for rule in context.store.policy_of_run(run).rules:
            found[rule.id] = [f"{each.framework}:{each.id}" for each in rule.controls]
    return found
