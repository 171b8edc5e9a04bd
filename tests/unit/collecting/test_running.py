"""Collectors side by side: one that is bad costs only its own facts."""

import tempfile
from pathlib import Path

import pytest

from eidos.engine.collecting.joining import account, join
from eidos.engine.collecting.running import Task, run
from eidos.engine.model.snapshot import CollectorState, Metadata, Subtype
from eidos.engine.ports import Collector, Fact, Wanted
from fakes.collectors import Bad, Steady


def task(collector: Collector, timeout: float = 200.0) -> Task:
    return Task(collector, Wanted(frozenset(collector.subtypes), "n1", timeout=timeout))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("raise", "RuntimeError: no luck"),
        ("crash", "crashed: SIGSEGV"),
        ("exit", "ended without an answer (exit code 7)"),
        ("hang", "timed out after 5 s"),
        ("stubborn", "timed out after 5 s"),
    ],
)
def test_a_bad_collector_keeps_what_it_gave_and_harms_nobody(how: str, reason: str) -> None:
    steady = Steady("Good", {"x": {"k": "v"}})
    timeout = 5.0 if "timed" in reason else 200.0  # enough to give the first on a loaded machine

    bad, good = run([task(Bad(how), timeout), task(steady)], 200.0)

    assert good.items == [Fact("Good", Subtype("x", {"k": "v"}), "n1")]
    assert good.error is None
    assert bad.items == [Fact("Bad", Subtype("first", {"a": 1}), "n1")]
    whole, second = account(bad)
    assert (whole.status, whole.subtype, whole.reason) == (CollectorState.PARTIAL, None, reason)
    assert (second.status, second.subtype, second.reason) == (
        CollectorState.FAILED,
        "second",
        reason,
    )


def test_the_whole_run_has_an_end() -> None:
    (outcome,) = run([task(Bad("hang"), 600.0)], 0.3)

    assert outcome.error == "timed out after 0.3 s"


def test_a_part_is_said_of_the_whole() -> None:
    (outcome,) = run([task(Bad("partial"))], 200.0)

    whole, part = account(outcome)
    assert whole.status is CollectorState.PARTIAL
    assert part.keys == ("k",)
    assert outcome.duration_ms > 0


def test_what_a_killed_collector_leaves_on_disk_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    (outcome,) = run([task(Bad("untidy"), 1.0)], 60.0)

    assert "timed out" in str(outcome.error)
    assert list(tmp_path.iterdir()) == []


def test_facts_land_where_they_belong_in_order_of_names() -> None:
    facts = [
        Fact("OS", Subtype("b", {}), "n2"),
        Fact("K8s", Subtype("server", {"version": "v1"})),
        Fact("OS", Subtype("a", {}), "n2"),
        Fact("GPU", Subtype("smi", {}), "n1"),
    ]

    snapshot = join(Metadata(), facts, [])

    assert snapshot == join(Metadata(), facts[::-1], [])
    assert [node.name for node in snapshot.nodes] == ["n1", "n2"]
    assert [one.name for one in snapshot.nodes[1].measurements[0].subtypes] == ["a", "b"]
    assert snapshot.measurements[0].type == "K8s"
