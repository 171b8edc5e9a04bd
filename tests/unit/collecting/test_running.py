"""Collectors side by side: one that is bad costs only its own facts."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from eidos.engine.collecting.joining import account, join
from eidos.engine.collecting.running import Outcome, Task, run
from eidos.engine.model.snapshot import Collection, CollectorState, Metadata, Subtype
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
    assert [(one.status, one.subtype, one.reason) for one in account(bad)] == [
        (CollectorState.PARTIAL, "first", reason),  # nobody knows whether more was to come
        (CollectorState.FAILED, "second", reason),
    ]


def test_the_whole_run_has_an_end() -> None:
    (outcome,) = run([task(Bad("hang"), 600.0)], 0.3)

    assert outcome.error == "timed out after 0.3 s"


def accounted(*items: Fact | Collection, error: str | None = None) -> list[Collection]:
    """What is said of a collector with the subtypes ``first`` and ``second``."""
    return account(Outcome(task(Bad("")), list(items), error, 7.0))


def fact(name: str) -> Fact:
    return Fact("Bad", Subtype(name, {"a": 1}), "n1")


def ended(name: str | None, state: CollectorState, reason: str, *keys: str) -> Collection:
    return Collection("Bad", state, name, "n1", reason, keys)


def test_what_ended_well_is_one_entry_with_its_time() -> None:
    [whole] = accounted(fact("first"), fact("second"))

    assert whole == Collection("Bad", CollectorState.OK, node="n1", duration_ms=7.0)


def test_a_part_spoils_only_itself() -> None:
    part = ended("second", CollectorState.PARTIAL, "permission denied", "k")

    assert accounted(fact("first"), fact("second"), part) == [part]


def test_what_all_parts_say_is_said_once() -> None:
    parts = [ended(name, CollectorState.FAILED, "no way in") for name in ("first", "second")]

    [whole] = accounted(*parts)

    assert (whole.status, whole.subtype, whole.reason) == (parts[0].status, None, "no way in")


def test_different_ends_stay_apart() -> None:
    parts = [ended(name, CollectorState.FAILED, f"no {name}") for name in ("first", "second")]

    assert accounted(*parts) == parts


def test_a_secret_left_out_is_no_gap_in_collecting() -> None:
    secret = ended("second", CollectorState.REDACTED, "secret", "k")

    whole, part = accounted(fact("first"), fact("second"), secret)

    assert (whole.status, whole.subtype) == (CollectorState.OK, None)
    assert part == secret


def test_what_a_collector_says_of_all_holds_for_all() -> None:
    whole = ended(None, CollectorState.UNAVAILABLE, "no cluster")

    [entry] = accounted(whole, *(ended(n, whole.status, "no cluster") for n in ("first", "second")))

    assert entry == replace(whole, duration_ms=7.0)


def test_well_ended_in_its_own_words_is_no_cover_for_silence() -> None:
    [silent] = accounted(fact("first"), ended(None, CollectorState.OK, "fine"))

    assert (silent.status, silent.subtype) == (CollectorState.FAILED, "second")


def test_cut_short_after_its_last_word_on_a_part_that_failed_whole() -> None:
    part = ended("second", CollectorState.FAILED, "no second")

    assert accounted(fact("first"), part, error="crashed") == [part]


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
