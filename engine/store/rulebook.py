"""Writing down which packs and rules judged, with the sources of the rules."""

import sqlite3
from collections.abc import Sequence

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Rule
from eidos.engine.model.report import PackRef
from eidos.engine.store.addresses import intern
from eidos.engine.store.blobs import BlobWriter
from eidos.engine.store.encoding import (
    addressed,
    encode_rule,
    encoded,
    parts_of_rule,
    storable,
    text,
)


def put_pack(connection: sqlite3.Connection, pack: PackRef) -> int:
    """Give the row of a pack, storing it if need be."""
    values = (pack.name, pack.version, pack.digest)
    connection.execute(
        "INSERT OR IGNORE INTO packs (name, version, digest) VALUES (?, ?, ?)", values
    )
    row = connection.execute(
        "SELECT id FROM packs WHERE name = ? AND version = ? AND digest = ?", values
    ).fetchone()
    return int(row[0])


def put_rules(
    connection: sqlite3.Connection, blobs: BlobWriter, rules: Sequence[Rule]
) -> tuple[int, str]:
    """Give the row and the address of a list of rules, storing what is new of it."""
    documents = [encode_rule(rule) for rule in rules]
    addresses = [addressed(document) for document in documents]
    at = addressed(addresses)
    row = intern(connection, at)
    if connection.execute("SELECT 1 FROM rule_lists WHERE id = ?", (row,)).fetchone() is None:
        rows = [
            _put_rule(connection, blobs, *each)
            for each in zip(rules, documents, addresses, strict=True)
        ]
        connection.execute("INSERT INTO rule_lists (id, rules) VALUES (?, ?)", (row, text(rows)))
    return row, at


def _put_rule(
    connection: sqlite3.Connection, blobs: BlobWriter, rule: Rule, document: Json, at: str
) -> int:
    for part, (kind, content) in parts_of_rule(rule).items():
        blobs.put(kind, content, part)
    row = blobs.put("rule", encoded(document), at)
    connection.execute(
        "INSERT OR IGNORE INTO rules (id, rule, digest, title, severity) VALUES (?, ?, ?, ?, ?)",
        (row, rule.id, rule.digest, storable(rule.title), rule.severity.value),
    )
    return row
