"""Snapshots of many nodes become one, in whatever order they come."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from eidos.engine.digest import snapshot_digests
from eidos.engine.merging import Part, merge
from eidos.engine.model.snapshot import (
    Collection,
    CollectorState,
    Measurement,
    Metadata,
    Node,
    Snapshot,
    Subtype,
)

measurements = st.dictionaries(
    st.sampled_from(["OS", "GPU", "K8s"]),
    st.dictionaries(
        st.sampled_from(["a", "b", "c-volatile"]),
        st.dictionaries(st.sampled_from("xy"), st.integers(0, 1)),
        max_size=2,
    ),
    max_size=2,
).map(
    lambda types: tuple(
        Measurement(type_, tuple(Subtype(name, data) for name, data in subtypes.items()))
        for type_, subtypes in types.items()
    )
)
snapshots = st.builds(
    Snapshot,
    metadata=st.builds(
        Metadata,
        cluster=st.sampled_from([None, "c1", "c2"]),
        timestamp=st.sampled_from(["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"]),
        generator=st.just("g"),
        labels=st.dictionaries(st.sampled_from("lm"), st.sampled_from("01"), max_size=2),
    ),
    measurements=measurements,
    nodes=st.dictionaries(st.sampled_from(["n1", "n2", "n3"]), measurements, max_size=2).map(
        lambda nodes: tuple(Node(name, found) for name, found in nodes.items())
    ),
    collection=st.lists(
        st.builds(
            Collection,
            type=st.sampled_from(["OS", "K8s"]),
            status=st.sampled_from(list(CollectorState)),
            node=st.sampled_from([None, "n1"]),
        ),
        max_size=2,
    ).map(tuple),
)


@settings(max_examples=200)
@given(
    st.lists(snapshots, min_size=1, max_size=4).flatmap(
        lambda all_: st.tuples(st.just(all_), st.permutations(all_))
    )
)
def test_order_does_not_matter(orders: tuple[list[Snapshot], list[Snapshot]]) -> None:
    one, other = (merge([Part("f", snapshot) for snapshot in order]) for order in orders)

    assert one.snapshot == other.snapshot
    assert one.conflicts == other.conflicts


@given(snapshots)
def test_merging_twice_the_same_changes_no_fact_and_is_no_conflict(snapshot: Snapshot) -> None:
    once, twice = merge([Part("a", snapshot)]), merge([Part("a", snapshot), Part("b", snapshot)])

    assert once.snapshot == twice.snapshot
    assert once.conflicts == twice.conflicts == ()
    assert snapshot_digests(once.snapshot).nodes.keys() == {node.name for node in snapshot.nodes}


def node_snapshot(name: str, value: str, day: int) -> Snapshot:
    data = (Measurement("OS", (Subtype("grub", {"quiet": value}),)),)
    skipped = Collection("K8s", CollectorState.EXCLUDED, reason="--no-cluster")
    stamp = Metadata("prod", f"2026-11-0{day}T00:00:00Z")
    return Snapshot(stamp, nodes=(Node(name, data),), collection=(skipped,))


def test_the_later_one_is_kept_and_the_conflict_is_told() -> None:
    parts = [Part("old", node_snapshot("n1", "a", 1)), Part("new", node_snapshot("n1", "b", 2))]

    merged = merge(parts)

    assert merged.snapshot.nodes[0].measurements[0].subtypes[0].data == {"quiet": "b"}
    (conflict,) = merged.conflicts
    assert (conflict.what, conflict.kept, conflict.dropped) == ("node n1: os.grub", "new", "old")


def test_one_type_in_two_cases_is_one_type() -> None:
    upper, lower = node_snapshot("n1", "a", 1), node_snapshot("n1", "b", 2)
    measurement = replace(lower.nodes[0].measurements[0], type="os")
    lower = replace(lower, nodes=(Node("n1", (measurement,)),))

    merged = merge([Part("old", upper), Part("new", lower)])

    assert merged.snapshot.nodes[0].measurements == (measurement,)
    assert [conflict.what for conflict in merged.conflicts] == ["node n1: os.grub"]


def test_later_is_meant_whatever_the_zone() -> None:
    early, late = node_snapshot("n1", "a", 1), node_snapshot("n1", "b", 1)
    early = replace(early, metadata=Metadata("prod", "2026-11-01T09:30:00+02:00"))
    late = replace(late, metadata=Metadata("prod", "2026-11-01T08:00:00Z"))

    merged = merge([Part("early", early), Part("late", late)])

    assert merged.snapshot.metadata.timestamp == "2026-11-01T08:00:00Z"
    assert merged.conflicts[0].kept == "late"


def test_what_one_left_out_and_another_has_is_not_missing() -> None:
    server = (Measurement("K8s", (Subtype("server", {"version": "v1.33.5"}),)),)
    cluster = Snapshot(Metadata("prod", "2026-11-01T00:00:00Z"), server)

    merged = merge([Part("n", node_snapshot("n1", "a", 1)), Part("c", cluster)])

    assert merged.conflicts == ()
    assert merged.snapshot.collection == ()
    assert merged.snapshot.metadata.cluster == "prod"


def test_every_gap_is_kept_whose_facts_are_nowhere() -> None:
    """Of two gaps with one reason each has keys of its own; a type is more than one subtype."""
    partial, absent = CollectorState.PARTIAL, CollectorState.UNAVAILABLE
    gaps = (
        Collection("OS", partial, "grub", "n1", "denied", ("a",)),
        Collection("OS", partial, "grub", "n1", "denied", ("b",)),
        Collection("OS", absent, "grub", None, "none", ("c",)),
        Collection("OS", absent, "sysctl", None, "none"),
    )
    there = Collection("OS", absent, "grub", None, "none")
    part = replace(node_snapshot("n1", "a", 1), collection=(*gaps, there))

    kept = merge([Part("n", part)]).snapshot.collection

    assert set(kept) == set(gaps)
