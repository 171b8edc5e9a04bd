"""Remembering verdicts by what they depend on."""

import sqlite3
from collections.abc import Mapping, Sequence

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.store.sqlite.addresses import intern, packed
from eidos.engine.store.sqlite.encoding import addressed, decode_findings, encode_judgement, text

FORGOTTEN = frozenset({Status.ERROR, Status.WAIVED})
"""An error may be a slow machine, a waiver ends: neither follows from the memo key."""


def recall(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Verdict]:
    """Give the verdicts known for these memo keys.

    Args:
        connection: to the database.
        keys: content addresses of questions; those that are not known are left out of the answer.
    """
    found = {}
    for key in keys:
        row = connection.execute(
            "SELECT j.rule, j.status, j.findings, j.reason FROM addresses a "
            "JOIN memos m ON m.memo = a.id JOIN judgements j ON j.id = m.judgement "
            "WHERE substr(a.address, 1, 8) = substr(:at, 1, 8) AND a.address = :at",
            {"at": packed(key)},
        ).fetchone()
        if row:
            rule, status, findings, reason = row
            said = decode_findings(findings) if findings != "[]" else ()
            found[key] = Verdict(rule, Status(status), said, reason, memo=key)
    return found


def remember(connection: sqlite3.Connection, verdicts: Sequence[Verdict]) -> None:
    """Keep verdicts within a transaction; what is already remembered stays as it is."""
    writer = JudgementWriter(connection)
    for verdict in verdicts:
        if verdict.memo is not None and verdict.status not in FORGOTTEN:
            connection.execute(
                "INSERT OR IGNORE INTO memos (memo, judgement) VALUES (?, ?)",
                (intern(connection, verdict.memo), writer.put(verdict)[0]),
            )


class JudgementWriter:
    """Stores what rules said, each once, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[str, int] = {}

    def put(self, verdict: Verdict) -> tuple[int, str]:
        """Give the row and the address of a verdict's judgement, storing it if need be."""
        document = encode_judgement(verdict)
        at = addressed(document)
        if at not in self._rows:
            self._rows[at] = self._row(at, document)
        return self._rows[at], at

    def _row(self, at: str, document: Mapping[str, Json]) -> int:
        row = intern(self._connection, at)
        self._connection.execute(
            "INSERT OR IGNORE INTO judgements (id, rule, status, findings, reason) "
            "VALUES (?, ?, ?, ?, ?)",
            (
                row,
                document["rule"],
                document["status"],
                text(document["findings"]),
                document["reason"],
            ),
        )
        return row
