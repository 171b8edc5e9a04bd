"""What became of recipes that were to be bundled; each is a part of the run before it was rendered.

The details of that run name the record by its address, so that the chain of runs is over it; the
record names ``gate.json``, which is kept byte for byte.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from eidos.engine.digest import address, canonical
from eidos.engine.model.gate import Decision
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.recorded_bundling import BundledComponent, RecordedBundling, ReportRef
from eidos.engine.model.report import RecipeRef
from eidos.engine.model.verification import Alteration
from eidos.engine.store.naming import LATEST, no_bundling_yet, not_one_bundling
from eidos.engine.store.sqlite.addresses import AlteredError, address_in, expect, reading_row
from eidos.engine.store.sqlite.blobs import BlobWriter, read_blob
from eidos.engine.store.sqlite.chain import check_run
from eidos.engine.store.sqlite.encoding import text
from eidos.engine.store.sqlite.recipes import has_recipe

DETAIL = "bundling"
"""Key of a run's details that names the record."""
_COLUMNS = (
    *("gate", "decision", "cluster", "recipe"),
    *("deployers", "components", "bundle", "place"),
)
"""Said again beside the record, for lists and for SQL."""
_COMPARED = 1000
"""Names that a mistyped one is compared with."""


def put_record(blobs: BlobWriter, bundling: RecordedBundling, document: bytes) -> str:
    """Keep the record and ``gate.json``, ahead of the run whose details name it; give its address.

    Raises:
        ValueError: the document is not what the record says it is.
    """
    if address(document) != bundling.document:
        raise ValueError("the record is of another gate.json")
    blobs.put("gate", document, bundling.document)
    content = canonical(_encoded(bundling))
    at = address(content)
    blobs.put("bundling", content, at)
    return at


def put_bundling(
    connection: sqlite3.Connection, blobs: BlobWriter, number: int, bundling: RecordedBundling
) -> None:
    """Lay what was kept beside the run with this number, which was just recorded."""
    record = address(canonical(_encoded(bundling)))
    connection.execute(
        f"INSERT INTO bundlings (run, after, record, document, {', '.join(_COLUMNS)}) "  # noqa: S608
        "VALUES (?, (SELECT number FROM runs WHERE run = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            number,
            None if bundling.after is None else bundling.after.run,
            blobs.known(record),
            blobs.known(bundling.document),
            *_columns(_encoded(bundling)),
        ),
    )


def list_bundlings(
    connection: sqlite3.Connection,
    cluster: str | None,
    since: datetime | None,
    until: datetime | None,
) -> list[RecordedBundling]:
    """Give what was decided, last recorded first; see `eidos.engine.ports.Store.bundlings`.

    Raises:
        AlteredError: one is not as it was recorded.
    """
    rows = connection.execute(
        "SELECT b.run FROM bundlings b JOIN runs r ON r.number = b.run "
        "WHERE (:cluster IS NULL OR b.cluster = :cluster) "
        "AND (:since IS NULL OR julianday(r.started) >= julianday(:since)) "
        "AND (:until IS NULL OR julianday(r.started) <= julianday(:until)) "
        "ORDER BY b.run DESC",
        {
            "cluster": cluster,
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
        },
    )
    return [check_bundling(connection, number) for (number,) in rows.fetchall()]


def read_bundling(connection: sqlite3.Connection, name: str) -> tuple[RecordedBundling, bytes]:
    """Give one with its ``gate.json``; see `eidos.engine.ports.Store.bundling`.

    Raises:
        AlteredError: it is not as it was recorded.
        UsageError: none, or more than one, is meant.
    """
    number = _find(connection, name)
    found = check_bundling(connection, number)
    (document,) = connection.execute(
        "SELECT document FROM bundlings WHERE run = ?", (number,)
    ).fetchone()
    return found, read_blob(connection, document)


def _find(connection: sqlite3.Connection, name: str) -> int:
    rows = connection.execute(
        "SELECT b.run, r.run, b.bundle FROM bundlings b JOIN runs r ON r.number = b.run "
        "ORDER BY b.run DESC"
    ).fetchall()
    if not rows:
        raise no_bundling_yet()
    if name == LATEST:
        return int(rows[0][0])
    exact = [number for number, *names in rows if name in names]
    if exact:  # of bundles that were made twice, the last
        return int(exact[0])
    digits = name.removeprefix("sha256:").lower()
    runs = {run: number for number, run, _ in rows if name and run.startswith(name)}
    bundles = {
        at: number
        for number, _, at in reversed(rows)
        if digits and at and at.startswith(f"sha256:{digits}")
    }
    found = runs | bundles
    if len(found) != 1:
        raise not_one_bundling(name, list(found), [run for _, run, _ in rows[:_COMPARED]])
    return int(next(iter(found.values())))


