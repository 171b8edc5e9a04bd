"""Which packs and rules judged, with the sources of the rules: written down, and read back."""

import json
import sqlite3
from collections.abc import Sequence

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import PackRef
from eidos.engine.model.rule import Rule
from eidos.engine.store.sqlite.addresses import (
    AlteredError,
    address_in,
    address_of,
    expect,
    find,
    intern,
    reading_row,
)
from eidos.engine.store.sqlite.blobs import BlobWriter, read_blob
from eidos.engine.store.sqlite.encoding import (
    addressed,
    decode_rule,
    encode_rule,
    encoded,
    parsed,
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
    """Give the rules of a list, in its order.

    Raises:
        AlteredError: they are not what their addresses say.
    """
    parts: dict[str, bytes] = {}
    rows = check_rule_list(connection, rule_list)
    return tuple(_read_rule(connection, row, parts) for row in rows)


def check_rule_list(connection: sqlite3.Connection, row: int) -> list[int]:
    """Give the rules of a list; see `check_rule`."""
    with reading_row("rule_lists", row):
        (written,) = connection.execute(
            "SELECT rules FROM rule_lists WHERE id = ?", (row,)
        ).fetchone()
        rows: list[int] = parsed(written)
        found = addressed([address_in(connection, "rules", rule) for rule in rows])
    expect("rule_lists", row, address_of(connection, row), found)
    return rows


def check_rule(connection: sqlite3.Connection, row: int) -> None:
    """Hold what a list of rules says of one against the rule itself.

    Raises:
        AlteredError: they differ, or it is not what its address says.
    """
    rule = _read_rule(connection, row, {})
    found = connection.execute(
        "SELECT rule, digest, title, severity FROM rules WHERE id = ?", (row,)
    ).fetchone()
    expected = (rule.id, rule.digest, storable(rule.title), rule.severity.value)
    if found != expected:
        what = "is not what the rule says"
        raise AlteredError("rules", row, what, text(expected), text(found))


def _read_rule(connection: sqlite3.Connection, row: int, parts: dict[str, bytes]) -> Rule:
    written = read_blob(connection, row)
    with reading_row("rules", row):
        document = json.loads(written)
        for at in (*(at for _, at in document["modules"]), *document["tables"].values()):
            if at not in parts:
                parts[at] = read_blob(connection, find(connection, at))
        return decode_rule(document, parts)
