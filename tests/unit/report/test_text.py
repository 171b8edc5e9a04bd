"""What a tired operator must see, and must be spared."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from eidos import collectors
from eidos.engine import evaluating
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


def test_the_decision_comes_with_its_exit_code_and_then_what_to_do() -> None:
    assert text(reports.clean()).splitlines() == [
        "1 node, 2 rules: 1 pass, 1 skip",
        "passed (exit code 0): nothing blocks; facts of 2026-03-14T10:00:00Z",
        "next: eidos history timeline shows what the recorded runs before this one said",
    ]


def test_nothing_judged_is_not_a_pass() -> None:
    said = text(reports.nothing()).splitlines()[-2]
    assert said == "incomplete (exit code 3): nothing was judged; this is not a pass"


def test_no_rule_at_all_says_what_to_look_for() -> None:
    said, then = text(replace(reports.nothing(), rules=())).splitlines()[-2:]
    assert "nothing was judged: the options leave no rule, or the policy has no deny" in said
    assert then == "next: eidos policy list shows which rules there are to ask"


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
    report = reports.report(
        reports.node("a", *unknown), reports.node("b", *unknown, reports.DRIVER)
    )
    line = "UNKNOWN 8 rules (GPU-001, GPU-002, K8S-001, OS-001 and 4 more)"
    assert f"{line} of prod-east-1/b, prod-east-1/a: gpu.smi failed\n" in text(report)
    assert text(report).count("gpu.smi failed") == 1
    assert text(report, verbose=True).count("8 rules: GPU-001, GPU-002") == 2


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
    report = reports.report(lacking("a", (no_cluster("k8s.node"),), both, absent))
    shown = text(report, form, verbose=form == "text").partition("\nnext:")[0]
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


def unknown_for(reason: str) -> Verdict:
    return Verdict("GPU-002", Status.UNKNOWN, reason=reason)


@pytest.mark.parametrize(
    ("verdict", "step"),
    [
        (unknown_for("(unavailable: no cluster to ask: not in a pod)"), "--kubeconfig FILE"),
        (unknown_for("the optional part 'k8s', which is not installed"), "pip install '.[k8s]'"),
        (unknown_for("(failed: 403 Forbidden: list nodes)"), "collector-rbac.yaml"),
        (unknown_for("(excluded: --exclude gpu)"), "without the options"),
        (unknown_for("$(reboot)"), "read the reasons above"),
        (reports.DRIVER, "GPU-001 (critical) first: its remediation above says what to do; eidos"),
        (reports.PERSISTENCE, "GPU-003 (medium) first"),
        (reports.RELEASE, "eidos policy eval --rule OS-003"),
        (reports.RDMA, "ask rules that are about what was checked"),
    ],
)
def test_the_last_line_is_the_one_thing_to_do_next(verdict: Verdict, step: str) -> None:
    last = text(reports.report(reports.node("a", verdict))).splitlines()[-1]
    assert last.startswith("next: ")
    assert step in last
    assert "reboot" not in last


@pytest.mark.parametrize(
    "words",
    [
        *("no cluster to ask", "403 Forbidden", "401 Unauthorized", "not in the snapshot"),
        *("NVIDIA kernel driver is not loaded", "not started by systemd", "has no nodes"),
    ],
)
def test_advice_knows_the_words_of_who_says_what_is_missing(words: str) -> None:
    places = (Path(collectors.__file__).parent, Path(evaluating.__file__).parent)
    assert any(words in file.read_text() for place in places for file in place.rglob("*.py"))
    shown = text(reports.report(reports.node("a", unknown_for(f"it is so: {words}"))))
    assert "read the reasons above" not in shown


def test_what_most_unknown_verdicts_lack_comes_next() -> None:
    named, few = "eidos snapshot --kubeconfig", unknown_for("(failed: 403 Forbidden)")
    most = [
        Verdict(rule, Status.UNKNOWN, reason="no cluster to ask") for rule in ("OS-001", "OS-002")
    ]
    last = text(reports.report(reports.node("a", few, *most, reports.DRIVER))).splitlines()[-1]
    assert last.startswith(f"next: {named}")
    assert last.endswith("(2 of 3 unknown are for want of it)")


def test_an_id_that_a_shell_would_read_is_never_in_a_command() -> None:
    evil = reports.rule("$(reboot)", reports.Severity.CRITICAL, "evil")
    verdict = replace(reports.DRIVER, rule=evil.id)
    shown = text(reports.report(reports.node("a", verdict), rules=(evil,)))
    assert "eidos policy show RULE" in shown.splitlines()[-1]


def test_an_answer_about_the_past_asks_for_no_collection() -> None:
    past = reports.report(reports.node("a", unknown_for("no cluster to ask")), as_of="2026-03-14")
    assert "snapshot" not in text(past).splitlines()[-1]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_many_unlike_subjects_that_lack_the_same_are_one_entry(form: str) -> None:
    subjects = [
        lacking(f"n{each}", (no_cluster(f"k8s.node on node n{each}"),)) for each in range(60)
    ]
    shown = text(reports.report(*subjects), form)
    assert shown.count("no cluster to ask") == 1
    assert "n0" in shown
    assert ("and 20 more" if form == "markdown" else "and 57 more") in shown  # facts; subjects
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
