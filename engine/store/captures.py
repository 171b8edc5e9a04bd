"""Finding stored snapshots: by address, by run, by cluster and time."""

import difflib
import json
import sqlite3

from eidos.engine.errors import UsageError
from eidos.engine.model.snapshot import Metadata, Snapshot
from eidos.engine.store.blobs import read_blob
from eidos.engine.store.clock import readable
from eidos.engine.store.trees import read_snapshot

_PREFIX = "sha256:"
_HEX = 64
_CAPTURE = "SELECT id FROM captures "


def snapshot_by_address(connection: sqlite3.Connection, prefix: str) -> Snapshot:
    """Give a snapshot by its address or the beginning of it, ``sha256:`` or not, as last captured.

    Raises:
        UsageError: no snapshot, or more than one, is meant.
    """
    digits = prefix.removeprefix(_PREFIX).lower()
    if not digits or len(digits) > _HEX or set(digits) - set("0123456789abcdef"):
        raise UsageError(
            f"{prefix!r} is no address of a snapshot",
            hint="Give the beginning of its SHA-256, as in sha256:1f2e3d.",
        )
    bounds = {
        "low": bytes.fromhex(digits.ljust(_HEX, "0")),
        "high": bytes.fromhex(digits.ljust(_HEX, "f")),
    }
    found = connection.execute(
        "SELECT s.id, lower(hex(a.address)) FROM addresses a JOIN snapshots s ON s.id = a.id "
        "WHERE substr(a.address, 1, 8) BETWEEN substr(:low, 1, 8) AND substr(:high, 1, 8) "
        "AND a.address BETWEEN :low AND :high LIMIT 3",
        bounds,
    ).fetchall()
    if not found:
        raise UsageError(
            f"there is no snapshot {prefix!r}", hint="List runs with: eidos history runs"
        )
    if len(found) > 1:
        shown = ", ".join(_PREFIX + at for _, at in found)
        raise UsageError(f"{prefix!r} begins several snapshots", hint=f"Among them {shown}.")
    row = connection.execute(
        _CAPTURE + "WHERE snapshot = ? ORDER BY at DESC, id DESC LIMIT 1", (found[0][0],)
    ).fetchone()
    return _captured(connection, row[0])


def snapshot_of_cluster(connection: sqlite3.Connection, cluster: str, at: int) -> Snapshot:
    """Give what was last seen of a cluster at a time, in milliseconds.

    Raises:
        UsageError: nothing was seen of it by then.
    """
    row = connection.execute(
        _CAPTURE + "WHERE cluster = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1", (cluster, at)
    ).fetchone()
    if row is None:
        raise _never_seen(connection, cluster, at)
    return _captured(connection, row[0])


def _never_seen(connection: sqlite3.Connection, cluster: str, at: int) -> UsageError:
    (first,) = connection.execute(
        "SELECT min(at) FROM captures WHERE cluster = ?", (cluster,)
    ).fetchone()
    if first is not None:
        return UsageError(
            f"nothing is recorded of cluster {cluster!r} by {readable(at)}",
            hint=f"It was first seen at {readable(first)}.",
        )
    known = [
        name
        for (name,) in connection.execute(
            "SELECT DISTINCT cluster FROM captures WHERE cluster IS NOT NULL ORDER BY cluster"
        )
    ]
    nearest = difflib.get_close_matches(cluster, known, n=1)
    hint = f"Did you mean {nearest[0]}?" if nearest else "List runs with: eidos history runs"
    return UsageError(f"nothing is recorded of a cluster {cluster!r}", hint=hint)


def snapshot_of_run(connection: sqlite3.Connection, number: int) -> Snapshot:
    """Give the one snapshot that a run judged.

    Raises:
        UsageError: it judged none, or several.
    """
    found = connection.execute(
        "SELECT c.id, lower(hex(a.address)) FROM captures c "
        "JOIN addresses a ON a.id = c.snapshot WHERE c.run = ? ORDER BY c.id",
        (number,),
    ).fetchall()
    if not found:
        raise UsageError(
            "the run judged no snapshot", hint="It judged other documents; choose another run."
        )
    if len({at for _, at in found}) > 1:
        some = ", ".join(f"snapshot:{at[:12]}" for _, at in found[:5])
        raise UsageError(f"the run judged {len(found)} snapshots", hint=f"Name one: {some}.")
    return _captured(connection, found[0][0])


def _captured(connection: sqlite3.Connection, capture: int) -> Snapshot:
    snapshot, cluster, timestamp, generator, labels, remarks = connection.execute(
        "SELECT snapshot, cluster, timestamp, generator, labels, remarks FROM captures "
        "WHERE id = ?",
        (capture,),
    ).fetchone()
    metadata = Metadata(cluster, timestamp, generator, json.loads(labels))
    said = json.loads(read_blob(connection, remarks)) if remarks else {}
    return read_snapshot(connection, snapshot, metadata, said)
