"""The text report turned around: with many unlike subjects, the rules are the shorter list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from eidos.engine.model.report import Subject
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.report.alike import Alike
from eidos.engine.report.escaping import one_line, shortened
from eidos.engine.report.page import Page, named, where
from eidos.engine.report.placing import findings, urgency
from eidos.engine.report.summary import plural

_FINDINGS = 5
"""Different findings shown of one rule."""
_SPREAD = 300
"""Characters shown of a reason."""


@dataclass
class _Same:
    """One rule's verdicts of one status."""

    verdict: Verdict
    subjects: list[Subject] = field(default_factory=list)
    said: dict[str, tuple[Finding, list[Subject]]] = field(default_factory=dict)
    """Different findings, each with the subjects it was said of."""


def write_by_rule(page: Page, groups: Sequence[Alike]) -> None:
    """Write each rule once, with how many subjects it concerns and a few of its findings."""
    gathered = list(_gather(page, groups).values())
    for same in sorted(gathered, key=lambda each: urgency(page.report, each.verdict)):
        _write(page, same)
        page.line()


def _gather(page: Page, groups: Sequence[Alike]) -> dict[tuple[str, str], _Same]:
    gathered: dict[tuple[str, str], _Same] = {}
    for alike in groups:
        for verdict in alike.loud:
            same = gathered.setdefault((verdict.rule, verdict.status), _Same(verdict))
            same.subjects.extend(alike.subjects)
            for finding in _findings(page, verdict):
                _, subjects = same.said.setdefault(repr(finding), (finding, []))
                subjects.extend(alike.subjects)
    return gathered


def _findings(page: Page, verdict: Verdict) -> Iterator[Finding]:
    if verdict.status in {Status.FAIL, Status.WARN}:
        yield from findings(verdict, page.report.rules_by_id[verdict.rule].title)
    else:
        yield Finding(verdict.reason or "no reason given")


def _write(page: Page, same: _Same) -> None:
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


def _write_finding(page: Page, same: _Same, finding: Finding, subjects: list[Subject]) -> None:
    if same.verdict.status in {Status.FAIL, Status.WARN}:
        share = f"{len(subjects):,}x " if len(same.said) > 1 and len(subjects) > 1 else ""
        page.finding(share + where(subjects[0], finding), finding)
    else:
        page.line(f"    {len(subjects):,}x {shortened(one_line(finding.msg), _SPREAD)}")
