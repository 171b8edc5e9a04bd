"""Report as text for a person at a terminal: what is wrong, where, and what to do, nothing else."""

from collections.abc import Sequence
from typing import TextIO

from eidos.engine.model.gate import Decision
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.alike import Alike, Same, by_rule, group, unknown_verdicts
from eidos.engine.report.escaping import one_line, shortened
from eidos.engine.report.next_step import next_step
from eidos.engine.report.page import Page, message, subjects_named, where
from eidos.engine.report.placing import findings
from eidos.engine.report.wording import (
    FACTS,
    Unanswered,
    and_more,
    counted,
    decided,
    named,
    not_askable,
    plural,
    unknown,
)

_DECISIONS = {
    Decision.PASSED: "pass",
    Decision.FAILED: "fail",
    Decision.INCOMPLETE: "unknown",
    Decision.ERROR: "error",
}
_GROUPS = 12
"""Groups of subjects shown in full; more are shown rule by rule."""
_FINDINGS = 10
"""Findings shown of one verdict."""
_DIFFERENT = 5
"""Different findings shown of one rule, when rules are listed."""
_NAMES = 3
"""Subjects named of those that share a reason."""
_RULES = 4
"""Rules named of those that share a reason."""
_FEW = 2
"""Facts that are named with the reason why they are missing."""
_NAME = 60
"""Characters shown of a name in a list."""
_SPREAD = 300
"""Characters shown of a reason."""
_LINES = 20
"""Problems, and lines printed by rules, that are shown."""


def report(report: Report, out: TextIO, rendering: Rendering) -> None:
    """Write the report; long lists are cut unless verbose, and what was cut is said."""
    page = Page(report, out, rendering)
    groups = group(report)
    loud = [alike for alike in groups if alike.loud]
    if rendering.verbose:
        _groups(page, groups)
    elif len(loud) > _GROUPS:
        _by_rule(page, loud)
    else:
        _groups(page, [alike for alike in loud if not _is_unknown(alike)])
    if not rendering.verbose:
        _unknown_shortly(page, unknown(unknown_verdicts(report, loud)))
    _unaskable(page)
    _prints(page)
    _waiver_notes(page)
    _problems(page)
    _relaxations(page)
    _conclusion(page)


def _is_unknown(alike: Alike) -> bool:
    """Say whether there is nothing to say but that facts are missing."""
    return all(each.status is Status.UNKNOWN and each.waiver is None for each in alike.loud)


def _groups(page: Page, groups: Sequence[Alike]) -> None:
    for alike in groups:
        _group(page, alike)
        page.line()


def _group(page: Page, alike: Alike) -> None:
    page.line(_heading(page, alike))
    for verdict in alike.loud:
        if verdict.status in {Status.FAIL, Status.WARN}:
            _violation(page, alike.first, verdict)
        elif verdict.status is Status.ERROR:
            page.line(f"  {page.title(verdict)}")
            page.line(f"    {page.reason(verdict)}")
    if page.rendering.verbose:
        said = [((alike.first,), each) for each in alike.loud if each.status is Status.UNKNOWN]
        _unknown(page, unknown(said))
    for verdict in alike.loud:
        if verdict.status is Status.WAIVED or verdict.waiver is not None:
            _waived(page, alike.first, verdict)
    if page.rendering.verbose:
        _quiet(page, alike.first)


def _heading(page: Page, alike: Alike) -> str:
    first = alike.first
    if len(alike.subjects) == 1:
        name = page.style("bold", one_line(first.identity))
        same = first.identity == first.file
        return name if same else f"{name} {page.style('dim', f'({one_line(first.file)})')}"
    count = page.style("bold", plural(len(alike.subjects), first.scope.value))
    note = page.style("dim", f"(alike; places are those of {one_line(first.name)})")
    return f"{count}: {subjects_named(alike.subjects)} {note}"


def _violation(page: Page, subject: Subject, verdict: Verdict) -> None:
    page.line(f"  {page.title(verdict)}")
    said = findings(verdict, page.report.rules_by_id[verdict.rule].title)
    shown = said if page.rendering.verbose else said[:_FINDINGS]
    for finding in shown:
        page.finding(where(subject, finding), finding)
    if len(said) > len(shown):
        page.line(f"    {and_more(len(said) - len(shown))} (--verbose shows them)")
    if verdict.reason:
        page.wrapped("note:", verdict.reason, 4)
    page.remedy(verdict.rule)


def _unknown(page: Page, found: Sequence[Unanswered]) -> None:
    """Write why facts of one subject are missing, with all rules and facts that this concerns."""
    for each in found:
        page.line(f"  {page.style('unknown', 'UNKNOWN')} {message(each.reason)}")
        page.wrapped(f"{plural(len(each.rules), 'rule')}:", ", ".join(each.rules), 4)
        if each.facts:
            facts = named([one_line(fact) for fact in [*each.facts][:FACTS]], len(each.facts))
            page.wrapped(f"{plural(len(each.facts), 'fact')}:", facts, 4)


def _unknown_shortly(page: Page, found: Sequence[Unanswered]) -> None:
    """Write a line for each reason why facts are missing, the one that silences most first."""
    for each in sorted(found, key=lambda each: -len(each.rules)):
        rules = named([_called(rule) for rule in [*each.rules][:_RULES]], len(each.rules))
        subjects = each.subjects
        who = named([_called(name) for name in subjects[:_NAMES]], len(subjects))
        label = page.style("unknown", "UNKNOWN")
        count = plural(len(each.rules), "rule")
        page.line(f"{label} {count} ({rules}) of {who}: {_why(each)}")
    if found:
        page.line(page.style("dim", "  --verbose names every rule and fact that is unknown"))
        page.line()


