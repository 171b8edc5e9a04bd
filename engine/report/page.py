"""A page at a terminal: colour, width, columns, and the lines that layouts of the report share."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.rule import Enforcement
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.jsontext import short
from eidos.engine.report.placing import spot
from eidos.engine.report.wording import named, paragraphs

_STYLES = {
    "fail": "1;31",
    "warn": "33",
    "error": "1;35",
    "unknown": "36",
    "not-askable": "36",
    "waived": "34",
    "pass": "32",
    "skip": "2",
    "critical": "1;31",
    "high": "31",
    "medium": "33",
    "low": "36",
    "info": "2",
    "before": "31",
    "after": "32",
    "heading": "35",
    "bold": "1",
    "dim": "2",
}
"""What is coloured to the terminal's codes (ECMA-48, "SGR")."""
_NAMES = 3
"""Subjects named of a group."""
_VALUE = 160
"""Characters shown of a value."""
_MESSAGE = 1000
"""Characters shown of a message."""
_PADDED = 48
"""Columns up to which cells of a list are filled; one that is longer moves what follows it."""
_WIDTHS = (40, 120)
"""Columns between which running text is broken."""


@dataclass
class Page:
    """Where a text report is written."""

    report: Report
    out: TextIO
    rendering: Rendering
    advised: set[str] = field(default_factory=set)
    """Rules whose remediation stands on the page already."""

    def style(self, name: str, text: str) -> str:
        """Colour text, if colours are wanted."""
        return styled(self.rendering, name, text)

    def line(self, text: str = "") -> None:
        """Write a line; none of them gives orders to a build server (``::error::``)."""
        self.out.write(disarmed(text) + "\n")

    def wrapped(self, label: str, text: str, indent: int) -> None:
        """Write text under a label, broken at the terminal's width; commands stay whole."""
        margin = " " * (indent + 2)
        width = max(_WIDTHS[0], min(self.rendering.width, _WIDTHS[1])) - indent
        start = f"{label} "
        for paragraph, is_command in paragraphs(text):
            if is_command:
                self.line(f"{margin}  {one_line(paragraph)}")
                continue
            for line in _broken(start + one_line(paragraph), width):
                styled = line.replace(label, self.style("dim", label), 1) if start else line
                self.line((" " * indent if start else margin) + styled)
                start = ""

    def title(self, verdict: Verdict) -> str:
        """Give a verdict's first line: status, severity, rule, what it asks."""
        rule = self.report.rules_by_id[verdict.rule]
        status = self.style(verdict.status.value, verdict.status.value.upper().ljust(5))
        name = self.style("bold", _short(rule.id))
        aside = self.style("dim", _aside(self.report, verdict))
        title = "" if rule.title == rule.id else f" {_short(rule.title)}"
        return f"{status} {rule.severity.value:<8} {name}{title}{aside}"

    def finding(self, where: str, finding: Finding) -> None:
        """Write a finding; actual and expected only where the message does not say them."""
        said = message(finding.msg)
        self.line(f"    {self.style('dim', where + ':')} {said}")
        pairs = (("actual", finding.actual), ("expected", finding.expected))
        told = [(name, self._value(value)) for name, value in pairs if value is not None]
        new = [(name, value) for name, value in told if value.lstrip("<>=~ ") not in said]
        if new:
            values = ", ".join(f"{self.style('dim', name)} {value}" for name, value in new)
            self.line(f"      {values}")
        if finding.fix:
            self.wrapped("fix:", finding.fix, 6)

    def _value(self, value: Json) -> str:
        limit = _MESSAGE if self.rendering.verbose else _VALUE
        return shortened(one_line(short(value)), limit)

    def remedy(self, rule: str) -> None:
        """Write a rule's remediation, once on the page."""
        remediation = self.report.rules_by_id[rule].remediation
        if remediation and rule not in self.advised:
            self.advised.add(rule)
            self.wrapped("remediation:", remediation, 4)

    def reason(self, verdict: Verdict) -> str:
        """Give why a verdict is what it is, fit for a line."""
        return message(verdict.reason or "no reason given")


def message(text: str) -> str:
    """Write what a rule says, fit for a line."""
    return shortened(one_line(text), _MESSAGE)


def _broken(text: str, width: int) -> list[str]:
    """Break text where there are spaces; lines after the first have two columns less."""
    wrapper = textwrap.TextWrapper(
        width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return [line.removeprefix("  ") for line in wrapper.wrap(text)]


def _short(text: str) -> str:
    return shortened(one_line(text), _VALUE)


def _aside(report: Report, verdict: Verdict) -> str:
    if verdict.status is Status.ERROR or report.counts_at_gate(verdict):
        return ""
    if verdict.enforcement is not Enforcement.DENY:
        return f"  (enforcement {verdict.enforcement.value}: does not block)"
    return f"  (below --fail-on {report.gate.fail_on.value}: does not block)"


def where(subject: Subject, finding: Finding) -> str:
    """Write ``snapshot.yaml:14 gpu.smi.driver``."""
    place = spot(subject, finding.path)
    return one_line(f"{place} {finding.path}" if finding.path else place)


def subjects_named(subjects: Sequence[Subject]) -> str:
    """Name the first few subjects and count the others."""
    return named([_short(subject.identity) for subject in subjects[:_NAMES]], len(subjects))


def styled(rendering: Rendering, style: str, text: str) -> str:
    """Colour text, if colours are wanted.

    Args:
        rendering: how the page is to look.
        style: a key of the styles: a status, a severity, ``bold``, ``dim``, ...
        text: what to colour.
    """
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if rendering.color and text else text


def write_columns(rows: Sequence[Sequence[str]], out: TextIO) -> None:
    """Write rows in columns as wide as their content, two spaces apart; nothing for no row."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.write(disarmed("  ".join(cells).rstrip()) + "\n")


def write_list(rows: Sequence[Sequence[str]], out: TextIO, rendering: Rendering) -> None:
    """Write rows in columns at a terminal, and for programs with tabs between the cells.

    Args:
        rows: cells, each on one line; of each row as many.
        out: where to.
        rendering: says whether it goes to a terminal.
    """
    if not rendering.terminal:
        out.writelines(disarmed("\t".join(row).rstrip("\t")) + "\n" for row in rows)
        return
    filled = [
        [cell for cell in column if len(cell) <= _PADDED] for column in zip(*rows, strict=True)
    ]
    widths = [max(map(len, cells), default=0) for cells in filled]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.write(disarmed("  ".join(cells).rstrip()) + "\n")
