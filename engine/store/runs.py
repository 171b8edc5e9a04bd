"""Finding runs, and saying of each what a list of runs says."""

import difflib
import json
import sqlite3
from typing import Any

from eidos.engine.errors import UsageError
from eidos.engine.model.gate import Decision
from eidos.engine.model.run import RunSummary
from eidos.engine.store.addresses import unpacked
from eidos.engine.store.rebuilding import read_packs

LATEST = "latest"
_SHOWN = 5
"""How many candidates an error names."""
_LIST = """
SELECT r.run, r.started, r.effective_time, r.generator, r.engine, r.decision, r.exit_code, r.counts,
    r.packs, r.link, r.subjects, (
        SELECT json_group_array(DISTINCT p.cluster) FROM run_parts p
        WHERE p.run = r.number AND p.cluster IS NOT NULL
    )
FROM runs r
WHERE (:cluster IS NULL OR EXISTS (
        SELECT 1 FROM run_parts p WHERE p.run = r.number AND p.cluster = :cluster))
    AND (:since IS NULL OR julianday(r.started) >= julianday(:since))
ORDER BY r.number DESC LIMIT :limit
"""


def list_runs(
    connection: sqlite3.Connection, limit: int, cluster: str | None, since: str | None
) -> list[RunSummary]:
    """Give runs, last recorded first; `since` is RFC 3339, `limit` -1 is all."""
    rows = connection.execute(_LIST, {"limit": limit, "cluster": cluster, "since": since})
    return [_summary(connection, row) for row in rows.fetchall()]


def _summary(connection: sqlite3.Connection, row: tuple[Any, ...]) -> RunSummary:
    run, started, effective_time, generator, engine, decision, exit_code, *rest = row
    counts, packs, link, subjects, clusters = rest
    return RunSummary(
        run=run,
        started=started,
        effective_time=effective_time,
        generator=generator,
        engine=engine,
        decision=Decision(decision),
        exit_code=exit_code,
        clusters=tuple(sorted(json.loads(clusters))),
        subjects=subjects,
        counts=json.loads(counts),
        packs=read_packs(connection, packs),
        link=unpacked(link),
    )


def find_run(connection: sqlite3.Connection, name: str) -> int:
    """Give the number of a run by its id, the beginning of its id, or ``latest``.

    Raises:
        UsageError: no run, or more than one, is meant.
    """
    if name == LATEST:
        row = connection.execute("SELECT max(number) FROM runs").fetchone()
        if row[0] is None:
            raise UsageError("no run is recorded yet", hint="Run eidos check first.")
        return int(row[0])
    found = connection.execute(
        "SELECT number, run FROM runs WHERE run >= :name AND run < :name || char(1114111) "
        "ORDER BY number DESC",
        {"name": name},
    ).fetchall()
    exact = [number for number, run in found if run == name]
    if exact or (name and len(found) == 1):
        return int(exact[0] if exact else found[0][0])
    raise _not_one(connection, name, [run for _, run in found])


def _not_one(connection: sqlite3.Connection, name: str, found: list[str]) -> UsageError:
    if found:
        shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        return UsageError(f"{name!r} begins {len(found)} runs", hint=f"It may be one of {shown}.")
    runs = [run for (run,) in connection.execute("SELECT run FROM runs ORDER BY number DESC")]
    nearest = difflib.get_close_matches(name, runs[:1000], n=1)
    hint = f"Did you mean {nearest[0]}?" if nearest else "List runs with: eidos history runs"
    return UsageError(f"there is no run {name!r}", hint=hint)
