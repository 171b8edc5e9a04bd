"""What is remembered is believed only as it was sealed, by whoever has the key."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eidos.engine.model.rule import Enforcement
from eidos.engine.model.verdict import Finding, Status, Verdict
from eidos.engine.ports import Remembered
from eidos.engine.store.opening import open_store
from eidos.engine.store.sealing import Seal, SealedMemo
from fakes.recorded import JSON, TEXT, verdict
from fakes.stores import MemoryStore, Shelf, remember

OURS, THEIRS = Seal(b"our key" * 8), Seal(b"another key" * 8)
FINDINGS = st.lists(
    st.builds(Finding, TEXT, TEXT, st.none() | TEXT, JSON, JSON, st.none() | TEXT), max_size=3
).map(tuple)
VERDICTS = st.builds(
    Verdict,
    rule=TEXT,
    status=st.sampled_from([Status.PASS, Status.FAIL, Status.WARN, Status.SKIP]),
    findings=FINDINGS,
    reason=st.none() | TEXT,
    memo=st.just("sha256:" + "a" * 64),
)


@given(said=VERDICTS)
def test_what_was_remembered_is_believed(said: Verdict) -> None:
    memo = SealedMemo(MemoryStore(Shelf()), OURS)

    memo.remember([said])

    assert memo.recall([str(said.memo)]) == {said.memo: said}


def test_so_it_is_where_it_went_through_a_file(tmp_path: Path) -> None:
    said = replace(verdict(Status.FAIL), findings=(Finding("x", actual=1.0, expected=2**70),))
    audited = replace(said, enforcement=Enforcement.AUDIT)
    with open_store(tmp_path / "e.db") as store:
        SealedMemo(store, OURS).remember([audited, replace(said, memo=None)])
    with open_store(tmp_path / "e.db", read_only=True) as store:
        assert SealedMemo(store, OURS).recall([str(said.memo)]) == {said.memo: said}
        assert SealedMemo(store, THEIRS).recall([str(said.memo)]) == {}


@given(said=VERDICTS, other=VERDICTS)
def test_a_seal_is_of_one_verdict(said: Verdict, other: Verdict) -> None:
    same = repr(said) == repr(other)  # to Python, 1 and True are equal
    assert (OURS.of("k", said) == OURS.of("k", other)) == same


CHANGES: list[dict[str, Any]] = [
    {"rule": "GPU-002"},
    {"status": Status.PASS},
    {"status": Status.SKIP},
    {"findings": ()},
    {"findings": (Finding("too old", path="gpu.smi.driver", actual=580),)},
    {"findings": (Finding("too old", level="warn", path="gpu.smi.driver", actual="580"),)},
    {"reason": "not applicable to this subject"},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_whatever_is_changed_breaks_it(change: dict[str, Any]) -> None:
    said = verdict(Status.FAIL)
    store = MemoryStore(Shelf())
    seal = OURS.of(str(said.memo), said)
    remember(store, replace(said, **change), sealer=OURS.name, seal=seal)

    assert SealedMemo(store, OURS).recall([str(said.memo)]) == {}


def test_a_verdict_does_not_answer_another_question() -> None:
    """A pass on other facts, or of another rule, has a true seal, under another memo key."""
    passed, failed = verdict(), verdict(Status.FAIL)
    store = MemoryStore(Shelf())
    seal = OURS.of(str(passed.memo), passed)
    remember(store, replace(passed, memo=failed.memo), sealer=OURS.name, seal=seal)

    assert SealedMemo(store, OURS).recall([str(failed.memo)]) == {}


def test_the_memo_key_that_is_asked_for_counts_not_the_one_that_is_given() -> None:
    passed, failed = verdict(), verdict(Status.FAIL)
    shelf = Shelf()
    kept = Remembered(passed, OURS.name, OURS.of(str(passed.memo), passed))
    shelf.verdicts[str(failed.memo), OURS.name] = kept

    assert SealedMemo(MemoryStore(shelf), OURS).recall([str(failed.memo)]) == {}


@pytest.mark.parametrize("sealer", [THEIRS.name, OURS.name, ""])
@pytest.mark.parametrize("seal", [b"", b"\0" * 32, THEIRS.of(str(verdict().memo), verdict())])
def test_no_other_seal_is_believed(sealer: str, seal: bytes) -> None:
    store = MemoryStore(Shelf())
    remember(store, verdict(), sealer=sealer, seal=seal)

    assert SealedMemo(store, OURS).recall([str(verdict().memo)]) == {}


def test_a_made_up_verdict_does_not_keep_true_ones_of_other_keys_away() -> None:
    said = verdict(Status.FAIL)
    store = MemoryStore(Shelf())
    remember(store, verdict(salt="x"), replace(verdict(), memo=said.memo), sealer="", seal=b"")

    memo = SealedMemo(store, OURS)
    memo.remember([said])

    assert memo.recall([str(said.memo)]) == {said.memo: said}


def test_a_key_is_named_without_being_told() -> None:
    assert OURS.name != THEIRS.name
    assert len(OURS.name) == 8
    assert b"our key".hex() not in OURS.name
