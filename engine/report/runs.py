"""Lists of recorded runs, as text and as JSON (``schemas/runs/v1.schema.json``)."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.run import RunList, RunSummary
from eidos.engine.model.verdict import Status
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import one_line
from eidos.engine.report.history import rows
from eidos.engine.report.history.timeline import dark_json
from eidos.engine.report.jsontext import write_document
from eidos.engine.report.page import write_columns
from eidos.engine.report.wording import dark_lines, named

_TITLES = ("RUN", "STARTED", "DECISION", "SUBJECTS", "VERDICTS", "CLUSTERS")
_CLUSTERS = 3
"""Clusters named in a line of text."""


def text(found: RunList, out: TextIO, _rendering: Rendering) -> None:
    """Write one line for each run, aligned, under a heading, and who is in none any more."""
    if found.runs:
        write_columns([_TITLES, *map(_cells, found.runs)], out)
    out.writelines(f"{line}\n" for line in dark_lines(found.dark))


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
    return named(clusters[:_CLUSTERS], len(clusters))


def _rows(found: RunList) -> Iterator[tuple[object, ...]]:
    for run in found.runs:
        yield (
            *(run.run, run.started, run.recorded, run.effective_time, run.decision.value),
            *(run.exit_code, run.subjects, *(run.counts.get(each, 0) for each in Status)),
            *(" ".join(run.clusters), " ".join(f"{p.name}@{p.version}" for p in run.packs)),
            *(run.engine, run.link),
        )


_COLUMNS = (
    *("RUN", "STARTED", "RECORDED", "EFFECTIVE_TIME", "DECISION", "EXIT_CODE", "SUBJECTS"),
    *(status.name for status in Status),
    *("CLUSTERS", "PACKS", "ENGINE", "LINK"),
)
table = rows.table(_COLUMNS, _rows)
csv = rows.csv(_COLUMNS, _rows)


def json(found: RunList, out: TextIO, _rendering: Rendering) -> None:
    """Write every run with all that is known of it without opening it."""
    runs = [_run(run) for run in found.runs]
    write_document(out, "RunList", runs=runs, dark=dark_json(found.dark))


def _run(run: RunSummary) -> Json:
    return {
        "run": run.run,
        "started": run.started,
        "recorded": run.recorded,
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
