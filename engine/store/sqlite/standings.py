"""From when on, by the clock of the facts, the verdicts about a subject were what they were.

A row is added only when what is said of a subject changes, so the table grows with change, not with
time. Facts may be recorded late: a run about Monday after the one about Tuesday. Then Tuesday's
observation, left out because nothing had changed, is written down as well, or Monday's verdicts
would seem to hold until the next change.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from eidos.engine.records import dataclass


@dataclass(frozen=True, slots=True)
class Observation:
    """What a run found at one state time."""

    cluster: str | None
    at: int
    verdicts: Mapping[int, int]
    """Subject to verdict list."""


def record_standings(
    connection: sqlite3.Connection, run: int, found: Iterable[Observation]
) -> None:
    """Write down what changed.

    Args:
        connection: within a transaction.
        run: row of the run that found it.
        found: what it found, each at the state time of its snapshot.
    """
    late: dict[str | None, dict[int, list[int]]] = {}
    for observation in sorted(found, key=lambda one: one.at):
        for subject, verdicts in observation.verdicts.items():
            before = _held(connection, subject, observation.at)
            if before == verdicts:
                continue
            _insert(connection, [(subject, observation.at, run, verdicts)])
            if before is not None:
                pending = late.setdefault(observation.cluster, {})
                pending.setdefault(subject, []).append(observation.at)
    for cluster, pending in late.items():
        _insert(connection, list(_next(connection, run, cluster, pending)))


def _insert(connection: sqlite3.Connection, rows: list[tuple[int, int, int, int]]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO standings (subject, at, run, verdicts) VALUES (?, ?, ?, ?)", rows
    )


def _held(connection: sqlite3.Connection, subject: int, at: int) -> int | None:
    row = connection.execute(
        "SELECT verdicts FROM standings WHERE subject = ? AND at <= ? "
        "ORDER BY at DESC, run DESC LIMIT 1",
        (subject, at),
    ).fetchone()
    return row[0] if row else None


def _next(
    connection: sqlite3.Connection, run: int, cluster: str | None, pending: dict[int, list[int]]
) -> Iterator[tuple[int, int, int, int]]:
    """Give what earlier runs next observed of each subject after each of its pending times."""
    first = min(at for times in pending.values() for at in times)
    parts = connection.execute(
        "SELECT at, run, part FROM run_parts WHERE cluster IS ? AND at > ? AND run < ? "
        "ORDER BY at, run DESC",
        (cluster, first, run),
    )
    for later, earlier_run, part in parts:
        for subject, verdicts in _observed(connection, earlier_run, part):
            times = pending.get(subject, [])
            waiting = [at for at in times if at >= later]
            if len(waiting) < len(times):
                pending[subject] = waiting
                yield subject, later, earlier_run, verdicts
        if not any(pending.values()):
            return


def _observed(connection: sqlite3.Connection, run: int, part: int) -> list[tuple[int, int]]:
    return connection.execute(
        "SELECT json_extract(e.value, '$[0]'), json_extract(e.value, '$[2]') FROM run_parts p "
        "JOIN json_each(p.pages) page JOIN subject_pages sp ON sp.id = page.value "
        "JOIN json_each(sp.subjects) e WHERE p.run = ? AND p.part = ?",
        (run, part),
    ).fetchall()
