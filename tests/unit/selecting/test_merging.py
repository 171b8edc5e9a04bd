"""What overlays come to together."""

from collections.abc import Callable

import pytest
from tests.unit.selecting.conftest import REASON, component, obj, overlay, setting

from eidos.engine.model.recipe import Catalog, Choice, Chosen
from eidos.engine.selecting.choosing import choose
from eidos.engine.selecting.merging import ConflictError, Merged, merge

CatalogOf = Callable[..., Catalog]
QUERY = {"service": "eks", "intent": "training"}


def merged(catalog: Catalog, *profiles: Chosen) -> Merged:
    choice = choose(catalog, QUERY)
    assert isinstance(choice, Choice)
    return merge(catalog, choice, profiles)


def eks(**spec: object) -> dict[str, object]:
    return overlay("eks", criteria={"service": "eks"}, **spec)


def training(**spec: object) -> dict[str, object]:
    return overlay("eks-training", base="eks", criteria={"intent": "training"}, **spec)


def using(name: str, *settings: object, **more: object) -> dict[str, object]:
    return {name: {"settings": list(settings), **more}}


OPERATOR = component(
    "gpu-operator", settings=[setting({"driver": {"enabled": True, "rdma": False}})]
)


def test_a_child_goes_before_its_base_and_the_history_says_so(catalog_of: CatalogOf) -> None:
    found = merged(
        catalog_of(
            OPERATOR,
            eks(components=using("gpu-operator", setting({"driver": {"enabled": False}}))),
            training(components=using("gpu-operator", setting({"driver": {"enabled": True}}))),
        )
    )
    assert found.components[0].values == {"driver": {"enabled": True, "rdma": False}}
    history = {value.path[-2:]: value for value in found.history}
    value = history["driver", "enabled"]
    assert value.leaf.origin.name == "eks-training"
    assert value.leaf.origin.place.line is not None
    assert [each.origin.name for each in value.overrode] == ["eks", "gpu-operator"]


def test_equals_that_disagree_are_an_error_with_both_places(catalog_of: CatalogOf) -> None:
    one = overlay("one", criteria=QUERY, components=using("gpu-operator", setting({"a": 1})))
    two = overlay("two", criteria=QUERY, components=using("gpu-operator", setting({"a": 2})))
    with pytest.raises(ConflictError, match=r"overlay one .*one\.yaml:\d+.*overlay two") as error:
        merged(catalog_of(OPERATOR, one, two))
    assert error.value.hint
    same = overlay("two", criteria=QUERY, components=using("gpu-operator", setting({"a": 1})))
    assert merged(catalog_of(OPERATOR, one, same)).components[0].values["a"] == 1


def test_a_map_to_one_and_a_value_to_the_other(catalog_of: CatalogOf) -> None:
    one = overlay("one", criteria=QUERY, components=using("gpu-operator", setting({"a": {"b": 1}})))
    two = overlay("two", criteria=QUERY, components=using("gpu-operator", setting({"a": 2})))
    with pytest.raises(ConflictError, match="a map to one and a value to the other"):
        merged(catalog_of(OPERATOR, one, two))


def test_null_takes_the_place_of_a_map(catalog_of: CatalogOf) -> None:
    """As Helm needs it, to have a map of the chart's own values away."""
    found = merged(
        catalog_of(
            OPERATOR,
            eks(components=using("gpu-operator", setting({"driver": None}))),
            training(),
        )
    )
    assert found.components[0].values == {"driver": None}


def test_constraints_add_up_so_that_more_said_is_never_less_strict(catalog_of: CatalogOf) -> None:
    strong = {"fact": "K8s.server.version", "is": ">= 1.34", **REASON}
    weak = {"fact": "K8s.server.version", "is": ">= 1.30", **REASON}
    found = merged(catalog_of(eks(constraints=[strong]), training(constraints=[weak])))
    assert [each.wanted for each in found.constraints] == [">= 1.34", ">= 1.30"]
    relax = {**weak, "owner": "platform team"}
    found = merged(catalog_of(eks(constraints=[strong]), training(relax=[relax])))
    assert [each.wanted for each in found.constraints] == [">= 1.30"]
    assert [each.owner for each in found.relaxed] == ["platform team"]


def test_order_follows_dependencies_and_not_files(catalog_of: CatalogOf) -> None:
    needs = component("aaa", dependsOn=[{"component": "zzz", **REASON}])
    found = merged(
        catalog_of(needs, component("zzz"), eks(components={"aaa": {}, "zzz": {}}), training())
    )
    assert [(each.name, each.wave) for each in found.components] == [("zzz", 0), ("aaa", 1)]


def test_what_is_needed_must_be_there(catalog_of: CatalogOf) -> None:
    needs = component("aaa", dependsOn=[{"component": "zzz", **REASON}])
    with pytest.raises(ConflictError, match="aaa needs zzz"):
        merged(catalog_of(needs, component("zzz"), eks(components={"aaa": {}}), training()))


def test_components_in_a_circle(catalog_of: CatalogOf) -> None:
    one = component("one", dependsOn=[{"component": "two", **REASON}])
    two = component("two", dependsOn=[{"component": "one", **REASON}])
    with pytest.raises(ConflictError, match="one → two → one"):
        merged(catalog_of(one, two, eks(components={"one": {}, "two": {}}), training()))


def test_a_component_can_be_removed_below(catalog_of: CatalogOf) -> None:
    found = merged(
        catalog_of(
            OPERATOR,
            eks(components={"gpu-operator": {}}),
            training(components={"gpu-operator": {"remove": REASON}}),
        )
    )
    assert found.components == ()


def test_what_a_profile_decides_nobody_else_may_set(catalog_of: CatalogOf) -> None:
    profile = obj(
        "Profile",
        "stack",
        dimension="gpuStack",
        default="host",
        choices={
            "host": {
                "components": using("gpu-operator", setting({"driver": {"enabled": False}})),
                **REASON,
            },
            "operator": {
                "components": using("gpu-operator", setting({"driver": {"enabled": True}})),
                **REASON,
            },
        },
    )
    base = eks(profiles=["stack"], components={"gpu-operator": {}})
    catalog = catalog_of(OPERATOR, profile, base, training())
    chosen = Chosen(catalog.profiles["stack"], catalog.profiles["stack"].choices["host"], "default")
    assert merged(catalog, chosen).components[0].values["driver"] == {
        "enabled": False,
        "rdma": False,
    }
    setter = training(components=using("gpu-operator", setting({"driver": {"enabled": True}})))
    with pytest.raises(ConflictError, match="which stack decides"):
        merged(catalog_of(OPERATOR, profile, base, setter), chosen)
