"""Which packs and rules judged, with the sources of the rules: written down, and read back."""

import json
import sqlite3
from collections.abc import Sequence

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import PackRef
from eidos.engine.model.rule import Rule
from eidos.engine.store.sqlite.addresses import find, intern
from eidos.engine.store.sqlite.blobs import BlobWriter, read_blob
from eidos.engine.store.sqlite.encoding import (
    addressed,
    decode_rule,
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


def read_packs(connection: sqlite3.Connection, rows: str) -> tuple[PackRef, ...]:
    """Give the packs of a JSON list of rows, in its order."""
    found = connection.execute(
        "SELECT p.name, p.version, p.digest FROM json_each(?) e JOIN packs p ON p.id = e.value "
        "ORDER BY e.key",
        (rows,),
    )
    return tuple(PackRef(*pack) for pack in found)


def read_rules(connection: sqlite3.Connection, rule_list: int) -> tuple[Rule, ...]:
    """Give the rules of a list, in its order."""
    documents = connection.execute(
        "SELECT e.value FROM rule_lists l JOIN json_each(l.rules) e WHERE l.id = ? ORDER BY e.key",
        (rule_list,),
    ).fetchall()
    parts: dict[str, bytes] = {}
    return tuple(_read_rule(connection, row, parts) for (row,) in documents)


def _read_rule(connection: sqlite3.Connection, row: int, parts: dict[str, bytes]) -> Rule:
    document = json.loads(read_blob(connection, row))
    for at in (*(at for _, at in document["modules"]), *document["tables"].values()):
        if at not in parts:
            parts[at] = read_blob(connection, find(connection, at))
    return decode_rule(document, parts)
