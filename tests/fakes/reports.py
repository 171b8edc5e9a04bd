"""Reports made by hand: every status, hostile strings, a fleet."""

import re
from dataclasses import replace

from eidos.engine.errors import Location, Problem
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.jsonvalue import Json
from eidos.engine.model.policy import Relaxation
from eidos.engine.model.report import PackRef, Report, Subject, WaiverNote
from eidos.engine.model.rule import (
    Control,
    Enforcement,
    Entrypoint,
    Module,
    Rule,
    Scope,
    Severity,
)
from eidos.engine.model.times import instant
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.model.waiver import Revocation, Subjects, Waiver

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "]]><failure/>",
    "x%0A::error file=a,line=1::owned",
    "x\n::error::owned\r\n::warning::owned",
    "\nok 99 - owned\nBail out! owned",
    "<script>alert(1)</script>&amp;",
    "| a | b |\n|---|---|",
    "``` </details> <!-- [x](javascript:alert(1)) @everyone #1",
    "\u202egnp.exe\u2066\u200b",
    "nul\x00del\x7fcsi\x9b31m\u2028sep",
    "half \ud800 pair",
    "\ufffe\uffff",
    "---\n...\n# TODO \\",
)
"""Strings that try to leave the place where a format puts them."""


def rule(id_: str, severity: Severity, title: str, scope: Scope = Scope.NODE) -> Rule:
    package = f"eidos.test.{id_.lower().replace('-', '_')}"
    return Rule(
        id=id_,
        title=title,
        severity=severity,
        scope=scope,
        package=package,
        modules=(Module(f"test/{id_.lower()}.rego", f"package {package}\n"),),
        entrypoints=(Entrypoint(f"data.{package}.deny", "deny"),),
        digest="sha256:" + id_.encode().hex().ljust(64, "0"),
        description=f"{title}, described at length.",
        remediation=f"Do what {id_} asks for: change the value, roll the nodes one by one, "
        "and judge the cluster again before the workloads come back.",
        requires=(FactAddress("gpu", "smi", "driver"),),
        reads=(FactAddress("os", "sysctl", "/proc/sys/vm/nr_hugepages"),),
        controls=(Control("nist-800-53", "SI-2"), Control("cis-kubernetes", "4.2.1")),
        tags=("gpu", "security"),
        references=("https://nvidia.custhelp.com/app/answers/detail/a_id/5670",),
        params={"floor": "580.159.03"},
    )


RULES = (
    rule("GPU-001", Severity.CRITICAL, "The driver is at or above the security floor"),
    rule("GPU-002", Severity.HIGH, "MIG mode is the same on every GPU"),
    rule("GPU-003", Severity.MEDIUM, "Persistence mode is on"),
    rule("K8S-001", Severity.HIGH, "The Kubernetes minor is supported", Scope.CLUSTER),
    rule("NET-001", Severity.LOW, "GPUDirect RDMA modules are loaded"),
    rule("OS-001", Severity.HIGH, "Kernel address randomisation is on"),
    rule("OS-002", Severity.INFO, "Huge pages on the kernel line and in sysctl agree"),
    rule("OS-003", Severity.MEDIUM, "The release is the one of the image"),
)

DRIVER = Verdict(
    "GPU-001",
    Status.FAIL,
    (
        Finding(
            "driver 580.82.07 is below the security floor of branch 580",
            path="gpu.smi.driver",
            actual="580.82.07",
            expected=">= 580.159.03",
            fix="Set driver.version to 580.159.03.",
        ),
    ),
    memo="sha256:" + "a" * 64,
)
KASLR = Verdict(
    "OS-001",
    Status.FAIL,
    (
        Finding("nokaslr is on the kernel line", path="os.grub.nokaslr", actual=True),
        Finding("kptr_restrict is 0", path='os.sysctl["/proc/sys/kernel/kptr_restrict"]', actual=0),
    ),
    memo="sha256:" + "b" * 64,
)
PERSISTENCE = Verdict(
    "GPU-003",
    Status.WARN,
    (
        Finding(
            "persistence mode is off", "warn", "gpu.smi.persistence-mode", "Disabled", "Enabled"
        ),
    ),
)
MIG = Verdict("GPU-002", Status.PASS, memo="sha256:" + "c" * 64)
RDMA = Verdict("NET-001", Status.SKIP, reason="not applicable: no RDMA device")
HUGEPAGES = Verdict("OS-002", Status.UNKNOWN, reason="os.sysctl was not collected: --exclude os")
RELEASE = Verdict("OS-003", Status.ERROR, reason="os_003.rego:14:2: evaluation took over 5 s")
KUBERNETES = Verdict(
    "K8S-001",
    Status.WAIVED,
    (Finding("Kubernetes 1.30 is out of support", path="k8s.server.version", actual="v1.30.1"),),
    reason="upgrade is planned for May (OPS-17)",
    waiver="W-2026-004",
)


def waiver(name: str, rule: str, until: str) -> Waiver:
    return Waiver(
        id=name,
        rule=rule,
        owner="gpu-platform",
        approver="security",
        reason="upgrade is planned for May",
        until=instant(until, end_of_day=True),
        ticket="OPS-17",
        location=Location("waivers.yaml", 5, 5, "$.waivers[0]"),
    )


WAIVER = replace(
    waiver("W-2026-004", "K8S-001", "2026-05-31"),
    since=instant("2026-03-01"),
    value="v1.30.1",
    has_value=True,
)
_TOLD = ("id", "rule", "owner", "approver", "reason", "ticket", "value")
LOCATIONS = {
    "": Location("snapshots/prod.yaml", 9, 5, "$.nodes[0]"),
    "gpu.smi.driver": Location("snapshots/prod.yaml", 14, 13, "$.nodes[0]...driver"),
    "os.grub.nokaslr": Location("snapshots/prod.yaml", 31, 9, "$.nodes[0]...nokaslr"),
}


