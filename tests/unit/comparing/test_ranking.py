"""How much a change matters."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from eidos.engine.comparing.levels import LevelRule, Levels
from eidos.engine.comparing.ranking import alarm, rank
from eidos.engine.errors import UsageError
from eidos.engine.model.drift import Change, Flip, FlipCause, NodeFlip
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.rule import Enforcement, Rule, Severity
from eidos.engine.model.verdict import Status
from fakes import reports
from fakes.drifting import change


@pytest.mark.parametrize(
    ("fact", "level"),
    [
        ("GPU.smi.driver", "critical"),
        ("GPU.smi.gpu.vbios-version", "critical"),
        ("K8s.server.version", "critical"),
        ("K8s.node.kubelet-version", "critical"),
        ("K8s.node.container-runtime-version", "critical"),
        ("OS.mitigations.spectre_v2", "critical"),
        ("OS.sysctl./proc/sys/kernel/kptr_restrict", "high"),
        ("OS.sysctl./proc/sys/vm/swappiness", "medium"),
        ("SystemD.containerd.service.LimitNOFILE", "medium"),
        ("SystemD.containerd.service.MainPID", "info"),
        ("OS.sysctl./proc/sys/fs/file-nr", "info"),
        ("Other.thing.key", "low"),
    ],
)
def test_the_shipped_table(fact: str, level: str) -> None:
    assert Levels().of(change(fact)) == level


def test_overrides_are_asked_first_and_in_order() -> None:
    rules = [
        LevelRule("gpu.smi.driver", Severity.LOW, "eidos.yaml:3"),
        LevelRule("gpu.*.*", Severity.HIGH, "eidos.yaml:4"),
    ]
    levels = Levels(rules)
    assert levels.of(change("GPU.smi.driver")) is Severity.LOW
    assert levels.of(change("GPU.smi.other")) is Severity.HIGH


def test_an_override_that_matches_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"eidos\.yaml:3"):
        Levels([LevelRule("driver", Severity.LOW, "eidos.yaml:3")])


def reading(rule_id: str, path: str) -> Rule:
    rule = reports.rule(rule_id, Severity.HIGH, "a rule")
    return replace(rule, requires=(FactAddress.parse(path),))


def test_who_reads_a_fact_is_named_and_comes_first_but_raises_nothing() -> None:
    changes = [change("OS.sysctl.a"), change("Other.thing.z")]
    first, second = rank(changes, [reading("R-1", "other.thing"), reading("R-2", "os.sysctl.b")])
    assert (first.address.type, first.level, first.read_by) == ("other", Severity.LOW, ("R-1",))
    assert (second.level, second.read_by) == (Severity.LOW, ())


def flipping(level: Severity, *sets: Sequence[Change], cause: FlipCause = FlipCause.CHANGE) -> Any:
    flip = Flip("R-1", Status.PASS, Status.FAIL, level)
    return [NodeFlip("n1", flip, cause, tuple(map(tuple, sets)))]


def test_a_change_is_as_bad_as_what_it_did_to_a_verdict() -> None:
    a, b, driver = change("OS.sysctl.a"), change("OS.sysctl.b"), change("GPU.smi.gpu.model")
    first, second, third = rank([a, driver, b], (), flipping(Severity.CRITICAL, [b]))
    assert (first.fact, first.level) == ("os.sysctl.b", Severity.CRITICAL)
    assert [(flip.rule, flip.together) for flip in first.flips] == [("R-1", ())]
    assert (second.level, third.level) == (Severity.HIGH, Severity.LOW)
    assert (second.flips, third.flips) == ((), ())


def test_what_does_no_harm_alarms_nobody() -> None:
    [found] = rank([change("OS.sysctl.a")], (), flipping(Severity.INFO, [change("OS.sysctl.a")]))
    assert found.level is Severity.LOW


def test_changes_that_flip_together_name_each_other() -> None:
    a, b = change("OS.sysctl.a"), change("OS.sysctl.b")
    found = rank([a, b], (), flipping(Severity.HIGH, [a, b]))
    assert [each.flips[0].together for each in found] == [("os.sysctl.b",), ("os.sysctl.a",)]
    [alone, _] = rank([a, b], (), flipping(Severity.HIGH, [a, b], [a]))
    assert alone.flips[0].together == ()


@pytest.mark.parametrize("cause", [FlipCause.UNFINISHED, FlipCause.LOST, FlipCause.IGNORED])
def test_only_a_cause_that_was_found_is_laid_at_a_door(cause: FlipCause) -> None:
    a = change("OS.sysctl.a")
    [found] = rank([a], (), flipping(Severity.CRITICAL, [a], cause=cause))
    assert (found.level, found.flips) == (Severity.LOW, ())


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ("pass", "fail", "high"),
        ("skip", "fail", "high"),
        ("fail", "fail", "high"),
        ("waived", "fail", "high"),
        ("pass", "error", "high"),
        ("pass", "unknown", "high"),
        ("pass", "warn", "medium"),
        ("skip", "pass", "info"),
        ("skip", "warn", "info"),
        ("skip", "unknown", "info"),
        ("fail", "warn", "info"),
        ("fail", "pass", "info"),
        ("unknown", "pass", "info"),
        ("error", "fail", "info"),
    ],
)
def test_what_alarms(before: str, after: str, level: str) -> None:
    turned = (Status(before), Status(after))
    assert alarm(*turned, Severity.HIGH, Enforcement.DENY) == level
    assert alarm(*turned, Severity.HIGH, Enforcement.AUDIT) == "info"
