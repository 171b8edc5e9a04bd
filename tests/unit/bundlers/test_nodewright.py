"""NodeWright: packages and settings of a recipe as one resource that reboots nodes with care."""

from typing import Any

import pytest

from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import Rendered, SharedInputs, When
from fakes.bundling import rendered, written

NAME = "nodewright-customizations"
NFD = written("node-feature-discovery")
OPERATOR = written("nodewright-operator")
GPU = written("gpu-operator")
DIGEST = "sha256:" + "a" * 64
WHY = {"because": "b", "source": "s", "by": "tuning site", "place": "tuning/site.yaml:1"}
TUNED = {"name": "nvidia-tuned", "version": "0.3.2", "image": "ghcr.io/x/tuned", "digest": DIGEST}
KEYED = {"key": "nvidia.com/gpu", "operator": "Exists"}


def resource(**spec: Any) -> dict[str, Any]:
    return {
        "tuning": {
            "apiVersion": "nodewright.nvidia.com/v1alpha1",
            "kind": "NodeWright",
            "spec": spec,
        }
    }


def render(
    tuning: Any = None, resources: Any = None, *others: Any, shared: SharedInputs | None = None
) -> Rendered:
    said = {area: [{**each, **WHY} for each in entries] for area, entries in (tuning or {}).items()}
    component = written(NAME, {}, resources or {})
    return rendered(component, *(others or (NFD, OPERATOR)), tuning=said, shared=shared)


def spec_of(there: Rendered) -> Any:
    (one,) = there.resources
    assert one.when is When.AFTER
    return one.value["spec"]


# Packages ---------------------------------------------------------------------------------------


def test_packages_of_the_tuning_are_pinned_and_in_order() -> None:
    setup = {"name": "setup", "version": "0.5.0", "image": "ghcr.io/x/setup", "digest": DIGEST}
    tuned = {
        **TUNED,
        "after": ["setup"],
        "interrupt": "reboot",
        "config": {"intent": "training", "strict": True, "count": 3},
    }
    spec = spec_of(render({"packages": [setup, tuned]}))
    assert spec["packages"] == {
        "setup": {"version": "0.5.0", "image": "ghcr.io/x/setup", "containerSHA": DIGEST},
        "nvidia-tuned": {
            "version": "0.3.2",
            "image": "ghcr.io/x/tuned",
            "containerSHA": DIGEST,
            "interrupt": {"type": "reboot"},
            "configMap": {"intent": "training", "strict": "true", "count": "3"},
            "dependsOn": {"setup": "0.5.0"},
        },
    }


@pytest.mark.parametrize(
    ("said", "interrupt"),
    [
        ("reboot", {"type": "reboot"}),
        ("none", {"type": "noop"}),
        ("all-services", {"type": "restartAllServices"}),
        ("service:containerd", {"type": "service", "services": ["containerd"]}),
        ("service:a,b", {"type": "service", "services": ["a", "b"]}),
    ],
)
def test_interrupts(said: str, interrupt: dict[str, Any]) -> None:
    spec = spec_of(render({"packages": [{**TUNED, "interrupt": said}]}))
    assert spec["packages"]["nvidia-tuned"]["interrupt"] == interrupt


@pytest.mark.parametrize("said", ["Reboot", "service:", "restart", "reboot now"])
def test_an_interrupt_that_nobody_knows_is_refused(said: str) -> None:
    with pytest.raises(BundleError, match="interrupt"):
        render({"packages": [{**TUNED, "interrupt": said}]})


def test_what_the_resource_says_of_a_package_is_added_to_the_tuning() -> None:
    mine = {"nvidia-tuned": {"env": [{"name": "INTERRUPT", "value": "true"}]}}
    spec = spec_of(render({"packages": [TUNED]}, resource(packages=mine)))
    assert spec["packages"]["nvidia-tuned"]["env"] == mine["nvidia-tuned"]["env"]
    assert spec["packages"]["nvidia-tuned"]["image"] == "ghcr.io/x/tuned"


@pytest.mark.parametrize("key", ["image", "version"])
def test_a_package_of_two_versions_is_refused(key: str) -> None:
    with pytest.raises(BundleError, match="in the component's resource"):
        render({"packages": [TUNED]}, resource(packages={"nvidia-tuned": {key: "other"}}))


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ({"version": "1"}, "image is not stated"),
        ({"image": "a"}, "version is not stated"),
        ({"image": "a", "version": "latest"}, "moves"),
        ({"image": "a", "version": "1", "dependsOn": {"gone": "1"}}, "does not have"),
    ],
)
def test_packages_that_would_not_come_up_are_refused(package: Any, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        render(None, resource(packages={"some": package}))


def test_a_package_without_a_digest_is_named() -> None:
    there = render(None, resource(packages={"some": {"image": "a", "version": "1"}}))
    assert [each.path for each in there.notes if "digest" in each.text] == [
        "resources.tuning.spec.packages.some.image"
    ]


def test_the_mirror_stands_in_front_of_every_package() -> None:
    shared = SharedInputs(registry_mirror="registry.example.com/m")
    spec = spec_of(render({"packages": [TUNED]}, shared=shared))
    assert spec["packages"]["nvidia-tuned"]["image"] == "registry.example.com/m/tuned"


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("v0.15.1", ("skyhook.nvidia.com/v1alpha1", "Skyhook")),
        ("v0.17.1", ("skyhook.nvidia.com/v1alpha1", "Skyhook")),
        ("0.18.0", ("nodewright.nvidia.com/v1alpha1", "NodeWright")),
        ("v0.19.1", ("nodewright.nvidia.com/v1alpha1", "NodeWright")),
        ("v1.2.3", ("nodewright.nvidia.com/v1alpha1", "NodeWright")),
    ],
)
def test_group_and_kind_follow_the_operator(version: str, kind: tuple[str, str]) -> None:
    operator = written("nodewright-operator", version=version)
    (one,) = render({"packages": [TUNED]}, resource(), NFD, operator).resources
    assert (one.value["apiVersion"], one.value["kind"]) == kind
    assert one.value["metadata"] == {"name": "tuning"}


