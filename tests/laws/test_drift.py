"""What holds for the drift between any two snapshots."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import jsonpatch
from hypothesis import given, settings
from hypothesis import strategies as st

from eidos.engine.comparing.ignoring import Sieve
from eidos.engine.comparing.patching import make_patch
from eidos.engine.comparing.snapshots import Comparison, compare
from eidos.engine.comparing.versions import version_note
from eidos.engine.digest import canonical
from eidos.engine.model.drift import Change, ChangeKind, NodeFate
from fakes.drifting import rule, snapshot, taken

NOW = datetime(2026, 11, 24, tzinfo=UTC)
KEYS = ("a", "b", "MainPID", "Wants")
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["", "1", "true", "580.95.05", "580.126.20", 1.0, 0.5])
)
entries = st.fixed_dictionaries({"name": st.sampled_from("xyz")}, optional={"v": scalars})
values: Any = st.recursive(
    scalars | st.lists(entries, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2)
    ),
    max_leaves=6,
)
data = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
facts = st.dictionaries(
    st.sampled_from(["OS", "SystemD"]),
    st.dictionaries(st.sampled_from(["s", "t"]), data, min_size=1, max_size=2),
    max_size=2,
)
documents = st.builds(
    snapshot,
    st.dictionaries(st.sampled_from(["n1", "n2", "n3"]), facts, max_size=3),
    facts,
    st.lists(
        st.fixed_dictionaries(
            {"type": st.just("OS"), "status": st.sampled_from(["ok", "failed", "partial"])},
            optional={"subtype": st.sampled_from("st"), "node": st.just("n1")},
        ),
        max_size=2,
    ),
)
KINDS = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.ADDED}
FATES = {NodeFate.ADDED: NodeFate.REMOVED, NodeFate.REMOVED: NodeFate.ADDED}
SIDES = {"baseline": "current", "current": "baseline", "both": "both"}


def between(before: Any, after: Any) -> Comparison:
    return compare(taken(before), taken(after))


def mirrored(change: Change) -> str:
    kind = KINDS.get(change.kind, change.kind)
    where = (change.segments, kind)
    return repr((where, change.after, change.before))


def plain(change: Change) -> str:
    where = (change.segments, change.kind)
    return repr((where, change.before, change.after))


def without(document: Any, key: str) -> Any:
    kept = copy.deepcopy(document)
    for measurement in (
        *kept["measurements"],
        *(each for node in kept["nodes"] for each in node["measurements"]),
    ):
        for subtype in measurement["subtypes"]:
            subtype["data"].pop(key, None)
    return kept


@given(documents, documents, st.booleans())
def test_the_patch_turns_one_snapshot_document_into_the_other(
    before: Any, after: Any, tests: bool
) -> None:
    operations = make_patch(before, after, tests=tests)
    patched = jsonpatch.apply_patch(before, json.loads(json.dumps(operations)))
    assert canonical(patched) == canonical(after)


@given(documents)
def test_equal_documents_do_not_differ(document: Any) -> None:
    found = between(document, copy.deepcopy(document))
    assert found.changes == ()
    assert found.pairing.changes == ()
    assert {gap.side for gap in found.not_comparable} <= {"both"}
    assert make_patch(document, copy.deepcopy(document)) == []


@given(documents, documents)
@settings(max_examples=200)
def test_swapping_the_sides_swaps_the_drift(before: Any, after: Any) -> None:
    there, back = between(before, after), between(after, before)
    assert sorted(map(plain, there.changes)) == sorted(map(mirrored, back.changes))
    fates = sorted(
        (FATES.get(each.fate, each.fate), each.after or "") for each in there.pairing.changes
    )
    assert fates == sorted((each.fate, each.before or "") for each in back.pairing.changes)
    sides = sorted((SIDES[gap.side], gap.fact) for gap in there.not_comparable)
    turned = sorted((gap.side, gap.fact) for gap in back.not_comparable)
    assert [side for side in sides if side[0] != "both"] == [
        side for side in turned if side[0] != "both"
    ]


versions = st.lists(st.integers(0, 600), min_size=2, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)


@given(versions, versions)
def test_an_upgrade_is_a_downgrade_the_other_way(before: str, after: str) -> None:
    swap = {"upgrade": "downgrade", "downgrade": "upgrade"}
    there, back = version_note(before, after), version_note(after, before)
    if there is None:
        assert back is None
    else:
        step, direction = there.split()
        assert back == f"{step} {swap[direction]}"


@given(documents, documents, st.sampled_from(KEYS))
def test_ignoring_a_key_is_deleting_it_on_both_sides(before: Any, after: Any, key: str) -> None:
    sieve = Sieve([rule(f"*.*.{key}")], NOW)
    ignored = sieve.sift(between(before, after).changes).kept
    deleted = between(without(before, key), without(after, key)).changes
    assert sorted(map(repr, ignored)) == sorted(map(repr, deleted))
