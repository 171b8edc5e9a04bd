"""Remembering verdicts by what they depend on."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.ports import Remembered
from eidos.engine.store.sqlite.addresses import (
    AlteredError,
    address_of,
    expect,
    intern,
    packed,
    reading_row,
    unpacked,
)
from eidos.engine.store.sqlite.encoding import (
    addressed,
    decode_judgement,
    encode_judgement,
    parsed,
    text,
)

COLUMNS = "j.rule, j.status, j.findings, j.reason, j.lacks"
"""What is kept of a judgement ``j``, beside its address."""
FORGOTTEN = frozenset({Status.ERROR, Status.WAIVED})
"""An error may be a slow machine, a waiver ends: neither follows from the memo key."""


def recall(
    connection: sqlite3.Connection, keys: Sequence[str], sealer: str
) -> dict[str, Remembered]:
    """Give what is remembered for these memo keys under seals of this sealer."""
    found = {}
    said: dict[int, Verdict] = {}
    for key in keys:
        row = connection.execute(
            "SELECT m.judgement, m.seal FROM addresses a JOIN memos m ON m.memo = a.id "
            "WHERE substr(a.address, 1, 8) = substr(:at, 1, 8) AND a.address = :at "
            "AND m.sealer = :sealer",
            {"at": packed(key), "sealer": sealer},
        ).fetchone()
        if row:
            judgement, seal = row
            if judgement not in said:
                said[judgement] = read_judgement(connection, judgement)
            found[key] = Remembered(_under(key, said[judgement]), sealer, seal)
    return found


def remember(connection: sqlite3.Connection, verdicts: Sequence[Remembered]) -> None:
    """Keep verdicts within a transaction; what is already remembered stays as it is."""
    writer = JudgementWriter(connection)
    for each in verdicts:
        verdict = each.verdict
        if verdict.memo is not None and verdict.status not in FORGOTTEN:
            row, _ = writer.put(verdict)
            connection.execute(
                "INSERT OR IGNORE INTO memos (memo, sealer, judgement, seal) VALUES (?, ?, ?, ?)",
                (intern(connection, verdict.memo), each.sealer, row, each.seal),
            )


def read_memos(connection: sqlite3.Connection) -> Iterator[Remembered]:
    """Give everything that is remembered; what does not match its address is left out."""
    # As bytes: what was altered need be no text.
    rows = connection.execute(
        "SELECT judgement, memo, CAST(sealer AS BLOB), seal FROM memos ORDER BY judgement"
    )
    for judgement, alike in groupby(rows, key=itemgetter(0)):
        with suppress(AlteredError):
            said = read_judgement(connection, judgement)
            for _, memo, sealer, seal in alike:
                with suppress(AlteredError):
                    key = address_of(connection, memo)
                    yield Remembered(_under(key, said), sealer.decode(errors="replace"), seal)


def _under(key: str, said: Verdict) -> Verdict:
    return replace(said, memo=key)


def read_judgement(connection: sqlite3.Connection, row: int) -> Verdict:
    """Give what a rule said, under no memo key.

    Raises:
        AlteredError: it does not match its address.
    """
    with reading_row("judgements", row):
        *columns, at = connection.execute(
            f"SELECT {COLUMNS}, a.address FROM judgements j "  # noqa: S608 -- names of columns
            "LEFT JOIN addresses a ON a.id = j.id WHERE j.id = ?",
            (row,),
        ).fetchone()
        document = judgement_of(*columns)
        expect("judgements", row, unpacked(at), addressed(document))
        return decode_judgement(document)


def judgement_of(
    rule: str, status: str, findings: str, reason: str | None, lacks: str | None
) -> dict[str, Any]:
    """Give the document of a judgement, which has its address, from `COLUMNS`.

    Raises:
        ValueError: a column is not the canonical form of its value.
    """
    document = {"rule": rule, "status": status, "findings": parsed(findings), "reason": reason}
    return document if lacks is None else {**document, "lacks": parsed(lacks)}


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
            "INSERT OR IGNORE INTO judgements (id, rule, status, findings, reason, lacks) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                row,
                document["rule"],
                document["status"],
                text(document["findings"]),
                document["reason"],
                text(document["lacks"]) if "lacks" in document else None,
            ),
        )
        return row
