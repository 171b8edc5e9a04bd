"""What was seen of a cluster over time, read without unpacking what is not asked for."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from eidos.engine.digest import snapshot_digest
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.history import Capture, Contents, Outline, Said, Who
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Policy
from eidos.engine.model.rule import Enforcement, Pack, Scope
from eidos.engine.model.waiver import Waiver
from eidos.engine.store.sqlite import waivers
from eidos.engine.store.sqlite.addresses import (
    AlteredError,
    address_of,
    expect,
    find,
    reading_row,
)
from eidos.engine.store.sqlite.blobs import read_blob
from eidos.engine.store.sqlite.chain import check_run, check_runs
from eidos.engine.store.sqlite.encoding import (
    decode_collection,
    decode_gate,
    decode_relaxation,
    last_millisecond,
    milliseconds,
    moment,
    parsed,
)
from eidos.engine.store.sqlite.rulebook import read_packs, read_rules
from eidos.engine.store.sqlite.subjects import SubjectReader
from eidos.engine.store.sqlite.tables import RECORDED_AT
from eidos.engine.store.sqlite.trees import TreeReader, snapshot_parts

_LATEST = 2**62
"""Milliseconds after which there is no time."""
_SEEN = f"""SELECT c.run, r.run, {RECORDED_AT}, c.at, a.address, c.generator, r.details
FROM captures c JOIN runs r ON r.number = c.run JOIN addresses a ON a.id = c.snapshot
WHERE c.cluster = ? AND c.at BETWEEN ? AND ? ORDER BY c.at, c.id"""  # noqa: S608 - ours
_NOTHING: Said = {}


def read_clusters(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Name the clusters of which anything was seen, in order."""
    found = connection.execute(
        "SELECT DISTINCT cluster FROM captures WHERE cluster IS NOT NULL ORDER BY cluster"
    )
    return tuple(cluster for (cluster,) in found)


def read_captures(
    connection: sqlite3.Connection,
    cluster: str,
    since: datetime | None,
    until: datetime | None,
    *,
    last: bool = False,
) -> list[Capture]:
    """Give what was seen of a cluster; see `eidos.engine.ports.Store.captures`.

    Raises:
        AlteredError: a run is not as it was recorded, or what it said.
    """
    begin = -_LATEST if since is None else milliseconds(since)
    end = _LATEST if until is None else last_millisecond(until)
    if last:
        (latest,) = connection.execute(
            "SELECT max(at) FROM captures WHERE cluster = ? AND at BETWEEN ? AND ?",
            (cluster, begin, end),
        ).fetchone()
        begin = end + 1 if latest is None else latest
    asked = (cluster, begin, end)
    rows = connection.execute(_SEEN, asked).fetchall()
    check_runs(connection, (row[0] for row in rows))
    said = _said(connection, asked)
    given = _waivers(connection, {number: details for number, *_, details in rows})
    return [
        Capture(
            cluster,
            moment(at),
            run,
            f"sha256:{address.hex()}",
            moment(recorded),
            generator,
            said.get((number, at), _NOTHING),
            given[details],
        )
        for number, run, recorded, at, address, generator, details in rows
    ]


def _waivers(
    connection: sqlite3.Connection, runs: Mapping[int, int | None]
) -> dict[int | None, tuple[Waiver, ...]]:
    """Give the waivers that runs were given, by their details."""
    found: dict[int | None, tuple[Waiver, ...]] = {None: ()}
    for number, details in runs.items():
        if details is not None and details not in found:
            said: dict[str, Any] = json.loads(read_blob(connection, details))
            with reading_row("runs", number):
                found[details] = waivers.read_waivers(connection, said.get("waivers", ()))
    return found


