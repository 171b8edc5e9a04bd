"""A report as rows: a line for each verdict."""

from collections.abc import Iterator

from eidos.engine.model.report import Report
from eidos.engine.report.history import rows

_TITLES = (
    *("CLUSTER", "SCOPE", "SUBJECT", "RULE", "SEVERITY", "STATUS", "CLOSES", "WAIVER", "SEEN"),
    "SAYS",
)


def _rows(found: Report) -> Iterator[tuple[object, ...]]:
    for subject, verdict in found.verdicts():
        says = verdict.findings[0].msg if verdict.findings else verdict.reason
        yield (
            *(subject.cluster, subject.scope.value, subject.name, verdict.rule),
            *(found.rules_by_id[verdict.rule].severity.value, verdict.status.value),
            *("yes" if found.closes(verdict) else "no", verdict.waiver, subject.timestamp, says),
        )


table = rows.table(_TITLES, _rows)
csv = rows.csv(_TITLES, _rows)