# Care -------------------------------------------------------------------------------------------


def test_a_budget_is_always_stated() -> None:
    assert spec_of(render({"packages": [TUNED]}))["interruptionBudget"] == {"count": 1}
    own = resource(interruptionBudget={"percent": 20})
    assert spec_of(render({"packages": [TUNED]}, own))["interruptionBudget"] == {"percent": 20}


def test_nothing_runs_on_a_node_that_is_still_to_reboot() -> None:
    reboots = {"packages": [{**TUNED, "interrupt": "reboot"}]}
    assert spec_of(render(reboots))["runtimeRequired"] is True
    assert spec_of(render(reboots, resource(runtimeRequired=False)))["runtimeRequired"] is False
    assert "runtimeRequired" not in spec_of(render({"packages": [TUNED]}))


def test_nodes_are_chosen_by_what_is_shared_else_by_their_hardware() -> None:
    assert spec_of(render({"packages": [TUNED]}))["nodeSelectors"] == {
        "matchLabels": {"feature.node.kubernetes.io/pci-10de.present": "true"}
    }
    shared = SharedInputs(accelerated_selector={"pool": "gpu"})
    spec = spec_of(render({"packages": [TUNED]}, shared=shared))
    assert spec["nodeSelectors"] == {"matchLabels": {"pool": "gpu"}}
    own = {"matchExpressions": [{"key": "cloud.google.com/gke-accelerator", "operator": "Exists"}]}
    spec = spec_of(render({"packages": [TUNED]}, resource(nodeSelectors=own), shared=shared))
    assert spec["nodeSelectors"] == own


def test_every_node_is_never_chosen() -> None:
    with pytest.raises(BundleError, match="every node would be tuned"):
        render({"packages": [TUNED]}, None, OPERATOR)


@pytest.mark.parametrize(
    "selector",
    [
        {"matchLabels": {"nvidia.com/gpu.present": "true"}},
        {"matchExpressions": [{"key": "nvidia.com/gpu.product", "operator": "Exists"}]},
        {"matchLabels": {"nvidia.com/cuda.driver.major": "580"}},
    ],
)
def test_labels_that_come_after_the_tuning_choose_nothing(selector: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match="waits for the tuning"):
        render({"packages": [TUNED]}, resource(nodeSelectors=selector), GPU, OPERATOR)


def test_a_toleration_of_everything_beside_a_reboot_is_refused() -> None:
    reboots = {"packages": [{**TUNED, "interrupt": "reboot"}]}
    with pytest.raises(BundleError, match="without a key"):
        render(reboots, resource(additionalTolerations=[{"operator": "Exists"}]))
    with pytest.raises(BundleError, match="without a key"):
        render(reboots, shared=SharedInputs(accelerated_tolerations=({"operator": "Exists"},)))
    shared = SharedInputs(accelerated_tolerations=(KEYED,))
    assert spec_of(render(reboots, shared=shared))["additionalTolerations"] == [KEYED]


NARROW = {**KEYED, "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("stated", "shared", "is_said"),
    [
        (KEYED, NARROW, False),
        (KEYED, {"key": "nvidia.com/gpu", "operator": "Equal", "value": "x"}, False),
        (NARROW, NARROW, False),
        ({"key": "nvidia.com/gpu", "value": "x"}, {**NARROW, "value": "x"}, True),
        (NARROW, KEYED, True),  # the shared one takes more taints
        (NARROW, {**KEYED, "effect": "NoExecute"}, True),
        (KEYED, {"key": "team", "operator": "Exists"}, True),
        (KEYED, {"operator": "Exists"}, True),
        (KEYED, {**KEYED, "effect": "NoExecute", "tolerationSeconds": 5}, True),
        ({**KEYED, "tolerationSeconds": 5}, KEYED, True),
        ({"key": "nvidia.com/gpu", "value": "x"}, KEYED, True),
    ],
)
def test_a_taint_is_tolerated_once(
    stated: dict[str, Any], shared: dict[str, Any], *, is_said: bool
) -> None:
    given = SharedInputs(accelerated_tolerations=(shared,))
    there = render({"packages": [TUNED]}, resource(additionalTolerations=[stated]), shared=given)
    said = [stated, shared] if is_said else [stated]
    assert spec_of(there)["additionalTolerations"] == said


