"""``eidos check``: judge what was named by policy, record, report."""

from collections.abc import Sequence
from itertools import chain, islice

from eidos.engine.app.combining import combined
from eidos.engine.app.context import Context
from eidos.engine.app.reporting import folded, report_on
from eidos.engine.errors import UsageError
from eidos.engine.model.policy import Policy
from eidos.engine.model.report import Report
from eidos.engine.model.rule import Scope

FLEET = 200
"""Files from which on they are judged in worker processes, each of which takes 0.3 s to start."""


def check(
    references: Sequence[str],
    policy: Policy,
    context: Context,
    *,
    lenient: bool = False,
    parser: str | None = None,
    combine: bool = False,
) -> Report:
    """Judge everything that the references name, and record it where the context says so.

    Args:
        references: files, folders, globs, ``-``, ``run:ID``, ``snapshot:DIGEST``, ``CLUSTER@TIME``.
        policy: what judges.
        context: what is open.
        lenient: take measurements without a header for a snapshot.
        parser: conftest's name of the format of every file; None to go by their names.
        combine: judge all documents as one list; all rules must be plain ones.

    Returns:
        The report. What could not be read is a problem in it and never hides the rest.

    Raises:
        StoreError: the database cannot be opened or written.
        UsageError: documents are to be combined for rules that are about snapshots.
    """
    scopes = {rule.scope for rule in policy.rules}
    is_plain = scopes <= {Scope.DOCUMENT}
    if combine and not is_plain:
        raise UsageError(
            "--combine works only with plain rules, and other rules are chosen too",
            hint="Name only folders of plain rules with --pack.",
        )
    reader = context.reader(lenient=lenient, parser=parser, every_format=is_plain)
    if combine:
        return report_on(combined(reader.read(references)), policy, context)
    if Scope.ADMISSION in scopes:
        from eidos.engine.app.admit import reviewed

        return reviewed(list(reader.read(references)), policy, context)
    following = reader.find(references)
    first = list(islice(following, FLEET))
    found = chain(first, following)
    if len(first) < FLEET or context.cores == 1:
        return report_on(reader.items(found), policy, context)
    from eidos.engine.app.fleet import FleetJudging

    context.engine.close()  # it may have been started, and each worker has its own
    fleet = FleetJudging(policy, context, reader)
    every = list(found)  # where each is, not what is in it; it says how far we are
    context.tally.total = len(every)
    return folded(fleet, fleet.judge(every), policy, context)
