"""What is hidden, and what is said of rules that hide nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from eidos.engine.comparing.ignoring import Sieve, default_ignores
from eidos.engine.comparing.snapshots import is_noise
from eidos.engine.errors import UsageError
from eidos.engine.model.drift import Change, ChangeKind, IgnoreRule, NotComparable
from eidos.engine.model.facts import FactAddress
from fakes.drifting import change, rule, snapshot, taken

NOW = datetime(2026, 11, 24, tzinfo=UTC)
UNIT = FactAddress("SystemD", "containerd.service", node="n1")
SMI = FactAddress("GPU", "smi", node="n1")


def hides(of: IgnoreRule, what: Change) -> bool:
    return Sieve([of], NOW).hides(what) is not None


@pytest.mark.parametrize(
    ("pattern", "fact", "expected"),
    [
        ("gpu.smi.driver", "GPU.smi.driver", True),
        ("GPU.smi.driver", "GPU.smi.driver", True),
        ("gpu.smi.driver", "GPU.smi.driver2", False),
        ("gpu.*.driver", "GPU.smi.driver", True),
        ("*.*.driver", "GPU.smi.driver", True),
        ("os.sysctl./proc/sys/fs/*", "OS.sysctl./proc/sys/fs/file-nr", True),
        ("os.sysctl./proc/sys/fs/*", "OS.sysctl./proc/sys/vm/a", False),
        ("gpu.smi.gpu.model", "GPU.smi.gpu.model", True),
        ("?pu.smi.[de]river", "GPU.smi.driver", True),
        ("*.driver.x", "GPU.smi.driver", False),
    ],
)
def test_patterns_name_facts(pattern: str, fact: str, expected: bool) -> None:
    assert hides(rule(pattern), change(fact)) is expected


def test_a_unit_with_dots_in_its_name_is_named() -> None:
    what = Change(UNIT, ("MainPID",), ChangeKind.CHANGED)
    assert hides(rule("systemd.containerd.service.MainPID"), what)
    assert hides(rule("systemd.*.MainPID"), what)


def test_what_is_below_a_key_is_hidden_with_it_or_alone() -> None:
    path = ("labels", "example.com/rack")
    what = Change(FactAddress("K8s", "node", node="n1"), path, ChangeKind.CHANGED)
    assert hides(rule("k8s.node.labels"), what)
    assert hides(rule("k8s.node.labels.example.com/rack"), what)
    assert not hides(rule("k8s.node.labels.example.com/row"), what)


def test_node_and_value_narrow_a_rule() -> None:
    assert hides(rule("a.b.c", node="n*"), change("a.b.c"))
    assert not hides(rule("a.b.c", node="m*"), change("a.b.c"))
    assert not hides(rule("a.b.c", node="n1"), change("a.b.c", node=None))
    assert hides(rule("a.b.c", value="[0-9]"), change("a.b.c"))
    assert not hides(rule("a.b.c", value="[0-9]"), change("a.b.c", after="infinity"))


@pytest.mark.parametrize(("days", "expected"), [(-1, False), (0, True), (1, True)])
def test_a_rule_holds_until_its_end(days: int, expected: bool) -> None:
    until = NOW + timedelta(days=days)
    found = Sieve([rule("a.b.c", until=until)], NOW).sift([change("a.b.c")])
    assert bool(found.ignored) is expected
    assert [idle.is_expired for idle in found.idle] == ([] if expected else [True])


def test_idle_rules_of_the_user_are_told_and_shipped_ones_not() -> None:
    found = Sieve([rule("a.b.c"), rule("x.y.z"), *default_ignores()], NOW).sift([change("a.b.c")])
    assert [idle.rule.pattern for idle in found.idle] == ["x.y.z"]
    assert [each.rule.pattern for each in found.ignored] == ["a.b.c"]


def test_two_rules_of_one_pattern_keep_their_own() -> None:
    rules = [rule("a.b.c", node="n1"), rule("a.b.c", node="n2")]
    found = Sieve(rules, NOW).sift([change("a.b.c"), change("a.b.c", node="n2")])
    assert [len(each.changes) for each in found.ignored] == [1, 1]


@pytest.mark.parametrize("pattern", ["", "driver", "gpu.smi", "..", "gpu..x", "a.b." + "x" * 2000])
def test_patterns_that_can_match_nothing_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"not type\.subtype\.key") as caught:
        Sieve([rule(pattern)], NOW)
    assert caught.value.hint


def test_a_subtype_that_is_ignored_as_a_whole_is_no_gap() -> None:
    gaps = [
        NotComparable(SMI, "current", "failed"),
        NotComparable(SMI.at("driver"), "current", "failed"),
    ]
    assert Sieve([rule("gpu.smi.*")], NOW).sift([], gaps).not_comparable == ()
    keyed = Sieve([rule("gpu.smi.driver")], NOW).sift([], gaps)
    assert keyed.not_comparable == (gaps[0],)
    assert keyed.idle == ()
    assert keyed.ignored == ()


FAILED = {"type": "OS", "node": "n1", "subtype": "grub", "status": "failed", "reason": "hangs"}
QUIET = snapshot({"n1": {"OS": {"sysctl": {"a": 1, "b": 1}}}})


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (QUIET, True),
        (snapshot({"n1": {"OS": {"sysctl": {"a": 2, "b": 1}}}}), True),
        (snapshot({"n1": {"OS": {"sysctl": {"b": 1}}}}), True),
        (snapshot({"n1": {"OS": {"sysctl": {"a": 2, "b": 2}}}}), False),
        (snapshot({"n1": {}}), False),
        (snapshot({}), False),
        (snapshot({"n1": {"OS": {"sysctl": {"a": 1, "b": 1}}}, "n2": {}}), False),
        (snapshot({"n1": {"OS": {"sysctl": {"a": 1, "b": 1}}}}, collection=[FAILED]), False),
    ],
)
def test_states_that_differ_only_in_what_is_ignored_are_no_change(
    after: object, expected: bool
) -> None:
    sieve = Sieve([rule("os.sysctl.a")], NOW)
    assert is_noise(taken(QUIET), taken(after), sieve) is expected
    assert is_noise(taken(after), taken(QUIET), sieve) is expected


def test_how_a_collector_ended_is_no_change_where_all_it_speaks_of_is_ignored() -> None:
    failed = snapshot({"n1": {"OS": {"sysctl": {"a": 1, "b": 1}}}}, collection=[FAILED])
    assert is_noise(taken(QUIET), taken(failed), Sieve([rule("os.grub.*")], NOW))
    keyed = {**FAILED, "status": "redacted", "keys": ["x"]}
    redacted = snapshot({"n1": {"OS": {"sysctl": {"a": 1, "b": 1}}}}, collection=[keyed])
    assert is_noise(taken(QUIET), taken(redacted), Sieve([rule("os.grub.x")], NOW))
    assert not is_noise(taken(QUIET), taken(redacted), Sieve([rule("os.grub.y")], NOW))