# Settings ---------------------------------------------------------------------------------------


def test_settings_without_packages_become_the_package_that_sets_them() -> None:
    tuning = {
        "arguments": [{"set": "hugepagesz=1G"}, {"set": "hugepages=2"}, {"set": "nosmt"}],
        "sysctls": [
            {"key": "vm.max_map_count", "value": 262144},
            {"key": "net.ipv4.tcp_rmem", "value": "4096 87380 268435456"},
        ],
        "units": [
            {"unit": "containerd.service", "property": "LimitSTACK", "value": "67108864"},
            {"unit": "containerd.service", "property": "LimitNOFILE", "value": 1048576},
            {"unit": "containerd.service", "property": "EffectiveCPUs", "value": "0-143"},
        ],
        "modules": [{"name": "ib_umad", "state": "loaded"}],
    }
    there = render(tuning)
    (package,) = spec_of(there)["packages"].values()
    assert package["image"] == "ghcr.io/nvidia/nodewright-packages/tuning"
    assert package["interrupt"] == {"type": "reboot"}
    assert package["configMap"] == {
        "grub.conf": "hugepagesz=1G\nhugepages=2\nnosmt\n",
        "sysctl.conf": "vm.max_map_count=262144\nnet.ipv4.tcp_rmem=4096 87380 268435456\n",
        "service_containerd.conf": "[Service]\nLimitSTACK=67108864\nLimitNOFILE=1048576\n",
    }
    unused = {each.path for each in there.notes if each.is_unused}
    assert unused == {
        "tuning.modules.ib_umad",
        'tuning.units["containerd.service"].EffectiveCPUs',
    }


def test_limits_of_a_service_need_no_reboot() -> None:
    units = [{"unit": "containerd.service", "property": "LimitCORE", "value": "infinity"}]
    (package,) = spec_of(render({"units": units}))["packages"].values()
    assert package["interrupt"] == {"type": "restartAllServices"}


def test_settings_beside_packages_are_what_the_packages_set() -> None:
    there = render({"packages": [TUNED], "sysctls": [{"key": "vm.swappiness", "value": 1}]})
    assert list(spec_of(there)["packages"]) == ["nvidia-tuned"]
    assert [each.text for each in there.notes if each.path == "tuning.sysctls"] == [
        "is set by the packages (nvidia-tuned); nodes are held against it"
    ]


@pytest.mark.parametrize(
    "argument",
    [
        'a="$(touch x)"',
        "a b",
        "a\nb",
        "`id`",
        "a;b",
        "a'b",
        "BOOT_IMAGE=/vmlinuz",
        "root=UUID=1",
        "",
    ],
)
def test_arguments_that_a_shell_would_read_are_refused(argument: str) -> None:
    with pytest.raises(BundleError, match="arguments"):
        render({"arguments": [{"set": argument}]})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vm.swappiness", "1\nkernel.core_pattern=|/x"),
        ("vm.swappiness\nx.y", 1),
        ("vm", 1),
        ("vm.x", "$(id)"),
        ("vm.x", ""),
    ],
)
def test_sysctls_with_more_than_one_line_are_refused(key: str, value: Any) -> None:
    with pytest.raises(BundleError, match="sysctls"):
        render({"sysctls": [{"key": key, "value": value}]})


@pytest.mark.parametrize("value", ["1\nExecStartPre=/x", "1 2", "", "$(id)"])
def test_limits_with_more_than_one_word_are_refused(value: str) -> None:
    units = [{"unit": "containerd.service", "property": "LimitCORE", "value": value}]
    with pytest.raises(BundleError, match="units"):
        render({"units": units})


@pytest.mark.parametrize("unit", ["../x.service", "containerd.socket", "a b.service"])
def test_units_that_are_no_service_are_named(unit: str) -> None:
    there = render({"units": [{"unit": unit, "property": "LimitCORE", "value": "1"}]})
    assert [each.is_unused for each in there.notes if "no limit" in each.text] == [True]


def test_a_recipe_that_tunes_nothing_has_no_resource() -> None:
    there = render()
    assert there.resources == ()
    assert [each.text for each in there.notes] == ["the recipe tunes nothing"]


# The operator -----------------------------------------------------------------------------------


def test_selectors_of_the_operator_can_be_labels() -> None:
    values = {"controllerManager": {"selectors": {"dedicated": "system"}}}
    assert rendered(written("nodewright-operator", values)).values == values
    for value in ("nvidia.com/gpu.product", True, "a b"):
        bad = {"controllerManager": {"selectors": {"dedicated": value}}}
        with pytest.raises(BundleError, match="no value that a label can have"):
            rendered(written("nodewright-operator", bad))


def test_tuning_that_nothing_applies_is_named() -> None:
    there = rendered(OPERATOR, tuning={"sysctls": [{"key": "vm.x", "value": 1}]})
    assert [each.path for each in there.notes if each.is_unused] == ["tuning.sysctls"]
