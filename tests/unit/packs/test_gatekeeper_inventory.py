"""What a template looks for in the inventory is told by its text, or is not known."""

import pytest

from eidos.engine.model.rule import Module, SyncedKind
from eidos.engine.packs.gatekeeper.inventory import reads_metadata, wanted_kinds

ANNOTATED = ((SyncedKind(("",), ("v1",), ("Service",)),),)


def wanted(
    *bodies: str, synced: tuple[tuple[SyncedKind, ...], ...] = ()
) -> tuple[tuple[SyncedKind, ...], ...]:
    return wanted_kinds(synced, [Module("t.rego", f"package t\n{body}\n") for body in bodies])


@pytest.mark.parametrize(
    ("body", "group", "version", "kind"),
    [
        ('data.inventory.cluster["v1"].Node[n]', "", "v1", "Node"),
        ('data . inventory . cluster["v1"]["Node"][_]', "", "v1", "Node"),
        ('data["inventory"].cluster["apps/v1"].Thing', "apps", "v1", "Thing"),
        ("data.inventory.namespace[ns][version].Ingress[name]", "*", "*", "Ingress"),
        ('data.inventory.namespace[x.y["a]b"]]["a/v1"].Job', "", "", ""),
        ('data.inventory.namespace[f("]")]["a/v1"].Job', "a", "v1", "Job"),
        ('data.inventory.namespace[_]["a/v1"]\n  .Job', "a", "v1", "Job"),
    ],
)
def test_a_path_says_its_kind(body: str, group: str, version: str, kind: str) -> None:
    expected = ((SyncedKind((group,), (version,), (kind,)),),) if kind else ()
    assert wanted(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "import data.inventory",
        "import data.inventory as known",
        "x := data.inventory.cluster",
        "data.inventory[scope][_][_].Node",
        'data.inventory.cluster["v1"][kind]',
        'data.inventory.cluster["v1"][kinds[i]].Node',
        "data.inventory.others.a.b.c",
        'data.inventory.cluster["v1"].Node\ny := data.inventory.namespace',
    ],
)
def test_what_a_path_does_not_say_is_not_guessed(body: str) -> None:
    assert wanted(body) == ()
    assert wanted(body, synced=ANNOTATED) == ANNOTATED


def test_comments_and_texts_name_nothing() -> None:
    body = (
        '# data.inventory.cluster["v1"].Node\nx := "data.inventory.cluster" \ny := `data.inventory`'
    )
    assert wanted(f'{body}\nz := data.inventory.cluster["v1"].Pod') == (
        (SyncedKind(("",), ("v1",), ("Pod",)),),
    )


def test_versions_of_a_kind_stand_for_each_other_and_kinds_do_not() -> None:
    found = wanted(
        'data.inventory.cluster["a/v1"].One\ndata.inventory.cluster["a/v2"].One',
        "data.inventory.cluster[_].Two",
    )
    assert [[each.versions for each in entry] for entry in found] == [[("v1",), ("v2",)], [("*",)]]


def test_the_annotation_goes_before_the_rego_on_what_it_names() -> None:
    rego = 'data.inventory.namespace[_]["v9"].Service\ndata.inventory.namespace[_]["v1"].Pod'
    assert wanted(rego, synced=ANNOTATED) == (
        *ANNOTATED,
        (SyncedKind(("",), ("v1",), ("Pod",)),),
    )


@pytest.mark.parametrize(
    ("version", "kind", "held"),
    [("a/v1", "K", True), ("a/v2", "K", False), ("b/v1", "K", False), ("a/v1", "L", False)],
)
def test_a_kind_is_held_by_group_and_version(version: str, kind: str, held: bool) -> None:
    assert SyncedKind(("a",), ("v1",), ("K",)).holds(version, kind) is held
    assert SyncedKind(("*",), ("*",), ("K",)).holds(version, kind) is (kind == "K")


@pytest.mark.parametrize(("body", "told"), [("x.metadata.annotations", True), ("x.owned", False)])
def test_metadata_that_is_named(body: str, told: bool) -> None:
    assert reads_metadata([Module("t.rego", body)]) is told
