"""``eidos history compliance``: how large a share of its time everything passed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache

from eidos.engine.app.context import Context
from eidos.engine.app.past import MAX_AGE, window
from eidos.engine.app.timeline import lines_by_cluster, unseen
from eidos.engine.model.history import Capture, Compliance, Window
from eidos.engine.model.policy import Policy
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
    policy_of = cache(context.store.policy_of_run)  # one run may be about many clusters
    clusters = (
        (lines, _controls(captures, policy_of))
        for lines, captures in lines_by_cluster(asked, context, max_age, dark)
    )
    return Compliance(asked, shares(clusters), dark)


def _controls(
    captures: Sequence[Capture], policy_of: Callable[[str], Policy]
) -> Mapping[str, Sequence[str]]:
    """Give what the rules speak to, as the last run that asked them of this cluster has them."""
    runs = {frozenset(v.rule for vs in c.said.values() for v in vs): c.run for c in captures}
    return {
        rule.id: [f"{each.framework}:{each.id}" for each in rule.controls]
        for run in dict.fromkeys(runs.values())
        for rule in policy_of(run).rules
    }
