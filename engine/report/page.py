"""A page at a terminal: colour, width, and the lines that every layout of the report shares."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Enforcement
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.escaping import disarmed, one_line, shortened
from eidos.engine.report.jsontext import short
from eidos.engine.report.placing import spot

_STYLES = {
    "fail": "1;31",
    "warn": "33",
    "error": "1;35",
    "unknown": "36",
    "waived": "34",
    "pass": "32",
    "skip": "2",
    "bold": "1",
    "dim": "2",
}
_NAMES = 3
"""Subjects named of a group."""
_VALUE = 160
"""Characters shown of a value."""
_MESSAGE = 1000
"""Characters shown of a message."""
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
        return f"\x1b[{_STYLES[name]}m{text}\x1b[0m" if self.rendering.color else text

    def line(self, text: str = "") -> None:
        """Write a line; none of them gives orders to a build server (``::error::``)."""
        self.out.write(disarmed(text) + "\n")

    def wrapped(self, label: str, text: str, indent: int) -> None:
        """Write text under a label, broken at the terminal's width."""
        margin = " " * (indent + 2)
        width = max(_WIDTHS[0], min(self.rendering.width, _WIDTHS[1])) - len(margin)
        lines = list(_broken(text, len(label) - 1, width))
        head = f"{' ' * indent}{self.style('dim', label)} "
        self.line(head + lines[0])
        for line in lines[1:]:
            self.line(margin + line)

    def title(self, verdict: Verdict) -> str:
        """Give a verdict's first line: status, severity, rule, what it asks."""
        rule = self.report.rules_by_id[verdict.rule]
        status = self.style(verdict.status.value, verdict.status.value.upper().ljust(5))
        name = self.style("bold", _short(rule.id))
        aside = self.style("dim", _aside(self.report, verdict))
        return f"{status} {rule.severity.value:<8} {name} {_short(rule.title)}{aside}"

    def finding(self, where: str, finding: Finding) -> None:
        """Write a finding; actual and expected only where the message does not say them."""
        message = shortened(one_line(finding.msg), _MESSAGE)
        self.line(f"    {self.style('dim', where + ':')} {message}")
        pairs = (("actual", finding.actual), ("expected", finding.expected))
        told = [(name, self._value(value)) for name, value in pairs if value is not None]
        new = [(name, value) for name, value in told if value.lstrip("<>=~ ") not in message]
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
        return shortened(one_line(verdict.reason or "no reason given"), _MESSAGE)


def _broken(text: str, before: int, width: int) -> Iterator[str]:
    """Break running text; a line after a colon at the end of a line is a command and stays whole.

    Args:
        text: what rules say, whose line ends mean nothing elsewhere.
        before: columns taken on the first line.
        width: columns of a line.
    """
    paragraphs: list[str] = []
    joins = False
    for line in text.strip().split("\n"):
        is_command = bool(paragraphs) and paragraphs[-1].endswith(":")
        if joins and not is_command:
            paragraphs[-1] += f" {line}"
        else:
            paragraphs.append(line)
        joins = not is_command
    first = " " * before
    for number, paragraph in enumerate(paragraphs):
        if number and paragraphs[number - 1].endswith(":"):
            yield f"  {one_line(paragraph)}"
            continue
        start = first if number == 0 else ""
        for line in textwrap.wrap(
            one_line(paragraph),
            width,
            initial_indent=start,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [start]:
            yield line.removeprefix(start)


def _short(text: str) -> str:
    return shortened(one_line(text), _VALUE)


def _aside(report: Report, verdict: Verdict) -> str:
    if verdict.status is Status.ERROR or report.blocks(verdict):
        return ""
    if verdict.enforcement is not Enforcement.DENY:
        return f"  (enforcement {verdict.enforcement.value}: does not block)"
    return f"  (below --fail-on {report.fail_on.value}: does not block)"


def where(subject: Subject, finding: Finding) -> str:
    """Write ``snapshot.yaml:14 gpu.smi.driver``."""
    place = spot(subject, finding.path)
    return one_line(f"{place} {finding.path}" if finding.path else place)


def named(subjects: Sequence[Subject]) -> str:
    """Name the first few subjects and count the others."""
    names = ", ".join(_short(subject.identity) for subject in subjects[:_NAMES])
    rest = len(subjects) - _NAMES
    return f"{names} and {rest:,} more" if rest > 0 else names
