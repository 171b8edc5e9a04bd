"""``eidos history``: what was recorded."""

from dataclasses import dataclass
from datetime import datetime

from eidos.engine.app.context import Context
from eidos.engine.model.report import Report
from eidos.engine.model.run import RunSummary


@dataclass(frozen=True, slots=True)
class RunsRequest:
    """Which runs are to be listed."""

    cluster: str | None = None
    since: datetime | None = None
    """Started at this moment or later."""
    limit: int | None = None
    """How many at most, last recorded first; None for all."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs, and where they were looked for."""

    runs: tuple[RunSummary, ...]
    place: str
    """The database, as messages call it."""
    exists: bool
    """False when nothing was ever recorded there."""


def list_runs(request: RunsRequest, context: Context) -> Runs:
    """Give recorded runs; no database yet in the usual place means no runs.

    Raises:
        StoreError: the database cannot be read, or was named and is not there.
    """
    if not context.has_store and not context.is_store_named:
        return Runs((), context.store_place, exists=False)
    found = context.store.runs(request.limit, request.cluster, request.since)
    return Runs(tuple(found), context.store_place, exists=True)


def show_run(run: str, context: Context) -> Report:
    """Give the report of a run, named by its id, the beginning of it, or ``latest``.

    Raises:
        StoreError: the database cannot be read, or there is none.
        UsageError: no run, or more than one, is meant.
    """
    return context.store.run(run)