def check_bundling(connection: sqlite3.Connection, number: int) -> RecordedBundling:
    """Hold what was decided against its run, and its row against the record; give it.

    Raises:
        AlteredError: it is not as it was recorded, or the run knows nothing of it.
    """
    check_run(connection, number)
    with reading_row("bundlings", number):
        after, record, document, *columns = connection.execute(
            "SELECT (SELECT run FROM runs WHERE number = after), record, document, "  # noqa: S608
            f"{', '.join(_COLUMNS)} FROM bundlings WHERE run = ?",
            (number,),
        ).fetchone()
        run, details = connection.execute(
            "SELECT run, details FROM runs WHERE number = ?", (number,)
        ).fetchone()
        named = json.loads(read_blob(connection, details)).get(DETAIL) if details else None
        at = address_in(connection, "blobs", record)
        if named != at:
            raise AlteredError("bundlings", number, "is not what its run decided", named, at)
        said: dict[str, Any] = json.loads(read_blob(connection, record))
        expect("bundlings", number, said["document"], address_in(connection, "blobs", document))
        expect("bundlings", number, repr(_columns(said)), repr(tuple(columns)))
        found = _decoded(said)
        expect("bundlings", number, run, found.name)
        expect("bundlings", number, found.after.run if found.after else None, after)
    return found


def lost_bundlings(connection: sqlite3.Connection) -> Iterator[Alteration]:
    """Find runs whose decision is not there any more, and bundles whose recipe is not."""
    rows = connection.execute(
        "SELECT r.run, r.details, b.record FROM runs r LEFT JOIN bundlings b ON b.run = r.number "
        "WHERE r.details IS NOT NULL"
    )
    for run, details, record in rows.fetchall():
        at = json.loads(read_blob(connection, details)).get(DETAIL)
        if at is None:
            continue
        if record is None:
            yield Alteration("bundlings", "", f"are not there, and run {run} made one", at, None)
            continue
        said = json.loads(read_blob(connection, record))
        recipe = said["recipe"][1]
        if said["bundle"] is not None and not has_recipe(connection, recipe):
            what = f"are not there, and run {run} was to bundle one of them"
            yield Alteration("recipes", "", what, recipe, None)


# The record -------------------------------------------------------------------------------------


def _columns(said: Mapping[str, Any]) -> tuple[str | None, ...]:
    written = {
        "recipe": said["recipe"][0],
        "deployers": text(said["deployers"]),
        "components": text(said["components"]),
    }
    return tuple(written[name] if name in written else said[name] for name in _COLUMNS)


def _encoded(bundling: RecordedBundling) -> dict[str, Json]:
    return {
        "gate": bundling.gate,
        "decision": bundling.decision.value,
        "cluster": bundling.cluster,
        "snapshot": bundling.snapshot,
        "snapshotTime": bundling.snapshot_time,
        "started": bundling.started,
        "effectiveTime": bundling.effective_time,
        "recipe": [bundling.recipe.name, bundling.recipe.digest],
        "before": _report(bundling.before),
        "after": None if bundling.after is None else _report(bundling.after),
        "reasons": list(bundling.reasons),
        "waivers": list(bundling.waivers),
        "relaxations": list(bundling.relaxations),
        "deployers": list(bundling.deployers),
        "components": [[each.name, each.version, each.wave] for each in bundling.components],
        "bundle": bundling.bundle,
        "place": bundling.place,
        "document": bundling.document,
    }


def _report(said: ReportRef) -> list[Json]:
    return [said.run, said.decision.value, said.digest]


def _decoded(said: Mapping[str, Any]) -> RecordedBundling:
    return RecordedBundling(
        gate=said["gate"],
        decision=Decision(said["decision"]),
        cluster=said["cluster"],
        snapshot=said["snapshot"],
        snapshot_time=said["snapshotTime"],
        started=said["started"],
        effective_time=said["effectiveTime"],
        recipe=RecipeRef(*said["recipe"]),
        before=_ref(said["before"]),
        after=None if said["after"] is None else _ref(said["after"]),
        reasons=tuple(said["reasons"]),
        waivers=tuple(said["waivers"]),
        relaxations=tuple(said["relaxations"]),
        deployers=tuple(said["deployers"]),
        components=tuple(BundledComponent(*each) for each in said["components"]),
        bundle=said["bundle"],
        place=said["place"],
        document=said["document"],
    )


def _ref(said: list[str]) -> ReportRef:
    run, decision, at = said
    return ReportRef(run, Decision(decision), at)
