"""The text report turned around: with many unlike subjects, the rules are the shorter list."""

from collections.abc import Sequence

from eidos.engine.model.report import Subject
from eidos.engine.model.verdict import Finding, Status
from eidos.engine.report.alike import Alike, Same, by_rule
from eidos.engine.report.escaping import one_line, shortened
from eidos.engine.report.page import Page, named, where
from eidos.engine.report.summary import plural

_FINDINGS = 5
"""Different findings shown of one rule."""
_SPREAD = 300
"""Characters shown of a reason."""


def write_by_rule(page: Page, groups: Sequence[Alike]) -> None:
    """Write each rule once, with how many subjects it concerns and a few of its findings."""
    for same in by_rule(page.report, groups):
        _write(page, same)
        page.line()


def _write(page: Page, same: Same) -> None:
    page.line(page.title(same.verdict))
    page.line(
        f"  {plural(len(same.subjects), same.subjects[0].scope.value)}: {named(same.subjects)}"
    )
    most = sorted(same.said.values(), key=lambda pair: -len(pair[1]))
    for finding, subjects in most[:_FINDINGS]:
        _write_finding(page, same, finding, subjects)
    if len(most) > _FINDINGS:
        page.line(f"    and {len(most) - _FINDINGS:,} different findings more (-o json has all)")
    if same.verdict.status in {Status.FAIL, Status.WARN}:
        page.remedy(same.verdict.rule)


def _write_finding(page: Page, same: Same, finding: Finding, subjects: list[Subject]) -> None:
    if same.verdict.status in {Status.FAIL, Status.WARN}:
        share = f"{len(subjects):,}x " if len(same.said) > 1 and len(subjects) > 1 else ""
        page.finding(share + where(subjects[0], finding), finding)
    else:
        page.line(f"    {len(subjects):,}x {shortened(one_line(finding.msg), _SPREAD)}")
