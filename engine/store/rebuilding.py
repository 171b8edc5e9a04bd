"""A recorded run as the report it was, for any reporter to render again."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from eidos.engine.model.gate import Gate
from eidos.engine.model.policy import Enforcement, Rule, Scope, Severity
from eidos.engine.model.report import PackRef, Report, Subject, WaiverNote
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.store.addresses import find, unpacked
from eidos.engine.store.blobs import read_blob
from eidos.engine.store.encoding import (
    decode_findings,
    decode_locations,
    decode_problem,
    decode_rule,
)


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
        rules=_rules(connection, rules),
        subjects=tuple(_SubjectReader(connection).subjects(number)),
        problems=tuple(decode_problem(problem) for problem in said.get("problems", ())),
        waiver_notes=tuple(WaiverNote(*note) for note in said.get("waiver_notes", ())),
        prints=tuple(said.get("prints", ())),
        gate=Gate(Severity(fail_on), bool(allow_incomplete)),
    )


def read_packs(connection: sqlite3.Connection, rows: str) -> tuple[PackRef, ...]:
    """Give the packs of a JSON list of rows, in its order."""
    found = connection.execute(
        "SELECT p.name, p.version, p.digest FROM json_each(?) e JOIN packs p ON p.id = e.value "
        "ORDER BY e.key",
        (rows,),
    )
    return tuple(PackRef(*pack) for pack in found)


def _rules(connection: sqlite3.Connection, rule_list: int) -> tuple[Rule, ...]:
    documents = connection.execute(
        "SELECT e.value FROM rule_lists l JOIN json_each(l.rules) e WHERE l.id = ? ORDER BY e.key",
        (rule_list,),
    ).fetchall()
    parts: dict[str, bytes] = {}
    return tuple(_rule(connection, row, parts) for (row,) in documents)


def _rule(connection: sqlite3.Connection, row: int, parts: dict[str, bytes]) -> Rule:
    document = json.loads(read_blob(connection, row))
    for at in (*(at for _, at in document["modules"]), *document["tables"].values()):
        if at not in parts:
            parts[at] = read_blob(connection, find(connection, at))
    return decode_rule(document, parts)


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
