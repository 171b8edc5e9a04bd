"""Reports as rows, for a terminal and for spreadsheets."""

import csv
import io
from collections import Counter
from dataclasses import replace

from eidos.engine.model.report import Report
from eidos.engine.model.verdict import Finding
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import REPORT
from fakes import reports


def shown(form: str, report: Report, **how: object) -> str:
    out = io.StringIO()
    REPORT.reporter(form)(report, out, replace(Rendering(), **how))
    return out.getvalue()


def csv_rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(shown("csv", report), newline="")))


def test_csv_has_every_verdict_and_finding_and_what_else_counts() -> None:
    report = reports.everything()
    wanted = Counter[str](problem=len(report.problems), relaxed=len(report.relaxations))
    for _, verdict in report.verdicts():
        wanted[verdict.status.value] += max(1, len(verdict.findings))
    rows = csv_rows(report)
    assert Counter(row["status"] for row in rows) == wanted
    [waived] = [row for row in rows if row["waiver"]]
    assert (waived["cluster"], waived["rule"], waived["waiver"][:10], waived["location"]) == (
        *("prod-east-1", "K8S-001", "W-2026-004", "snapshots/prod.yaml:7"),
    )
    assert {row["enforcement"] for row in rows if row["subject"] == "gpu-d"} == {"audit", "deny"}


def test_no_cell_of_csv_is_a_formula_or_an_order() -> None:
    said = Finding("=HYPERLINK(1)")
    verdict = replace(reports.DRIVER, findings=(said,))
    subject = replace(reports.node("a", verdict), cluster="::error::owned")
    [row] = csv_rows(reports.report(subject))
    assert row["message"] == "'=HYPERLINK(1)"
    assert row["cluster"] == r"\::error::owned"


def test_a_table_fits_the_terminal_and_ends_with_the_decision() -> None:
    long = replace(reports.DRIVER, findings=(Finding("very " * 60 + "long"),))
    report = reports.report(reports.node("a", long, reports.MIG, reports.RDMA))
    head, row, _, counts, decision = shown("table", report, width=110).splitlines()
    assert head.split() == ["STATUS", "SEVERITY", "RULE", "IDENTITY", "LOCATION", "MESSAGE"]
    assert len(row) == 110
    assert counts.endswith("1 pass, 1 fail, 1 skip")
    assert decision.startswith("failed (exit code 1)")
    verbose = shown("table", report, width=110, verbose=True)
    assert "very long\n" in verbose
    assert "GPU-002" in verbose


def test_a_table_of_nothing_is_no_pass() -> None:
    assert "this is not a pass" in shown("table", reports.nothing())


def test_a_place_keeps_its_line_where_it_is_cut() -> None:
    verdict = replace(reports.DRIVER, findings=(Finding("old"),))
    subject = reports.node("a", verdict, file="folder/" * 20 + "prod.yaml")
    told = shown("table", reports.report(replace(subject, locations={})))
    assert "folder/prod.yaml  " in told
