"""Which overlays a query is answered with.

Upstream's faults must not be possible: a weaker child wins, an excluded parent is applied through
its child, a generic recipe is given in silence.
"""

from collections.abc import Callable

from tests.unit.selecting.conftest import overlay

from eidos.engine.model.recipe import Catalog, Choice, Refusal
from eidos.engine.selecting.choosing import choose

CatalogOf = Callable[..., Catalog]
EKS = overlay("eks", criteria={"service": "eks"})
EKS_TRAINING = overlay("eks-training", base="eks", criteria={"intent": "training"})
H100 = overlay(
    "h100-eks-training", base="eks-training", abstract=True, criteria={"accelerator": "h100"}
)
H100_UBUNTU = overlay(
    "h100-eks-ubuntu-training", base="h100-eks-training", criteria={"os": "ubuntu"}
)
EVERY = (EKS, EKS_TRAINING, H100, H100_UBUNTU)
FULL = {"service": "eks", "accelerator": "h100", "os": "ubuntu", "intent": "training"}


def names(choice: Choice | Refusal) -> list[str]:
    assert isinstance(choice, Choice)
    return [each.overlay.name for each in choice.applied]


def test_every_overlay_that_applies_least_specific_first(catalog_of: CatalogOf) -> None:
    choice = choose(catalog_of(*EVERY), FULL)
    assert names(choice) == ["eks", "eks-training", "h100-eks-training", "h100-eks-ubuntu-training"]


def test_what_nobody_covers_is_refused_and_not_answered_generically(catalog_of: CatalogOf) -> None:
    refusal = choose(catalog_of(*EVERY), {**FULL, "accelerator": "gb200"})
    assert isinstance(refusal, Refusal)
    assert "gb200" in refusal.message
    assert "accelerator h100" in refusal.hint


def test_a_strict_dimension_must_be_given_where_it_decides(catalog_of: CatalogOf) -> None:
    query = {"service": "eks", "accelerator": "h100", "intent": "training"}
    refusal = choose(catalog_of(*EVERY), query)
    assert isinstance(refusal, Refusal)
    assert refusal.hint == "Give --os ubuntu."
    assert [each.overlay for each in refusal.candidates] == ["h100-eks-ubuntu-training"]


def test_jointly_and_not_piece_by_piece(catalog_of: CatalogOf) -> None:
    """`svc` and `accel` each speak of one dimension; neither speaks of both."""
    accel = overlay("accel", criteria={"accelerator": "h100"})
    refusal = choose(catalog_of(EKS, accel), {"service": "eks", "accelerator": "h100"})
    assert isinstance(refusal, Refusal)


def test_a_mere_base_answers_nothing(catalog_of: CatalogOf) -> None:
    query = {"service": "eks", "accelerator": "h100", "intent": "training"}
    relaxed = overlay(
        "h100-eks-training",
        base="eks-training",
        strict=[],
        abstract=True,
        criteria={"accelerator": "h100"},
    )
    assert isinstance(choose(catalog_of(EKS, EKS_TRAINING, relaxed), query), Refusal)


def test_an_excluded_overlay_takes_its_descendants_with_it(catalog_of: CatalogOf) -> None:
    refusal = choose(catalog_of(*EVERY), FULL, {"eks-training": ("frozen", "ACME-1")})
    assert isinstance(refusal, Refusal)
    assert "frozen" in refusal.hint
    other = overlay("other", criteria=FULL)
    choice = choose(catalog_of(*EVERY, other), FULL, {"eks-training": ("frozen", "ACME-1")})
    assert names(choice) == ["eks", "other"]
    assert isinstance(choice, Choice)
    assert [(each.overlay, each.by) for each in choice.excluded] == [
        ("eks-training", "ACME-1"),
        ("h100-eks-training", "eks-training"),
        ("h100-eks-ubuntu-training", "eks-training"),
    ]


def test_a_dimension_that_only_refines_need_not_be_covered(catalog_of: CatalogOf) -> None:
    assert (
        names(choose(catalog_of(*EVERY), {**FULL, "nodes": "18"}))[-1]
        == H100_UBUNTU["metadata"]["name"]
    )  # type: ignore[index]


def test_an_overlay_that_matches_nothing_changes_nothing(catalog_of: CatalogOf) -> None:
    gke = overlay("gke", criteria={"service": "gke", "os": "cos"})
    assert names(choose(catalog_of(*EVERY, gke), FULL)) == names(choose(catalog_of(*EVERY), FULL))


def test_nothing_asked_is_no_recipe(catalog_of: CatalogOf) -> None:
    assert isinstance(choose(catalog_of(overlay("base")), {}), Choice)
    assert isinstance(choose(catalog_of(overlay("base", abstract=True)), {}), Refusal)
