"""Twelve faults of the bundlers that this project began with: none of them can come back.

Each was visible in files that somebody deployed.
"""

import json
from typing import Any

import pytest

from eidos.engine.documents.writing import to_yaml
from eidos.engine.errors import BundleError
from eidos.engine.model.bundle import Rendered
from fakes.bundling import rendered, written

NFD = written("node-feature-discovery")
OPERATOR = written("nodewright-operator")
WHY = {"because": "b", "source": "s"}


def gpu(**values: Any) -> Any:
    return rendered(written("gpu-operator", values)).values


def tuned(**areas: list[dict[str, Any]]) -> Rendered:
    tuning = {area: [{**each, **WHY} for each in said] for area, said in areas.items()}
    return rendered(written("nodewright-customizations"), NFD, OPERATOR, tuning=tuning)


def config_of(there: Rendered) -> Any:
    spec: Any = there.resources[0].value["spec"]
    return spec["packages"]["tuning"]["configMap"]


def test_1_open_kernel_modules_reach_the_values_or_are_named() -> None:
    assert gpu(driver={"kernelModuleType": "open"}) == {"driver": {"kernelModuleType": "open"}}
    there = rendered(written("gpu-operator", {"driver": {"useOpenKernelModules": True}}))
    assert [(each.path, "kernelModuleType" in each.text) for each in there.notes] == [
        ("driver.useOpenKernelModules", True)
    ]


def test_2_storage_is_not_turned_on_by_rdma() -> None:
    said = {"driver": {"rdma": {"enabled": True}}, "gds": {"enabled": False}}
    assert gpu(**said) == said
    assert "gds" not in gpu(driver={"rdma": {"enabled": True}})


def test_3_there_is_one_place_for_a_setting() -> None:
    there = rendered(written("gpu-operator", {"cdi": {"enabled": True}}))
    assert there.values == {"cdi": {"enabled": True}}
    assert not [each for each in there.resources if each.value["kind"] == "ClusterPolicy"]


def test_4_names_are_declared_once_and_pass_through() -> None:
    said = {"sriovNetworkOperator": {"enabled": True}, "some": {"deploy_ofed": True, "sr-iov": 1}}
    assert rendered(written("network-operator", said)).values == said


def test_5_a_driver_without_a_version_is_refused() -> None:
    ofed = {"image": "doca-driver", "repository": "nvcr.io/nvidia/mellanox", "version": None}
    policy = {"apiVersion": "mellanox.com/v1alpha1", "kind": "NicClusterPolicy"}
    nics = {"nics": {**policy, "spec": {"ofedDriver": ofed}}}
    with pytest.raises(BundleError, match=r"ofedDriver\.version is not stated"):
        rendered(written("network-operator", {}, nics))


def test_6_what_is_told_is_what_is_rendered() -> None:
    there = rendered(written("network-operator", {"sriovNetworkOperator": {"enabled": False}}))
    assert "nothing but the operator is deployed" in there.notes[0].text
    assert there.resources == ()


def test_7_no_image_moves_and_no_adapter_is_another_vendors() -> None:
    part = {"image": "multus-cni", "repository": "ghcr.io/x", "version": "stable"}
    policy = {"apiVersion": "mellanox.com/v1alpha1", "kind": "NicClusterPolicy"}
    with pytest.raises(BundleError, match="moves"):
        rendered(written("network-operator", {}, {"n": {**policy, "spec": {"multus": part}}}))
    with pytest.raises(BundleError, match="EFA"):
        rendered(
            written("network-operator", {}, {"n": {**policy, "spec": {}}}),
            criteria={"service": "eks", "fabric": "efa"},
        )


def test_8_a_key_of_a_label_is_not_its_value_and_switches_are_read() -> None:
    selectors = {"controllerManager": {"selectors": {"dedicated": "nvidia.com/gpu.product"}}}
    with pytest.raises(BundleError, match="no value that a label can have"):
        rendered(written("nodewright-operator", selectors))
    kind = {"apiVersion": "nodewright.nvidia.com/v1alpha1", "kind": "NodeWright"}
    spec = {"runtimeRequired": True, "packages": {"some": {"image": "x/y", "version": "1"}}}
    there = rendered(
        written("nodewright-customizations", {}, {"tuning": {**kind, "spec": spec}}), NFD, OPERATOR
    )
    rendered_spec: Any = there.resources[0].value["spec"]
    assert rendered_spec["runtimeRequired"] is True


def test_9_an_image_is_not_a_version() -> None:
    with pytest.raises(BundleError, match="image is not stated"):
        tuned(packages=[{"name": "agent", "version": "v0.1.0"}])


def test_10_what_a_boot_loader_or_a_unit_only_tells_is_not_set_and_numbers_are() -> None:
    with pytest.raises(BundleError, match="what the boot loader says of itself"):
        tuned(arguments=[{"set": "BOOT_IMAGE=/boot/vmlinuz"}])
    there = tuned(
        arguments=[{"set": "hugepages=5128"}, {"set": "nokaslr"}],
        units=[
            {"unit": "containerd.service", "property": "EffectiveCPUs", "value": "0-143"},
            {"unit": "containerd.service", "property": "LimitNOFILE", "value": 1048576},
        ],
    )
    assert config_of(there) == {
        "grub.conf": "hugepages=5128\nnokaslr\n",
        "service_containerd.conf": "[Service]\nLimitNOFILE=1048576\n",
    }
    again = tuned(
        units=[
            {"unit": "containerd.service", "property": "EffectiveCPUs", "value": "0-143"},
            {"unit": "containerd.service", "property": "LimitNOFILE", "value": 1048576},
        ],
        arguments=[{"set": "hugepages=5128"}, {"set": "nokaslr"}],
    )
    assert to_yaml(dict(there.resources[0].value)) == to_yaml(dict(again.resources[0].value))


def test_11_only_what_the_recipe_tunes_is_set_in_its_order() -> None:
    there = tuned(
        arguments=[{"set": "hugepagesz=2M"}, {"set": "hugepages=5128"}],
        sysctls=[{"key": "vm.max_map_count", "value": 262144}],
    )
    assert config_of(there) == {
        "grub.conf": "hugepagesz=2M\nhugepages=5128\n",
        "sysctl.conf": "vm.max_map_count=262144\n",
    }


def test_12_the_same_input_gives_the_same_bytes() -> None:
    said = {"dcgm": {"enabled": True}, "driver": {"version": "580.173.02"}}
    texts = {
        json.dumps(rendered(written("gpu-operator", dict(said))).values, sort_keys=False)
        for _ in range(3)
    }
    assert len(texts) == 1
    assert not {"time", "date", "generated"} & set(texts.pop().lower().split('"'))
