"""How much a change matters."""

from dataclasses import replace

import pytest

from eidos.engine.comparing.levels import LevelRule, Levels
from eidos.engine.comparing.ranking import rank
from eidos.engine.errors import UsageError
from eidos.engine.model.drift import Flip
from eidos.engine.model.facts import FactAddress
from eidos.engine.model.rule import Rule, Severity
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


def test_what_a_rule_reads_is_a_level_higher() -> None:
    [found] = rank([change("OS.sysctl.a")], [reading("R-1", "os.sysctl.a")])
    assert (found.level, found.read_by) == (Severity.MEDIUM, ("R-1",))
    [found] = rank([change("OS.sysctl.b")], [reading("R-1", "os.sysctl.a")])
    assert (found.level, found.read_by) == (Severity.LOW, ())


def test_what_flips_a_verdict_comes_first_and_names_the_rule() -> None:
    flip = Flip("R-1", Status.PASS, Status.FAIL)
    changes = [change("GPU.smi.driver"), change("OS.sysctl.a")]
    first, second = rank(changes, [reading("R-1", "os.sysctl.a")], {"n1": {"R-1": flip}})
    assert (first.address.type, first.level, first.flips) == ("os", Severity.CRITICAL, (flip,))
    assert (second.address.type, second.flips) == ("gpu", ())


def test_a_flip_of_another_node_is_not_laid_at_its_door() -> None:
    flip = Flip("R-1", Status.PASS, Status.FAIL)
    [found] = rank([change("OS.sysctl.a")], [reading("R-1", "os.sysctl.a")], {"n2": {"R-1": flip}})
    assert found.flips == ()


def test_a_rule_that_reads_everything_raises_nothing_but_puts_it_first() -> None:
    changes = [change("OS.sysctl.a"), change("Other.thing.z")]
    first, second = rank(changes, [reading("R-1", "other.thing")])
    assert (first.address.type, first.level, first.read_by) == ("other", Severity.LOW, ("R-1",))
    assert second.level is Severity.LOW


@pytest.mark.parametrize("path", ["os.sysctl.a", 'os["sysctl"].a', "os.sysctl.a.deeper"])
def test_a_flip_is_laid_at_the_door_of_the_fact_that_its_finding_names(path: str) -> None:
    flip = Flip("R-1", Status.PASS, Status.FAIL, (path,))
    changes = [change("OS.sysctl.a"), change("OS.sysctl.ab"), change("OS.sysctl.b")]
    found = rank(changes, [reading("R-1", "os.sysctl")], {"n1": {"R-1": flip}})
    assert [(each.path, bool(each.flips)) for each in found] == [
        (("a",), True),
        (("ab",), False),
        (("b",), False),
    ]


@pytest.mark.parametrize("facts", [(), ("os.sysctl",), ("gpu.smi.driver",), ("[",)])
def test_a_flip_whose_finding_names_no_change_may_be_due_to_any(facts: tuple[str, ...]) -> None:
    flip = Flip("R-1", Status.PASS, Status.FAIL, facts)
    changes = [change("OS.sysctl.a"), change("OS.sysctl.b")]
    found = rank(changes, [reading("R-1", "os.sysctl")], {"n1": {"R-1": flip}})
    assert [bool(each.flips) for each in found] == [True, True]


def test_a_change_of_the_cluster_may_flip_the_verdict_of_a_node() -> None:
    flip = Flip("R-1", Status.PASS, Status.FAIL)
    [found] = rank(
        [change("K8s.server.version", node=None)],
        [reading("R-1", "k8s.server.version")],
        {"n1": {"R-1": flip}},
    )
    assert found.flips == (flip,)
