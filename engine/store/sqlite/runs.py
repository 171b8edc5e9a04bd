"""Finding runs: what a list says of each, and the report it was, to be rendered again."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from eidos.engine.model.gate import Decision, Gate
from eidos.engine.model.report import Report, Subject, WaiverNote
from eidos.engine.model.rule import Enforcement, Scope, Severity
from eidos.engine.model.run import RunSummary
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.store.naming import LATEST, no_run_yet, not_one_run
from eidos.engine.store.sqlite.addresses import unpacked
from eidos.engine.store.sqlite.blobs import read_blob
from eidos.engine.store.sqlite.encoding import (
    decode_findings,
    decode_locations,
    decode_problem,
    decode_relaxation,
)
from eidos.engine.store.sqlite.rulebook import read_packs, read_rules

_ALL = -1
"""SQLite's limit that is none."""
_COMPARED = 1000
"""Runs that a mistyped name is compared with."""
_LIST = """
SELECT r.run, r.started, r.effective_time, r.generator, r.engine, r.decision, r.exit_code, r.counts,
    r.packs, r.link, r.subjects, (
        SELECT json_group_array(DISTINCT p.cluster) FROM run_parts p
        WHERE p.run = r.number AND p.cluster IS NOT NULL
    )
FROM runs r
WHERE (:cluster IS NULL OR EXISTS (
        SELECT 1 FROM run_parts p WHERE p.run = r.number AND p.cluster = :cluster))
    AND (:since IS NULL OR julianday(r.started) >= julianday(:since))
ORDER BY r.number DESC LIMIT :limit
"""


def list_runs(
    connection: sqlite3.Connection, limit: int | None, cluster: str | None, since: datetime | None
) -> list[RunSummary]:
    """Give runs, last recorded first; see `eidos.engine.ports.Store.runs`."""
    asked = {
        "limit": _ALL if limit is None else limit,
        "cluster": cluster,
        "since": since.isoformat() if since else None,
    }
    rows = connection.execute(_LIST, asked)
    return [_summary(connection, row) for row in rows.fetchall()]


def _summary(connection: sqlite3.Connection, row: tuple[Any, ...]) -> RunSummary:
    run, started, effective_time, generator, engine, decision, exit_code, *rest = row
    counts, packs, link, subjects, clusters = rest
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
    """Give the report of the run with this number."""
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
        packs=read_packs(connection, packs),
        rules=read_rules(connection, rules),
        subjects=tuple(_SubjectReader(connection).subjects(number)),
        problems=tuple(decode_problem(problem) for problem in said.get("problems", ())),
        waiver_notes=tuple(WaiverNote(*note) for note in said.get("waiver_notes", ())),
        prints=tuple(said.get("prints", ())),
        relaxations=tuple(decode_relaxation(each) for each in said.get("relaxations", ())),
        gate=Gate(Severity(fail_on), bool(allow_incomplete)),
    )


class _SubjectReader:
    """Reads subjects; what alike subjects share is one object in memory too."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lists: dict[int, tuple[Verdict, ...]] = {}
        self._verdicts: dict[int, Verdict] = {}

    def subjects(self, number: int) -> Iterator[Subject]:
        parts = self._connection.execute(
            "SELECT file, cluster, timestamp, pages, locations FROM run_parts "
            "WHERE run = ? ORDER BY part",
            (number,),
        ).fetchall()
        for *source, pages, locations in parts:
            for page, places in zip(json.loads(pages), json.loads(locations), strict=True):
                yield from self._page(page, places, *source)

    def _page(
        self, page: int, locations: int, file: str, cluster: str | None, timestamp: str | None
    ) -> Iterator[Subject]:
        rows = self._connection.execute(
            "SELECT s.name, s.scope, a.address, json_extract(e.value, '$[2]') "
            "FROM subject_pages p JOIN json_each(p.subjects) e "
            "JOIN subjects s ON s.id = json_extract(e.value, '$[0]') "
            "JOIN addresses a ON a.id = json_extract(e.value, '$[1]') "
            "WHERE p.id = ? ORDER BY e.key",
            (page,),
        ).fetchall()
        places = json.loads(read_blob(self._connection, locations))
        for (name, scope, facts, verdicts), where in zip(rows, places, strict=True):
            yield Subject(
                name=name,
                scope=Scope(scope),
                file=file,
                digest=unpacked(facts),
                verdicts=self._list(verdicts),
                cluster=cluster,
                timestamp=timestamp,
                locations=decode_locations(where, file),
            )

    def _list(self, row: int) -> tuple[Verdict, ...]:
        if row not in self._lists:
            (written,) = self._connection.execute(
                "SELECT verdicts FROM verdict_lists WHERE id = ?", (row,)
            ).fetchone()
            self._lists[row] = tuple(self._verdict(verdict) for verdict in json.loads(written))
        return self._lists[row]

    def _verdict(self, row: int) -> Verdict:
        if row not in self._verdicts:
            self._verdicts[row] = _verdict(
                *self._connection.execute(
                    "SELECT j.rule, j.status, j.findings, j.reason, v.waiver, v.enforcement, "
                    "a.address FROM verdicts v JOIN judgements j ON j.id = v.judgement "
                    "LEFT JOIN addresses a ON a.id = v.memo WHERE v.id = ?",
                    (row,),
                ).fetchone()
            )
        return self._verdicts[row]


def _verdict(*row: Any) -> Verdict:  # noqa: ANN401 - a row of the database
    rule, status, findings, reason, waiver, enforcement, memo = row
    return Verdict(
        rule=rule,
        status=Status(status),
        findings=decode_findings(findings),
        reason=reason,
        waiver=waiver,
        enforcement=Enforcement(enforcement),
        memo=None if memo is None else unpacked(memo),
    )
