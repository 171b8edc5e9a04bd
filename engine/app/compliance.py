"""``eidos history compliance``: how large a share of its time everything passed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from eidos.engine.app.context import Context
from eidos.engine.app.past import MAX_AGE, clusters, window
from eidos.engine.app.timeline import every_line, sights, unseen
from eidos.engine.model.history import Compliance, Window
from eidos.engine.replaying.complying import shares


def compliance(
    asked: Window,
    context: Context,
    max_age: timedelta = MAX_AGE,
    gone: Sequence[str] = (),
) -> Compliance:
    """Give time-weighted shares of all, and of each cluster, rule and control.

    Args:
        asked: what is asked about.
        context: what is open.
        max_age: how long a sight of a subject speaks for it; after that its status is unknown.
        gone: clusters, as globs, that are gone for good: their time ends with their last sight.

    Raises:
        StoreError: there is no database, or it cannot be read.
        UsageError: nothing is recorded about what is asked about, the times are none, or a
            cluster is not gone.
    """
    asked = window(asked, context)
    dark = unseen(asked, context, max_age, gone)
    lines = every_line(asked, context, max_age, dark)
    return Compliance(asked, shares(lines, _controls(asked, context, max_age)), dark)


def _controls(asked: Window, context: Context, max_age: timedelta) -> Mapping[str, Sequence[str]]:
    """Give what the rules speak to, as the last run of each cluster in that time has them."""
    found: dict[str, Sequence[str]] = {}
    runs: dict[str, None] = {}
    for cluster in clusters(asked, context):
        captures = sights(cluster, asked, context, max_age)
        last = {frozenset(v.rule for vs in c.said.values() for v in vs): c.run for c in captures}
        runs |= dict.fromkeys(last.values())
    for run in runs:
        for rule in context.store.policy_of_run(run).rules:
            found[rule.id] = [f"{each.framework}:{each.id}" for each in rule.controls]
    return found
