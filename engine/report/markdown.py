"""Report as Markdown for comments on merge requests and for step summaries.

The whole stays under the limit of a comment, and says what was left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from eidos.engine.model.gate import Decision
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.rule import Severity
from eidos.engine.model.verdict import Finding, Status
from eidos.engine.ports import Rendering
from eidos.engine.report.alike import Same, by_rule, group, unknown_verdicts
from eidos.engine.report.escaping import markdown_code as code
from eidos.engine.report.escaping import markdown_text as text
from eidos.engine.report.jsontext import short
from eidos.engine.report.placing import WORST_FIRST, spot
from eidos.engine.report.wording import (
    FACTS,
    Unanswered,
    and_more,
    counted,
    decided,
    named,
    not_askable,
    paragraphs,
    plural,
    unknown,
)

LIMIT = 65_000
"""Characters; GitHub takes 65,536 in a comment."""
_ROOM_FOR_LAST = 500
"""Characters kept for the note about what was cut."""
_FINDINGS = 10
"""Different findings shown of one rule."""
_NAMES = 5
"""Subjects named of those that share a finding."""
_MARKS = {
    Decision.PASSED: "✅",
    Decision.FAILED: "❌",
    Decision.INCOMPLETE: "❔",
    Decision.ERROR: "❗",
}


def report(report: Report, out: TextIO, rendering: Rendering) -> None:
    """Write the report until the limit is near."""
    write_fitting(_parts(report, verbose=rendering.verbose), out)


def write_fitting(parts: Iterable[str], out: TextIO) -> None:
    """Write parts until the limit is near, and say how many were left out."""
    room = LIMIT - _ROOM_FOR_LAST
    left = 0
    for part in parts:
        if left or len(part) > room:
            left += 1
        else:
            out.write(part)
            room -= len(part)
    if left:
        sections = plural(left, "section")
        out.write(f"\n_{sections} left out: the report is longer than a comment may be._\n")


def _parts(report: Report, *, verbose: bool) -> Iterator[str]:
    yield f"## {_MARKS[report.decision]} eidos: {text(decided(report))}\n\n"
    yield _table(report)
    yield f"\n{text(counted(report))}\n"
    for relaxation in report.relaxations:
        yield f"\n- relaxed: {code(str(relaxation))}\n"
    for problem in report.problems:
        place = f"{code(str(problem.location))} " if problem.location else ""
        hint = f" _{text(problem.hint)}_" if problem.hint else ""
        yield f"\n- **problem** {place}{text(problem.message)}{hint}\n"
    groups = group(report)
    found = by_rule(report, groups)
    yield from (_section(report, same) for same in found if not same.lacks_facts)
    lacking = unknown(pair for pair in unknown_verdicts(report, groups) if pair[1].waiver is None)
    yield from map(_unknown, lacking)
    yield from _unaskable(report)
    for note in report.waiver_notes:
        yield f"\n- waiver {code(note.waiver)} of {code(note.rule)}: {text(note.message)}\n"
    for replacement in report.replacements:
        yield f"\n- {text(replacement)}\n"
    packs = ", ".join(f"{code(pack.name)} {text(pack.version)}" for pack in report.packs)
    yield f"\n<sub>{text(report.generator)}, packs: {packs or 'none'}</sub>\n"
    if verbose:
        yield _quiet(report)


def _table(report: Report) -> str:
    """Count by severity and status."""
    counts: dict[tuple[Severity, Status], int] = {}
    for _, verdict in report.verdicts():
        key = (report.rules_by_id[verdict.rule].severity, verdict.status)
        counts[key] = counts.get(key, 0) + 1
    statuses = [status for status in WORST_FIRST if report.counts[status]]
    severities = [each for each in reversed(Severity) if any(each is key[0] for key in counts)]
    lines = [["", *(status.value for status in statuses)], ["---", *["---:"] * len(statuses)]]
    for severity in severities:
        cells = [str(counts.get((severity, status), "")) for status in statuses]
        lines.append([severity.value, *cells])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines) if statuses else ""


def _section(report: Report, same: Same) -> str:
    rule, verdict = report.rules_by_id[same.verdict.rule], same.verdict
    of = plural(len(same.subjects), same.subjects[0].scope.value)
    is_open = " open" if report.is_violation(verdict) else ""
    head = f"<b>{verdict.status.value}</b> {rule.severity.value} {code(rule.id)}"
    summary = f"<summary>{head} {text(rule.title)} ({of})</summary>"
    lines = [f"\n<details{is_open}>{summary}\n"]
    said = sorted(same.said.values(), key=lambda pair: -len(pair[1]))
    lines += [_finding(finding, subjects) for finding, subjects in said[:_FINDINGS]]
    if len(said) > _FINDINGS:
        lines.append(f"- {and_more(len(said) - _FINDINGS, 'different findings')}")
    if verdict.waiver:
        given = report.waivers_by_id.get(verdict.waiver)
        held = f" ({text(given.holders())}): {text(given.reason)}" if given else "."
        lines.append(f"\nWaived by {code(verdict.waiver)}{held}")
    if rule.remediation and verdict.status in {Status.FAIL, Status.WARN}:
        lines.append(f"\n**Remediation:** {prose(rule.remediation)}")
    return "\n".join([*lines, "\n</details>\n"])


def _finding(finding: Finding, subjects: Sequence[Subject]) -> str:
    where = code(spot(subjects[0], finding.path))
    path = f" {code(finding.path)}" if finding.path else ""
    pairs = (("actual", finding.actual), ("expected", finding.expected))
    told = ", ".join(f"{name} {code(short(value))}" for name, value in pairs if value is not None)
    fix = f"<br>fix: {prose(finding.fix)}" if finding.fix else ""
    values = f" ({told})" if told else ""
    who = named([code(subject.identity) for subject in subjects[:_NAMES]], len(subjects))
    return f"- {where}{path}: {text(finding.msg)}{values}<br>{who}{fix}"


def _unknown(each: Unanswered) -> str:
    of = f"{plural(len(each.rules), 'rule')} of {plural(len(each.subjects), 'subject')}"
    summary = f"<summary><b>unknown</b> {of}: {text(each.reason)}</summary>"
    who = named([code(name) for name in each.subjects[:_NAMES]], len(each.subjects))
    lines = [f"\n<details>{summary}\n", f"- rules: {', '.join(map(code, each.rules))}"]
    if each.facts:
        facts = named([code(fact) for fact in [*each.facts][:FACTS]], len(each.facts))
        lines.append(f"- facts: {facts}")
    return "\n".join([*lines, f"- of {who}", "\n</details>\n"])


def _unaskable(report: Report) -> Iterator[str]:
    for each in not_askable(report):
        of = f"{plural(len(each.rules), 'rule')} of {plural(len(each.subjects), 'subject')}"
        rules = ", ".join(map(code, each.rules))
        yield f"\n**not askable**: {of}: {text(each.reason)}<br>{rules}\n"


def _quiet(report: Report) -> str:
    lines = ["\n<details><summary>passed and skipped</summary>\n"]
    for subject, verdict in report.verdicts():
        if verdict.status in {Status.PASS, Status.SKIP}:
            name = f"{code(subject.identity)} {code(verdict.rule)}"
            lines.append(f"- {verdict.status.value} {name} {text(verdict.reason or '')}")
    return "\n".join([*lines, "\n</details>\n"])


def prose(written: str, between: str = "<br>") -> str:
    """Write prose as Markdown, commands as code.

    Args:
        written: text with the line ends of a rule's metadata.
        between: what parts the paragraphs; ``<br>`` keeps them in one item of a list.
    """
    return between.join(
        code(paragraph) if is_command else text(paragraph)
        for paragraph, is_command in paragraphs(written)
    )
