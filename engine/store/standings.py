"""From when on, by the clock of the facts, the verdicts about a subject were what they were.

A row is added only when what is said of a subject changes, so the table grows with change, not with
time. Facts may be recorded late: a run about Monday after the one about Tuesday. Then Tuesday's
observation, left out because nothing had changed, is written down as well, or Monday's verdicts
would seem to hold until the next change.
"""

import sqlite3
from collections.abc import Iterator, Mapping

Standings = Mapping[int, int]
"""Subject to verdict list."""


def record_standings(
    connection: sqlite3.Connection, run: int, cluster: str | None, at: int, found: Standings
) -> None:
    """Write down what changed at state time `at`; the run's parts are already stored."""
    changed = {
        subject: verdicts
        for subject, verdicts in found.items()
        if _held(connection, subject, at) != verdicts
    }
    later = _next(connection, cluster, at, set(changed))
    rows = [(subject, at, run, verdicts) for subject, verdicts in changed.items()]
    connection.executemany(
        "INSERT OR IGNORE INTO standings (subject, at, run, verdicts) VALUES (?, ?, ?, ?)",
        [*rows, *later],
    )


def _held(connection: sqlite3.Connection, subject: int, at: int) -> int | None:
    row = connection.execute(
        "SELECT verdicts FROM standings WHERE subject = ? AND at <= ? "
        "ORDER BY at DESC, run DESC LIMIT 1",
        (subject, at),
    ).fetchone()
    return row[0] if row else None


def _next(
    connection: sqlite3.Connection, cluster: str | None, at: int, pending: set[int]
) -> Iterator[tuple[int, int, int, int]]:
    """Give the next later observation of each pending subject."""
    parts = connection.execute(
        "SELECT at, run, part FROM run_parts WHERE cluster IS ? AND at > ? ORDER BY at, run DESC",
        (cluster, at),
    )
    for later, run, part in parts:
        if not pending:
            return
        for subject, verdicts in _observed(connection, run, part):
            if subject in pending:
                pending.remove(subject)
                yield subject, later, run, verdicts


def _observed(connection: sqlite3.Connection, run: int, part: int) -> list[tuple[int, int]]:
    return connection.execute(
        "SELECT json_extract(e.value, '$[0]'), json_extract(e.value, '$[2]') FROM run_parts p "
        "JOIN json_each(p.pages) page JOIN subject_pages sp ON sp.id = page.value "
        "JOIN json_each(sp.subjects) e WHERE p.run = ? AND p.part = ?",
        (run, part),
    ).fetchall()
