"""What a tired operator must see, and must be spared."""

import io
from dataclasses import replace

import pytest

from eidos.engine.model.gate import Gate
from eidos.engine.model.report import Report, Subject
from eidos.engine.model.verdict import Finding, Lack, Status, Verdict
from eidos.engine.ports import Rendering
from eidos.engine.report.registry import REPORT
from fakes import reports


def text(report: Report, form: str = "text", **how: object) -> str:
    out = io.StringIO()
    REPORT.reporter(form)(report, out, replace(Rendering(), **how))
    return out.getvalue()


def test_the_last_line_is_the_decision_with_its_exit_code() -> None:
    assert text(reports.clean()).splitlines() == [
        "1 node, 2 rules: 1 pass, 1 skip",
        "passed (exit code 0): nothing blocks; facts of 2026-03-14T10:00:00Z",
    ]


def test_nothing_judged_is_not_a_pass() -> None:
    last = text(reports.nothing()).splitlines()[-1]
    assert last == "incomplete (exit code 3): nothing was judged; this is not a pass"


def test_no_rule_at_all_says_what_to_look_for() -> None:
    last = text(replace(reports.nothing(), rules=())).splitlines()[-1]
    assert "nothing was judged: the options leave no rule, or the policy has no deny" in last


def test_a_finding_says_where_and_what() -> None:
    shown = text(reports.report(reports.node("a", reports.DRIVER)))
    assert "snapshots/prod.yaml:14 gpu.smi.driver: driver 580.82.07 is below" in shown
    assert "      expected >= 580.159.03\n" in shown


def test_a_value_that_the_message_says_is_not_said_again() -> None:
    said = Finding("driver is 580.82.07, not 580.159.03", "deny", "x", "580.82.07", ">= 580.159.03")
    shown = text(reports.report(reports.node("a", replace(reports.DRIVER, findings=(said,)))))
    assert "expected" not in shown


def test_a_command_after_a_colon_stands_whole_on_its_own_line() -> None:
    command = "kubectl patch clusterpolicy cluster-policy --type merge -p '{\"spec\": {}}' --now"
    advice = f"Change the\nvalue and roll the nodes:\n{command}\nThen judge\nagain."
    rules = (replace(reports.RULES[0], remediation=advice),)
    shown = text(reports.report(reports.node("a", reports.DRIVER), rules=rules), width=60)
    assert "remediation: Change the value and roll the nodes:\n" in shown
    assert f"\n        {command}\n      Then judge again.\n" in shown


def test_the_worst_comes_first() -> None:
    shown = text(reports.everything())
    order = [shown.index(word) for word in ("GPU-001", "OS-001", "GPU-003", "OS-003", "UNKNOWN")]
    assert order == sorted(order)


def test_remediation_is_said_once() -> None:
    other = replace(reports.DRIVER, findings=(Finding("another driver"),))
    shown = text(reports.report(reports.node("a", reports.DRIVER), reports.node("b", other)))
    assert shown.count("remediation: Do what GPU-001") == 1


def test_passes_are_counted_and_shown_only_when_verbose() -> None:
    report = reports.report(reports.node("a", reports.MIG, reports.RDMA))
    assert "GPU-002" not in text(report)
    assert "PASS" in text(report, verbose=True)
    assert "not applicable: no RDMA device" in text(report, verbose=True)


def test_colour_only_when_wanted() -> None:
    assert "\x1b[1;31mFAIL" in text(reports.everything(), color=True)
    assert "\x1b" not in text(reports.everything())


def test_running_text_is_broken_at_the_width() -> None:
    lines = text(reports.everything(), width=60).splitlines()
    said = [line for line in lines if line.lstrip().startswith("remediation:")]
    assert said
    assert all(len(line) <= 60 for line in said)


def test_missing_facts_are_told_once_with_the_rules_they_silence() -> None:
    unknown = [Verdict(rule.id, Status.UNKNOWN, reason="gpu.smi failed") for rule in reports.RULES]
    shown = text(reports.report(reports.node("a", *unknown)))
    assert shown.count("gpu.smi failed") == 1
    assert "8 rules: GPU-001, GPU-002" in shown


def no_cluster(fact: str) -> Lack:
    return Lack("not collected (unavailable: no cluster to ask)", fact, "was")


def lacking(name: str, *reasons: tuple[Lack, ...]) -> Subject:
    ids = [rule.id for rule in reports.RULES]
    verdicts = [
        Verdict(rule, Status.UNKNOWN, reason=Lack.told(lacks), lacks=lacks)
        for rule, lacks in zip(ids, reasons, strict=False)
    ]
    return reports.node(name, *verdicts)


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_one_cause_is_told_once_whatever_the_facts(form: str) -> None:
    both = no_cluster("k8s.image"), no_cluster("k8s.helm")
    absent = Lack("not in the snapshot", "gpu.smi"), Lack("not in the snapshot", "gpu.pci")
    shown = text(reports.report(lacking("a", (no_cluster("k8s.node"),), both, absent)), form)
    assert shown.count("no cluster to ask") == 1
    for each in (
        "k8s.node",
        "k8s.image",
        "k8s.helm",
        "gpu.smi",
        "gpu.pci",
        "GPU-001",
        "GPU-002",
        "GPU-003",
    ):
        assert shown.count(each) == 1
    assert shown.count("not in the snapshot") == 1


@pytest.mark.parametrize("form", ["text", "markdown"])
@pytest.mark.parametrize(
    "lacks",
    [
        (Lack("not collected (a)", "k8s.node", "was"), Lack("not collected (b)", "gpu.smi", "was")),
        (Lack("not collected (a)", "k8s.node", "was"), Lack("and more")),
        (Lack("k8s.node was not collected (a)"), Lack("gpu.smi was not collected (a)")),
        (Lack("rule 7 lacks something"),),
    ],
)
def test_reasons_that_are_not_one_cause_stay_whole(lacks: tuple[Lack, ...], form: str) -> None:
    other = Lack("not collected (a)", "k8s.node", "was")
    shown = text(reports.report(lacking("a", lacks, (other,))), form)
    assert "; ".join(map(str, lacks)) in shown


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_many_unlike_subjects_that_lack_the_same_are_one_entry(form: str) -> None:
    subjects = [
        lacking(f"n{each}", (no_cluster(f"k8s.node on node n{each}"),)) for each in range(60)
    ]
    shown = text(reports.report(*subjects), form)
    assert shown.count("no cluster to ask") == 1
    assert "n0" in shown
    assert "and 20 more" in shown  # facts
    assert len(shown.splitlines()) < 40


def test_a_fail_that_does_not_block_says_so() -> None:
    report = reports.report(reports.node("a", reports.PERSISTENCE, reports.KASLR))
    strict = replace(report, gate=Gate(reports.Severity.CRITICAL))
    assert "(below --fail-on critical: does not block)" in text(strict)


def test_many_findings_of_a_rule_are_cut_and_counted() -> None:
    many = tuple(Finding(f"image {number} is latest") for number in range(50))
    shown = text(reports.report(reports.node("a", replace(reports.DRIVER, findings=many))))
    assert "and 40 more (--verbose shows them)" in shown
    assert len(shown.splitlines()) < 20


def test_a_fleet_of_like_nodes_is_one_block() -> None:
    shown = text(reports.fleet(10_000, alike=True))
    assert "10,000 nodes:" in shown
    assert len(shown) < 3_000


def test_a_fleet_of_unlike_nodes_prints_pages_not_megabytes() -> None:
    shown = text(reports.fleet(10_000, alike=False))
    assert "9,995 different findings more" in shown
    assert len(shown) < 6_000