def _said(
    connection: sqlite3.Connection, asked: tuple[str, int, int]
) -> dict[tuple[int, int], Said]:
    """Give what each run said of a cluster at each time; what was said again is one object."""
    rows = connection.execute(
        "SELECT run, at, pages FROM run_parts WHERE cluster = ? AND at BETWEEN ? AND ? "
        "ORDER BY run, at, part",
        asked,
    ).fetchall()
    reader = SubjectReader(connection)
    known: dict[tuple[str, ...], Said] = {}
    alike: dict[tuple[tuple[int, int], ...], Said] = {}
    found: dict[tuple[int, int], Said] = {}
    for key, parts in groupby(rows, key=itemgetter(0, 1)):
        pages = tuple(pages for _, _, pages in parts)
        if pages not in known:
            subjects = [one for each in pages for page in parsed(each) for one in reader.page(page)]
            members = tuple((each.row, each.verdicts) for each in subjects)
            if members not in alike:
                alike[members] = {
                    Who(Scope(each.scope), each.name): reader.verdicts(each.verdicts)
                    for each in subjects
                }
            known[pages] = alike[members]
        found[key] = known[pages]
    return found


def read_outlines(connection: sqlite3.Connection, addresses: Iterable[str]) -> Iterator[Outline]:
    """Give what snapshots are made of, each held against its address.

    Raises:
        AlteredError: one is not what its address says, or is not there.
    """
    reader = TreeReader(connection, {})
    contents: dict[int, Contents] = {}
    for at in addresses:
        row = find(connection, at)
        if row is None:
            raise AlteredError("snapshots", at, "is missing")
        tree, nodes, entries = snapshot_parts(connection, row)
        collection = tuple(decode_collection(entry, None) for entry in entries)
        named = {name: reader.address(each) for name, each in nodes}
        root = snapshot_digest(reader.address(tree), named, collection)
        expect("snapshots", row, address_of(connection, row), root)
        for each in (tree, *(each for _, each in nodes)):
            if each not in contents:
                contents[each] = _contents(reader.leaves(each))
        own = {name: contents[each] for name, each in nodes}
        yield Outline(at, contents[tree], own, collection)


def _contents(leaves: Mapping[str, Mapping[str, str]]) -> Contents:
    return {
        FactAddress.of_subtype(type_, name): at
        for type_, children in leaves.items()
        for name, at in children.items()
    }


def read_contents(
    connection: sqlite3.Connection, addresses: Collection[str]
) -> dict[str, Mapping[str, Json]]:
    """Give the data of subtypes by content address.

    Raises:
        AlteredError: one is not there, or not what its address says.
    """
    return {at: json.loads(read_blob(connection, find(connection, at))) for at in addresses}


def read_policy(connection: sqlite3.Connection, number: int) -> Policy:
    """Give what judged the run with this number.

    Raises:
        AlteredError: it is not as it was recorded.
    """
    check_run(connection, number)
    time, packs, rules, details, fail_on, allow_incomplete = connection.execute(
        "SELECT effective_time, packs, rules, details, fail_on, allow_incomplete FROM runs "
        "WHERE number = ?",
        (number,),
    ).fetchone()
    said: dict[str, Any] = json.loads(read_blob(connection, details)) if details else {}
    with reading_row("runs", number):
        return Policy(
            packs=tuple(
                Pack(each.name, each.version, each.digest, ())
                for each in read_packs(connection, packs)
            ),
            rules=read_rules(connection, rules),
            effective=datetime.fromisoformat(time),
            is_pinned=True,
            enforcement=_enforcement(connection, number),
            waivers=waivers.read_waivers(connection, said.get("waivers", ())),
            gate=decode_gate(fail_on, allow_incomplete, said),
            relaxations=tuple(decode_relaxation(each) for each in said.get("relaxations", ())),
        )


def _enforcement(connection: sqlite3.Connection, number: int) -> dict[str, Enforcement]:
    """Give what the run did with rules that do not simply deny: its verdicts say it."""
    pages = connection.execute("SELECT pages FROM run_parts WHERE run = ?", (number,)).fetchall()
    reader = SubjectReader(connection)
    rows = {page for (written,) in pages for page in parsed(written)}
    lists = {each.verdicts for row in rows for each in reader.page(row)}
    return {
        verdict.rule: verdict.enforcement
        for each in lists
        for verdict in reader.verdicts(each)
        if verdict.enforcement is not Enforcement.DENY
    }
