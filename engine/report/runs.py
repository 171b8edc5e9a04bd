"""Lists of recorded runs, as text and as JSON (``schemas/runs/v1.schema.json``)."""

from collections.abc import Sequence
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.run import RunSummary
from eidos.engine.model.verdict import Status
from eidos.engine.report.escaping import one_line
from eidos.engine.report.jsontext import dumps

_TITLES = ("RUN", "STARTED", "DECISION", "SUBJECTS", "VERDICTS", "CLUSTERS")
_CLUSTERS = 3
"""Clusters named in a line of text."""


def write_text(runs: Sequence[RunSummary], out: TextIO) -> None:
    """Write one line for each run, aligned, under a heading; nothing for no runs."""
    if not runs:
        return
    rows = [_TITLES, *(_cells(run) for run in runs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        out.write("  ".join(cells).rstrip() + "\n")


def _cells(run: RunSummary) -> tuple[str, ...]:
    cells = (
        run.run,
        run.started,
        run.decision.value,
        str(run.subjects),
        _counted(run),
        _named(run.clusters),
    )
    return tuple(one_line(cell) for cell in cells)


def _counted(run: RunSummary) -> str:
    told = [f"{run.counts[status]} {status}" for status in Status if run.counts.get(status)]
    return ", ".join(told) or "none"


def _named(clusters: Sequence[str]) -> str:
    if not clusters:
        return "-"
    more = len(clusters) - _CLUSTERS
    return ", ".join(clusters[:_CLUSTERS]) + (f" and {more} more" if more > 0 else "")


def write_json(runs: Sequence[RunSummary], out: TextIO) -> None:
    """Write every run with all that is known of it without opening it."""
    document: dict[str, Json] = {
        "apiVersion": "eidos.dev/v1",
        "kind": "RunList",
        "runs": [_document(run) for run in runs],
    }
    out.write(dumps(document, indent=2) + "\n")


def _document(run: RunSummary) -> Json:
    return {
        "run": run.run,
        "started": run.started,
        "effectiveTime": run.effective_time,
        "generator": run.generator,
        "engine": run.engine,
        "decision": run.decision.value,
        "exitCode": run.exit_code,
        "clusters": list(run.clusters),
        "subjects": run.subjects,
        "counts": dict(run.counts),
        "packs": [
            {"name": pack.name, "version": pack.version, "digest": pack.digest}
            for pack in run.packs
        ],
        "link": run.link,
    }