def _why(each: Unanswered) -> str:
    """Say why facts are missing, and which where they are few."""
    few = [*each.facts] if len(each.facts) <= _FEW else []
    told = f"{', '.join(few)}: {each.reason}" if few else each.reason
    return shortened(one_line(told), _SPREAD)


def _called(name: str) -> str:
    return shortened(one_line(name), _NAME)


def _unaskable(page: Page) -> None:
    """Write once what what took the snapshots cannot tell; it is about no subject's state."""
    found = not_askable(page.report)
    for each in found:
        reason = shortened(one_line(each.reason), _SPREAD)
        of = plural(len(each.subjects), "subject")
        page.line(f"{page.style('not-askable', 'NOT ASKABLE')} of {of}: {reason}")
        page.wrapped(f"{plural(len(each.rules), 'rule')}:", ", ".join(each.rules), 2)
    if found:
        page.line()


def _waived(page: Page, subject: Subject, verdict: Verdict) -> None:
    rule = page.report.rules_by_id[verdict.rule]
    given = page.report.waivers_by_id.get(verdict.waiver or "")
    held = f": {one_line(given.holders())}" if given else ""
    by = f" (waiver {one_line(verdict.waiver)}{held})" if verdict.waiver else ""
    why = one_line(given.reason) if given else page.reason(verdict)
    name = f"{page.style('bold', one_line(rule.id))} {one_line(rule.title)}"
    page.line(f"  {page.style('waived', 'WAIVED')} {name}{by}: {why}")
    shown = verdict.findings if page.rendering.verbose else verdict.findings[:_FINDINGS]
    for finding in shown:
        page.finding(where(subject, finding), finding)
    if len(verdict.findings) > len(shown):
        page.line(f"    {and_more(len(verdict.findings) - len(shown))} (--verbose shows them)")


def _quiet(page: Page, subject: Subject) -> None:
    for verdict in subject.verdicts:
        if verdict.status in {Status.PASS, Status.SKIP, Status.NOT_ASKABLE}:
            reason = f": {one_line(verdict.reason)}" if verdict.reason else ""
            page.line(f"  {page.title(verdict)}{reason}")


# Many unlike subjects: the rules are the shorter list ------------------------------------------


def _by_rule(page: Page, groups: Sequence[Alike]) -> None:
    """Write each rule once, with how many subjects it concerns and a few of its findings."""
    for same in by_rule(page.report, groups):
        if not same.lacks_facts:
            _rule(page, same)
            page.line()


def _rule(page: Page, same: Same) -> None:
    page.line(page.title(same.verdict))
    of = plural(len(same.subjects), same.subjects[0].scope.value)
    page.line(f"  {of}: {subjects_named(same.subjects)}")
    most = sorted(same.said.values(), key=lambda pair: -len(pair[1]))
    for finding, subjects in most[:_DIFFERENT]:
        _rule_finding(page, same, finding, subjects)
    if len(most) > _DIFFERENT:
        rest = and_more(len(most) - _DIFFERENT, "different findings")
        page.line(f"    {rest} (-o json has all)")
    if same.verdict.status in {Status.FAIL, Status.WARN}:
        page.remedy(same.verdict.rule)


def _rule_finding(page: Page, same: Same, finding: Finding, subjects: list[Subject]) -> None:
    if same.verdict.status in {Status.FAIL, Status.WARN}:
        share = f"{len(subjects):,}x " if len(same.said) > 1 and len(subjects) > 1 else ""
        page.finding(share + where(subjects[0], finding), finding)
    else:
        page.line(f"    {len(subjects):,}x {shortened(one_line(finding.msg), _SPREAD)}")


# What is not about one subject ------------------------------------------------------------------


def _prints(page: Page) -> None:
    if page.rendering.verbose and page.report.prints:
        for text in page.report.prints:
            page.line(f"{page.style('dim', 'print')} {one_line(text)}")
        page.line()


def _waiver_notes(page: Page) -> None:
    for note in page.report.waiver_notes:
        label = page.style("waived", f"waiver {one_line(note.state)}")
        page.line(
            f"{label} {one_line(note.waiver)} ({one_line(note.rule)}): {one_line(note.message)}"
        )
    if page.report.waiver_notes:
        page.line()


def _problems(page: Page) -> None:
    problems = page.report.problems
    shown = problems if page.rendering.verbose else problems[:_LINES]
    for problem in shown:
        spot = f"{one_line(str(problem.location))}: " if problem.location else ""
        page.line(f"{page.style('error', 'PROBLEM')} {spot}{one_line(problem.message)}")
        if problem.hint:
            page.wrapped("hint:", problem.hint, 2)
    if len(problems) > len(shown):
        page.line(f"and {plural(len(problems) - len(shown), 'problem')} more (--verbose)")
    if problems:
        page.line()


def _relaxations(page: Page) -> None:
    for each in page.report.relaxations:
        page.line(f"{page.style('warn', 'relaxed:')} {one_line(str(each))}")


def _conclusion(page: Page) -> None:
    report = page.report
    for replacement in report.replacements:
        page.line(page.style("waived", one_line(replacement)))
    if report.recipe is not None:
        page.line(f"recipe {one_line(report.recipe.name)} {report.recipe.digest}")
    page.line(counted(report))
    page.line(page.style(_DECISIONS[report.decision], decided(report)))
    page.line(f"{page.style('bold', 'next:')} {message(next_step(report))}")
