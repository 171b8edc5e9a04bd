"""Finding stored snapshots: by address, by run, by cluster and time."""

import json
import sqlite3

from eidos.engine.errors import StoreError, UsageError
from eidos.engine.model.snapshot import AddressedSnapshot, Metadata
from eidos.engine.store.naming import HEX_DIGITS, address_digits, never_seen, not_one_snapshot
from eidos.engine.store.sqlite.addresses import unpacked
from eidos.engine.store.sqlite.blobs import read_blob
from eidos.engine.store.sqlite.chain import check_run
from eidos.engine.store.sqlite.encoding import readable
from eidos.engine.store.sqlite.tables import RECORDED_AT
from eidos.engine.store.sqlite.trees import read_snapshot

_CAPTURE = "SELECT id, run FROM captures "
_SHOWN = 3
"""How many candidates an error names."""


def find_address(connection: sqlite3.Connection, name: str) -> int:
    """Give the last capture of the snapshot whose address begins as `name` does.

    Raises:
        UsageError: no snapshot, or more than one, is meant.
    """
    row = connection.execute(
        _CAPTURE + "WHERE snapshot = ? ORDER BY at DESC, id DESC LIMIT 1",
        (find_snapshot(connection, name),),
    ).fetchone()
    return _checked(connection, *row)


def find_snapshot(connection: sqlite3.Connection, name: str) -> int:
    """Give the row of the captured snapshot whose address begins as `name` does.

    Raises:
        UsageError: no snapshot, or more than one, is meant.
    """
    digits = address_digits(name)
    bounds = {
        "low": bytes.fromhex(digits.ljust(HEX_DIGITS, "0")),
        "high": bytes.fromhex(digits.ljust(HEX_DIGITS, "f")),
        "limit": _SHOWN,
    }
    found = connection.execute(
        "SELECT s.id, a.address FROM addresses a JOIN snapshots s ON s.id = a.id "
        "WHERE substr(a.address, 1, 8) BETWEEN substr(:low, 1, 8) AND substr(:high, 1, 8) "
        "AND a.address BETWEEN :low AND :high "
        "AND EXISTS (SELECT 1 FROM captures c WHERE c.snapshot = s.id) LIMIT :limit",
        bounds,
    ).fetchall()
    if len(found) != 1:
        raise not_one_snapshot(name, [unpacked(address) for _, address in found])
    return int(found[0][0])


def find_cluster(
    connection: sqlite3.Connection, cluster: str, at: int, known: int | None = None
) -> int:
    """Give the capture of what was last seen of a cluster at a time.

    Args:
        connection: the database.
        cluster: its name.
        at: state time, in milliseconds since 1970.
        known: knowledge time, likewise: only what was recorded by then; None for all.

    Raises:
        UsageError: nothing was seen of it by then.
    """
    row = connection.execute(
        _CAPTURE + "WHERE cluster = :cluster AND at <= :at AND (:known IS NULL OR "  # noqa: S608
        f"(SELECT {RECORDED_AT} FROM runs r WHERE r.number = captures.run) <= :known) "
        "ORDER BY at DESC, id DESC LIMIT 1",
        {"cluster": cluster, "at": at, "known": known},
    ).fetchone()
    if row is None:
        raise _never_seen(connection, cluster, at)
    return _checked(connection, *row)


def _checked(connection: sqlite3.Connection, capture: int, run: int) -> int:
    """Give the capture of a run once that is held against its address."""
    check_run(connection, run)
    return capture


def _never_seen(connection: sqlite3.Connection, cluster: str, at: int) -> UsageError:
    (first,) = connection.execute(
        "SELECT min(at) FROM captures WHERE cluster = ?", (cluster,)
    ).fetchone()
    known = connection.execute("SELECT DISTINCT cluster FROM captures WHERE cluster IS NOT NULL")
    when = None if first is None else readable(first)
    return never_seen(cluster, readable(at), when, [name for (name,) in known])


def captures_of_run(connection: sqlite3.Connection, number: int) -> list[int]:
    """Give the captures of a run, in the order in which it judged them.

    Raises:
        AlteredError: they are not those that were recorded.
    """
    check_run(connection, number)
    found = connection.execute(_CAPTURE + "WHERE run = ? ORDER BY id", (number,))
    return [capture for capture, _ in found]


def read_capture_of(connection: sqlite3.Connection, number: int, capture: int) -> AddressedSnapshot:
    """Give the snapshot of a capture that was found before, in another transaction.

    Raises:
        StoreError: it was pruned since.
    """
    row = connection.execute(_CAPTURE + "WHERE id = ?", (capture,)).fetchone()
    if row is None or row[1] != number:
        raise StoreError(
            "the run was pruned while its snapshots were read",
            hint="List what is there still with: eidos history runs",
        )
    return read_capture(connection, capture)


def read_capture(connection: sqlite3.Connection, capture: int) -> AddressedSnapshot:
    """Give the snapshot of a capture, whose run has been held against its address.

    Raises:
        AlteredError: its content is not what its address says.
    """
    snapshot, cluster, timestamp, generator, labels, remarks = connection.execute(
        "SELECT snapshot, cluster, timestamp, generator, labels, remarks FROM captures "
        "WHERE id = ?",
        (capture,),
    ).fetchone()
    metadata = Metadata(cluster, timestamp, generator, json.loads(labels))
    said = json.loads(read_blob(connection, remarks)) if remarks else {}
    return read_snapshot(connection, snapshot, metadata, said)
