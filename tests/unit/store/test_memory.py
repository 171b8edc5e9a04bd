"""Verdicts are remembered by what they depend on."""

from pathlib import Path

from eidos.engine.model.policy import Enforcement
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.store.opening import open_store
from fakes.recorded import verdict


def test_what_was_remembered_is_recalled_by_another_process(tmp_path: Path) -> None:
    said = [verdict(status, rule) for status in (Status.PASS, Status.FAIL) for rule in ("A", "B")]
    with open_store(tmp_path / "e.db") as store:
        store.remember(said)
        store.remember(said)

    with open_store(tmp_path / "e.db", read_only=True) as store:
        known = store.recall([str(each.memo) for each in said] + ["sha256:" + "0" * 64])

    assert known == {each.memo: each for each in said}


def test_errors_waivers_and_verdicts_without_key_are_not_remembered(tmp_path: Path) -> None:
    slow = verdict(Status.ERROR)
    waived = verdict(Status.WAIVED)
    unasked = Verdict("GPU-001", Status.UNKNOWN, reason="not collected")
    with open_store(tmp_path / "e.db") as store:
        store.remember([slow, waived, unasked])

        assert store.recall([str(slow.memo), str(waived.memo)]) == {}


def test_what_the_gate_does_with_a_verdict_is_no_part_of_the_memory(tmp_path: Path) -> None:
    audited = Verdict("A", Status.FAIL, (Finding("x"),), enforcement=Enforcement.AUDIT, memo="k")
    with open_store(tmp_path / "e.db") as store:
        store.remember([audited])

        assert store.recall(["k"]) == {"k": Verdict("A", Status.FAIL, (Finding("x"),), memo="k")}


def test_the_first_answer_stands(tmp_path: Path) -> None:
    first = Verdict("A", Status.PASS, memo="k")
    with open_store(tmp_path / "e.db") as store:
        store.remember([first])
        store.remember([Verdict("A", Status.FAIL, memo="k")])

        assert store.recall(["k"]) == {"k": first}