def node(name: str, *verdicts: Verdict, file: str = "snapshots/prod.yaml") -> Subject:
    return Subject(
        name=name,
        scope=Scope.NODE,
        file=file,
        digest="sha256:" + "d" * 64,
        verdicts=tuple(sorted(verdicts, key=lambda verdict: verdict.rule)),
        cluster="prod-east-1",
        timestamp="2026-03-14T10:00:00Z",
        locations=LOCATIONS,
    )


def cluster(*verdicts: Verdict) -> Subject:
    return Subject(
        name="prod-east-1",
        scope=Scope.CLUSTER,
        file="snapshots/prod.yaml",
        digest="sha256:" + "e" * 64,
        verdicts=verdicts,
        cluster="prod-east-1",
        timestamp="2026-03-14T10:00:00Z",
        locations={"k8s.server.version": Location("snapshots/prod.yaml", 7, 17)},
    )


def report(*subjects: Subject, rules: tuple[Rule, ...] = RULES, **changes: object) -> Report:
    made = Report(
        run="01JQ0000000000000000000000",
        started="2026-03-15T08:30:00Z",
        effective_time="2026-03-15T00:00:00Z",
        generator="eidos 0.1.0",
        engine="light 0.13.0",
        packs=(PackRef("gpu", "1.2.0", "sha256:" + "f" * 64),),
        rules=rules,
        subjects=subjects,
    )
    return replace(made, **changes)


def everything() -> Report:
    """Every status, a waiver, alike nodes, a problem, and notes."""
    return report(
        cluster(KUBERNETES),
        node("gpu-a", DRIVER, KASLR, PERSISTENCE, MIG, RDMA, HUGEPAGES, RELEASE),
        node("gpu-b", DRIVER, KASLR, PERSISTENCE, MIG, RDMA, HUGEPAGES, RELEASE),
        node("gpu-c", MIG, RDMA),
        node("gpu-d", replace(DRIVER, enforcement=Enforcement.AUDIT), MIG),
        problems=(
            Problem(
                "is not YAML: found a tab where a value was expected",
                "Indent with spaces.",
                Location("snapshots/broken.yaml", 3, 1),
            ),
        ),
        waiver_notes=(
            WaiverNote("W-2025-001", "GPU-001", "expired", "expired on 2026-01-31T23:59:59Z"),
        ),
        waivers=(waiver("W-2025-001", "GPU-001", "2026-01-31"), WAIVER),
        prints=("gpu_001.rego:12: driver is 580.82.07",),
        relaxations=(
            Relaxation("enforcement.GPU-009", "warn", Location("eidos.yaml", 4)),
            Relaxation("rule", "GPU-001", Location("--rule")),
        ),
    )


def clean() -> Report:
    """Everything passes."""
    return report(
        node("gpu-a", MIG, RDMA), rules=tuple(r for r in RULES if r.id in "GPU-002 NET-001")
    )


def nothing() -> Report:
    """Nothing was judged."""
    return report()


def hostile(text: str = "".join(HOSTILE), actual: Json = None) -> Report:
    """The text stands wherever a document or a policy can put text."""
    evil = replace(
        rule("GPU-001", Severity.CRITICAL, text),
        description=text,
        remediation=text,
        package=text,
        controls=(Control(text, text),),
        tags=(text,),
        references=(text,),
        params={text: text},
    )
    rules = tuple(replace(evil, id=text + status) for status in Status)
    said = Finding(text, path=text, actual=actual or {text: [text]}, expected=text, fix=text)
    verdicts = tuple(
        Verdict(text + status, status, (said,) if status in "fail warn waived" else (), text, text)
        for status in Status
    )
    where = Location(text, 3, 4, text)
    subject = Subject(text, Scope.NODE, text, text, verdicts, text, text, {text: where, "": where})
    return report(
        subject,
        rules=rules,
        run=text,
        generator=text,
        engine=text,
        packs=(PackRef(text, text, text),),
        problems=(Problem(text, text, where),),
        waiver_notes=(WaiverNote(text, text, text, text),),
        waivers=(_hostile(text, where),),
        prints=(text,),
        relaxations=(Relaxation(text, text, Location(text, 3)),),
    )


def _hostile(text: str, where: Location) -> Waiver:
    return replace(
        WAIVER,
        **dict.fromkeys(_TOLD, text),
        subjects=Subjects((text,), (text,), (text,), {text: text}),
        tag=text,
        values=(text,),
        least=text,
        revoked=Revocation(instant("2026-04-01"), text, text),
        location=where,
    )


def fleet(size: int, *, alike: bool) -> Report:
    """Many nodes, all alike or each with its own words."""

    def driver(number: int) -> Verdict:
        finding = replace(DRIVER.findings[0], msg=f"driver on node-{number:05} is old")
        return DRIVER if alike else replace(DRIVER, findings=(finding,))

    nodes = (
        node(f"node-{number:05}", driver(number), KASLR, MIG, RDMA, file=f"node-{number:05}.yaml")
        for number in range(size)
    )
    return report(*nodes)


HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f]")
"""What no output may hold, in any format, newline and tab apart."""


def orders(text: str) -> int:
    """Count what a GitHub runner would obey."""
    return len(re.findall(r"^\s*::(?:error|warning|notice) ", text, re.MULTILINE))
