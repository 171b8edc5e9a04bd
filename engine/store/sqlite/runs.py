"""Finding runs: what a list says of each, and the report it was, to be rendered again."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from eidos.engine.model.gate import Decision
from eidos.engine.model.history import Window
from eidos.engine.model.report import PackRef, RecipeRef, Report, WaiverNote
from eidos.engine.model.rule import Scope
from eidos.engine.model.run import RunSummary
from eidos.engine.store.naming import LATEST, no_run_yet, not_one_run
from eidos.engine.store.sqlite.addresses import reading_row, unpacked
from eidos.engine.store.sqlite.blobs import read_blob
from eidos.engine.store.sqlite.chain import check_run, check_runs
from eidos.engine.store.sqlite.encoding import (
    decode_gate,
    decode_problem,
    decode_relaxation,
    exact,
    milliseconds,
)
from eidos.engine.store.sqlite.rulebook import read_packs, read_rules
from eidos.engine.store.sqlite.subjects import SubjectReader
from eidos.engine.store.sqlite.tables import RECORDED_AT
from eidos.engine.store.sqlite.waivers import read_waivers

_ALL = -1
"""SQLite's limit that is none."""
_COMPARED = 1000
"""Runs that a mistyped name is compared with."""
_LIST = """
SELECT r.number, r.run, r.started, r.effective_time, r.generator, r.engine, r.decision, r.exit_code,
    r.counts, r.packs, r.link, r.recorded, r.subjects, (
        SELECT json_group_array(DISTINCT p.cluster) FROM run_parts p
        WHERE p.run = r.number AND p.cluster IS NOT NULL
    )
FROM runs r
"""
_OF_CLUSTERS = """EXISTS (SELECT 1 FROM run_parts p
WHERE p.run = r.number AND p.cluster IS NOT NULL AND has_cluster(p.cluster))"""
_OF_NODES = f"""EXISTS (SELECT 1 FROM run_parts p JOIN json_each(p.pages) page
JOIN subject_pages sp ON sp.id = page.value JOIN json_each(sp.subjects) e
JOIN subjects s ON s.id = json_extract(e.value, '$[0]')
WHERE p.run = r.number AND s.scope = '{Scope.NODE.value}' AND has_node(s.name))"""  # noqa: S608 - ours
_OF_RULES = """EXISTS (SELECT 1 FROM rule_lists l JOIN json_each(l.rules) e
JOIN rules u ON u.id = e.value WHERE l.id = r.rules AND has_rule(u.rule))"""
_STARTED = """julianday(r.started) BETWEEN julianday(:since) AND julianday(:until)"""


def list_runs(
    connection: sqlite3.Connection,
    limit: int | None = None,
    asked: Window | None = None,
    known: datetime | None = None,
) -> list[RunSummary]:
    """Give runs, last recorded first; see `eidos.engine.ports.Store.runs`."""
    values: dict[str, str | int] = {"limit": _ALL if limit is None else limit}
    conditions = []
    if known is not None:
        values["known"] = milliseconds(known)
        conditions.append(f"{RECORDED_AT} <= :known")
    if asked is not None:
        # Runs start at whole seconds; SQLite takes the last microsecond of time for no time.
        values |= {"since": asked.since.isoformat(), "until": asked.until.isoformat("T", "seconds")}
        conditions += [_STARTED, *_chosen(connection, asked)]
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    query = f"{_LIST} {where}ORDER BY r.number DESC LIMIT :limit"
    with reading_row("runs", ""):
        rows = connection.execute(query, values).fetchall()
    check_runs(connection, (row[0] for row in rows))
    return [_summary(connection, *row[1:]) for row in rows]


def _chosen(connection: sqlite3.Connection, asked: Window) -> Iterator[str]:
    """Give the conditions that globs say, and let the database ask what they call."""
    for globs, name, fits, condition in (
        (asked.clusters, "has_cluster", asked.has_cluster, _OF_CLUSTERS),
        (asked.nodes, "has_node", asked.has_node, _OF_NODES),
        (asked.rules, "has_rule", asked.has_rule, _OF_RULES),
    ):
        if globs:
            connection.create_function(name, 1, fits, deterministic=True)
            yield condition


def _summary(connection: sqlite3.Connection, *row: Any) -> RunSummary:  # noqa: ANN401
    run, started, effective_time, generator, engine, decision, exit_code, *rest = row
    counts, packs, link, recorded, subjects, clusters = rest
    return RunSummary(
        run=run,
        started=started,
        effective_time=effective_time,
        generator=generator,
        engine=engine,
        decision=Decision(decision),
        exit_code=exit_code,
        clusters=tuple(sorted(json.loads(clusters))),
        subjects=subjects,
        counts=json.loads(counts),
        packs=read_packs(connection, packs),
        link=unpacked(link),
        recorded=started if recorded is None else exact(recorded),
    )


def find_run(connection: sqlite3.Connection, name: str) -> int:
    """Give the number of a run by its id, the beginning of its id, or ``latest``.

    Raises:
        UsageError: no run, or more than one, is meant.
    """
    if name == LATEST:
        row = connection.execute("SELECT max(number) FROM runs").fetchone()
        if row[0] is None:
            raise no_run_yet()
        return int(row[0])
    found = connection.execute(
        "SELECT number, run FROM runs WHERE run >= :name AND run < :name || char(1114111) "
        "ORDER BY number DESC",
        {"name": name},
    ).fetchall()
    exact = [number for number, run in found if run == name]
    if exact or (name and len(found) == 1):
        return int(exact[0] if exact else found[0][0])
    known = connection.execute("SELECT run FROM runs ORDER BY number DESC LIMIT ?", (_COMPARED,))
    raise not_one_run(name, [run for _, run in found], [run for (run,) in known])


def rebuild(connection: sqlite3.Connection, number: int) -> Report:
    """Give the report of the run with this number.

    Raises:
        AlteredError: anything of it is not what was written.
    """
    check_run(connection, number)
    head = connection.execute(
        "SELECT run, started, effective_time, generator, engine, packs, rules, details, fail_on, "
        "allow_incomplete "
        "FROM runs WHERE number = ?",
        (number,),
    ).fetchone()
    run, started, effective_time, generator, engine, packs, *rest = head
    rules, details, fail_on, allow_incomplete = rest
    said = json.loads(read_blob(connection, details)) if details else {}
    return Report(
        run=run,
        started=started,
        effective_time=effective_time,
        generator=generator,
        engine=engine,
        packs=_told(read_packs(connection, packs), said),
        rules=read_rules(connection, rules),
        subjects=tuple(SubjectReader(connection).subjects(number)),
        problems=tuple(decode_problem(problem) for problem in said.get("problems", ())),
        waiver_notes=tuple(WaiverNote(*note) for note in said.get("waiver_notes", ())),
        waivers=read_waivers(connection, said.get("waivers", ())),
        prints=tuple(said.get("prints", ())),
        relaxations=tuple(decode_relaxation(each) for each in said.get("relaxations", ())),
        recipe=RecipeRef(*said["recipe"]) if "recipe" in said else None,
        gate=decode_gate(fail_on, allow_incomplete, said),
    )


def _told(packs: Sequence[PackRef], said: Mapping[str, Any]) -> tuple[PackRef, ...]:
    """Give packs with what they replace and who brought them; of most runs nothing is kept."""
    replaces = said.get("replaces") or [()] * len(packs)
    brought = said.get("brought") or [("", None)] * len(packs)
    return tuple(
        replace(pack, replaces=tuple(names), origin=origin, signer=signer)
        for pack, names, (origin, signer) in zip(packs, replaces, brought, strict=True)
    )
