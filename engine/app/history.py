"""``eidos history``: what was recorded."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from eidos.engine.model.report import Report
from eidos.engine.model.run import RunSummary
from eidos.engine.store.opening import default_place, exists, open_store


@dataclass(frozen=True, slots=True)
class RunsRequest:
    """Which runs are to be listed."""

    cluster: str | None = None
    since: datetime | None = None
    """Started at this moment or later."""
    limit: int | None = None
    """How many at most, last recorded first; None for all."""
    db: Path | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs, and where they were looked for."""

    runs: tuple[RunSummary, ...]
    place: str
    exists: bool
    """False when nothing was ever recorded there."""


def list_runs(request: RunsRequest) -> Runs:
    """Give recorded runs; no database yet means no runs.

    Raises:
        StoreError: the database cannot be read.
    """
    where = request.db or default_place(os.environ)
    if not exists(where):
        return Runs((), str(where), exists=False)
    with open_store(where, read_only=True) as store:
        found = store.runs(request.limit, request.cluster, request.since)
        return Runs(tuple(found), store.place, exists=True)


def show_run(run: str, db: Path | None = None) -> Report:
    """Give the report of a run, named by its id, the beginning of it, or ``latest``.

    Raises:
        StoreError: the database cannot be read, or there is none.
        UsageError: no run, or more than one, is meant.
    """
    with open_store(db or default_place(os.environ), read_only=True) as store:
        return store.run(run)
