"""The one thing to do next, for this very result; no text of a document enters a command."""

import re
from collections import Counter

from eidos.engine.errors import TOO_OLD
from eidos.engine.model.report import Report
from eidos.engine.model.verdict import Status, Verdict
from eidos.engine.report.placing import urgency

_AGAIN = "eidos snapshot -o snapshot.yaml, then eidos check snapshot.yaml"
_WAYS = {
    "optional part 'k8s'": f"pip install '.[k8s]' in a checkout of eidos, then {_AGAIN}",
    "no cluster to ask": "eidos snapshot --kubeconfig FILE -o snapshot.yaml, "
    "then eidos check snapshot.yaml",
    "403 Forbidden": "let the collector read what it was refused (the reasons name it; "
    f"ci-examples/kubernetes/collector-rbac.yaml is a whole role), then {_AGAIN}",
    "401 Unauthorized": f"log in to the cluster again (kubectl get nodes tries it), then {_AGAIN}",
    "optional part 'gpu'": f"pip install '.[gpu]' in a checkout of eidos, then {_AGAIN}",
    "nvidia-smi is not on this machine": f"on a machine with an NVIDIA driver: {_AGAIN}",
    "NVIDIA kernel driver is not loaded": f"on a machine with an NVIDIA driver: {_AGAIN}",
    "not started by systemd": f"on the host itself, not in a container: {_AGAIN}",
    "excluded: ": f"take the snapshot again without the options that the reasons name: {_AGAIN}",
    "has no nodes": "add the nodes' facts: eidos snapshot -o NODE.yaml on each, then "
    "eidos snapshot merge *.yaml -o snapshot.yaml",
    "not in the snapshot": "eidos facts lists which collector gives what is not in the snapshot",
}
"""What collectors and the evaluation say of facts that are missing, to how one gets them."""
_OTHER_WAY = (
    "read the reasons above (--verbose names the facts), mend what they say, then " + _AGAIN
)
_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]{0,60}", re.ASCII)
"""Ids of rules that may stand in a command as they are."""


def next_step(report: Report) -> str:
    """Say the one thing to do next, in one sentence without an end; never that all is well."""
    if report.as_of is not None:
        return "eidos history timeline shows since when it was so, and what came after"
    for step in (_mend, _renew, _ask, _collect, _remedy):
        said = step(report)
        if said:
            return said
    return "eidos history timeline shows what the recorded runs before this one said"


def _mend(report: Report) -> str:
    problems = [each for each in report.problems if each.code != TOO_OLD]
    if problems:
        first = problems[0]
        place = f"{first.location}: " if first.location else ""
        return f"mend {place}{first.hint or first.message}"
    broken = _most_urgent(report, Status.ERROR)
    if broken is None:
        return ""
    rule = _id(broken)
    return f"eidos policy eval --rule {rule} -i SNAPSHOT --explain shows where {rule} breaks"


def _renew(report: Report) -> str:
    return f"the facts are too old: {_AGAIN}" if report.problems else ""


def _ask(report: Report) -> str:
    if not report.nothing_judged or report.counts[Status.UNKNOWN]:
        return ""
    if not report.rules:
        return "eidos policy list shows which rules there are to ask"
    if not report.subjects:
        return f"name a snapshot that has nodes or a cluster: {_AGAIN}"
    return "ask rules that are about what was checked: eidos policy list shows all there are"


def _collect(report: Report) -> str:
    """Say which of the ways to get missing facts answers most verdicts."""
    ways: Counter[str] = Counter()
    for verdict, count in report.distinct:
        if verdict.status is Status.UNKNOWN:
            ways[_way(verdict.reason or "")] += count
    if not ways:
        return ""
    [(way, count)] = ways.most_common(1)
    return f"{way} ({count:,} of {report.counts[Status.UNKNOWN]:,} unknown are for want of it)"


def _way(reason: str) -> str:
    return next((way for mark, way in _WAYS.items() if mark in reason), _OTHER_WAY)


def _remedy(report: Report) -> str:
    worst = _most_urgent(report, Status.FAIL) or _most_urgent(report, Status.WARN)
    if worst is None:
        return ""
    rule = report.rules_by_id[worst.rule]
    first = f"{_id(worst)} ({rule.severity.value}) first"
    shown = "its remediation above says what to do" if rule.remediation else "mend what it names"
    if not rule.description:
        return f"{first}: {shown}"
    pack = "" if rule.package.startswith("eidos.") else "-p PACK "
    return f"{first}: {shown}; eidos policy show {pack}{_id(worst)} says why"


def _most_urgent(report: Report, status: Status) -> Verdict | None:
    """Give the verdict of a status that is most severe; one that blocks goes before all others."""
    found = [verdict for verdict, _ in report.distinct if verdict.status is status]
    return min(
        found, key=lambda each: (not report.closes(each), urgency(report, each)), default=None
    )


def _id(verdict: Verdict) -> str:
    return verdict.rule if _PLAIN.fullmatch(verdict.rule) else "RULE"
